"""What lies beneath a store: the effective limit is the smallest of its own and all of these.

A COW file of nominally 32 GiB on a tmpfs of 100 MiB ends where the tmpfs ends, and the tmpfs
where RAM ends; ``df`` shows neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from operator import attrgetter, is_

from console.clean import Clean, shared
from console.facts import Facts, View
from console.model import (
    SECTOR,
    DmDevice,
    LoopDevice,
    Memory,
    Mount,
    OtherTarget,
    Snapshot,
    ThinPool,
)
from console.mounts import fillable, holding

RAM = Clean("mem")
"""The id of the level everything in memory ends at."""

MEMORY_FILESYSTEMS = frozenset({"tmpfs", "devtmpfs", "ramfs", "rootfs"})
_NEVER_SWAPPED = frozenset({"ramfs", "rootfs"})
_RENUMBERED = frozenset({"btrfs", "overlay"})
"""Filesystems whose files carry another ``st_dev`` than their mount."""
OWN = Clean("own size")
"""The id of a store's own size as what binds it."""
_SAME_SIZE = 64
"""Sizes that differ by less than this part of them are one filesystem's, asked twice."""

_HELD = 256
"""Paths of which is remembered what holds them."""
_headroom = attrgetter("headroom")


@dataclass(frozen=True, slots=True)
class Bound:
    """One store beneath another and the bytes it has left."""

    id: Clean
    headroom: int
    shrinks: bool = True
    """Whether deleting files gives it room again."""


@lru_cache(64)  # most stores of a host have as much left as the one that all lie on
def bounded(store: Clean, headroom: int) -> Bound:
    """Return a bound of what shrinks again; equal ones are kept once."""
    return Bound(store, headroom)


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything of one host that a store may stand on."""

    view: View
    dm: tuple[DmDevice, ...] = ()
    loops: tuple[LoopDevice, ...] = ()
    memory: Memory | None = None
    stores: Mapping[tuple[int, int], Mount] = field(default_factory=dict)
    """By ``st_dev`` the mount that makes a filesystem's level; found in ``view`` unless given."""
    held: dict[Clean, Mount | None] = field(default_factory=dict)
    """By path the mount of ``view`` that holds it, as far as that was asked for."""
    age: object = field(default_factory=object)
    """Another one where anything but what main memory has left is another."""
    ram: tuple[tuple[Bound, ...], tuple[Bound, ...]] = field(default=((), ()), init=False)
    """Main memory as it bounds what cannot be swapped out, and what can."""

    def __post_init__(self) -> None:
        if not self.stores:
            found = {mount.device: mount for mount in fillable(self.view.mounts)}
            object.__setattr__(self, "stores", found)
        if self.memory is not None:
            left = self.memory.available
            swappable = Bound(RAM, left + self.memory.swap_free)
            object.__setattr__(self, "ram", ((Bound(RAM, left),), (swappable,)))

    @property
    def left(self) -> int:
        """Bytes that main memory has left for what cannot be swapped out; -1: not known."""
        return -1 if self.memory is None else self.memory.available

    def mapped(self, device: tuple[int, int]) -> DmDevice | None:
        """Return the device-mapper device of this number."""
        return next((dm for dm in self.dm if dm.device == device), None)

    def loop(self, device: tuple[int, int]) -> LoopDevice | None:
        """Return the loop device of this number."""
        return next((loop for loop in self.loops if loop.device == device), None)

    def store_of(self, path: Clean) -> Mount | None:
        """Return the mount that makes the level of the filesystem that holds ``path``."""
        holder = self._holding(path)
        return None if holder is None else self.stores.get(holder.device, holder)

    def reachable(self, loop: LoopDevice) -> bool:
        """Return whether a loop device's backing file can still be reached by its name."""
        holder = None if loop.deleted else self._holding(loop.backing)
        if holder is None:
            return False
        return loop.file_device in {None, holder.device} or holder.fstype in _RENUMBERED

    def _holding(self, path: Clean) -> Mount | None:
        if path not in self.held:
            if len(self.held) >= _HELD:  # of what was started and is gone, mostly
                self.held.clear()
            self.held[path] = holding(path, self.view.mounts)
        return self.held[path]


def standing(facts: Facts, before: Ground | None) -> Ground:
    """Return what the stores of a host stand on; what did not change is used again."""
    found = (facts.view, facts.dm, facts.loops, facts.memory)
    if before is None or before.view.mounts is not facts.view.mounts:
        return Ground(*found)
    same = [*map(is_, found, (before.view, before.dm, before.loops, before.memory))]
    if all(same):
        return before
    kept = before.stores, before.held
    if all(same[:3]) and (before.memory is None) == (facts.memory is None):
        return Ground(*found, *kept, before.age)
    return Ground(*found, *kept)


def level_id(mount: Mount, place: Clean | None = None) -> Clean:
    """Return the stable id of the level a mount makes: ``tmpfs:/run``, ``fs:/home`` …"""
    kind = "tmpfs" if mount.fstype in MEMORY_FILESYSTEMS else "overlay" if mount.overlay else "fs"
    return shared(f"{kind}:{place or mount.point}")


def device_number(text: str) -> tuple[int, int] | None:
    """Return ``7:1`` as a pair; ``None`` when it is not of that form."""
    major, _, minor = text.partition(":")
    return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else None


def beneath(mount: Mount, ground: Ground) -> tuple[Bound, ...]:
    """Return every store a mounted filesystem stands on, nearest first."""
    return _beneath(mount, ground, frozenset())


def tightest(own: int | None, bounds: Iterable[Bound]) -> Bound | None:
    """Return what runs out first; ``own`` is the store's own headroom and wins a tie."""
    least = min(bounds, key=_headroom, default=None)
    if own is None or (least is not None and least.headroom < own):
        return least
    return bounded(OWN, own)


def _beneath(mount: Mount, ground: Ground, seen: frozenset[int]) -> tuple[Bound, ...]:
    if mount.id in seen:
        return ()
    seen = seen | {mount.id}
    if mount.fstype in MEMORY_FILESYSTEMS:
        return ground.ram[mount.fstype not in _NEVER_SWAPPED]
    if mount.overlay:
        return _under_overlay(mount, ground, seen)
    return _under_block(mount, ground, seen)


def _under_overlay(mount: Mount, ground: Ground, seen: frozenset[int]) -> tuple[Bound, ...]:
    upper = mount.overlay.upper if mount.overlay else None
    if upper is None:
        return ()
    holder = _store_of_upper(mount, upper, ground)
    if holder is None:
        return ()
    if holder.device == mount.device:
        # The upper lies in an initramfs that this root has covered: that is RAM.
        return ground.ram[True]
    return _on(holder, ground, seen, slack=0)


def _store_of_upper(mount: Mount, upper: Clean, ground: Ground) -> Mount | None:
    """The store an upper is in: by its path, unless a symbolic link leads elsewhere.

    That shows in the size and in what is left, for an overlay tells those of that filesystem.
    """
    named = ground.store_of(upper)
    if named is None or named.device == mount.device or _same_size(mount, named, ground):
        return named
    statfs = ground.view.statfs
    others = [
        other
        for other in ground.stores.values()
        if other.id in statfs and not other.overlay and _same_size(mount, other, ground)
    ]
    return others[0] if len(others) == 1 else None


def _same_size(mount: Mount, other: Mount, ground: Ground) -> bool:
    """Whether two mounts may be of one size; one that did not answer may be."""
    mine, theirs = (ground.view.statfs.get(each.id) for each in (mount, other))
    if mine is None or theirs is None:
        return True
    leeway = max(mine.total, theirs.total) // _SAME_SIZE
    return (
        abs(mine.total - theirs.total) <= leeway
        and abs(mine.available - theirs.available) <= leeway
    )


def _on(holder: Mount, ground: Ground, seen: frozenset[int], slack: int) -> tuple[Bound, ...]:
    """Bounds of something stored in ``holder``; ``slack`` bytes are already set aside for it."""
    statfs = ground.view.statfs.get(holder.id)
    own = (
        (bounded(level_id(holder), statfs.available + slack),)
        if statfs is not None and statfs.total > 0
        else ()
    )
    further = _beneath(holder, ground, seen)
    return own + _with(slack, further)


def _with(slack: int, bounds: tuple[Bound, ...]) -> tuple[Bound, ...]:
    if not slack:
        return bounds
    return tuple(replace(bound, headroom=bound.headroom + slack) for bound in bounds)


def _under_block(mount: Mount, ground: Ground, seen: frozenset[int]) -> tuple[Bound, ...]:
    mapped = ground.mapped(mount.device)
    if mapped is not None:
        return under_mapped(mapped, ground, seen)
    loop = ground.loop(mount.device)
    statfs = ground.view.statfs.get(mount.id)
    if loop is None or loop.read_only or statfs is None:
        return ()
    return _under_file(loop, statfs.total - statfs.free, ground, seen)


def under_mapped(
    mapped: DmDevice, ground: Ground, seen: frozenset[int] = frozenset()
) -> tuple[Bound, ...]:
    """Return the stores a mapped device fills when it is written, its own first."""
    bounds: tuple[Bound, ...] = ()
    for target in mapped.targets:
        if isinstance(target, Snapshot):
            bounds += snapshot_bounds(mapped, target, ground, seen)
        elif isinstance(target, OtherTarget) and target.type == "thin":
            bounds += _thin_bounds(target, ground)
    return bounds


def snapshot_bounds(
    mapped: DmDevice, snapshot: Snapshot, ground: Ground, seen: frozenset[int] = frozenset()
) -> tuple[Bound, ...]:
    """Return the exception store's own headroom and that of all beneath it."""
    if snapshot.allocated is None or snapshot.total is None:
        return (Bound(Clean(f"dm:{mapped.name}"), 0, shrinks=False),)
    used = snapshot.allocated * SECTOR
    own = Bound(Clean(f"dm:{mapped.name}"), snapshot.total * SECTOR - used, shrinks=False)
    number = device_number(snapshot.cow)
    loop = ground.loop(number) if number else None
    under = _under_file(loop, used, ground, seen) if loop else ()
    # Files deleted above free no chunk, and so nothing beneath either.
    return (own, *(replace(bound, shrinks=False) for bound in under))


def _thin_bounds(thin: OtherTarget, ground: Ground) -> tuple[Bound, ...]:
    number = device_number(thin.table.partition(" ")[0])
    pool = ground.mapped(number) if number else None
    if pool is None:
        return ()
    return tuple(
        Bound(
            Clean(f"dm:{pool.name}"),
            (target.data_total - target.data_used) * target.block * SECTOR,
        )
        for target in pool.targets
        if isinstance(target, ThinPool) and target.block
    )


def _under_file(
    loop: LoopDevice, in_use: int, ground: Ground, seen: frozenset[int]
) -> tuple[Bound, ...]:
    """Bounds of a backing file: none once all of it is allocated."""
    allocated = loop.file_allocated
    if allocated is not None and loop.file_size is not None and allocated >= loop.file_size:
        return ()
    slack = max(0, (allocated or 0) - in_use)
    holder = ground.stores.get(loop.file_device) if loop.file_device else None
    if holder is None and ground.reachable(loop):
        holder = ground.store_of(loop.backing)
    if holder is not None:
        return _on(holder, ground, seen, slack)
    if loop.file_device is None or loop.file_device[0] == 0:
        # An anonymous device that is mounted nowhere: the initramfs we came from, hence RAM.
        return _with(slack, ground.ram[False])
    return ()
