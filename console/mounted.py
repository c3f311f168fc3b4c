"""Levels of what is mounted, each worked out anew only when what it follows from changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf
from typing import NamedTuple

from console.beneath import (
    MEMORY_FILESYSTEMS,
    RAM,
    Bound,
    Ground,
    beneath,
    level_id,
    tightest,
)
from console.clean import Clean
from console.facts import View
from console.levels import judged
from console.memo import equal
from console.model import Kind, Level, Limit, Mount, State, Statfs
from console.mounts import always_full
from console.renewed import all_but
from console.states import Judge

_ENOSPC = "writes fail with ENOSPC; reads go on"
_ON_FULL = {
    Kind.OVERLAY: "writes and copy-ups fail with ENOSPC; reads go on",
    Kind.TMPFS: _ENOSPC,
    Kind.FILESYSTEM: _ENOSPC,
}
_BOUNDLESS = "no limit of its own: the OOM killer, then a kernel panic"


class Inside(NamedTuple):
    """Where the mounts of a subhost are."""

    view: View
    places: Mapping[int, Clean]
    """By mount id what names the level of a mount, where its mount point does not."""

    def ground(self, ground: Ground) -> Ground:
        """Return what they stand on: layers are paths of the host, numbers those from inside."""
        view = View(ground.view.mounts, {**self.view.statfs, **ground.view.statfs})
        return replace(ground, view=view)


@dataclass(slots=True)
class Found:
    """The level of a mount, and what it followed from."""

    level: Level
    """By now with all that was told of it besides, so that each is kept once."""
    under: tuple[Clean, ...]
    """Ids of what the mount stands on, nearest first."""
    mount: Mount
    statfs: Statfs
    least: Bound | None
    """What binds it."""
    needs: float
    """Bytes that main memory must have left for this to hold."""
    age: object | None
    """Of the ground, if it stands on more than main memory."""


def mount_levels(
    mounts: Iterable[Mount],
    statfs: Mapping[int, Statfs],
    ground: Ground,
    judge: Judge,
    before: Iterable[Found],
    inside: Inside | None = None,
) -> list[Found]:
    """Return a level for every one of these mounts that answered.

    ``before`` is what followed at the look before, and may still hold. ``inside`` is where they
    are, if that is a subhost.
    """
    known = {each.mount.id: each for each in before}
    found: list[Found] = []
    age, left = ground.age, ground.left
    for mount in mounts:
        said = statfs.get(mount.id)
        if said is None:
            continue
        each = known.get(mount.id)
        if (
            each is None
            or each.statfs is not said
            or each.mount is not mount
            or each.needs > left
            or (each.age is not age and each.age is not None)
        ):
            each = _found(mount, said, ground, judge, each, inside)
        found.append(each)
    return found


def again(before: Found, ground: Ground, judge: Judge) -> Found:
    """Return the level of a mount of the host itself that stands on other ground by now."""
    return _found(before.mount, before.statfs, ground, judge, before, None)


def _found(
    mount: Mount,
    statfs: Statfs,
    ground: Ground,
    judge: Judge,
    before: Found | None,
    inside: Inside | None,
) -> Found:
    bounds = beneath(mount, inside.ground(ground) if inside else ground)
    under = _ids(*[bound.id for bound in bounds])
    least = _least(mount, statfs, bounds)
    same = before is not None and before.mount is mount and before.under[:1] == under[:1]
    if before is not None and same and (before.statfs, before.least) == (statfs, least):
        level = before.level
    else:
        place = inside.places.get(mount.id) if inside else None
        level = _level(mount, statfs, least, bounds, judge, place)
        if before is not None and _measured(level) == _measured(before.level):
            level = before.level
    in_memory = mount.fstype in MEMORY_FILESYSTEMS
    needs = -inf
    if in_memory or under[-1:] == (RAM,):
        needs = inf if not under or (least and least.id == RAM) else least.headroom if least else 0
    return Found(level, under, mount, statfs, least, needs, None if in_memory else ground.age)


_measured = all_but(Level, "backs", "rate", "forecast", "state")
"""All of a level but what others tell of it; its own state follows from the same."""


# Most mounts of a host stand on the same stores, of which one has the least room: one for all.
@lru_cache(64)
def _ids(*ids: Clean) -> tuple[Clean, ...]:
    return ids


@lru_cache(64)
def _limit(total: int, bound_by: Clean) -> Limit:
    return Limit(total, bound_by)


def _level(
    mount: Mount,
    statfs: Statfs,
    least: Bound | None,
    bounds: Sequence[Bound],
    judge: Judge,
    place: Clean | None = None,
) -> Level:
    """Return the level of one mount; ``place`` names it where the mount point does not."""
    kind = _kind(mount)
    image = always_full(mount.fstype)
    bounded = statfs.total > 0
    used = statfs.total - statfs.free
    room = equal(used + max(least.headroom, 0), statfs.total) if least else 0
    level = Level(
        id=level_id(mount, place),
        kind=kind,
        mount=mount.point,
        device=mount.source,
        backs=(),
        used=used if bounded else None,
        total=statfs.total if bounded else None,
        inodes_used=statfs.inodes - statfs.inodes_free if statfs.inodes > 0 else None,
        inodes_total=statfs.inodes if statfs.inodes > 0 else None,
        limit=_limit(room, least.id) if least else None,
        state=State.OK,
        on_full=_on_full(kind, bounded=bounded, image=image),
        relief=() if image else _mount_relief(mount, kind, least),
        always_full=image,
        notes=() if bounded else (Clean("no size limit: RAM is what runs out"),),
        on=bounds[0].id if bounds else None,
    )
    if image or _frozen(mount):
        return level
    return judged(level, judge)


def _kind(mount: Mount) -> Kind:
    if mount.overlay:
        return Kind.OVERLAY
    return Kind.TMPFS if mount.fstype in MEMORY_FILESYSTEMS else Kind.FILESYSTEM


def _least(mount: Mount, statfs: Statfs, bounds: tuple[Bound, ...]) -> Bound | None:
    """Return what runs out first; an overlay's own room is that of the store it is on.

    More than the overlay itself tells there can never be. ``None``: it has no size.
    """
    if statfs.total <= 0:
        return None
    if mount.overlay is None or not bounds or bounds[0].id == RAM:
        return tightest(statfs.available, bounds)
    if statfs.available < bounds[0].headroom:
        bounds = (replace(bounds[0], headroom=statfs.available), *bounds[1:])
    return tightest(None, bounds)


def _frozen(mount: Mount) -> bool:
    """Whether the superblock itself is read-only, so that nothing can fill it."""
    return any(key == "ro" for key, _ in mount.super_options)


def _on_full(kind: Kind, *, bounded: bool, image: bool) -> str:
    if image:
        return "nothing: a read-only image is always full"
    return _ON_FULL[kind] if bounded else _BOUNDLESS


def _mount_relief(mount: Mount, kind: Kind, least: Bound | None) -> tuple[str, ...]:
    if _frozen(mount) or (least is not None and not least.shrinks):
        return ()
    grows = kind is Kind.TMPFS and mount.fstype == "tmpfs"
    return ("delete", "grow") if grows else ("delete",)
