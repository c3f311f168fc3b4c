"""What happened to hosts, in the few messages that are worth an interruption.

Sixty hosts lost at once are one message, and so are those lost while the last one stood.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from console.clean import Clean
from console.events import Event, Key, Word
from console.listed import listed
from screens.page import Tone
from screens.pages.events import TONES

_NAMED = 3
"""Hosts at most that a message names."""
_ELSEWHERE = {Word.BEGAN, Word.ENDED, Word.FAILED, Word.WATCH, Word.EASED}
"""Told where what was begun is followed, or not at all: the list of events has them."""
_PHRASES = {
    Word.FLAPPING: "comes and goes",
    Word.UNKNOWN_KEY: "offers an unknown key",
    Word.KEY_CHANGED: "KEY CHANGED",
    Word.ACT: "to be acted on",
    Word.STORE_LOST: "STORE LOST",
}


class Message(NamedTuple):
    """One message."""

    text: str
    tone: Tone


class News:
    """Tells each thing once; what was there before it was first asked is no news."""

    def __init__(self) -> None:
        self._seen: tuple[Event, ...] | None = None
        self._told: Mapping[Key, int] = {}
        self._waiting: dict[Word, dict[Clean, Clean]] = {}

    def take(self, events: tuple[Event, ...]) -> bool:
        """Take all events there are, the newest last; whether there is something to tell."""
        if events is not self._seen:
            known = set(map(id, events if self._seen is None else self._seen))
            for event in events:
                if id(event) not in known and event.word not in _ELSEWHERE:
                    self._add(event)
            self._told = {event.key: len(event.hosts) for event in events}
            self._seen = events
        return bool(self._waiting)

    def messages(self) -> list[Message]:
        """Return what was not told yet, one message for each thing that can happen."""
        waiting, self._waiting = self._waiting, {}
        return [Message(_said(word, hosts), TONES[word]) for word, hosts in waiting.items()]

    def _add(self, event: Event) -> None:
        """Have an event told; of one that grew only the hosts that are new in it."""
        hosts = event.hosts[self._told.get(event.key, 0) :]
        if hosts and not event.acknowledged:
            waiting = self._waiting.setdefault(event.word, {})
            waiting.update(dict.fromkeys(hosts, event.text))


def _said(word: Word, hosts: Mapping[Clean, Clean]) -> str:
    phrase = _PHRASES.get(word, word.value)
    names: Sequence[str] = [*hosts]
    if len(names) == 1:
        return ": ".join(filter(None, (f"{names[0]} {phrase}", hosts[Clean(names[0])])))
    return f"{len(names)} hosts {phrase}: {listed(names, _NAMED)}"
