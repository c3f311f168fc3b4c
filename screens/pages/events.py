"""What happened to hosts and was done on them lately, newest first; Enter opens the subject."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from console.alerts import parted
from console.events import Event, Word
from console.fleet import FleetView
from screens.page import Column, Page, Row, Table, Tone, Words
from screens.pages.desk import Desk
from screens.place import Place, View, another_key, row_key

TABLE = "events"

TONES: Mapping[Word, Tone] = {
    Word.LOST: Tone.BAD,
    Word.DENIED: Tone.BAD,
    Word.KEY_CHANGED: Tone.BAD,
    Word.FLAPPING: Tone.WATCH,
    Word.UNKNOWN_KEY: Tone.WATCH,
    Word.REBOOTED: Tone.WATCH,
    Word.RETURNED: Tone.GOOD,
    Word.BEGAN: Tone.ACCENT,
    Word.ENDED: Tone.GOOD,
    Word.FAILED: Tone.BAD,
    Word.WATCH: Tone.WATCH,
    Word.ACT: Tone.ACT,
    Word.FULL: Tone.BAD,
    Word.STORE_LOST: Tone.BAD,
    Word.EASED: Tone.GOOD,
}

_COLUMNS = (
    Column("time", "TIME (UTC)", 14),
    Column("host", "HOST", 12, grow=1, most=28),
    Column("word", "WHAT", 12),
    Column("known", "ACK", 3),
    Column("text", "WHY", 30, grow=3),
)


def page(view: FleetView, desk: Desk) -> Page:
    """Return every event that is remembered."""
    rows = (row for event in reversed(view.events) for row in _rows(event, desk))
    empty = "nothing yet: no host was lost, came back or rebooted, and nothing was done"
    return Page("events", (), (Table(TABLE, "Events", _COLUMNS, tuple(rows), empty),))


def row_of(event: Event) -> str:
    """Return the key of an event's row: that of what it is about, and more."""
    return another_key(row_key(event.host, *parted(event.item)), f"{event.word} {event.since}")


def door(key: str) -> Place | None:
    """Return where Enter leads: to the store, else to the host that an event is about."""
    here = Place.at(View.LEVEL, key)
    if here.item:
        return here
    return Place(View.HOST, here.host) if here.host else None


def _rows(event: Event, desk: Desk) -> tuple[Row, ...]:
    key = row_of(event)
    return desk.parts.of(f"events {key}", event, None, lambda: (_row(key, event),))


def _row(key: str, event: Event) -> Row:
    hosts = event.hosts
    known, tone = event.acknowledged, TONES[event.word]
    again = f" {event.count}x" if event.count > len(hosts) else ""
    return Row(
        key,
        (
            Words(moment(event.time), Tone.DIM, event.time),
            Words(_where(hosts), sort=event.host),
            Words(f"{event.word.value}{again}", Tone.DIM if known else tone),
            Words("ok" if known else "", Tone.DIM),
            Words(event.text if len(hosts) == 1 else f"{' '.join(hosts)}: {event.text}"),
        ),
        {"host": " ".join(hosts), "level": event.item},
    )


def _where(hosts: Sequence[str]) -> str:
    return (hosts[0] or "this console") if len(hosts) == 1 else f"{len(hosts)} hosts"


def moment(time: float) -> str:
    """Return seconds since 1970 as ``09-21 14:32:05``; ``-`` for a moment no calendar has."""
    try:
        return datetime.fromtimestamp(time, UTC).strftime("%m-%d %H:%M:%S")
    except (OverflowError, OSError, ValueError):
        return "-"


def whole(row: Row) -> Iterator[Words]:
    """Yield what a row of this page says, the text first that is cut in there."""
    _, _, what, _, why = row.cells
    if isinstance(what, Words) and isinstance(why, Words):
        yield replace(what, text=f"{what.text}  ")
        yield why
