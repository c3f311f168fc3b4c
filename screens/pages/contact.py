"""How a host answers, in words: its state and age, the reason, and what happens next.

``unreachable``, and of it ``retry in 12s  timeout: no answer within 10 s``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import ceil
from typing import NamedTuple

from console.clean import Clean, clean
from console.contact import Contact, ContactState
from console.errors import Problem, UntrustedKey
from screens import marks
from screens.page import Line, Tone, Words
from screens.pages.parts import fact, told

CONNECTING = "connecting"
UNKNOWN_KEY = "unknown key"
CHANGED_KEY = "KEY CHANGED"
REVOKED_KEY = "KEY REVOKED"

WORDS: Mapping[str, Tone] = {
    REVOKED_KEY: Tone.BAD,
    CHANGED_KEY: Tone.BAD,
    UNKNOWN_KEY: Tone.WATCH,
    ContactState.DENIED: Tone.BAD,
    ContactState.UNREACHABLE: Tone.BAD,
    ContactState.STALE: Tone.WATCH,
    CONNECTING: Tone.DIM,
    ContactState.UP: Tone.GOOD,
}
"""Every word for how a host answers, the worst first."""

_RANKS = {word: -place for place, word in enumerate(WORDS)}
_NEWS = 600.0
"""Seconds for which a list tells that a host has rebooted."""


_VERIFY = "on its own console, or with who set it up; never over this line"
_NEVER = "nothing was sent to it, and nothing in here accepts such a key"


class Standing(NamedTuple):
    """How a host answers at one moment, as far as that is shown."""

    word: str
    """One of ``WORDS``."""
    age: str
    """How old what is shown of it is; empty while that is as new as it can be, or nothing is."""
    rebooted: str
    """How long ago it rebooted; empty where that is no news."""

    @property
    def up(self) -> bool:
        """Whether what is shown of it is as it is now."""
        return self.word == ContactState.UP

    def told(self) -> Words:
        """Return the word for a list, with the age where the word alone would not say enough."""
        text = f"{self.word} {self.age}" if self.word == ContactState.STALE else self.word
        tone = WORDS[self.word]
        if self.rebooted and self.up:
            text, tone = f"rebooted {self.rebooted}", Tone.WATCH
        return Words(text, tone, _RANKS[self.word])


_WELL = Standing(ContactState.UP.value, "", "")
_ASKED = Standing(CONNECTING, "", "")


def standing(contact: Contact, now: float) -> Standing:
    """Return how a host answers at the moment ``now`` (monotonic clock)."""
    host, failed = contact.host, contact.failed
    if failed is None and host is None:
        return _ASKED
    state = failed or contact.state_at(now)
    if state is ContactState.UP and contact.rebooted_at is None:
        return _WELL
    word = state.value if failed is None else _failed(contact, state)
    age = "" if host is None or state is ContactState.UP else marks.age(now - host.at)
    since = None if contact.rebooted_at is None else now - contact.rebooted_at
    return Standing(word, age, "" if since is None or since >= _NEWS else _roughly(since))


def _roughly(seconds: float) -> str:
    return f"{int(seconds // 60)}m" if seconds >= 60 else marks.duration(seconds)


def _failed(contact: Contact, state: ContactState) -> str:
    match contact.problem:
        case Problem.UNKNOWN_KEY:
            return UNKNOWN_KEY
        case Problem.REVOKED_KEY:
            return REVOKED_KEY
    return CHANGED_KEY if state is ContactState.KEY_CHANGED else state.value


def acceptable(contact: Contact | None) -> UntrustedKey | None:
    """Return the key that a host offered and that may be accepted: an unknown one alone."""
    key = contact.untrusted if contact else None
    return key if key and key.problem is Problem.UNKNOWN_KEY and key.file else None


def key_type(key: UntrustedKey) -> Clean:
    """Return the algorithm of an offered key, as its line in ``known_hosts`` has it."""
    words = [word for word in key.line.split() if not word.startswith("@")]
    return clean(words[1]) if len(words) > 1 else Clean("key")


def found_by(contact: Contact, word: str) -> Mapping[str, str]:
    """Return what rows about a host are found by (``contact=``, ``@tag``), besides what they say.

    ``word`` is how it answers; ``contact=lost`` finds all that failed, in whatever way.
    """
    boot = contact.host.boot if contact.host else None
    failed = f" {contact.failed.value} lost" if contact.failed else ""
    return {
        "host": contact.name,
        "contact": f"{word}{failed}",
        "problem": contact.problem or "",
        "trouble": contact.trouble or "",
        "tag": " ".join(contact.tags),
        "style": boot.style if boot else "",
        "address": contact.address,
    }


def reason(contact: Contact) -> str:
    """Return why a host does not answer, with the word for that; empty: it does, or is asked."""
    if contact.failed is None:
        return ""
    said = contact.trouble or ""
    word = contact.problem.value if contact.problem else ""
    return said if word in said or contact.untrusted else f"{word}: {said}"


def next_try(contact: Contact, now: float) -> str:
    """Return when a host that failed is tried again."""
    if contact.failed is None:
        return ""
    if contact.retry_at is None:
        return "tried again only with Ctrl-R"
    left = ceil(contact.retry_at - now)
    return f"retry in {marks.duration(left)}" if left > 0 else "trying now"


def contact_line(contact: Contact, now: float) -> Line:
    """Return one line about a host beneath a list: why it is lost, else what it is."""
    if contact.failed is None:
        pieces = _identity(contact, standing(contact, now))
    else:
        again = Words(next_try(contact, now), Tone.ACCENT)
        pieces = iter((again, Words(reason(contact)), Words(_way_on(contact), Tone.ACCENT)))
    return Line(tuple(replace(each, text=f"{each.text}  ") for each in pieces if each.text))


def _way_on(contact: Contact) -> str:
    if acceptable(contact):
        return ":accept-key"
    return contact.remedy or ""


def _identity(contact: Contact, said: Standing) -> Iterator[Words]:
    host = contact.host
    yield Words(f"rebooted {said.rebooted} ago" if said.rebooted else "", Tone.WATCH)
    if host and host.boot:
        up = "" if host.boot.uptime is None else f"up {marks.duration(host.boot.uptime)}"
        yield from (Words(host.boot.style.value, Tone.ACCENT), Words(up), Words(host.boot.kernel))
    if host and host.memory:
        free, total = marks.size(host.memory.available), marks.size(host.memory.total)
        yield Words(f"{free} of {total} RAM free")
    yield Words("protected" if contact.protected else "", Tone.WATCH)
    yield Words(" ".join(f"@{tag}" for tag in contact.tags), Tone.DIM)
    yield Words(contact.address if contact.address != contact.name else "", Tone.DIM)


def contact_lines(contact: Contact, now: float) -> tuple[Line, ...]:
    """Return who a host is to us and how it answers; of this host, while all is well, nothing."""
    named = [(contact.address, Tone.PLAIN)] if contact.address != contact.name else []
    named += [(f"@{tag}", Tone.DIM) for tag in contact.tags]
    named += [("protected", Tone.WATCH)] if contact.protected else []
    words = [Words(f"{text}  ", tone) for text, tone in named if text]
    first = [fact("host", *words)] if words else []
    return (*first, *_trouble(contact, now))


def _trouble(contact: Contact, now: float) -> Iterator[Line]:
    said = standing(contact, now)
    if not said.up:
        seen = f"  last seen {said.age} ago" if said.age else "  never seen"
        again = next_try(contact, now)
        yield fact(
            "contact",
            Words(said.word, WORDS[said.word]),
            Words("" if said.word == CONNECTING else seen),
            Words(f"  {again}" if again else "", Tone.DIM),
        )
    if why := reason(contact):
        yield told("reason", why)
    if contact.failed is not None and contact.remedy:
        yield told("remedy", contact.remedy, Tone.ACCENT)
    if contact.untrusted is not None:
        yield told("verify", _VERIFY)
        if not acceptable(contact):
            yield told("", _NEVER, Tone.WATCH)
