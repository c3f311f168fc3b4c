"""What is wished, as it is typed: ``kill TERM web*/mta``, ``share /srv/mail /var/mail mta``."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from console.actions import grow
from console.clean import Clean, clean, clean_path
from console.model import Level
from console.parse.amount import Amount, amount
from console.plan import Verb, Wish
from console.recabling import Change, recabling

SIGNALS = ("TERM", "HUP", "INT", "QUIT", "USR1", "USR2", "STOP", "CONT", "KILL")
"""Signals that can be sent, the likeliest first."""
_SHARES = {Verb.SHARE, Verb.UNSHARE}
_LACKING: Mapping[str, str] = {
    Change.BRIDGE: "a bridge of the host",
    Change.VLAN: "the number of a VLAN, then a bridge where it is to be in one",
    Change.NO_VLAN: "the number of the VLAN",
    Change.MAC: "a MAC address",
}
"""What a change of a cable is followed by."""


class Asked(NamedTuple):
    """A verb with what it needs besides a subhost."""

    verb: Verb
    targets: tuple[str, ...] = ()
    """As typed; empty: what is chosen on the screen."""
    share: tuple[Clean, Clean] | None = None
    signal: Clean | None = None
    amount: Amount | None = None
    """What a level is to hold, or how much more."""
    words: tuple[str, ...] = ()
    """What is to become of a cable."""

    @property
    def lacks(self) -> str:
        """What has to be asked for, in words; empty: nothing."""
        if self.verb in _SHARES and self.share is None:
            return "a folder of the host, then its place inside where that is another"
        if self.verb is Verb.GROW and self.amount is None:
            return "what it is to hold in all, or how much more"
        if self.verb is Verb.CABLE and len(self.words) < 2:
            return _LACKING.get(self.words[0], "") if self.words else "what is to become of it"
        return "a signal" if self.verb is Verb.KILL and self.signal is None else ""

    def wish(self, subhost: Clean, level: Level | None = None, cable: str = "") -> Wish:
        """Return it as wished for one subhost, one level of it or of the host, or a cable."""
        wish = Wish(self.verb, subhost, self.share, self.signal)
        if cable and self.words:
            return replace(wish, recabling=recabling(cable, self.words))
        if level is None:
            return wish
        size = None if self.amount is None else self.amount.of(grow.size_of(level) or 0)
        return replace(wish, level=level.id, size=size)


def asked(verb: Verb, words: Sequence[str]) -> Asked:
    """Return what a verb followed by these words means.

    Raises ``ValueError`` for no size, and for what cannot become of a cable.
    """
    if verb is Verb.CABLE:
        whole = len(words) > 1 or not {*words} <= {*_LACKING}
        return Asked(verb, words=tuple(words) if not whole or recabling("", words) else ())
    if verb in _SHARES:
        paths = [clean_path(word) for word in words if word.startswith("/")][:2]
        others = tuple(word for word in words if not word.startswith("/"))
        return Asked(verb, others, share=(paths[0], paths[-1]) if paths else None)
    if verb is Verb.GROW and words:
        return Asked(verb, tuple(words[1:]), amount=amount(words[0]))
    if verb is Verb.KILL and words and (signal := _signal(words[0])):
        return Asked(verb, tuple(words[1:]), signal=clean(signal))
    return Asked(verb, tuple(words))


def typed(verb: Verb, line: str) -> Asked:
    """Return what a verb followed by this line means. Raises ``ValueError`` for a stray quote."""
    return asked(verb, shlex.split(line))


def filled(asked: Asked, line: str) -> Asked:
    """Return what was asked for with what it lacked. Raises ``ValueError`` as ``typed`` does."""
    return typed(asked.verb, " ".join((*asked.words, line)))


def folders(share: tuple[Clean, Clean]) -> str:
    """Return a share as it is typed."""
    return shlex.join(dict.fromkeys(share))


def _signal(word: str) -> str:
    name = word.upper().removeprefix("-").removeprefix("SIG")
    return name if name in SIGNALS else ""
