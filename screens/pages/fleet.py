"""The fleet: one row a host, what needs attention first.

The order is that of an operator in an incident (``attention``). First come hosts with a level that
is lost, full, to be acted on or to be watched, by that state and then the soonest full; one that
no longer answers keeps that place, marked as old, for nothing says that it got better. Then those
we are blind on: another key than the known one, for that may be an attack; hosts lost while all
was well; hosts never seen, before the others those that wait for us. They stand before the quiet,
among which nobody would look for them, and after every level that is known to fill, for where a
third of the fleet is gone they would bury it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from heapq import nlargest
from operator import itemgetter

from console.fleet import FleetView
from console.model import Host, Memory, Running, State
from screens import marks
from screens.page import Cell, Column, Gauge, Line, Page, Row, Table, Tone, Words
from screens.pages import incident, until
from screens.pages.contact import CHANGED_KEY, CONNECTING, REVOKED_KEY, found_by, reason, standing
from screens.pages.desk import Desk
from screens.pages.digest import NOTHING, Digest
from screens.pages.parts import (
    LEVEL_COLUMNS,
    NO_SPARK,
    SPARK_WIDTH,
    UNKNOWN,
    belonging,
    faded,
    fill_gauge,
    level_label,
    level_row,
    spark,
    spark_step,
    state_word,
)
from screens.pages.summary import Seen, summary
from screens.pages.urgency import Ranked, Urgency
from screens.place import row_key

_FULLEST = 100
"""Levels shown at most below the hosts."""

_COLUMNS = (
    Column("host", "HOST", 12, grow=1, most=28),
    Column("contact", "CONTACT", 11),
    Column("state", "STATE", 7),
    Column("level", "WORST LEVEL", 14, grow=2, priority=1, most=36, path=True),
    replace(until.COLUMN, width=8),
    Column("fill", "FILL", 14, grow=1, most=34),
    Column("subhosts", "SUBHOSTS", 8, priority=2, right=True),
    Column("memory", "MEM FREE", 8, priority=3, right=True),
    Column("pressure", "PSI", 5, priority=4, right=True),
    Column("spark", "LAST 10 MIN", SPARK_WIDTH, priority=5),
    Column("style", "STYLE", 14, priority=4),
    Column("tags", "TAGS", 10, grow=1, priority=4, most=20),
    Column("image", "IMAGE", 14, grow=1, priority=4, most=40),
    Column("age", "AGE", 6, right=True),
)
_PRESENT = 2
"""Columns that tell how a host answers now; those after them what was seen."""
_REASON = 7
"""Columns, from that of the worst level on, in which stands why there is nothing to show there."""
_NO_LEVEL = Gauge(None, Tone.DIM, "no level")

_FILLING, _OTHER_KEY, _LOST, _WAITS, _NEVER, _CONNECTS = 10.0, 8.0, 6.0, 4.0, 3.0, 2.0
"""Attention from which on a host is in each group; what is quiet has up to 1."""


def page(view: FleetView, now: float, desk: Desk | None = None) -> Page:
    """Return every host with its worst level; with the same ``desk`` only what changed is made."""
    desk = desk or Desk()
    fleet = [
        Seen(each, standing(each, now), desk.digest(each.host) if each.host else NOTHING)
        for each in view.contacts
    ]
    hosts = Table(
        "hosts",
        "Hosts",
        _COLUMNS,
        tuple(_host(view, seen, desk) for seen in fleet),
        empty="looking…",
        sort="state",
        descending=True,
    )
    lines = (summary(fleet), *_incident(view, fleet, now))
    return Page("fleet", lines, (hosts, _fullest(view, fleet, desk)))


def _incident(view: FleetView, fleet: Sequence[Seen], now: float) -> tuple[Line, ...]:
    """Return the level that is to be acted on first: that can still be averted, else the worst."""
    worst = [
        (_averted_last(each), host, each)
        for seen in fleet
        if (host := seen.contact.host) and seen.standing.up and (each := seen.digest.worst)
    ]
    if not worst:
        return ()
    (averting, _), host, found = max(worst, key=itemgetter(0))
    if not averting:
        return ()
    return incident.panel(view, host, found.owner, found.level, now)


def _averted_last(each: Ranked) -> tuple[int, Urgency]:
    """Return what puts last what can be averted, before it what is lost, before it the rest."""
    groups = {State.ACT: 2, State.FULL: 1, State.LOST: 1}
    return groups.get(each.level.state, 0), each.urgency


def attention(seen: Seen) -> float:
    """Return how much a host wants to be looked at."""
    worst = seen.digest.worst
    severity, weight = worst.urgency if worst else (0, 0.0)
    weight = max(weight, 0.0)
    if severity:
        return _FILLING * severity + weight
    if seen.standing.word in {CHANGED_KEY, REVOKED_KEY}:
        return _OTHER_KEY + weight
    if seen.contact.failed is None:
        return _CONNECTS if seen.standing.word == CONNECTING else weight
    if seen.contact.host:
        return _LOST + weight
    return _WAITS if seen.contact.retry_at is None else _NEVER


def _fullest(view: FleetView, fleet: Sequence[Seen], desk: Desk) -> Table:
    """Return the levels of the whole fleet that need attention first.

    The first hundred are all of those hundred hosts whose own worst levels come first.
    """
    filled = [(seen, host) for seen in fleet if (host := seen.contact.host) and seen.digest.worst]
    first = nlargest(_FULLEST, filled, key=lambda pair: pair[0].digest.ranked[0].urgency)
    levels = (
        (seen, host, ranked)
        for seen, host in first
        for ranked in seen.digest.ranked
        if not ranked.level.always_full
    )
    fullest = nlargest(_FULLEST, levels, key=lambda each: each[2].urgency)
    rows = tuple(_level(view, seen, host, ranked, desk) for seen, host, ranked in fullest)
    return Table("levels", "Soonest full", LEVEL_COLUMNS, rows, "no level seen yet")


def _level(view: FleetView, seen: Seen, host: Host, ranked: Ranked, desk: Desk) -> Row:
    owner, level = ranked.owner, ranked.level

    def make() -> Row:
        label = level_label(view, host.name, owner, level)
        row = level_row(view, host, owner, level, label, rank=ranked)
        row = belonging(row, found_by(seen.contact, seen.standing.word))
        return row if seen.standing.up else faded(row)

    shown = (seen.standing.word, len(view.contacts) > 1, spark_step(host))
    return desk.rows.of(row_key(host.name, owner, level.id), level, shown, make)


def _host(view: FleetView, seen: Seen, desk: Desk) -> Row:
    def make() -> Row:
        row = _row(view, seen)
        return row if seen.standing.up or not seen.contact.host else faded(row, _PRESENT)

    return desk.rows.of(seen.contact.name, seen.contact, seen.standing, make)


def _row(view: FleetView, seen: Seen) -> Row:
    contact, host = seen.contact, seen.contact.host
    return Row(
        row_key(contact.name),
        (
            Words(contact.name),
            seen.standing.told(),
            *(_picture(view, host, seen) if host else _blind(seen)),
            _age(seen),
        ),
        found_by(contact, seen.standing.word),
    )


def _picture(view: FleetView, host: Host, seen: Seen) -> tuple[Cell, ...]:
    """Return the cells of what was seen of a host."""
    worst = seen.digest.worst
    level = worst.level if worst else None
    order = attention(seen)
    return (
        state_word(level.state, order) if level else Words("-", Tone.DIM, order),
        Words("/".join(filter(None, (worst.owner, worst.level.id)))) if worst else UNKNOWN,
        until.until(level, -order) if level else UNKNOWN,
        fill_gauge(level, worst.fill) if worst and level else _NO_LEVEL,
        _subhosts(seen.digest),
        _free(host.memory),
        _pressure(host.memory),
        spark(view, host, worst.owner, worst.level) if worst else NO_SPARK,
        Words(host.boot.style.value) if host.boot else UNKNOWN,
        Words(" ".join(seen.contact.tags)),
        Words(_image(host)),
    )


def _blind(seen: Seen) -> tuple[Cell, ...]:
    """Return the cells of a host that was never seen: in their place stands why."""
    why = Words(reason(seen.contact) or "no answer yet", span=_REASON)
    return (
        Words("-", Tone.DIM, attention(seen)),
        why,
        *(Words(""),) * _REASON,
        Words(" ".join(seen.contact.tags)),
        Words(""),
    )


def _age(seen: Seen) -> Words:
    """Return the age of the picture; one that is as new as it can be does not count seconds."""
    host = seen.contact.host
    if host is None:
        return UNKNOWN
    # by when it was made, the newest first: the same order, and the same row while nothing comes
    return Words(seen.standing.age or "now", sort=-host.at)


def _free(memory: Memory | None) -> Words:
    if memory is None:
        return UNKNOWN
    return Words(marks.size(memory.available), sort=memory.available)


def _pressure(memory: Memory | None) -> Words:
    if memory is None or memory.pressure is None:
        return UNKNOWN
    some = memory.pressure.some_avg10
    return Words(f"{some:.0f}%", Tone.WATCH if some >= 10 else Tone.DIM, some)


def _subhosts(digest: Digest) -> Words:
    running, all_ = digest.count(Running.RUNNING), sum(digest.subhosts)
    tone = Tone.BAD if digest.count(Running.BROKEN) else Tone.PLAIN
    return Words(f"{running}/{all_}", tone, running)


def _image(host: Host) -> str:
    image = host.boot.image if host.boot else None
    if image is None:
        return "-"
    return " ".join(filter(None, (image.name, image.version))) or image.source or "-"
