"""What a command line means."""

from __future__ import annotations

import re

import pytest

from console.clean import Clean
from console.plan import Verb
from console.when import FORMS
from screens.commands import COMMANDS, NoCommand, Order, completions, start, understood
from screens.filter import Filter
from screens.place import View
from screens.wishes import Asked


@pytest.mark.parametrize(
    ("line", "order"),
    [
        ("hosts", Order(view=View.FLEET)),
        (":fill", Order(view=View.FILL)),
        ("  sub   /mail  ", Order(view=View.SUBHOSTS, filter="mail")),
        ("sub /state=running !web", Order(view=View.SUBHOSTS, filter="state=running !web")),
        ("sub mta", Order(view=View.SUBHOSTS, filter="subhost=^mta$")),
        ("sub web*/mta", Order(view=View.SUBHOSTS, filter="host=web* subhost=^mta$")),
        ("sub @prod/m*", Order(view=View.SUBHOSTS, filter="@prod subhost=m*")),
        ("hosts w?b.1", Order(view=View.FLEET, filter="host=w?b.1")),
        ("hosts web[01-40]", Order(view=View.FLEET, filter="host=web[01-40]")),
        ("hosts @prod web*", Order(view=View.FLEET, filter="@prod host=web*")),
        ("hosts /state=full", Order(view=View.FLEET, filter="state=full")),
        ("events edge-07", Order(view=View.EVENTS, filter=r"host=^edge\-07$")),
        ("images web1", Order(view=View.IMAGES, filter="host=^web1$")),
        ("cables", Order(view=View.CABLES)),
        ("sort fill", Order("sort('fill')")),
        ("theme light", Order("app.theme('light')")),
        ("mouse on", Order("app.mouse('on')")),
        ("refresh", Order("refresh('all')")),
        ("accept-key", Order("accept_key")),
        ("pause", Order("pause")),
        ("help", Order("help")),
        ("ops", Order(view=View.OPERATIONS)),
        ("ops web1", Order(view=View.OPERATIONS, filter="host=^web1$")),
        ("stop", Order(asked=Asked(Verb.STOP))),
        ("stop web*/mta @prod/m*", Order(asked=Asked(Verb.STOP, ("web*/mta", "@prod/m*")))),
        ("kill -HUP mta", Order(asked=Asked(Verb.KILL, ("mta",), signal=Clean("HUP")))),
        ("ro", Order("lock")),
        ("rw  the disk is full ", Order(reason="the disk is full")),
        ("enter", Order("enter")),
        ("finish", Order("settle('finish')")),
        ("roll-back", Order("settle('roll-back')")),
        ("at 10:00", Order(at="10:00")),
        ("live", Order("live")),
        ("capsule", Order(capsule=".")),
        ("capsule  ~/a b ", Order(capsule="~/a b")),
        ("q", Order("leave")),
        ("quit", Order("leave")),
    ],
)
def test_understood(line: str, order: Order) -> None:
    assert understood(line) == order


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("hots", ":hots is no command, did you mean :hosts; :help lists them"),
        ("bogus", ":bogus is no command; :help lists them"),
        ("zzzzzz", ":zzzzzz is no command; :help lists them"),
        ("theme blue", "usage: :theme NAME"),
        ("mouse", "usage: :mouse on|off"),
        ("sort", "usage: :sort COLUMN"),
        ("sort fill') or quit('", "usage: :sort COLUMN"),
        ("q now", ":q takes no argument"),
        ("rw", "usage: :rw REASON"),
        ("ro now", ":ro takes no argument"),
        ("stop 'web", ":stop: No closing quotation"),
        ("at", f"usage: :at TIME, as {FORMS}"),
        ("accept-key web1", ":accept-key takes no argument"),
    ],
)
def test_not_understood(line: str, why: str) -> None:
    assert understood(line) == NoCommand(why)


def test_completions_grow_what_is_typed() -> None:
    assert list(completions("the")) == ["theme", "theme dark", "theme light", "theme terminal"]
    assert list(completions("theme l")) == ["theme light"]
    assert list(completions("")) == []
    assert list(completions("nothing")) == []


def test_every_word_is_understood_with_an_argument_it_takes() -> None:
    for command in COMMANDS:
        free = "{}" in command.action or command.word in {"rw", "at"}
        arguments = command.arguments or (("name",) if free else ("",))
        for argument in arguments:
            assert isinstance(understood(f"{command.word} {argument}"), Order)


@pytest.mark.parametrize("name", ["[", "a(b", "x+y", "\\", "*", "?", "a/b/c", "ü"])
def test_a_name_is_never_a_broken_filter(name: str) -> None:
    order = understood(f"sub {name}")
    assert isinstance(order, Order)
    assert isinstance(Filter.parse(order.filter), Filter)


def test_stars_stand_for_anything_and_nothing_else_does() -> None:
    order = understood("sub a.*b")
    assert isinstance(order, Order)
    pattern = re.compile(order.filter.removeprefix("subhost="))
    assert pattern.search("a.xyb")
    assert not pattern.search("aXxyb")


@pytest.mark.parametrize(
    ("target", "filtered"),
    [
        ("web*", "host=web*"),
        ("web[01-40]", "host=web[01-40]"),
        ("@prod", "@prod"),
        ("root@[2001:db8::1]:22", ""),
        ("web1", ""),
    ],
)
def test_what_stands_for_several_hosts_begins_as_a_filtered_list(
    target: str, filtered: str
) -> None:
    path, text = start(target)
    assert text == filtered
    assert len(path) == (1 if filtered else 2)
