"""The fleet: one row a host, the fullest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from heapq import nlargest
from typing import TypeVar

from console.fleet import Contact, ContactState, FleetView
from console.model import Host, Level, Memory, Running, State
from screens import marks
from screens.page import Cell, Column, Line, Page, Row, Spark, Table, Tone, Words
from screens.pages.parts import (
    ALARM,
    LEVEL_COLUMNS,
    RUNNING_TONES,
    SPARK_WIDTH,
    STATE_TONES,
    UNKNOWN,
    fill_gauge,
    level_label,
    level_row,
    not_seen,
    spark,
    state_word,
    urgency,
)
from screens.place import row_key

_TONES = {
    "denied": Tone.BAD,
    "unreachable": Tone.BAD,
    "stale": Tone.WATCH,
    "looking": Tone.DIM,
    "up": Tone.GOOD,
}
"""How a host answers, the worst first."""

_WORST_FIRST = sorted(Running, key=lambda state: ALARM[state], reverse=True)
_Said = TypeVar("_Said", bound=str)

_FULLEST = 100
"""Levels shown at most below the hosts."""

_COLUMNS = (
    Column("host", "HOST", 12, grow=1, most=28),
    Column("contact", "CONTACT", 11),
    Column("state", "STATE", 5),
    Column("level", "WORST LEVEL", 16, grow=2, priority=1, most=36, path=True),
    Column("fill", "FILL", 14, grow=1, most=34),
    Column("subhosts", "SUBHOSTS", 8, right=True),
    Column("memory", "MEM FREE", 8, priority=2, right=True),
    Column("pressure", "PSI", 5, priority=4, right=True),
    Column("spark", "LAST 10 MIN", SPARK_WIDTH, priority=5),
    Column("style", "STYLE", 14, priority=3),
    Column("image", "IMAGE", 16, grow=1, priority=4, most=40),
    Column("age", "AGE", 6, right=True),
)


def page(view: FleetView, now: float) -> Page:
    """Return every host with its worst level."""
    return Page(
        "fleet",
        (_summary(view, now),),
        (
            Table(
                "hosts",
                "Hosts",
                _COLUMNS,
                tuple(_row(view, contact, now) for contact in view.contacts),
                empty="looking…",
                sort="fill",
                descending=True,
            ),
            _fullest(view),
        ),
    )


def _fullest(view: FleetView) -> Table:
    """Return the levels of the whole fleet that need attention first."""
    owned = (
        (contact.host.name, owner, level)
        for contact in view.contacts
        if contact.host
        for owner, level in contact.host.owned_levels
        if not level.always_full
    )
    first = nlargest(_FULLEST, owned, key=lambda each: urgency(each[2]))
    rows = tuple(
        level_row(view, host, owner, level, level_label(view, host, owner, level))
        for host, owner, level in first
    )
    return Table("levels", "Fullest levels", LEVEL_COLUMNS, rows, "no level seen yet")


def worst(host: Host) -> tuple[str, Level] | None:
    """Return the level that needs attention first, with the subhost it belongs to."""
    return max(host.owned_levels, key=lambda pair: urgency(pair[1]), default=None)


def _summary(view: FleetView, now: float) -> Line:
    """Return how many are in which state, the worst first; of a single host its row says it."""
    contacts = Counter(_contact_word(contact, contact.state_at(now)) for contact in view.contacts)
    hosts = [contact.host for contact in view.contacts if contact.host]
    levels = Counter(level.state for host in hosts for level in host.all_levels)
    subhosts = Counter(subhost.state for host in hosts for subhost in host.subhosts)
    counted = {
        "hosts": [*_counted(contacts, _TONES)] if len(view.contacts) > 1 else [],
        "levels": [*_counted(levels, {state: STATE_TONES[state] for state in reversed(State)})],
        "subhosts": [*_counted(subhosts, {state: RUNNING_TONES[state] for state in _WORST_FIRST})],
    }
    pieces = [(Words(f"{what} ", Tone.DIM), *words) for what, words in counted.items() if words]
    unseen = not_seen(hosts)
    first = (Words(f"{unseen}  ", Tone.WATCH),) if unseen else ()  # the line's end may be cut
    return Line((*first, *(word for words in pieces for word in words)))


def _counted(numbers: Mapping[_Said, int], tones: Mapping[_Said, Tone]) -> Iterator[Words]:
    for word, tone in tones.items():
        if number := numbers.get(word, 0):
            yield Words(f"{number} {word}  ", tone)


def _row(view: FleetView, contact: Contact, now: float) -> Row:
    state = contact.state_at(now)
    host = contact.host
    found = worst(host) if host else None
    old: tuple[Cell, ...] = (
        state_word(found[1].state) if found else UNKNOWN,
        Words("/".join(filter(None, (found[0], found[1].id)))) if found else UNKNOWN,
        fill_gauge(found[1]) if found else Words(contact.trouble or "looking…"),
        _subhosts(host) if host else UNKNOWN,
        _free(host.memory if host else None),
        _pressure(host.memory if host else None),
        _spark(view, contact, found),
        Words(host.boot.style.value) if host and host.boot else UNKNOWN,
        Words(_image(host) if host else "-"),
        _age(contact, now),
    )
    if state is not ContactState.UP:
        old = tuple(replace(cell, tone=Tone.DIM) for cell in old)
    word = _contact_word(contact, state)
    return Row(
        row_key(contact.name),
        (Words(contact.name), Words(word, _TONES[word]), *old),
        {"name": contact.name, "trouble": contact.trouble or ""},
    )


def _age(contact: Contact, now: float) -> Words:
    """Return the age of the picture; one that is as new as it can be does not count seconds."""
    age = contact.age(now)
    if age is None:
        return UNKNOWN
    return Words(
        "now" if contact.state_at(now) is ContactState.UP else marks.duration(age), sort=age
    )


def _contact_word(contact: Contact, state: ContactState) -> str:
    return "looking" if contact.host is None and contact.failed is None else state.value


def _spark(view: FleetView, contact: Contact, found: tuple[str, Level] | None) -> Cell:
    if found is None:
        return Spark((-1,) * SPARK_WIDTH)
    return spark(view, contact.name, found[0], found[1], SPARK_WIDTH)


def _free(memory: Memory | None) -> Words:
    if memory is None:
        return UNKNOWN
    return Words(marks.size(memory.available), sort=memory.available)


def _pressure(memory: Memory | None) -> Words:
    if memory is None or memory.pressure is None:
        return UNKNOWN
    some = memory.pressure.some_avg10
    return Words(f"{some:.0f}%", Tone.WATCH if some >= 10 else Tone.DIM, some)


def _subhosts(host: Host) -> Words:
    running = sum(subhost.state is Running.RUNNING for subhost in host.subhosts)
    broken = any(subhost.state is Running.BROKEN for subhost in host.subhosts)
    return Words(f"{running}/{len(host.subhosts)}", Tone.BAD if broken else Tone.PLAIN, running)


def _image(host: Host) -> str:
    image = host.boot.image if host.boot else None
    if image is None:
        return "-"
    return " ".join(filter(None, (image.name, image.version))) or image.source or "-"
