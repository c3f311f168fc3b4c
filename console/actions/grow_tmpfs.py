"""Grow a tmpfs, or the tmpfs below an overlay: mounted anew with another size, which it tells."""

from __future__ import annotations

import os
from collections.abc import Iterator

from console.actions import stop
from console.actions.ground import SIZED, mount_at, mount_of
from console.actions.growth import Asked, Growth, Guard, refused
from console.actions.tools import inexact
from console.clean import Clean, clean
from console.model import Kind, Level, Mount, Statfs
from console.operations import Operation
from console.parse.amount import shown, typed
from console.plan import Check, Obstacle, Step, Wish
from console.survey import Place, Stores

_PAGE = 1 << 12
_KEPT = ("ro", "nosuid", "nodev", "noexec", "noatime", "nodiratime", "relatime", "strictatime")
"""Options of a mount that it is to keep: what is not named may be lost."""


def growth(asked: Asked) -> Growth:
    """Return how the tmpfs is grown that the level is, or is on."""
    if asked.level.kind is Kind.OVERLAY:
        return _beneath_overlay(asked)
    mounts = asked.stores.inner if asked.wish.subhost else asked.stores.mounts
    mount = mount_at(mounts, asked.level.mount)
    if mount is None:
        return refused(f"nothing is mounted at {asked.level.mount} any more", "look again")
    return of_mount(asked, mount, inside=bool(asked.wish.subhost))


def of_mount(asked: Asked, mount: Mount, *, inside: bool = False) -> Growth:
    """Return how that tmpfs gets the size that is wished."""
    root = _root(asked) if inside else ""
    place = asked.stores.places.get(Clean(f"{root}{mount.point}"))
    if place is None:
        return refused(f"{mount.point} does not tell its size", "look again")
    if not _sized(mount, place):
        return refused(
            f"{mount.point} is a {mount.fstype} and has no size: mounting it anew says that all "
            "is well and does nothing; memory is what runs out",
            "free memory, or boot without root= for a tmpfs as root",
        )
    now, wish = place.statfs, asked.wish
    size = -(-asked.size // _PAGE) * _PAGE
    used = now.total - now.free
    guard = Guard(asked, size - used, size - now.total)
    told = (*_unfit(asked, mount, now, size), *guard.obstacles)
    return Growth(
        steps=() if told else (step(asked, mount, place, size, inside=inside),),
        checks=(*_checks(asked, mount, place, inside=inside), *guard.checks),
        obstacles=told,
        consequences=guard.consequences,
        notes=tuple(_notes(mount, now, wish.inodes)),
        tier=guard.tier,
        tools=("mount", "stat", *(("nsenter",) if inside else ())),
        total=size,
    )


def upper(stores: Stores, wish: Wish, level: Level) -> Clean | None:
    """Return the upper layer of the overlay that a level is, as its mount tells."""
    overlay = mount_at(stores.inner if wish.subhost else stores.mounts, level.mount)
    return overlay.overlay.upper if overlay and overlay.overlay else None


def step(asked: Asked, mount: Mount, place: Place, size: int, *, inside: bool = False) -> Step:
    """Return what gives a tmpfs another size; undone it has the one from before."""
    inodes = asked.wish.inodes
    why = f"let the tmpfs at {mount.point} hold {shown(size)}"
    more = f" and {inodes} inodes" if inodes else ""
    sizes = ((size, inodes), (place.statfs.total, place.statfs.inodes if inodes else None))
    grow, back = (Operation((*_words(asked, mount, inside=inside), *_sizes(*each)))
                  for each in sizes)  # fmt: skip
    return Step(clean(f"{why}{more}", 1000), (grow,), (back,))


def _beneath_overlay(asked: Asked) -> Growth:
    layer = upper(asked.stores, asked.wish, asked.level)
    if layer is None:
        return refused(f"no overlay with an upper layer is mounted at {asked.level.mount}")
    holder = mount_of(asked.stores, asked.stores.places.get(layer))
    nothing = "mounting the overlay itself anew says that all is well and does nothing"
    if holder is None:
        return refused(
            f"its upper layer {layer} lies where no path leads any more; {nothing}",
            "boot with more room for it",
        )
    if holder.fstype not in SIZED:
        return refused(
            f"its upper layer {layer} is on the {holder.fstype} at {holder.point}, which is as "
            f"large as its device; {nothing}",
            f"delete in {asked.level.mount}, or grow {holder.source}",
        )
    return of_mount(asked, holder)


def _sized(mount: Mount, place: Place) -> bool:
    return mount.fstype in SIZED and place.statfs.total > 0


def _unfit(asked: Asked, mount: Mount, now: Statfs, size: int) -> Iterator[Obstacle]:
    inodes = asked.wish.inodes
    yield from inexact(mount.point)
    if mount.read_only:
        yield Obstacle(clean(f"{mount.point} is mounted read-only: nothing fills it"))
    if size < now.total - now.free:
        used = shown(now.total - now.free)
        yield Obstacle(clean(f"{mount.point} holds {used} already: it cannot be made smaller"))
    if inodes is not None and now.inodes == 0:
        yield Obstacle(clean(f"{mount.point} does not limit its inodes"))
    elif inodes is not None and inodes < now.inodes - now.inodes_free:
        used = f"{now.inodes - now.inodes_free} inodes"
        yield Obstacle(clean(f"{mount.point} has {used} in use: fewer it cannot have"))
    if size == now.total and inodes in {None, now.inodes}:
        yield Obstacle(clean(f"{mount.point} holds {shown(size)} as it is"))


def _checks(asked: Asked, mount: Mount, place: Place, *, inside: bool) -> tuple[Check, ...]:
    device = str(os.makedev(*mount.device))
    operation = Operation(("lies_on", f"{_root(asked) if inside else ''}{mount.point}", device))
    same = Check(operation, clean(f"{mount.point} is another filesystem than it was"))
    return (*stop.checks(asked.wish, asked.survey), same) if inside else (same,)


def _notes(mount: Mount, now: Statfs, inodes: int | None) -> Iterator[Clean]:
    was = f"{shown(now.total)}{f' and {now.inodes} inodes' if inodes else ''}"
    back = f"--to {typed(now.total)}{f' --inodes {now.inodes}' if inodes else ''}"
    yield clean(f"{mount.point} held {was}: {back} makes it so again, while no more is in it")
    yield Clean("it lasts until the next mount or boot")


def _words(asked: Asked, mount: Mount, *, inside: bool) -> tuple[str, ...]:
    kept = ",".join(option for option in mount.options if option in _KEPT)
    line = asked.survey.lineage
    if inside and line is not None:
        return ("size_inside", str(line.first.pid), str(line.first.started), mount.point, kept)
    return ("size", mount.point, kept)


def _sizes(size: int, inodes: int | None) -> tuple[str, ...]:
    return (str(size), *((str(inodes),) if inodes else ()))


def _root(asked: Asked) -> str:
    line = asked.survey.lineage
    return f"/proc/{line.first.pid}/root" if line else ""
