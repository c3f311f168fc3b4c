"""Hostile text in every string of the model: drawn literally in every view, and nothing runs."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

import pytest
from rich.cells import cell_len

from console.clean import Clean, clean
from console.contact import Contact, failing
from console.errors import Problem, UntrustedKey
from console.events import Event, Word
from console.fleet import FleetView
from screens.accept import AcceptKey
from screens.marks import UNICODE
from screens.place import Place, Trail, View
from tests.screens.stage import Stage, opened

MESSAGES = set(Word) - {Word.BEGAN, Word.ENDED, Word.FAILED, Word.WATCH, Word.EASED}
"""What is told by a message wherever one is."""

PAYLOADS = {
    "sequences": "\x1b[31mred\x1b[2J\x1b]0;title\x07\x1b]52;c;aGk=\x1b\\\x1b]8;;http://e\x1b\\x\x1b]8;;\x1b\\"
    "\x1bP1$r\x1b\\\x1b_x\x1b\\\x1b[6n\x1b[c\x9b2J\x9d0;t\x9c\x85",
    "never ended": "\x1b]0;",
    "placed": "a\rb\b\bc\x0e\x7f\x00one\ntwo\r\n\tthree\u2028four\u2029a\x1fb\x1f\x1fc",
    "click": "[@click=app.quit]x[/][a=b][bold][link=http://e]L",
    "close": "[/red][#zzz]x[/]",
    "surrogate": "\udcff\ud800",
    "order": "abc\u202etxt.exe\u2066\u200b\ufeff\U000e0041e" + "\u0301" * 3000,
    "wide": "日本語ホスト名👩\u200d👩\u200d👧がとても長い" * 20,
    "long": "x" * 5000,
    "nothing": "",
}
"""Each of a kind that might hide another's effect; many to a text, since an app takes seconds."""


def rewritten(value: Any, said: Callable[[str], str]) -> Any:  # noqa: ANN401  any part of a model
    """Return ``value`` with every text in it, however deep, replaced."""
    if isinstance(value, Enum | bytes | int | float | None):
        return value
    if isinstance(value, str):
        return said(value)
    if isinstance(value, tuple):
        return tuple(rewritten(part, said) for part in value)
    return replace(
        value,
        **{
            field.name: rewritten(getattr(value, field.name), said)
            for field in dataclasses.fields(value)
        },
    )


def hostile(seen: FleetView, said: Callable[[str], str]) -> FleetView:
    """Return the view as a hostile host would have it; what was recorded follows its names."""
    contacts = rewritten(seen.contacts, said)
    series = {(Clean(said(host)), Clean(said(key))): s for (host, key), s in seen.series.items()}
    down, other = (
        lost(said, name, problem)
        for name, problem in (("down", Problem.UNKNOWN_KEY), ("other", Problem.CHANGED_KEY))
    )
    other = replace(other, host=contacts[0].host)
    hosts = tuple(Clean(said(name)) for name in ("down", "other", "third"))
    events = tuple(
        Event(9.0, hosts[0], word, Clean(said("why")), 3, 8.0, hosts[1:]) for word in Word
    )
    jobs = rewritten(seen.jobs, said)
    return FleetView((*contacts, down, other), series, said("the history"), events, jobs)


def lost(said: Callable[[str], str], name: str, problem: Problem) -> Contact:
    """Return a host that offers a key which is not known, every text of it as it would have it."""
    line = f"{said('host')} {said('type')} {said('key')}"
    key = UntrustedKey(
        said("offered"),
        said("hint"),
        problem,
        fingerprint=said("SHA256:x"),
        line=line,
        file=said("/known_hosts"),
    )
    contact = Contact(
        Clean(said(name)), 2.0, tags=(Clean(said("tag")),), protected=True, address=said("address")
    )
    failed = failing(contact, key, None)
    return replace(failed, trouble=Clean(said("trouble")), remedy=Clean(said("remedy")))


async def inspected(stage: Stage) -> None:
    """Hold that what is on the terminal is text and nothing else."""
    width, height = stage.app.size
    assert len(stage.strips) == height
    for strip in stage.strips:
        assert cell_len(strip.text) == strip.cell_length == width
        assert not [c for c in strip.text if ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0]
        assert not {*strip.text} & {*"\u2028\u2029\u202e\u2066\u200b\ufeff\udcff\ud800"}
        for segment in strip:
            assert segment.control is None
            if segment.style:
                assert "@click" not in segment.style.meta
                assert segment.style.link is None


async def toured(stage: Stage, views: Sequence[View], *lines: int) -> None:
    """Look at these views, and click on these lines of them."""
    for view in views:
        await stage.reach(view)
        await inspected(stage)
        for y in lines:
            await stage.pilot.click(offset=(4, y))
        assert stage.main.place.view is view
        assert stage.app._exit is False


WAYS: dict[str, Callable[[str], Callable[[str], str]]] = {
    "clean": lambda payload: lambda text: clean(payload + text),
    "raw": lambda payload: lambda text: payload + text,
    "all alike": lambda payload: lambda text: payload,
}
UNCLEANED = ("sequences", "placed", "click", "surrogate", "order")
"""What is tried as if nobody had cleaned it; the others then differ in nothing."""
STRIDE = 1 if "LEAKS" in os.environ else 3
"""Each payload is shown in a third of the views, by ``make leaks`` in all."""
TRIED = [(name, "raw" if name in UNCLEANED else "clean") for name in PAYLOADS]


@pytest.mark.parametrize(
    ("name", "way"), [*TRIED, *((name, "all alike") for name in ("wide", "long", "nothing"))]
)
async def test_every_view_shows_hostile_text_as_text(seen: FleetView, name: str, way: str) -> None:
    payload = PAYLOADS[name]
    view = hostile(seen, WAYS[way](payload))
    async with opened(seen) as stage:
        await stage.show(view)
        if way == "all alike":
            for number in "12345":
                await stage.press(number, "j", "enter")
                await inspected(stage)
        else:
            views = [*View][[*PAYLOADS].index(name) % STRIDE :: STRIDE]
            await toured(stage, views, *((1, 3, 6) if "[" in payload and way == "raw" else ()))
        assert stage.app.is_running


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
async def test_messages_prompt_and_palette_show_it_as_text(seen: FleetView, payload: str) -> None:
    async with opened(seen) as stage:
        stage.main.say(payload, warning=True)
        stage.main.say(f"told {payload}")
        await stage.until(lambda: "told" in stage.text)
        await inspected(stage)
        told = next(y for y, line in enumerate(stage.lines) if "told" in line)
        await stage.pilot.click(offset=(60, told))
        for sign in ("slash", "colon"):
            await stage.press(sign)
            stage.main.prompt._put(payload)
            await stage.settled()
            await inspected(stage)
            await stage.press("enter")
            await inspected(stage)
        await stage.press("ctrl+p")
        await stage.until(lambda: "[view, " in stage.text)
        await inspected(stage)
        assert stage.app._exit is False


@pytest.mark.parametrize(("name", "way"), TRIED)
async def test_pages_and_dialog_about_keys_show_it_as_text(
    seen: FleetView, name: str, way: str
) -> None:
    view = hostile(seen, WAYS[way](PAYLOADS[name]))
    unknown, changed = view.contacts[-2:]
    async with opened(seen, size=(90, 40)) as stage:
        await stage.show(view)
        for contact in (changed, unknown):
            stage.main.go(Trail().into(Place(View.HOST, contact.name)))
            await stage.settled()
            await inspected(stage)
        assert unknown.untrusted
        dialog = AcceptKey(unknown, unknown.untrusted, UNICODE)
        await stage.app.push_screen(dialog)
        await stage.until(lambda: dialog.armed)
        await stage.settled()
        await inspected(stage)
        for y in (1, 3, 6, 12):
            await stage.pilot.click(offset=(20, y))
        await stage.press("escape")
        assert stage.fleet.accepted == []
        assert stage.app._exit is False


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
async def test_news_of_it_are_told_as_text(
    seen: FleetView, payload: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screens.app._GATHERED", 0.01)
    async with opened(seen, size=(90, 40)) as stage:
        await stage.show(hostile(seen, lambda text: payload + text))
        await stage.until(lambda: len(stage.app._notifications) >= len(MESSAGES))
        await stage.settled()
        await inspected(stage)
        assert stage.app._exit is False


async def test_what_is_copied_is_inert_and_bounded(seen: FleetView) -> None:
    async with opened(hostile(seen, lambda text: "\x1b]52;c;aGk=\x07" + "x" * 9000)) as stage:
        await stage.press("c")
        assert len(stage.app.clipboard) == 4096
        assert stage.app.clipboard.isprintable()


async def test_rows_about_the_same_thing_can_all_be_reached(seen: FleetView) -> None:
    async with opened(hostile(seen, lambda text: "alike")) as stage:
        await stage.press("3")
        rows = len(stage.main.grid.listing.rows)
        assert rows > 12
        for place in range(1, rows):
            await stage.press("j")
            assert stage.cursor == place
        for place in reversed(range(rows - 1)):
            await stage.press("k")
            assert stage.cursor == place
        await stage.press("enter")
        assert stage.main.place.view is View.LEVEL


async def test_ascii_stays_ascii_whatever_the_data(seen: FleetView) -> None:
    said = "日本é▶…→·\u00a0e\u0301👩\u200d👧 "
    async with opened(hostile(seen, lambda text: said + text), ascii_only=True) as stage:
        for view in View:
            await stage.reach(view)
            await inspected(stage)
            assert stage.text.isascii(), view
        await stage.press("c")
        await stage.until(lambda: "copied" in stage.text)
        assert stage.text.isascii()
