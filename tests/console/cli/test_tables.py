"""The report for people: what is in it, in which order, and how it is drawn."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import replace

import pytest

from console.clean import Clean
from console.cli.tables import checks_table, tables
from console.contact import Contact, ContactState, failing
from console.errors import Denied, Problem, Unreachable
from console.model import Clock, Confidence, Forecast, Gap, Host, Level, State, Trend
from screenshots import world
from tests.console.hosts import BASE, FILL, facts, host, judge

NOW = 101.0
"""A second after the literal hosts were looked at."""


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
    return tables([Contact(each.name, 2.0, each) for each in hosts], sort, NOW)


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
        "image edge-42.img  http://boot.example/img/edge-42.img\n"
    )
    for part in ("dm:live-rw", "mta/tmpfs:/run", "residue: netns old", "statvfs /mnt/nfs", "1702"):
        assert part in text
    assert text.endswith("\n")
    assert all(line == line.rstrip() for line in text.splitlines())


def test_what_is_armed_is_told_above_all_levels() -> None:
    seen = made_up()
    assert seen.boot
    armed = replace(seen.boot, armed=(Clean("/reboot: a cold reboot"),), image=None)
    lines = report(replace(seen, boot=armed)).splitlines()
    assert lines[1] == "armed /reboot: a cold reboot"


def test_images_are_not_among_what_fills() -> None:
    text = BASE + "30 26 7:0 / /image ro - squashfs /dev/loop0 ro\n"
    seen = host(facts(text, {**FILL, "/image": FILL["/"]}))
    assert "fs:/image" in {level.id for level in seen.levels}
    assert "fs:/image" not in report(seen)


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("fill", ["tmpfs:/tmp", "mta/tmpfs:/run"]),
        ("full", ["tmpfs:/tmp", "mta/tmpfs:/run"]),
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


def filling(seconds: float, clock: Clock = Clock.BYTES) -> Forecast:
    band = seconds * 0.8, seconds * 1.5
    return Forecast(Trend.FILLING, clock, seconds, band, Confidence.HIGH)


def test_of_one_state_the_soonest_full_comes_first() -> None:
    some = levels(
        {"used": 10**9}, {"forecast": filling(600.0)}, {"forecast": filling(90.0, Clock.INODES)}
    )
    assert order(report(some, sort="full")) == ["c", "b", "a"]
    text = report(some, sort="full")
    assert "90 s (72-135) high, inodes" in text
    assert "10 min (8-15) high " in text


def test_where_it_is_heading_is_told_where_no_end_is() -> None:
    assert " steady " in report(levels({"forecast": Forecast(Trend.STEADY)}))


def test_what_has_no_number_is_a_dash() -> None:
    found: Level = levels({"used": None, "total": None, "limit": None}).levels[0]
    some = replace(levels({}), levels=(replace(found, inodes_used=None, rate=None),))
    (row,) = (line for line in report(some).splitlines() if line.split()[1:2] == ["a"])
    assert row.split() == ["ok", "a", "-", "-", "-", "-", "no", "limit", "-", "-"]


def test_a_host_never_seen_is_one_line() -> None:
    lost = Contact(Clean("web"), 2.0, None, ContactState.DENIED, Clean("no key"))
    assert tables([lost], "fill", NOW) == "web: no key\n"
    assert tables([Contact(Clean("web"), 2.0)], "fill", NOW) == "web: no answer\n"


def test_a_lost_host_tells_why_and_what_it_was_last_like() -> None:
    lost = failing(Contact(Clean("web"), 2.0, made_up()), Unreachable("no route"), None)
    first, second, *_ = tables([lost], "fill", NOW).splitlines()
    assert first == "web: unreachable: no route"
    assert second.startswith("local  dracut-dm")


def fleet() -> list[Contact]:
    """Return a lost host never seen, one that is fine, one nearly full, and one that went away."""
    fine = Contact(Clean("web2"), 2.0, named("web2", {"used": 10}))
    full = Contact(Clean("web1"), 2.0, named("web1", {"used": 950 << 20, "state": State.ACT}))
    gone = Contact(Clean("dns"), 2.0)
    away = Contact(Clean("db"), 2.0, named("db", {"used": 20}))
    return [
        fine,
        full,
        failing(gone, Denied("Permission denied", problem=Problem.AUTH), None),
        failing(away, Unreachable("unreachable: no route"), None),
    ]


def named(name: str, *changes: dict[str, object]) -> Host:
    return replace(levels(*changes), name=Clean(name), memory=None)


def rows(text: str, head: str) -> list[list[str]]:
    """Return the words of the rows below a header that begins with this word."""
    lines = [line.split() for line in text.splitlines()]
    start = next(i for i, line in enumerate(lines) if line[:2] == head.split())
    found = lines[start + 2 :]
    return found[: next((i for i, line in enumerate(found) if not line), len(found))]


def test_of_many_hosts_those_that_do_not_answer_come_first_then_the_fullest() -> None:
    found = rows(tables(fleet(), "fill", NOW), "CONTACT HOST")
    assert [row[:2] for row in found] == [
        ["unreachable", "db"],
        ["denied", "dns"],
        ["up", "web1"],
        ["up", "web2"],
    ]
    assert found[0][-3:] == ["unreachable:", "no", "route"]
    assert found[1][2:10] == ["-"] * 8
    assert found[1][-3:] == ["auth:", "Permission", "denied"]
    assert found[2][2:] == ["act", "a", "-", "92.7%", "-", "0/0", "-", "1s"]
    by_name = rows(tables(fleet(), "name", NOW), "CONTACT HOST")
    assert [row[1] for row in by_name] == ["db", "dns", "web1", "web2"]


def test_levels_of_many_hosts_are_one_list_the_fullest_first() -> None:
    found = rows(tables(fleet(), "fill", NOW), "STATE HOST")
    assert [row[:3] for row in found] == [
        ["act", "web1", "a"],
        ["ok", "web2", "a"],
        ["ok", "db", "a"],
    ]


def test_subhosts_and_gaps_of_many_hosts_tell_whose_they_are() -> None:
    text = tables([Contact(Clean("local"), 2.0, made_up()), *fleet()], "fill", NOW)
    assert " local/old: residue: netns old" in text
    assert any(line.split()[:3] == ["running", "local", "mta"] for line in text.splitlines())
    assert any(line.split()[:3] == ["local", "statvfs", "/mnt/nfs"] for line in text.splitlines())


def test_of_no_host_there_is_nothing_to_tell() -> None:
    assert tables([], "fill", NOW).strip() == ""


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
    assert checks_table([("web", "a", "ok", "b", "c")]).isascii()


def test_a_narrow_terminal_folds_and_a_pipe_gets_every_word_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert "/srv/subhost/mta/mta.conf" in report(made_up())
    monkeypatch.setattr(sys, "stdout", Stream("utf-8", terminal=True))
    lines = re.sub(r"\x1b\[[0-9;]*m", "", report(made_up())).splitlines()
    assert max(map(len, lines)) <= 40


def test_checks() -> None:
    text = checks_table(
        [
            ("", "terminal", "lacking", "dumb", "set TERM"),
            ("local", "boot", "failed", "?", ""),
        ]
    )
    found = rows(text, "CHECK STATE")
    assert found == [["terminal", "lacking", "dumb", "set", "TERM"], ["boot", "failed", "?"]]


def test_checks_of_other_hosts_tell_whose_they_are() -> None:
    text = checks_table(
        [("", "terminal", "ok", "80x24", ""), ("web", "login", "failed", "no", "")]
    )
    assert rows(text, "HOST CHECK") == [
        ["terminal", "ok", "80x24"],
        ["web", "login", "failed", "no"],
    ]
