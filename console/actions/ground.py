"""What a store that is to grow stands on: mounts, folders, files, loop and mapped devices."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Sequence

from console.clean import Clean
from console.model import LoopDevice, Mount
from console.mounts import holding, may_hang, visible
from console.survey import Place, Stores

SIZED = frozenset({"tmpfs", "rootfs"})
"""Filesystems in memory that have a size; a ``rootfs`` may."""


def places(stores: Stores, inside: str) -> tuple[Clean, ...]:
    """Return the paths to be measured: tmpfs, upper layers, folders of files behind loop devices.

    ``inside`` is the way to the root of the subhost that was asked about.
    """
    found = dict.fromkeys(_places(stores.mounts, ""))
    if inside:
        found |= dict.fromkeys(_places(stores.inner, inside))
    for loop in stores.loops:
        if loop.name in stores.reachable:
            found[Clean(posixpath.dirname(loop.backing))] = None
    found[Clean("/run")] = None
    return tuple(found)


def mount_at(mounts: Sequence[Mount], point: Clean | None) -> Mount | None:
    """Return what is seen at a mount point."""
    return next((each for each in visible(mounts) if each.point == point), None)


def mount_of(stores: Stores, place: Place | None) -> Mount | None:
    """Return a mount of the host by which the filesystem that holds a place can be named."""
    if place is None:
        return None
    whole = [
        each
        for each in visible(stores.mounts)
        if os.makedev(*each.device) == place.device and each.root == "/"
    ]
    return min(whole, key=lambda each: len(each.point), default=None)


def loop_of(stores: Stores, number: str) -> LoopDevice | None:
    """Return the loop device of a number like ``7:1``."""
    return next((each for each in stores.loops if "{}:{}".format(*each.device) == number), None)


def _places(mounts: Sequence[Mount], inside: str) -> Iterator[Clean]:
    for mount in visible(mounts):
        if mount.fstype in SIZED:
            yield Clean(f"{inside}{mount.point}")
        elif mount.overlay and mount.overlay.upper:
            holder = holding(mount.overlay.upper, mounts)
            if holder is not None and not may_hang(holder, mounts):
                yield mount.overlay.upper
