"""Levels: every finite store of a host, how full it is, what binds it, what happens when full."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from console.beneath import (
    MEMORY_FILESYSTEMS,
    OWN,
    RAM,
    Bound,
    Ground,
    device_number,
    level_id,
    snapshot_bounds,
    tightest,
)
from console.clean import Clean
from console.model import (
    SECTOR,
    DmDevice,
    Kind,
    Level,
    Limit,
    Memory,
    Mount,
    Snapshot,
    State,
    Statfs,
    ThinPool,
)
from console.mounts import always_full
from console.parse.dmsetup import node
from console.states import Judge, state_of

_ENOSPC = "writes fail with ENOSPC; reads go on"
_ON_FULL = {
    Kind.OVERLAY: "writes and copy-ups fail with ENOSPC; reads go on",
    Kind.TMPFS: _ENOSPC,
    Kind.FILESYSTEM: _ENOSPC,
    Kind.MEMORY: "the OOM killer ends processes",
}
_BOUNDLESS = "no limit of its own: the OOM killer, then a kernel panic"
_SNAPSHOT_FULL = {
    "N": "Invalid: every access fails, all changes are lost, power cycle",
    "P": "Invalid: every access fails, also after a reboot, power cycle",
    "PO": "Overflow: new writes fail and the filesystem turns read-only; reads go on",
}


def _judged(level: Level, judge: Judge) -> Level:
    """Return the level in the state its thresholds give it."""
    state = state_of(level, judge(level.kind, level.id))
    return level if state is level.state else replace(level, state=state)


def memory_level(memory: Memory, judge: Judge) -> Level:
    """Return main memory as the store under every tmpfs; used is all that is not available."""
    level = Level(
        id=RAM,
        kind=Kind.MEMORY,
        mount=None,
        device=None,
        backs=(),
        used=memory.total - memory.available,
        total=memory.total,
        inodes_used=None,
        inodes_total=None,
        limit=Limit(memory.total, OWN),
        state=State.OK,
        on_full=_ON_FULL[Kind.MEMORY],
    )
    return _judged(level, judge)


def mount_levels(
    ground: Ground, under: Mapping[int, tuple[Bound, ...]], judge: Judge
) -> tuple[Level, ...]:
    """Return a level for every store of the host's own that answered, by what is under each."""
    levels: list[Level] = []
    for mount in ground.stores.values():
        statfs = ground.view.statfs.get(mount.id)
        if statfs is None:
            continue
        bounds = under[mount.id]
        known = ground.known.get(mount.id)
        if known is not None and known[2].on != (bounds[0].id if bounds else None):
            known = None  # it lies on something else by now
        if known is None or not _holds(known, mount, statfs, bounds):
            least = _least(mount, statfs, bounds)
            if known is None or known[:2] != (statfs, least):
                known = statfs, least, _level(mount, statfs, least, bounds, judge)
                ground.known[mount.id] = known
        levels.append(known[2])
    return tuple(levels)


def _holds(
    known: tuple[Statfs, Bound | None, Level],
    mount: Mount,
    statfs: Statfs,
    bounds: Sequence[Bound],
) -> bool:
    """Whether it is plain that what a level followed from is the same: its own size binds it."""
    was, least, _ = known
    if was is not statfs or mount.overlay or least is None:
        return was is statfs and least is None
    return least.id == OWN and all(bound.headroom >= least.headroom for bound in bounds)


def mount_level(
    mount: Mount,
    statfs: Statfs,
    bounds: Iterable[Bound],
    judge: Judge,
    place: Clean | None = None,
) -> Level:
    """Return the level of one mount; ``place`` names it where the mount point does not."""
    under = tuple(bounds)
    return _level(mount, statfs, _least(mount, statfs, under), under, judge, place)


def _level(
    mount: Mount,
    statfs: Statfs,
    least: Bound | None,
    bounds: Sequence[Bound],
    judge: Judge,
    place: Clean | None = None,
) -> Level:
    kind = _kind(mount)
    image = always_full(mount.fstype)
    bounded = statfs.total > 0
    used = statfs.total - statfs.free
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
        limit=Limit(used + max(least.headroom, 0), least.id) if least else None,
        state=State.OK,
        on_full=_on_full(kind, bounded=bounded, image=image),
        relief=() if image else _mount_relief(mount, kind, least),
        always_full=image,
        notes=() if bounded else (Clean("no size limit: RAM is what runs out"),),
        on=bounds[0].id if bounds else None,
    )
    if image or _frozen(mount):
        return level
    return _judged(level, judge)


def mapped_levels(ground: Ground, judge: Judge) -> tuple[Level, ...]:
    """Return a level for every snapshot store and thin pool."""
    levels: list[Level] = []
    for device in ground.dm:
        for target in device.targets:
            if isinstance(target, Snapshot):
                levels.append(snapshot_level(device, target, ground, judge))
            elif isinstance(target, ThinPool):
                levels.append(_pool_level(device, target, judge))
    return tuple(levels)


def snapshot_level(device: DmDevice, snapshot: Snapshot, ground: Ground, judge: Judge) -> Level:
    """Return the level of one exception store (sizes in bytes, metadata included)."""
    known = snapshot.fault is None and snapshot.allocated is not None
    used = (snapshot.allocated or 0) * SECTOR
    total = (snapshot.total or 0) * SECTOR
    own, *under = snapshot_bounds(device, snapshot, ground)
    root = ground.stores.get(device.device)
    least = tightest(own.headroom, under) if known else None
    level = Level(
        id=own.id,
        kind=Kind.DM_SNAPSHOT,
        mount=root.point if root else None,
        device=node(device.name),
        backs=(),
        used=used if known else None,
        total=total if known else None,
        inodes_used=None,
        inodes_total=None,
        limit=Limit(used + max(least.headroom, 0), least.id) if least else None,
        state=State.OK if known else State.LOST,
        on_full=_snapshot_on_full(snapshot, least),
        relief=_snapshot_relief(snapshot, ground),
        never_shrinks=True,
        notes=(Clean(f"store is {snapshot.fault}"),) if snapshot.fault else (),
        on=under[0].id if under else None,
    )
    if not known:
        return level
    return _judged(level, judge)


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
    store = replace(bounds[0], headroom=min(bounds[0].headroom, statfs.available))
    return tightest(None, (store, *bounds[1:]))


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


def _snapshot_on_full(snapshot: Snapshot, least: Bound | None) -> str:
    beneath_binds = least is not None and least.id != OWN
    persistence = "P" if beneath_binds and snapshot.persistence == "PO" else snapshot.persistence
    return _SNAPSHOT_FULL.get(persistence, _SNAPSHOT_FULL["P"])


def _snapshot_relief(snapshot: Snapshot, ground: Ground) -> tuple[str, ...]:
    """Deleting files frees no chunk; only more room helps, and only where a handle is left."""
    if snapshot.fault and snapshot.fault != "Overflow":
        return ("reboot",)
    number = device_number(snapshot.cow)
    loop = ground.loop(number) if number else None
    if loop is not None and ground.reachable(loop):
        return ("grow", "reboot")
    return ("reboot",) if snapshot.persistence == "N" else ("concatenate", "reboot")


def _pool_level(device: DmDevice, pool: ThinPool, judge: Judge) -> Level:
    unit = pool.block * SECTOR
    level = Level(
        id=Clean(f"dm:{device.name}"),
        kind=Kind.THIN_POOL,
        mount=None,
        device=node(device.name),
        backs=(),
        used=pool.data_used * unit if unit else None,
        total=pool.data_total * unit if unit else None,
        inodes_used=None,
        inodes_total=None,
        limit=Limit(pool.data_total * unit, OWN) if unit else None,
        state=State.OK,
        on_full=_pool_on_full(pool),
        relief=("grow", "trim"),
        metadata_used=pool.metadata_used,
        metadata_total=pool.metadata_total,
        notes=_pool_notes(pool),
    )
    if pool.mode == "Fail":
        return replace(level, state=State.LOST)
    if pool.mode == "out_of_data_space":
        return replace(level, state=State.FULL)
    state = state_of(level, judge(level.kind, level.id))
    if pool.needs_check or pool.mode == "ro":
        state = max(state, State.ACT, key=lambda each: each.severity)
    return replace(level, state=state)


def _pool_on_full(pool: ThinPool) -> str:
    return "writers block for 60 s, then errors" if pool.queues_when_full else "writes fail"


def _pool_notes(pool: ThinPool) -> tuple[Clean, ...]:
    notes = [] if pool.mode == "rw" else [Clean(f"pool mode is {pool.mode}")]
    return (*notes, Clean("metadata needs checking")) if pool.needs_check else tuple(notes)
