"""The report for people: what is in it, in which order, and how it is drawn."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import replace

import pytest

from console.clean import Clean
from console.cli.tables import checks_table, tables
from console.errors import Problem
from console.fleet import Contact, ContactState
from console.model import Gap, Host, Level, State
from screenshots import world
from tests.console.hosts import BASE, FILL, facts, host, judge


class Stream(io.TextIOWrapper):
    """What stdout is connected to."""

    def __init__(self, encoding: str, *, terminal: bool) -> None:
        super().__init__(io.BytesIO(), encoding=encoding)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe, 160 columns wide, and no wishes in the environment."""
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys, "stdout", Stream("utf-8", terminal=False))


def made_up() -> Host:
    from console.derive import derive

    return derive(Clean("local"), world.facts(0), None, judge)


def report(*hosts: Host, sort: str = "fill") -> str:
    return tables([Contact(each.name, 2.0, each) for each in hosts], sort)


def order(text: str) -> list[str]:
    """Return the levels in the order of the report."""
    rows = [line.split() for line in text.splitlines()]
    start = next(i for i, row in enumerate(rows) if row[:2] == ["STATE", "LEVEL"])
    states = {state.value for state in State}
    return [row[1] for row in rows[start:] if len(row) > 5 and row[0] in states]


def levels(*changes: dict[str, object]) -> Host:
    """Return a host of levels ``a``, ``b`` … that differ as told."""
    (first, *_) = host(facts(BASE, FILL)).levels
    made = tuple(
        replace(first, id=Clean("abc"[n]), **change)  # type: ignore[arg-type]  # fields by name
        for n, change in enumerate(changes)
    )
    return replace(host(facts(BASE, FILL)), levels=made)


def test_every_part_of_a_host_is_told() -> None:
    text = report(made_up())
    assert text.startswith(
        "local  dracut-dm  6.1.0-56-amd64  up 3d02h  memory 1.3G of 4.0G free\n"
    )
    for part in ("dm:live-rw", "mta/tmpfs:/run", "residue: netns old", "statvfs /mnt/nfs", "1702"):
        assert part in text
    assert text.endswith("\n")
    assert all(line == line.rstrip() for line in text.splitlines())


def test_images_are_not_among_what_fills() -> None:
    text = BASE + "30 26 7:0 / /image ro - squashfs /dev/loop0 ro\n"
    seen = host(facts(text, {**FILL, "/image": FILL["/"]}))
    assert "fs:/image" in {level.id for level in seen.levels}
    assert "fs:/image" not in report(seen)


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("fill", ["tmpfs:/tmp", "mta/tmpfs:/run"]),
        ("name", ["dm:live-rw", "fs:/"]),
        ("kind", ["dm:live-rw", "fs:/"]),
    ],
)
def test_orders(sort: str, first: list[str]) -> None:
    found = order(report(made_up(), sort=sort))
    assert (found[:2], len(found)) == (first, len(set(found)))


def test_the_worst_state_comes_first_then_the_fullest() -> None:
    some = levels({"used": 1}, {"used": 10**9}, {"state": State.LOST, "used": None})
    assert order(report(some)) == ["c", "b", "a"]


def test_the_fastest_comes_first_and_the_unknown_before_the_falling() -> None:
    some = levels({"rate": -5.0}, {"rate": None}, {"rate": 5000.0})
    assert order(report(some, sort="rate")) == ["c", "b", "a"]


def test_what_has_no_number_is_a_dash() -> None:
    found: Level = levels({"used": None, "total": None, "limit": None}).levels[0]
    some = replace(levels({}), levels=(replace(found, inodes_used=None, rate=None),))
    (row,) = (line for line in report(some).splitlines() if line.split()[1:2] == ["a"])
    assert row.split() == ["ok", "a", "-", "-", "-", "no", "limit", "-", "-"]


def test_a_host_never_seen_is_one_line() -> None:
    lost = Contact(Clean("web"), 2.0, None, ContactState.DENIED, Clean("no key"))
    assert tables([lost], "fill") == "web: no key\n"
    assert tables([Contact(Clean("web"), 2.0)], "fill") == "web: no answer\n"


def test_nothing_to_tell_is_no_trouble() -> None:
    empty = replace(host(facts(BASE, FILL)), levels=(), memory=None)
    assert report(empty).startswith("mail1\n")


def test_text_of_a_host_is_never_taken_for_markup() -> None:
    gap = Gap(Clean("[red]x[/]"), Clean("[link=a]b :smile:"), Clean("[/]"), Problem.HUNG)
    text = report(replace(host(facts(BASE, FILL)), gaps=(gap,)))
    assert "[red]x[/]" in text
    assert "[link=a]b :smile:" in text


def test_a_pipe_gets_no_escape_sequences() -> None:
    assert "\x1b" not in report(made_up())


def test_a_terminal_gets_colours_unless_asked_not_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Stream("utf-8", terminal=True))
    assert "\x1b[32mok" in report(made_up())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "[32m" not in report(made_up())
    assert "[1;33m" not in report(made_up())


def test_a_stream_without_utf_8_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Stream("ascii", terminal=False))
    assert report(made_up()).isascii()
    assert checks_table([("a", "ok", "b", "c")]).isascii()


def test_a_narrow_terminal_folds_and_a_pipe_gets_every_word_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert "/srv/subhost/mta/mta.conf" in report(made_up())
    monkeypatch.setattr(sys, "stdout", Stream("utf-8", terminal=True))
    lines = re.sub(r"\x1b\[[0-9;]*m", "", report(made_up())).splitlines()
    assert max(map(len, lines)) <= 40


def test_checks() -> None:
    text = checks_table([("terminal", "lacking", "dumb", "set TERM"), ("boot", "failed", "?", "")])
    rows = [line.split() for line in text.splitlines() if line.strip()]
    assert rows[0] == ["CHECK", "STATE", "FOUND", "REMEDY"]
    assert rows[-2:] == [["terminal", "lacking", "dumb", "set", "TERM"], ["boot", "failed", "?"]]
