"""A store that goes on in a second file: joined by a ``linear`` device, which takes its place.

The lines of that are ``0 49152 linear 7:2 0`` and so on: start, length, device and where in it, in
sectors of 512 bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from console.actions.ground import mount_of
from console.actions.tools import inexact
from console.beneath import MEMORY_FILESYSTEMS
from console.clean import Clean, clean
from console.model import DmDevice
from console.mounts import holding
from console.operations import Operation
from console.plan import Obstacle, Step
from console.survey import Stores

STORES = "/run/subdeck/stores"
"""Where second files are, each in a tmpfs of its own."""

TOOLS = ("unshare", "setsid", "chroot", "mknod", "mkfifo", "cp", "sleep", "mkdir", "mount")
"""Programs that exchange the store of a snapshot."""

_LINEAR = re.compile(r"([0-9]{1,15}) ([0-9]{1,15}) linear ([0-9]{1,8}:[0-9]{1,8}) ([0-9]{1,15})")
_NAME = re.compile(r"[A-Za-z0-9#+.:=@_-]{1,100}")


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a store, in sectors."""

    device: str
    """``7:2``."""
    offset: int
    sectors: int


def segments(lines: Sequence[str]) -> tuple[Segment, ...] | None:
    """Return what a ``linear`` device is made of; ``None``: it is something else."""
    found: list[Segment] = []
    at = 0
    for line in lines:
        row = _LINEAR.fullmatch(line)
        if row is None or int(row[1]) != at:
            return None
        found.append(Segment(row[3], int(row[4]), int(row[2])))
        at += int(row[2])
    return tuple(found)


def table(parts: Sequence[Segment]) -> str:
    """Return the lines that make a ``linear`` device of these."""
    lines, at = [], 0
    for part in parts:
        lines.append(f"{at} {part.sectors} linear {part.device} {part.offset}\n")
        at += part.sectors
    return "".join(lines)


def place(stores: Stores, store: Clean) -> Clean:
    """Return a folder for a second file that is not in use."""
    taken = {mount.point for mount in stores.mounts}
    names = (Clean(f"{STORES}/{store}-{number}") for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def name(stores: Stores, store: Clean) -> Clean:
    """Return a name for a ``linear`` device that is not in use."""
    taken = {device.name for device in stores.dm}
    names = (Clean(f"{store}-store{number}") for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def unfit(stores: Stores, device: DmDevice) -> Iterator[Obstacle]:
    """Yield why a device cannot be suspended: nothing may need it meanwhile."""
    yield from inexact(device.name)
    if not _NAME.fullmatch(device.name):
        yield Obstacle(clean(f"{device.name} is a name that dmsetup writes otherwise"))
    run = mount_of(stores, stores.places.get(Clean("/run")))
    if run is None or run.fstype not in MEMORY_FILESYSTEMS:
        yield Obstacle(
            Clean("/run is not in memory: what resumes the device could hang with it"),
            Clean("mount a tmpfs on /run"),
        )
    for swap in stores.swaps:
        holder = holding(swap, stores.mounts)
        if holder is not None and holder.device == device.device:
            yield Obstacle(
                clean(f"{swap} is swapped to, and lies on {device.name}: all could hang"),
                clean(f"swapoff {swap}"),
            )


def joined(wrapper: Clean, parts: Sequence[Segment], room: str | None) -> Step:
    """Return what makes a ``linear`` device of these, and of the file in ``room``."""
    make = Operation(("concatenate", wrapper, *((room,) if room else ())), stdin=table(parts))
    why = f"join the store{' and that room' if room else ''} to one device, {wrapper}"
    return Step(clean(why), (make,), (Operation(("part", wrapper)),))


def longer(
    wrapper: DmDevice, lines: Sequence[str], parts: Sequence[Segment], room: str | None
) -> Step:
    """Return what gives the ``linear`` device another table than these ``lines``, in one go."""
    give = Operation(("exchange", wrapper.name, *((room,) if room else ())), stdin=table(parts))
    unused = Operation(("discard", wrapper.name), stdin="".join(f"{each}\n" for each in lines))
    return Step(clean(f"let {wrapper.name} go on in it"), (give,), (unused,))


def exchanged(store: Clean, cow: Clean, wrapper: Clean, sectors: int | None) -> Step:
    """Return what makes ``wrapper`` the store of a snapshot in place of ``cow``.

    It can be taken back while no more than ``sectors`` are in use; ``None``: never.
    """
    why = (
        f"suspend {store}, let it go on with {wrapper}, resume it: by a copy of all that takes in "
        "memory, and another process resumes it whatever becomes of this"
    )
    back = (
        Operation(("swap", store, cow, str(sectors)))
        if sectors is not None
        else Operation(("not_swapped", store, wrapper))
    )
    return Step(clean(why, 1000), (Operation(("swap", store, wrapper)),), (back,))


def dropped(wrapper: DmDevice) -> Step:
    """Return what removes a ``linear`` device that nothing uses any more."""
    return Step(clean(f"remove {wrapper.name}"), (Operation(("part", wrapper.name)),))
