"""Grow a thin pool: its data file, then the length that its table tells."""

from __future__ import annotations

import re

from console.actions import grow_file
from console.actions.ground import loop_of
from console.actions.grow_file import Room
from console.actions.growth import Asked, Growth, refused
from console.clean import Clean, clean
from console.model import SECTOR, ThinPool
from console.operations import Operation
from console.parse.amount import shown
from console.plan import Check, Step

_TABLE = re.compile(r"0 ([0-9]+) (thin-pool [0-9:]+ ([0-9]+:[0-9]+) ([0-9]+) .*)")


def growth(asked: Asked) -> Growth:
    """Return how the pool gets more data blocks."""
    name = asked.level.id.removeprefix("dm:")
    device = next((each for each in asked.stores.dm if each.name == name), None)
    pool = device.targets[0] if device and len(device.targets) == 1 else None
    lines = asked.stores.tables.get(device.name, ()) if device else ()
    table = _TABLE.fullmatch(lines[0]) if len(lines) == 1 else None
    if not isinstance(pool, ThinPool) or table is None:
        return refused(f"{name} is no thin pool any more", "look again")
    if pool.mode not in {"rw", "out_of_data_space"} or pool.needs_check:
        state = "needs its metadata checked" if pool.needs_check else f"is in mode {pool.mode}"
        return refused(f"{name} {state}: room does not help", "thin_check, when nothing uses it")
    loop = loop_of(asked.stores, table[3])
    if loop is None:
        return refused(
            f"the data of {name} are on {table[3]}, which is no loop device",
            "grow that as what made it does: LVM by lvextend",
        )
    unit = pool.block * SECTOR
    blocks = -(-asked.size // unit)
    if blocks <= pool.data_total:
        return refused(f"{name} holds {shown(pool.data_total * unit)} as it is; none is cut off")
    if loop.name not in asked.stores.reachable:
        return refused(f"no path leads to the file of {loop.name} any more: {loop.backing}")
    found = grow_file.growth(Room(asked, loop, blocks * unit, pool.data_used * unit))
    return Growth(
        steps=(*found.steps, _step(name, blocks * unit, table, lines[0])),
        checks=(*found.checks, _same(name, lines[0])),
        obstacles=found.obstacles,
        consequences=found.consequences,
        notes=(*found.notes, *_notes(pool)),
        tier=found.tier,
        tools=(*found.tools, "dmsetup"),
        total=blocks * unit,
    )


def _same(name: str, line: str) -> Check:
    refusal = clean(f"{name} is made up otherwise than it was")
    return Check(Operation(("is_made_of", name), stdin=f"{line}\n"), refusal)


def _step(name: str, size: int, table: re.Match[str], line: str) -> Step:
    sectors = str(size // SECTOR)
    new = f"0 {sectors} {table[2]}\n"
    why = f"let {name} know of {shown(size)}: writers that wait go on"
    made = Operation(("exchange", name), stdin=new)
    seen = Operation(("pool_holds", name, str(size // SECTOR // int(table[4]))))
    unused = Operation(("discard", name), stdin=f"{line}\n")
    return Step(clean(why), (made, seen), (unused,))


def _notes(pool: ThinPool) -> tuple[Clean, ...]:
    if pool.metadata_used * 5 < pool.metadata_total * 4:
        return ()
    blocks = f"{pool.metadata_used} of {pool.metadata_total} blocks"
    return (Clean(f"its metadata stay as they are, {blocks} in use"),)
