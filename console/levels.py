"""Levels: every finite store of a host, how full it is, what binds it, what happens when full."""

from __future__ import annotations

from dataclasses import replace

from console.beneath import (
    OWN,
    RAM,
    Bound,
    Ground,
    device_number,
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
    Snapshot,
    State,
    ThinPool,
)
from console.parse.dmsetup import node
from console.states import Judge, state_of

_OOM = "the OOM killer ends processes"
_SNAPSHOT_FULL = {
    "N": "Invalid: every access fails, all changes are lost, power cycle",
    "P": "Invalid: every access fails, also after a reboot, power cycle",
    "PO": "Overflow: new writes fail and the filesystem turns read-only; reads go on",
}


def judged(level: Level, judge: Judge) -> Level:
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
        on_full=_OOM,
    )
    return judged(level, judge)


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
    return judged(level, judge)


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
