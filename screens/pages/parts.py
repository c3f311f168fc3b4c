"""Cells and lines that several pages share: how a state, a fill or a size is said."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from console.clean import Clean
from console.fleet import FleetView
from console.model import Cable, Gap, Host, Level, Running, State
from console.series import heights
from console.trends import level_key
from screens import marks
from screens.page import Cell, Column, Gauge, Line, Row, Spark, Table, Tone, Words
from screens.place import row_key

SPARK_MINUTES = 10
SPARK_WIDTH = 16

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
    Column("state", "STATE", 5),
    Column("level", "LEVEL", 20, grow=3, most=44, path=True),
    Column("fill", "FILL", 16, grow=1, most=28),
    Column("used", "USED", 6, right=True),
    Column("limit", "LIMIT", 6, right=True),
    Column("rate", "RATE", 8, right=True),
    Column("bound", "BOUND BY", 10, grow=1, most=24, priority=1),
    Column("inodes", "INODES", 6, priority=2, right=True),
    Column("spark", f"LAST {SPARK_MINUTES} MIN", SPARK_WIDTH, priority=3),
    Column("backs", "BACKS", 14, grow=1, priority=4),
)


def state_word(state: State) -> Words:
    """Return a level's state as a word, sorted by severity."""
    return Words(state.value, STATE_TONES[state], state.severity)


def running_word(state: Running) -> Words:
    """Return a subhost's state as a word."""
    return Words(state.value, RUNNING_TONES[state], ALARM[state])


def fill_gauge(level: Level | None) -> Gauge:
    """Return the fullest clock of a level as a gauge; says so when that is not bytes."""
    if level is None:
        return Gauge(None, Tone.DIM, "no level")
    fill = level.worst_fill
    if level.state is State.LOST:
        return Gauge(1000, Tone.BAD, " ".join(level.notes) or "lost")
    if fill is None:
        return Gauge(None, Tone.DIM, "read-only image" if level.always_full else "no limit")
    return Gauge(int(fill * 1000), STATE_TONES[level.state], _other_clock(level))


def _other_clock(level: Level) -> str:
    """Return which clock is the fullest where that is not bytes."""
    if level.worst_fill in {None, level.fill}:
        return ""
    return "inodes" if level.worst_fill == level.inode_fill else "metadata"


def size_word(amount: int | None, tone: Tone = Tone.PLAIN) -> Words:
    """Return bytes for a right-aligned column."""
    return UNKNOWN if amount is None else Words(marks.size(amount), tone, amount)


def day(seconds: int) -> str:
    """Return the date of a moment in seconds since 1970; ``-`` for one no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC).date().isoformat()
    except (OverflowError, OSError, ValueError):
        return "-"


def rate_word(rate: float | None) -> Words:
    """Return bytes a second; a level that does not move shows as a dot."""
    if rate is None:
        return UNKNOWN
    if abs(rate) < 1:
        return Words("0", Tone.DIM, 0.0)
    return Words(("+" if rate > 0 else "") + marks.rate(rate), Tone.PLAIN, rate)


def spark(view: FleetView, host: str, subhost: str, level: Level, width: int) -> Spark:
    """Return the last minutes of a level."""
    series = view.series.get((Clean(host), level_key(subhost, level.id)))
    if series is None:
        return Spark((-1,) * width)
    total = level.limit.total if level.limit else level.total
    return Spark(heights(series, width, SPARK_MINUTES * 60, total), STATE_TONES[level.state])


def level_row(view: FleetView, host: str, subhost: str, level: Level, label: str = "") -> Row:
    """Return one level as a row of ``LEVEL_COLUMNS``."""
    inodes = level.inode_fill
    return Row(
        row_key(host, subhost, level.id),
        (
            state_word(level.state),
            Words(label or level.id, Tone.DIM if level.always_full else Tone.PLAIN),
            fill_gauge(level),
            size_word(level.used),
            size_word(level.limit.total if level.limit and not level.always_full else level.total),
            rate_word(level.rate),
            Words(bound_text(level), Tone.DIM),
            UNKNOWN if inodes is None else Words(marks.percent(int(inodes * 1000)), sort=inodes),
            spark(view, host, subhost, level, SPARK_WIDTH),
            Words(", ".join(level.backs), Tone.DIM),
        ),
        {"kind": level.kind.value, "host": host, "subhost": subhost, "mount": level.mount or ""},
    )


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


def urgency(level: Level) -> tuple[int, float]:
    """Return what puts the worst state, then the fullest level, last."""
    fill = level.worst_fill
    return level.state.severity, -1.0 if fill is None else fill


def fullest_first(levels: Iterable[Level]) -> list[Level]:
    """Return levels with the worst state, then the fullest, first."""
    return sorted(levels, key=urgency, reverse=True)


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
    return Line((Words(f"{label:<9}", Tone.DIM), *words))
