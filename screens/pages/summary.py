"""How the whole fleet is, in numbers: hosts by how they answer, levels and subhosts by state.

``hosts 3 unreachable  37 up  levels 1 full  9 watch  310 ok  24 old  subhosts 61 running``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from console.fleet import Contact
from console.model import Running, State
from screens.page import Line, Tone, Words
from screens.pages.contact import WORDS, Standing
from screens.pages.digest import Digest
from screens.pages.parts import ALARM, RUNNING_TONES, STATE_TONES

_STATES = {state: STATE_TONES[state] for state in reversed(State)}
_RUNNING = {
    state: RUNNING_TONES[state]
    for state in sorted(Running, key=lambda state: ALARM[state], reverse=True)
}


_Said = TypeVar("_Said", bound=str)


class Seen(NamedTuple):
    """One host as it is at one moment."""

    contact: Contact
    standing: Standing
    digest: Digest
    """``NOTHING`` where it was never seen."""


def summary(fleet: Sequence[Seen]) -> Line:
    """Return how many are in which state, the worst first.

    What was seen of hosts that do not answer now is counted apart, as old. Of a single host its
    own row says how it answers.
    """
    answering = [seen.digest for seen in fleet if seen.standing.up]
    lost = [seen.digest for seen in fleet if not seen.standing.up]
    hosts = Counter(seen.standing.word for seen in fleet if len(fleet) > 1)
    levels = _added(State, (each.levels for each in answering))
    subhosts = _added(Running, (each.subhosts for each in answering))
    old_levels = sum(sum(each.levels) for each in lost)
    old_subhosts = sum(sum(each.subhosts) for each in lost)
    gaps = sum(each.gaps for each in answering)
    unseen = [Words(f"{gaps} not seen  ", Tone.WATCH)] if gaps else []
    words = (
        *unseen,
        *_counted("hosts", hosts, WORDS),
        *_counted("levels", levels, _STATES, old_levels),
        *_counted("subhosts", subhosts, _RUNNING, old_subhosts),
    )
    return Line(words, hang=0)


def _added(states: Iterable[_Said], numbers: Iterable[Sequence[int]]) -> dict[_Said, int]:
    """Return the numbers of all hosts added up; nothing of no host."""
    return dict(zip(states, map(sum, zip(*numbers, strict=True)), strict=False))


def _counted(
    what: str, numbers: Mapping[_Said, int], tones: Mapping[_Said, Tone], old: int = 0
) -> Iterator[Words]:
    many: list[tuple[int, str, Tone]] = [
        (numbers[word], word, tone) for word, tone in tones.items() if numbers.get(word)
    ]
    if old:
        many.append((old, "old", Tone.DIM))
    if many:
        yield Words(what, Tone.DIM)  # with no blank after it: it stays with the first number
    for place, (number, word, tone) in enumerate(many):
        yield Words(f"{'' if place else ' '}{number} {word}  ", tone)
