"""Which subhosts a command line means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from console.clean import Clean
from console.cli.watching import mute, picked, refuse_whole_hosts
from console.contact import Contact, answering, failing
from console.errors import ConsoleError, Unreachable
from console.model import Running, Subhost
from console.plan import Verb
from console.targets import Target
from tests.console.handwork import STOPPED
from tests.console.hosts import host

(MTA,) = host(STOPPED).subhosts


def contact(name: str, *subhosts: Subhost) -> Contact:
    seen = replace(host(STOPPED), name=Clean(name), subhosts=subhosts)
    return answering(Contact(Clean(name), 1e9), seen, None)


def named(name: str, **changes: object) -> Subhost:
    return replace(MTA, name=Clean(name), **changes)  # type: ignore[arg-type]


UP = named("up", state=Running.RUNNING, autostart=True)
DOWN = named("down")
BROKEN = named("broken", state=Running.BROKEN, residue=(Clean("netns broken"),))
WEB = contact("web", UP, DOWN, BROKEN)
ALL = [Target("web", "*")]


def names(found: Sequence[tuple[Clean, Clean]]) -> list[str]:
    return [f"{host}/{subhost}" for host, subhost in found]


@pytest.mark.parametrize(
    ("verb", "meant"),
    [
        (None, ["web/up", "web/down", "web/broken"]),
        (Verb.START, ["web/down"]),
        (Verb.STOP, ["web/up", "web/broken"]),
        (Verb.RESTART, ["web/up"]),
        (Verb.SHARE, ["web/up"]),
        (Verb.KILL, ["web/up"]),
        (Verb.CLEAN, ["web/down"]),
        (Verb.ENABLE, ["web/down", "web/broken"]),
        (Verb.DISABLE, ["web/up"]),
        (Verb.REPAIR, ["web/broken"]),
    ],
)
def test_a_pattern_means_those_that_the_verb_would_change(
    verb: Verb | None, meant: list[str]
) -> None:
    assert names(picked([WEB], ALL, verb)) == meant


def test_who_is_named_is_meant_whatever_its_state() -> None:
    targets = [Target("web", "up"), *ALL, Target("web", "up")]
    assert names(picked([WEB], targets, Verb.START)) == ["web/up", "web/down"]


def test_a_name_on_many_hosts_is_a_pattern() -> None:
    both = [WEB, contact("dns", named("up"))]
    targets = [Target("web", "up", many=True), Target("dns", "up", many=True)]
    assert names(picked(both, targets, Verb.START)) == ["dns/up"]


@pytest.mark.parametrize(
    ("targets", "complaint"),
    [
        ([Target("web", "nosuch")], "web/nosuch: no such subhost"),
        ([Target("web", "no*")], "web/no*: no such subhost"),
        ([Target("web", "nosuch", many=True)], "nosuch: no such subhost on any host"),
    ],
)
def test_a_target_that_names_nothing_is_an_error(targets: list[Target], complaint: str) -> None:
    with pytest.raises(ConsoleError) as caught:
        picked([WEB], targets, Verb.STOP)
    assert str(caught.value) == complaint


def test_a_host_as_a_whole_is_no_subhost() -> None:
    refuse_whole_hosts(ALL)
    with pytest.raises(ConsoleError) as caught:
        refuse_whole_hosts([*ALL, Target("web", None)])
    assert str(caught.value) == "web: which of its subhosts?"
    assert caught.value.hint == "web/NAME, or web/* for all"


def test_who_does_not_answer_is_told_with_the_remedy() -> None:
    lost = failing(contact("dns"), Unreachable("no route", "plug it in"), None)
    silent = Contact(Clean("new"), 2.0)
    assert list(mute([WEB, lost, silent])) == [
        ("dns", "dns: no route; plug it in"),
        ("new", "new: no answer in time"),
    ]
