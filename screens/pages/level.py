"""One level: how full by each clock, what binds it, what happens when full, its last minutes."""

from __future__ import annotations

from console.clean import Clean
from console.fleet import FleetView
from console.model import Host, Level
from console.sparkline import heights
from console.trends import level_key
from screens import marks
from screens.page import Column, Gauge, Line, Page, Row, Spark, Table, Tone, Words
from screens.pages import incident
from screens.pages.parts import (
    SPARK_MINUTES,
    STATE_TONES,
    bytes_bound,
    fact,
    size_word,
)

_STEP = 10.0
_WIDE = 60


def page(view: FleetView, host: Host, subhost: str, level: Level, now: float) -> Page:
    """Return everything about one level."""
    title = "/".join(filter(None, (host.name, subhost))) + f" {level.id}"
    facts = [
        *incident.panel(view, host, subhost, level, now),
        fact(
            "store",
            Words(level.kind.value),
            Words(f"  on {level.mount}" if level.mount else ""),
            Words(f"  {level.device}" if level.device else "", Tone.DIM),
        ),
        *_clocks(level),
        _binding(level),
        fact(
            "relief",
            Words(", ".join(level.relief) or "none"),
            Words("   deleting files frees nothing here", Tone.WATCH)
            if level.never_shrinks
            else Words(""),
        ),
    ]
    facts += [fact("note", Words(note, Tone.WATCH)) for note in level.notes]
    facts.append(_trend(view, host.name, subhost, level))
    return Page(title, tuple(facts), (_samples(view, host.name, subhost, level),))


def _clocks(level: Level) -> list[Line]:
    tone = STATE_TONES[level.state]
    lines = []
    for label, fill, used, total in (
        ("bytes", level.fill, level.used, level.limit.total if level.limit else level.total),
        ("inodes", level.inode_fill, level.inodes_used, level.inodes_total),
        ("metadata", level.metadata_fill, level.metadata_used, level.metadata_total),
    ):
        if used is None:
            continue
        say = marks.size if label == "bytes" else marks.count
        share = None if fill is None else int(fill * 1000)
        amount = f"{say(used)} of {say(total)}" if total is not None else say(used)
        lines.append(fact(label, Gauge(share, tone, amount)))
    return lines


def _binding(level: Level) -> Line:
    if level.limit is None:
        return fact("limit", Words("none of its own", Tone.DIM))
    nominal = ""
    if level.total is not None and level.total != level.limit.total:
        nominal = f"   nominal size {marks.size(level.total)}"
    return fact(
        "limit",
        Words(marks.size(level.limit.total)),
        Words("  bound by ", Tone.DIM),
        Words(bytes_bound(level) or level.limit.bound_by),
        Words(nominal, Tone.DIM),
    )


def _trend(view: FleetView, host: str, subhost: str, level: Level) -> Line:
    series = view.series.get((Clean(host), level_key(subhost, level.id)))
    total = level.limit.total if level.limit else level.total
    line = heights(series, _WIDE, SPARK_MINUTES * 60, total) if series else (-1,) * _WIDE
    return fact(f"{SPARK_MINUTES} min", Spark(line, STATE_TONES[level.state]))


def _samples(view: FleetView, host: str, subhost: str, level: Level) -> Table:
    """Return the recorded use every ten seconds, newest first."""
    columns = (
        Column("ago", "AGO", 7, right=True),
        Column("used", "USED", 7, right=True),
        Column("change", "CHANGE", 8, right=True),
        Column("exact", "BYTES", 20, priority=1, right=True),
    )
    series = view.series.get((Clean(host), level_key(subhost, level.id)))
    rows: list[Row] = []
    if series:
        times, values = series.tail(SPARK_MINUTES * 60)
        pairs = zip(times, values, strict=True)
        slots = {int((times[-1] - at) // _STEP): value for at, value in pairs}
        rows = [_sample(slot, value, slots.get(slot + 1)) for slot, value in slots.items()]
    return Table(
        "samples", "Recorded", columns, tuple(rows), empty="nothing recorded yet", sort="ago"
    )


def _sample(slot: int, used: int, before: int | None) -> Row:
    change = 0 if before is None else used - before
    text = f"{'+' if change > 0 else ''}{marks.size(change)}" if change else ""
    ago = slot * _STEP
    return Row(
        str(slot),
        (
            Words(marks.duration(ago), Tone.DIM, ago),
            size_word(used),
            Words(text, Tone.PLAIN, change),
            Words(f"{used:,}", Tone.DIM, used),
        ),
    )
