"""One host: its boot identity and memory, every level, every subhost, and what was not seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from console.fleet import Contact, FleetView
from console.model import Boot, Host, Level, Memory, Subhost
from console.when import day
from screens import marks
from screens.page import TABLES, Cell, Column, Gauge, Line, Page, Row, Table, Tone, Words
from screens.pages import incident
from screens.pages.contact import Standing, acceptable, contact_lines, standing
from screens.pages.desk import Desk
from screens.pages.parts import (
    ALARM,
    LEVEL_COLUMNS,
    UNKNOWN,
    fact,
    faded_line,
    fill_gauge,
    gap_table,
    level_row,
    running_word,
    size_word,
)
from screens.pages.urgency import Urgency, most_urgent_first, urgency
from screens.place import row_key

SUBHOST_COLUMNS = (
    Column("state", "STATE", 9),
    Column("subhost", "SUBHOST", 12, grow=1, most=24),
    Column("level", "WORST LEVEL", 13, grow=2, priority=1, most=36, path=True),
    Column("fill", "FILL", 13, grow=1, most=28),
    Column("cpu", "CPU", 5, priority=3, right=True),
    Column("memory", "MEM", 5, right=True),
    Column("processes", "PROCS", 5, priority=4, right=True),
    Column("cables", "CABLES", 8),
    Column("since", "UP", 6, priority=2, right=True),
    Column("notes", "NOTES", 18, grow=2, priority=5),
)


ACTIONS = "actions"
"""Key of the table whose rows are commands."""
_ACTION_COLUMNS = (
    Column("does", "WHAT CAN BE DONE", 40, grow=1),
    Column("command", "COMMAND", 12),
)


def page(view: FleetView, contact: Contact, now: float, desk: Desk) -> Page:
    """Return everything about one host; of one that is lost, what was seen last."""
    host, tables = contact.host, list[Table]()
    if acceptable(contact):
        tables.append(_actions(contact))
    if host:
        tables += [_levels(view, host, desk), subhost_table(subhost_rows(host, desk))]
        if host.gaps:
            tables.append(gap_table(host.gaps))
    said = standing(contact, now)
    facts = (*_incident(view, host, now, desk), *_facts(host, said)) if host else ()
    if not said.up:
        facts = tuple(map(faded_line, facts))
    return Page(contact.name, (*contact_lines(contact, now), *facts), tuple(tables[:TABLES]))


def _incident(view: FleetView, host: Host, now: float, desk: Desk) -> tuple[Line, ...]:
    """Return the level that needs attention first, where one does."""
    worst = desk.digest(host).worst
    if worst is None or not incident.urgent(worst.level):
        return ()
    return incident.panel(view, host, worst.owner, worst.level, now)


def _actions(contact: Contact) -> Table:
    does = Words("compare the offered key, and accept it", Tone.ACCENT)
    row = Row(row_key(contact.name, "", "accept-key"), (does, Words(":accept-key", Tone.DIM)))
    return Table(ACTIONS, "", _ACTION_COLUMNS, (row,))


def _facts(host: Host, said: Standing) -> tuple[Line, ...]:
    lines: list[Line] = []
    if host.boot:
        lines += boot_lines(host.boot, said.rebooted)
    if host.memory:
        lines.append(_memory(host.memory))
    return tuple(lines)


def boot_lines(boot: Boot, rebooted: str) -> tuple[Line, ...]:
    """Return boot identity in two lines, and a third when something is armed.

    ``rebooted`` is how long ago that was noticed, where it is news.
    """
    up = "" if boot.uptime is None else marks.duration(boot.uptime)
    image = boot.image
    named = image.title if image else ""
    source = image.source if image and image.source and image.source != named else ""
    built = "" if not image or image.built is None else f"  built {day(image.built)}"
    lines = (
        fact(
            "boot",
            Words(boot.style.value, Tone.ACCENT),
            Words(f"  {boot.kernel}  "),
            Words("up ", Tone.DIM),
            Words(up),
            Words(f"  rebooted {rebooted} ago" if rebooted else "", Tone.WATCH),
            Words(f"  {boot.os or ''}", Tone.DIM),
        ),
        fact(
            "image",
            Words(named or "not known"),
            Words(f"  {source}" if source else "", Tone.DIM),
            Words(built, Tone.DIM),
        ),
    )
    armed = tuple(fact("armed", Words(each, Tone.WATCH)) for each in boot.armed)
    return lines + armed


def _memory(memory: Memory) -> Line:
    used = 1000 - memory.available * 1000 // memory.total if memory.total else None
    free = f"{marks.size(memory.available)} of {marks.size(memory.total)} free"
    words: list[Cell] = [
        Gauge(used, Tone.GOOD, free),
        Words(f"   shmem {marks.size(memory.shmem)}", Tone.DIM),
    ]
    if memory.pressure:
        pressure = memory.pressure
        tone = Tone.WATCH if pressure.some_avg10 >= 10 else Tone.DIM
        words.append(Words(f"   pressure {pressure.some_avg10:.1f}%", tone))
    return fact("memory", *words)


def _levels(view: FleetView, host: Host, desk: Desk) -> Table:
    levels = most_urgent_first(host.levels)
    return Table(
        "levels",
        "Levels",
        LEVEL_COLUMNS,
        tuple(level_row(view, host, "", each, rank=desk.rank(host, "", each)) for each in levels),
        empty="nothing here can fill",
        sort="full",
    )


def subhost_table(rows: Iterable[Row], *, with_host: bool = False) -> Table:
    """Return subhosts as a table, broken ones first, then those with the most urgent level."""
    host_column = (Column("host", "HOST", 10),) if with_host else ()
    return Table(
        "subhosts",
        "Subhosts",
        host_column + SUBHOST_COLUMNS,
        tuple(rows),
        empty="no subhost: no configuration matches the subhosts globs and none is running",
        sort="state",
        descending=True,
    )


def subhost_rows(host: Host, desk: Desk, *, with_host: bool = False) -> Iterator[Row]:
    """Yield every subhost of a host as a row, that with the most urgent level first."""
    for subhost in sorted(host.subhosts, key=_urgency, reverse=True):
        worst = max(subhost.levels, key=urgency, default=None)
        yield _subhost_row(host, subhost, worst, desk, with_host=with_host)


def _urgency(subhost: Subhost) -> Urgency:
    return max(map(urgency, subhost.levels), default=(-1, -1.0))


def _subhost_row(
    host: Host, subhost: Subhost, worst: Level | None, desk: Desk, *, with_host: bool
) -> Row:
    rank = desk.rank(host, subhost.name, worst) if worst else None
    severity, weight = rank.urgency if rank else (-1, 0.0)
    order = 100 * ALARM[subhost.state] + 10 * severity + weight
    cells: tuple[Cell, ...] = (
        running_word(subhost.state, order),
        Words(subhost.name),
        Words(worst.id) if worst else UNKNOWN,
        fill_gauge(worst, rank.fill) if worst and rank else Words("", sort=-1.0),
        _cpu(subhost),
        size_word(sum(process.rss for process in subhost.processes) or None),
        Words(str(len(subhost.processes) or "-"), sort=len(subhost.processes)),
        _cables(subhost),
        UNKNOWN if subhost.since is None else Words(marks.duration(host.time - subhost.since)),
        Words("; ".join(subhost.notes), Tone.WATCH),
    )
    return Row(
        row_key(host.name, subhost.name),
        ((Words(host.name),) if with_host else ()) + cells,
        {
            "host": host.name,
            "config": subhost.config or "",
            "services": " ".join(subhost.services),
        },
    )


def _cpu(subhost: Subhost) -> Words:
    shares = [process.cpu for process in subhost.processes if process.cpu is not None]
    return Words(f"{sum(shares):.0%}", sort=sum(shares)) if shares else UNKNOWN


def _cables(subhost: Subhost) -> Words:
    faults = [cable for cable in subhost.cables if cable.fault]
    if faults:
        return Words(f"{len(faults)} faulty", Tone.BAD)
    up = sum(cable.up for cable in subhost.cables)
    return Words(f"{up}/{len(subhost.cables)} up" if subhost.cables else "-", Tone.DIM)
