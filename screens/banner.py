"""The first and the last line of the screen, as pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from console.fleet import ContactState
from screens import marks
from screens.keys import TYPING, footer
from screens.page import Line, Tone, Words
from screens.place import Path, Place, View
from screens.sight import Sight

_NAME = "subdeck "
_BETWEEN = " > "
_TROUBLE = 40
"""Cells at most for what is wrong."""


def banner(sight: Sight, path: Path, width: int) -> Line:
    """Return the name, where we are, and how old what is shown is, ``width`` cells together.

    The age stays whatever the width; of a long way here the beginning goes.
    """
    right = _state(sight, path[-1], max(width * 2 // 3, 1))
    room = max(width - _cells(right) - len(_NAME) - 1, 0)
    left = [Words(_NAME, Tone.HEAD), *_crumbs(path, room)] if room else []
    gap = max(width - _cells(left) - _cells(right), 0)
    return Line((*left, Words(" " * gap), *right))


def hints(view: View, typing: str = "") -> Line:
    """Return the keys most useful in a view, or while a filter or command is being typed."""
    keys = TYPING[typing] if typing else [(key.shown, key.hint) for key in footer(view)]
    return Line(
        tuple(
            word
            for shown, hint in keys
            for word in (Words(shown, Tone.ACCENT), Words(f" {hint}  ", Tone.DIM))
        )
    )


def _crumbs(path: Path, room: int) -> list[Words]:
    """Return the way here in ``room`` cells."""
    names = [_name(place, path[:number]) for number, place in enumerate(path)]
    for first in range(len(names)):
        shown = names if first == 0 else ["…", *names[first:]]
        if marks.cells(_BETWEEN.join(shown), room + 1) <= room:
            words = [each for name in shown for each in (Words(_BETWEEN, Tone.DIM), Words(name))]
            return [*words[1:-1], Words(shown[-1], Tone.ACCENT)]
    return [Words(marks.fit(names[-1], room, path=True), Tone.ACCENT)]


def _name(place: Place, outer: Path) -> str:
    """Return what ``place`` adds to the layers around it."""
    known = outer[-1].subject if outer else ()
    named = place.subject
    if named[: len(known)] == known:
        named = named[len(known) :]
    said = "/".join(named)
    if place.view in {View.HOST, View.SUBHOST, View.LEVEL} and said:
        return said
    word = "json" if place.view is View.RAW else place.view.value
    return " ".join(filter(None, (said, word)))


def _state(sight: Sight, place: Place, most: int) -> list[Words]:
    words = [Words(f" {text} ", tone) for text, tone in _said(sight, place)]
    while len(words) > 1 and _cells(words) > most:
        words.pop(0)
    return words


def _said(sight: Sight, place: Place) -> list[tuple[str, Tone]]:
    """Return what is to be known of what is shown, the most important last."""
    view = sight.view
    said = [(_cut(view.trouble), Tone.WATCH)] if view.trouble else []
    if sight.behind is not None:
        return [*said, (f"PAUSED {marks.duration(sight.behind)} behind", Tone.WATCH)]
    shown = [c for c in view.contacts if not place.host or c.name == place.host]
    ages = [age for contact in shown if (age := contact.age(sight.now)) is not None]
    lost = [c for c in shown if c.state_at(sight.now) is not ContactState.UP]
    trouble = [(_cut(c.trouble), Tone.BAD) for c in lost[:1] if c.trouble]
    if not ages:
        return [*said, *trouble] or [("looking…", Tone.DIM)]
    if len(lost) == len(shown):
        return [*said, *trouble, (f"STALE {marks.duration(max(ages))}", Tone.BAD)]
    if lost:
        return [*said, *trouble, (f"{len(lost)} of {len(shown)} STALE", Tone.BAD)]
    return [*said, (f"{marks.duration(max(ages))} old", Tone.DIM)]


def _cut(text: str) -> str:
    return marks.fit(text, marks.cells(text, _TROUBLE))


def _cells(words: Sequence[Words]) -> int:
    return sum(marks.cells(word.text, 500) for word in words)
