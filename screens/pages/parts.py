"""Cells and lines that several pages share: how a state, a fill or a size is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from console.fleet import FleetView
from console.model import Cable, Gap, Host, Level, Running, State
from console.trends import level_key
from screens import marks
from screens.page import Cell, Column, Gauge, Line, Row, Spark, Table, Tone, Trace, Wire, Words
from screens.pages import until
from screens.pages.urgency import Ranked, order, ranked
from screens.place import row_key

SPARK_MINUTES = 10
SPARK_WIDTH = 16
OLD = "~"
"""Before what is not as it is now but as it was seen last."""
_LABEL = 9
"""Cells of what names a fact."""
NO_SPARK = Spark((-1,) * SPARK_WIDTH)
_SPARK_STEP = 10
"""Seconds after which a sparkline is drawn anew though its level stood still."""

STATE_TONES = {
    State.OK: Tone.GOOD,
    State.WATCH: Tone.WATCH,
    State.ACT: Tone.ACT,
    State.FULL: Tone.BAD,
    State.LOST: Tone.BAD,
}
RUNNING_TONES = {
    Running.RUNNING: Tone.GOOD,
    Running.STOPPED: Tone.DIM,
    Running.STARTING: Tone.WATCH,
    Running.STOPPING: Tone.WATCH,
    Running.BROKEN: Tone.BAD,
}
ALARM = {
    Running.STOPPED: 0,
    Running.RUNNING: 1,
    Running.STARTING: 2,
    Running.STOPPING: 2,
    Running.BROKEN: 3,
}
"""How much a state wants to be seen."""
UNKNOWN = Words("-", Tone.DIM, float("nan"))

LEVEL_COLUMNS = (
    Column("state", "STATE", 6),
    Column("level", "LEVEL", 20, grow=3, most=44, path=True),
    until.COLUMN,
    Column("fill", "FILL", 16, grow=1, most=28),
    Column("used", "USED", 6, right=True),
    Column("limit", "LIMIT", 6, right=True),
    Column("rate", "RATE", 8, right=True),
    Column("bound", "BOUND BY", 10, grow=1, most=24, priority=1),
    Column("inodes", "INODES", 6, priority=2, right=True),
    Column("spark", f"LAST {SPARK_MINUTES} MIN", SPARK_WIDTH, priority=3),
    Column("backs", "BACKS", 14, grow=1, priority=4),
)


def state_word(state: State, order: float | None = None) -> Words:
    """Return a level's state as a word, sorted by severity or by ``order``."""
    return Words(state.value, STATE_TONES[state], state.severity if order is None else order)


def running_word(state: Running, order: float | None = None) -> Words:
    """Return a subhost's state as a word, sorted by how much it alarms or by ``order``."""
    return Words(state.value, RUNNING_TONES[state], ALARM[state] if order is None else order)


def fill_gauge(level: Level, rank: float | None = None) -> Gauge:
    """Return the fullest clock of a level as a gauge; says so when that is not bytes.

    ``rank`` is how full it is, 0..1, where order goes by it.
    """
    fill = level.worst_fill
    if level.state is State.LOST:
        return Gauge(1000, Tone.BAD, " ".join(level.notes) or "lost")
    if fill is None:
        return Gauge(None, Tone.DIM, "read-only image" if level.always_full else "no limit")
    sort = None if rank is None or rank < 0 else 1000 * rank
    return Gauge(int(fill * 1000), STATE_TONES[level.state], _other_clock(level), sort=sort)


def _other_clock(level: Level) -> str:
    """Return which clock is the fullest where that is not bytes."""
    if level.worst_fill in {None, level.fill}:
        return ""
    return "inodes" if level.worst_fill == level.inode_fill else "metadata"


def size_word(amount: int | None, tone: Tone = Tone.PLAIN) -> Words:
    """Return bytes for a right-aligned column."""
    return UNKNOWN if amount is None else Words(marks.size(amount), tone, amount)


def rate_word(rate: float | None) -> Words:
    """Return bytes a second; a level that does not move shows as a dot."""
    if rate is None:
        return UNKNOWN
    if abs(rate) < 1:
        return Words("0", Tone.DIM, 0.0)
    return Words(("+" if rate > 0 else "") + marks.rate(rate), Tone.PLAIN, rate)


def spark(view: FleetView, host: Host, owner: str, level: Level) -> Spark | Trace:
    """Return the last minutes of a level, to be worked out where they are drawn."""
    series = view.series.get((host.name, level_key(owner, level.id)))
    if series is None:
        return NO_SPARK
    total = level.limit.total if level.limit else level.total
    seconds = SPARK_MINUTES * 60
    return Trace(series, spark_step(host), SPARK_WIDTH, seconds, total, STATE_TONES[level.state])


def spark_step(host: Host) -> int:
    """Return a number that is another where the sparklines of a host are to be drawn anew."""
    return int(host.at // _SPARK_STEP)


def level_row(
    view: FleetView,
    host: Host,
    owner: str,
    level: Level,
    label: str = "",
    *,
    rank: Ranked | None = None,
) -> Row:
    """Return one level as a row of ``LEVEL_COLUMNS``; ``rank`` is where it is to stand."""
    inodes, rank = level.inode_fill, rank or ranked(level, owner)
    return Row(
        row_key(host.name, owner, level.id),
        (
            state_word(level.state),
            Words(label or level.id, Tone.DIM if level.always_full else Tone.PLAIN),
            until.until(level, order(rank.urgency)),
            fill_gauge(level, rank.fill),
            size_word(level.used),
            size_word(level.limit.total if level.limit and not level.always_full else level.total),
            rate_word(level.rate),
            Words(bound_text(level), Tone.DIM),
            UNKNOWN if inodes is None else Words(marks.percent(int(inodes * 1000)), sort=inodes),
            spark(view, host, owner, level),
            Words(", ".join(level.backs), Tone.DIM),
        ),
        {
            "kind": level.kind.value,
            "host": host.name,
            "subhost": owner,
            "mount": level.mount or "",
        },
    )


def belonging(row: Row, found_by: Mapping[str, str]) -> Row:
    """Return a row that is also found by what its host is found by."""
    return Row(row.key, row.cells, {**found_by, **row.attributes})


def faded(row: Row, first: int = 0) -> Row:
    """Return a row whose cells from ``first`` on tell what was seen last, not what is."""
    marked, *others = row.cells[first:]
    if isinstance(marked, Words):
        sort = marked.text if marked.sort is None else marked.sort
        marked = replace(marked, text=f"{OLD}{marked.text}", sort=sort)
    cells = (*row.cells[:first], *(_dimmed(cell) for cell in (marked, *others)))
    return replace(row, cells=cells)


def faded_line(line: Line) -> Line:
    """Return a line of facts that tells what was seen last, not what is."""
    return replace(line, pieces=tuple(map(_dimmed, line.pieces)))


def _dimmed(cell: Cell) -> Cell:
    if isinstance(cell, Gauge):
        return replace(cell, tone=Tone.DIM, old=True)
    if isinstance(cell, Wire):
        return Wire(tuple(replace(piece, tone=Tone.DIM) for piece in cell.pieces))
    return replace(cell, tone=Tone.DIM)


def level_label(view: FleetView, host: str, owner: str, level: Level) -> str:
    """Return what names a level among those of the whole fleet; of one host, without its name."""
    return "/".join(filter(None, (host if len(view.contacts) > 1 else "", owner, level.id)))


def bound_text(level: Level) -> str:
    """Return what runs out first, in words."""
    return _other_clock(level) or bytes_bound(level)


def bytes_bound(level: Level) -> str:
    """Return what binds the bytes of a level, in words."""
    if level.limit is None or level.always_full:
        return ""
    return "RAM" if level.limit.bound_by == "mem" else level.limit.bound_by


def cable_fault(cable: Cable) -> Cell:
    """Return whether a cable is whole, in words."""
    if cable.fault:
        return Words(cable.fault, Tone.BAD)
    return Words("up", Tone.GOOD) if cable.up else Words("down", Tone.DIM)


def gap_table(gaps: Iterable[Gap]) -> Table:
    """Return what could not be seen, with the remedy."""
    return Table(
        "gaps",
        "Not seen",
        (
            Column("probe", "WHAT", 18, grow=1, most=36),
            Column("problem", "PROBLEM", 9, grow=1, most=11),
            Column("reason", "WHY", 20, grow=2, most=60),
            Column("remedy", "REMEDY", 24, grow=2),
        ),
        tuple(
            Row(
                f"{gap.probe}: {gap.reason}",
                (
                    Words(gap.probe),
                    Words(gap.problem.value, Tone.WATCH),
                    Words(gap.reason),
                    Words(gap.remedy or "", Tone.ACCENT),
                ),
            )
            for gap in gaps
        ),
    )


def not_seen(hosts: Iterable[Host]) -> str:
    """Return how much could not be seen; empty: nothing is missing."""
    gaps = sum(len(host.gaps) for host in hosts)
    return f"{gaps} not seen" if gaps else ""


def fact(label: str, *words: Cell) -> Line:
    """Return one line of facts: a dim label, then its cells."""
    return Line((Words(f"{label:<{_LABEL}}", Tone.DIM), *words))


def told(label: str, text: str, tone: Tone = Tone.PLAIN) -> Line:
    """Return a sentence as a fact, in as many lines as it takes."""
    words = (Words(f"{word} ", tone) for word in text.split(" "))
    return Line((Words(f"{label:<{_LABEL}}", Tone.DIM), *words), hang=_LABEL)
