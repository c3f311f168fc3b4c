"""The first and the last line of the screen, as pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from console.contact import Contact, ContactState
from screens import marks
from screens.keys import TYPING, footer
from screens.page import Line, Tone, Words
from screens.pages.contact import CONNECTING, WORDS, reason, standing
from screens.pages.events import moment
from screens.place import Path, Place, View
from screens.sight import Sight

_NAME = "subdeck "
_BETWEEN = " > "
_TROUBLE = 60
"""Cells at most for what is wrong."""
_LEGIBLE = 20
"""Cells at least for a reason that must be cut."""


def banner(sight: Sight, path: Path, width: int, guard: Words | None = None) -> Line:
    """Return the name, where we are, and how old what is shown is, ``width`` cells together.

    The age stays whatever the width; of a long way here the beginning goes. ``guard`` says whether
    anything may be changed here.
    """
    right = _state(sight, path[-1], max(width * 2 // 3, 1))
    name = [Words(_NAME, Tone.HEAD)]
    if guard:
        name += [guard, Words(" ")]
    room = max(width - _cells(right) - _cells(name) - 1, 0)
    left = [*name, *_crumbs(path, room)] if room else []
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
    if place.view in {View.HOST, View.SUBHOST, View.LEVEL, View.JOB} and said:
        return said
    word = "json" if place.view is View.RAW else place.view.value
    return " ".join(filter(None, (said, word)))


def _state(sight: Sight, place: Place, most: int) -> list[Words]:
    words = [Words(f" {text} ", tone) for text, tone in _said(sight, place)]
    while len(words) > 1 and _cells(words) > most:
        first = words.pop(0)
        if (room := most - _cells(words)) >= _LEGIBLE:
            cut = marks.fit(first.text.strip(), room - 2)
            return [replace(first, text=f" {cut} "), *words]
    return words


def _said(sight: Sight, place: Place) -> list[tuple[str, Tone]]:
    """Return what is to be known of what is shown, the most important last."""
    view = sight.view
    said = [(_cut(view.trouble), Tone.WATCH)] if view.trouble else []
    said += [("AUTO-RELIEF", Tone.WATCH)] if view.auto else []
    if sight.recorded is not None:
        return [*said, (f"REPLAY {moment(sight.recorded)}", Tone.ACT)]
    if sight.behind is not None:
        return [*said, (f"PAUSED {marks.duration(sight.behind)} behind", Tone.WATCH)]
    shown = [c for c in view.contacts if not place.host or c.name == place.host]
    if not shown:
        return said or [("looking…", Tone.DIM)]
    if len(shown) == 1:
        return [*said, *_of_one(shown[0], sight.now)]
    return [*said, *_of_several(shown, sight.now)]


def _of_one(contact: Contact, now: float) -> Iterator[tuple[str, Tone]]:
    said, age = standing(contact, now), contact.age(now)
    if why := reason(contact):
        yield _cut(why), WORDS[said.word]
    if said.up:
        yield f"{marks.duration(age or 0.0)} old", Tone.DIM
    elif said.word == CONNECTING:
        yield "connecting…", Tone.DIM
    else:
        yield f"{said.word.upper()} {said.age}".rstrip(), WORDS[said.word]


def _of_several(contacts: Sequence[Contact], now: float) -> Iterator[tuple[str, Tone]]:
    words = [standing(contact, now).word for contact in contacts]
    connecting, stale = words.count(CONNECTING), words.count(ContactState.STALE)
    lost = len(words) - words.count(ContactState.UP) - stale - connecting
    if connecting:
        yield f"{connecting} connecting", Tone.DIM
    if stale:
        yield f"{stale} stale", Tone.WATCH
    if lost:
        yield f"{lost} of {len(contacts)} lost", Tone.BAD
    if not stale + connecting + lost:
        oldest = max(contact.age(now) or 0.0 for contact in contacts)
        yield f"{marks.duration(oldest)} old", Tone.DIM


def _cut(text: str) -> str:
    return marks.fit(text, marks.cells(text, _TROUBLE))


def _cells(words: Sequence[Words]) -> int:
    return sum(marks.cells(word.text, 500) for word in words)
