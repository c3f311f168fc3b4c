"""What happened to hosts and their stores lately, each told once: lost, rebooted, full, deeds …

Nothing floods: the same again is the old event grown, a host that comes and goes is one event,
and so is the same happening to many hosts at once (the jump host before them died). What was
acknowledged is told again only when it got worse, or comes back after it was well for a while.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from console.clean import Clean, clean
from console.contact import Contact, ContactState
from console.errors import Problem
from console.model import Forecast, Host, State
from console.spans import span


class Word(StrEnum):
    """What can happen to a host, or to a store of it."""

    LOST = "lost"
    RETURNED = "returned"
    FLAPPING = "flapping"
    REBOOTED = "rebooted"
    DENIED = "denied"
    UNKNOWN_KEY = "unknown-key"
    KEY_CHANGED = "key-changed"
    BEGAN = "began"
    """A job of ours; so are the two that follow."""
    ENDED = "ended"
    FAILED = "failed"
    WATCH = "watch"
    """A store came into this state; so of the two that follow."""
    ACT = "act"
    FULL = "full"
    STORE_LOST = "store-lost"
    """``Invalid``, ``Overflow``, a failed pool: what a store held is lost, or can be."""
    EASED = "eased"
    """A store is better than it was."""


GRAVITY: Final[Mapping[Word, State]] = {
    Word.LOST: State.ACT,
    Word.RETURNED: State.OK,
    Word.FLAPPING: State.WATCH,
    Word.REBOOTED: State.WATCH,
    Word.DENIED: State.ACT,
    Word.UNKNOWN_KEY: State.WATCH,
    Word.KEY_CHANGED: State.LOST,
    Word.BEGAN: State.OK,
    Word.ENDED: State.OK,
    Word.FAILED: State.ACT,
    Word.WATCH: State.WATCH,
    Word.ACT: State.ACT,
    Word.FULL: State.FULL,
    Word.STORE_LOST: State.LOST,
    Word.EASED: State.OK,
}
"""How grave each is, in the words for stores."""
Subject = tuple[Clean, Clean]
"""Host and store that something happened to."""
Key = tuple[Word, Clean, Clean, float]
"""What stays of an event that grows."""


_ITSELF: Final = Clean("")


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a host, or the same thing again and again."""

    time: float
    """Wall clock of this console when it last happened, seconds since 1970."""
    host: Clean
    word: Word
    text: Clean
    """The rest in one line: why, since when."""
    count: int = 1
    """How often it happened, over all hosts."""
    since: float = 0.0
    """Wall clock when it first happened."""
    others: tuple[Clean, ...] = ()
    """Further hosts to which the same happened at about the same time."""
    item: Clean = _ITSELF
    """The store it happened to (``console.trends.level_key``); empty: to the host itself."""
    forecast: Forecast | None = None
    """Of that store at that moment."""
    acknowledged: bool = False
    """Whether the operator said that this is known."""

    @property
    def key(self) -> Key:
        """What it is known by for as long as it grows."""
        return self.word, self.host, self.item, self.since

    @property
    def hosts(self) -> tuple[Clean, ...]:
        """All hosts it happened to."""
        return (self.host, *self.others)


_MOST: Final = 500
_AGAIN: Final = 600.0
"""Seconds within which the same is the old event grown, not another."""
_AT_ONCE: Final = 5.0
_CROWD: Final = 5
"""So many hosts, each within ``_AT_ONCE`` seconds of the one before, are one event."""
_DEEDS: Final = frozenset({Word.BEGAN, Word.ENDED, Word.FAILED})
"""Each is told by itself: only the same deed on many hosts at once is one event."""


class Events:
    """The newest events, at most so many."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._kept: dict[int, Event] = {}
        self._serial = 0
        self._latest: dict[tuple[Clean, Clean, Word], int] = {}
        self._runs: dict[Word, list[int]] = {}
        self._told: tuple[Event, ...] | None = ()
        self._known: dict[Subject, int] = {}
        """How severe what was acknowledged of each subject was."""
        self._well: dict[Subject, float] = {}
        """Since when such a subject is well again."""

    @property
    def told(self) -> tuple[Event, ...]:
        """All of them, newest last; the very same object while nothing happens."""
        if self._told is None:
            self._told = tuple(self._kept.values())
        return self._told

    def add(self, event: Event) -> None:
        """Tell what happened just now."""
        self._told = None
        event = replace(event, since=event.time, acknowledged=self._is_known(event))
        if event.word in {Word.LOST, Word.RETURNED}:
            event = self._restless(event)
        elif event.word not in _DEEDS and (old := self._taken(event, event.word)):
            event = _grown(old, event)
        self._append(event)
        while len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]

    def acknowledge(self, keys: Collection[Key]) -> None:
        """Take note that the operator knows of these events."""
        for serial, event in self._kept.items():
            if event.key in keys:
                self._told = None
                self._kept[serial] = replace(event, acknowledged=True)
                for host in event.hosts:
                    subject = host, event.item
                    severity = GRAVITY[event.word].severity
                    self._known[subject] = max(severity, self._known.get(subject, 0))

    def _is_known(self, event: Event) -> bool:
        """Whether something no less grave was acknowledged and did not end a while ago."""
        subject, severity = (event.host, event.item), GRAVITY[event.word].severity
        known = self._known.get(subject)
        if known is None:
            return False
        if not severity:
            self._well[subject] = event.time
            return False
        if event.time - self._well.pop(subject, event.time) > _AGAIN:
            del self._known[subject]
            return False
        return severity <= known

    def _restless(self, event: Event) -> Event:
        """Return a second loss in a short time as flapping, and all that follows as the same."""
        losses = int(event.word is Word.LOST)
        old = self._taken(event, Word.FLAPPING)
        if old is None and losses:
            old = self._taken(event, Word.LOST)
            if old is not None:
                self._taken(event, Word.RETURNED)
        if old is None:
            return event
        return replace(_grown(old, event), word=Word.FLAPPING, count=old.count + losses)

    def _taken(self, event: Event, word: Word) -> Event | None:
        """Take out the recent event of that word and host; one of many hosts stays, and is whole.

        A crowd's count is that of all its hosts, so what is told of one of them is once.
        """
        serial = self._latest.get((event.host, event.item, word), 0)
        old = self._kept.get(serial)
        if old is None or event.time - old.time > _AGAIN:
            return None
        if old.others:
            return replace(old, count=1, others=())
        return self._kept.pop(serial)

    def _append(self, event: Event) -> None:
        run = self._run(event)
        together = [*(self._kept[serial] for serial in run), event]
        crowd = len(together) >= _CROWD or bool(together[0].others)
        if crowd:
            for serial in run:
                del self._kept[serial]
            event, run, news = _merged(together), run[:1], together[1:]
        else:
            self._serial += 1
            run, news = [*run, self._serial], [event]
        self._kept[run[-1]] = event
        self._runs[event.word] = run
        for each in news:
            self._latest[each.host, each.item, event.word] = run[-1]

    def _run(self, event: Event) -> list[int]:
        """Return what the same happened to just before, each ``_AT_ONCE`` after the other."""
        run = [serial for serial in self._runs.get(event.word, ()) if serial in self._kept]
        if not run:
            return run
        last = self._kept[run[-1]]
        other = event.word in _DEEDS and event.text != last.text
        return [] if other or event.time - last.time > _AT_ONCE else run


def happened(before: Contact, after: Contact, time: float) -> Iterator[Event]:
    """Yield what is news between two looks at a host; ``time`` is the wall clock."""
    word = _word(after)
    if word is None:
        if _came_back(before):
            yield Event(time, after.name, Word.RETURNED, _return(before.host, after.host))
        if after.rebooted_at != before.rebooted_at and after.host is not None:
            yield Event(time, after.name, Word.REBOOTED, _reboot(before.host, after.host))
    elif word is not _word(before) and (word is not Word.LOST or _was_up(before)):
        yield Event(time, after.name, word, after.trouble or Clean(""))


def _word(contact: Contact) -> Word | None:
    """Return in which way a host does not answer."""
    match contact.failed:
        case None:
            return None
        case ContactState.KEY_CHANGED:
            return Word.KEY_CHANGED
        case ContactState.DENIED:
            unknown = contact.problem is Problem.UNKNOWN_KEY
            return Word.UNKNOWN_KEY if unknown else Word.DENIED
        case _:
            return Word.LOST


def _was_up(contact: Contact) -> bool:
    return contact.failed is None and contact.host is not None


def _came_back(before: Contact) -> bool:
    """Whether an answer is news: not from a host that only had to be let in first."""
    return before.failed is not None and (
        before.host is not None or before.failed is ContactState.UNREACHABLE
    )


def _return(before: Host | None, after: Host | None) -> Clean:
    if before is None or after is None:
        return Clean("answers now")
    return clean(f"answers again after {span(after.at - before.at)}")


def _reboot(before: Host | None, after: Host) -> Clean:
    boot, was = after.boot, before.boot if before else None
    uptime = boot.uptime if boot else None
    told = ["another boot" if uptime is None else f"up for {span(uptime)}"]
    if boot and was and boot.kernel != was.kernel:
        told.append(f"kernel {boot.kernel} instead of {was.kernel}")
    return clean(", ".join(told))


def _grown(old: Event, event: Event) -> Event:
    known = old.acknowledged or event.acknowledged
    return replace(event, count=old.count + 1, since=old.since, acknowledged=known)


def _merged(together: list[Event]) -> Event:
    """Return one event of several hosts: the first of them stands for all."""
    first, *rest = together
    known = {first.host, *first.others}
    others = tuple(dict.fromkeys(each.host for each in rest if each.host not in known))
    return replace(
        first,
        time=rest[-1].time,
        count=sum(each.count for each in together),
        others=first.others + others,
        acknowledged=all(each.acknowledged for each in together),
    )
