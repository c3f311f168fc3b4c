"""One subhost: its layers, its levels, its cables with both ends, its processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from console.fleet import FleetView
from console.model import Cable, Host, Overlay, Process, Running, Subhost
from screens import marks
from screens.page import Cell, Column, Line, Page, Row, Table, Tone, Words
from screens.pages.desk import Desk
from screens.pages.parts import (
    LEVEL_COLUMNS,
    UNKNOWN,
    cable_fault,
    fact,
    level_row,
    running_word,
    size_word,
)
from screens.pages.urgency import most_urgent_first
from screens.place import row_key

CABLE_COLUMNS = (
    Column("state", "STATE", 22, grow=1, most=40),
    Column("outer", "OUTSIDE", 10),
    Column("inner", "INSIDE", 7),
    Column("bridge", "BRIDGE", 10),
    Column("vlan", "VLAN", 4, right=True),
    Column("rx", "RX", 6, priority=2, right=True),
    Column("tx", "TX", 6, priority=2, right=True),
    Column("mac", "MAC", 17, priority=3),
)
_WHOLE = "none"
"""The fault of a cable that has none."""
_PROCESS_COLUMNS = (
    Column("pid", "PID", 7, right=True),
    Column("state", "S", 1),
    Column("cpu", "CPU", 6, right=True),
    Column("rss", "MEM", 6, right=True),
    Column("name", "NAME", 16),
    Column("argv", "COMMAND", 24, grow=1),
)


def page(view: FleetView, host: Host, subhost: Subhost, desk: Desk) -> Page:
    """Return everything about one subhost."""
    return Page(
        f"{host.name}/{subhost.name}",
        _facts(host, subhost),
        (
            _levels(view, host, subhost, desk),
            cable_table(cable_rows(host, (subhost,))),
            _processes(subhost),
        ),
    )


def _facts(host: Host, subhost: Subhost) -> tuple[Line, ...]:
    state = running_word(subhost.state)
    up = "" if subhost.since is None else f"  for {marks.duration(host.time - subhost.since)}"
    pid = f"  pid {subhost.pid}" if subhost.pid else ""
    by = f"  started by {subhost.started_by}" if subhost.started_by else ""
    boot = "  starts at boot" if subhost.autostart else ""
    lines = [
        fact("state", state, Words(up), Words(f"{pid}{by}{boot}", Tone.DIM)),
        fact("config", Words(subhost.config or "none found: running from a file that is gone")),
    ]
    lines += [fact("note", Words(note, Tone.WATCH)) for note in subhost.notes]
    lines += _layers(subhost.overlay)
    if subhost.next_lower:
        told = f"a restart would change it to {subhost.next_lower}"
        lines.append(fact("", Words(told, Tone.WATCH)))
    if subhost.services:
        lines.append(fact("services", Words("  ".join(subhost.services))))
    lines += [fact("share", Words(f"{out} -> {inn}")) for out, inn in subhost.shares]
    if subhost.log:
        lines.append(fact("log", Words(subhost.log[-1], Tone.DIM)))
    return tuple(lines)


def _layers(overlay: Overlay | None) -> list[Line]:
    if overlay is None:
        return [fact("overlay", Words("none: UPPER is LOWER", Tone.DIM))]
    return [
        fact("upper", Words(overlay.upper or "none: read-only")),
        fact("work", Words(overlay.work or "-", Tone.DIM)),
        fact("live", Words(overlay.live or "-", Tone.DIM)),
        fact("lower", Words(" : ".join(overlay.lower))),
    ]


def _levels(view: FleetView, host: Host, subhost: Subhost, desk: Desk) -> Table:
    rows = (
        level_row(view, host, subhost.name, each, rank=desk.rank(host, subhost.name, each))
        for each in most_urgent_first(subhost.levels)
    )
    return Table(
        "levels",
        "Levels",
        LEVEL_COLUMNS,
        tuple(rows),
        empty=f"{subhost.state.value}: nothing is mounted, so nothing can fill",
        sort="full",
    )


def cable_table(rows: Iterable[Row], *, with_owner: bool = False) -> Table:
    """Return cables with both ends, faulty ones first."""
    owner = (Column("subhost", "SUBHOST", 14),) if with_owner else ()
    first = sorted(rows, key=lambda row: row.attributes["fault"] == _WHOLE)
    return Table("cables", "Cables", owner + CABLE_COLUMNS, tuple(first), empty="no cable")


def cable_rows(
    host: Host, subhosts: Iterable[Subhost], *, with_owner: bool = False
) -> Iterator[Row]:
    """Yield every cable of these subhosts of a host as a row."""
    for subhost in subhosts:
        owner = (Words(f"{host.name}/{subhost.name}"),) if with_owner else ()
        for cable in subhost.cables:
            yield Row(
                row_key(host.name, subhost.name, cable.outer),
                (*owner, *_cable(cable)),
                {"fault": cable.fault or _WHOLE, "subhost": subhost.name, "host": host.name},
            )


def _cable(cable: Cable) -> tuple[Cell, ...]:
    return (
        cable_fault(cable),
        Words(cable.outer),
        Words(cable.inner or "-"),
        Words(cable.bridge or "-"),
        UNKNOWN if cable.vlan is None else Words(str(cable.vlan), sort=cable.vlan),
        size_word(cable.rx_bytes, Tone.DIM),
        size_word(cable.tx_bytes, Tone.DIM),
        Words(cable.mac or "-", Tone.DIM),
    )


def _processes(subhost: Subhost) -> Table:
    empty = "no process" if subhost.state is Running.STOPPED else "no process could be seen"
    return Table(
        "processes",
        "Processes",
        _PROCESS_COLUMNS,
        tuple(_process(process) for process in subhost.processes),
        empty=empty,
        sort="cpu",
        descending=True,
    )


def _process(process: Process) -> Row:
    cpu = process.cpu
    return Row(
        str(process.pid),
        (
            Words(str(process.pid), sort=process.pid),
            Words(process.state, Tone.BAD if process.state in "DZ" else Tone.PLAIN),
            UNKNOWN if cpu is None else Words(f"{cpu:.1%}", sort=cpu),
            size_word(process.rss),
            Words(process.name),
            Words(" ".join(process.argv), Tone.DIM),
        ),
    )
