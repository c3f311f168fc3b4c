"""The incident: the level that needs attention first, with a clock that is read across a room.

What stands beside and beneath it: which clock runs out, how sure that is, and what happens then.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from console.beneath import RAM
from console.fleet import FleetView
from console.model import Forecast, Host, Kind, Level, State, Trend
from console.overcommit import if_full
from console.spans import ends, unit
from screens import marks
from screens.digits import ROWS
from screens.page import Big, Cell, Gauge, Line, Tone, Words
from screens.pages.parts import (
    SPARK_MINUTES,
    STATE_TONES,
    bound_text,
    fact,
    rate_word,
    spark,
    told,
)
from screens.pages.urgency import seconds_left

_LEFT = 20
"""Cells of the clock and its unit."""
_SOON = 600.0
"""Seconds to full below which the clock shows them."""
_WORDS = {State.FULL: "FULL", State.LOST: "LOST"}
_LOSES = ("Invalid", "Overflow")
"""Words a snapshot's store ends in (``console.levels``)."""


def urgent(level: Level) -> bool:
    """Whether a level is worth an incident: it is to be watched, or worse."""
    return level.state is not State.OK


def panel(view: FleetView, host: Host, owner: str, level: Level, now: float) -> tuple[Line, ...]:
    """Return the clock of one level with what there is to know of it."""
    text, unit_, tone = _clock(level, now - host.at)
    beside = (_first(host, owner, level), _second(level), _third(view, host, owner, level))
    lines = [
        Line((*_left(text, unit_ if row == ROWS - 1 else "", row, tone), *words))
        for row, words in enumerate(beside)
    ]
    return (*lines, told("then", consequence(level), tone), *_memory(host, level))


def consequence(level: Level) -> str:
    """Return what happens when a level is full, in words."""
    what = level.on_full
    if level.kind is Kind.DM_SNAPSHOT and what.startswith(_LOSES):
        what = f"the snapshot becomes {what}"
        if level.mount and "lost" in what:
            store = "the root filesystem" if level.mount == "/" else f"{level.mount}"
            what += f"; {store} is on it"
    if level.backs:
        what += f"; takes {', '.join(level.backs)} with it"
    return what


def _memory(host: Host, level: Level) -> tuple[Line, ...]:
    """Return what memory would have to hold if everything filled, where that is the matter."""
    found = if_full(host)
    backed = RAM in {level.on, level.id} or (level.limit and level.limit.bound_by == RAM)
    if found is None or not found.total or not (found.over or backed):
        return ()
    tenths = min(1000 * found.worst // found.total, 9999)
    sizes = f"{marks.size(found.worst)} of {marks.size(found.total)} if everything fills"
    bar = fact("ram", Gauge(tenths, Tone.ACT if found.over else Tone.GOOD, sizes))
    if not found.alone:
        return (bar,)
    first = f"{found.alone[0]} alone brings the OOM killer before it is full"
    return bar, told("", first, Tone.WATCH)


def _clock(level: Level, elapsed: float) -> tuple[str, str, Tone]:
    """Return the large text, its unit and the tone of both."""
    tone = STATE_TONES[level.state]
    if level.state in _WORDS:
        return _WORDS[level.state], "", tone
    seconds = seconds_left(level)
    if seconds == inf:
        fill = level.worst_fill
        return ("", "", tone) if fill is None else (f"{int(100 * fill)}", "%", tone)
    if seconds < _SOON:
        minutes, rest = divmod(int(max(seconds - max(elapsed, 0.0), 0.0)), 60)
        return f"{minutes}:{rest:02}", "min", tone
    told_in = unit(seconds)
    return told_in.number(seconds), told_in.word, tone


def _left(text: str, unit_: str, row: int, tone: Tone) -> tuple[Cell, ...]:
    """Return one row of the large text, filled up to where the words begin."""
    if not text:
        return ()
    wide = sum(2 if each in ":." else 4 for each in text) - 1
    blank = max(_LEFT - wide - 1 - len(unit_), 1)
    return Big(text, row, tone), Words(f" {unit_}", tone), Words(" " * blank)


def _first(host: Host, owner: str, level: Level) -> tuple[Words, ...]:
    """Return which store it is, and what of it runs out."""
    name = "/".join(filter(None, (host.name, owner)))
    forecast = level.forecast
    clock = forecast.clock.value if forecast and forecast.clock else bound_text(level)
    if level.state in _WORDS:
        clock = " ".join(level.notes) or clock
    return (
        Words(f"{name} ", Tone.DIM),
        Words(level.id, Tone.HEAD),
        Words(f"  {level.state.value}", STATE_TONES[level.state]),
        Words(f"  {clock}" if clock else ""),
    )


def _second(level: Level) -> tuple[Words, ...]:
    """Return how sure the clock is."""
    forecast = level.forecast
    if level.state in _WORDS:
        return (Words("nothing more can be written to it"),)
    if forecast is None:
        return (Words("no forecast yet: it takes half a minute of samples", Tone.DIM),)
    if forecast.trend is not Trend.FILLING:
        return (Words(f"{forecast.trend.value}: not expected to be full", Tone.DIM),)
    return tuple(Words(text, tone) for text, tone in _sureness(forecast))


def _sureness(forecast: Forecast) -> Iterator[tuple[str, Tone]]:
    told_in = unit(forecast.seconds or 0.0)
    if forecast.band is not None:
        low, high = ends(forecast.band, told_in)
        between = f"between {low} and {high}" if high else f"in {low} or more"
        yield f"{between} {told_in.word}  ", Tone.PLAIN
    if forecast.confidence is not None:
        yield f"{forecast.confidence.value} confidence  ", Tone.ACCENT
    if forecast.accelerating:
        yield "ever faster", Tone.ACT


def _third(view: FleetView, host: Host, owner: str, level: Level) -> tuple[Cell, ...]:
    """Return its last minutes, how fast it fills and how full it is."""
    return (
        spark(view, host, owner, level),
        Words(f" {SPARK_MINUTES} min  ", Tone.DIM),
        rate_word(level.rate),
        Words(f"  {_amount(level)}"),
    )


def _amount(level: Level) -> str:
    """Return how full the fullest of its clocks is."""
    if level.worst_fill not in {None, level.fill} and level.worst_fill == level.inode_fill:
        used, total = level.inodes_used or 0, level.inodes_total or 0
        return f"{marks.count(used)} of {marks.count(total)} inodes"
    if level.used is None:
        return ""
    limit = level.limit.total if level.limit else level.total
    return marks.size(level.used) + ("" if limit is None else f" of {marks.size(limit)}")
