"""TARGETs: what they match, and that matching nothing is an error."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.clean import Clean
from console.errors import ConsoleError
from console.model import Host
from console.targets import LOCAL, Target, selected, targets
from tests.console.hosts import BASE, FILL, conf, facts, host

HOSTS = ["web1", "web2", "mail"]


def machine(name: str = "web1") -> Host:
    confs = tuple(conf(f"/srv/{each}/{each}.conf") for each in ("mta", "mx", "dns"))
    return replace(host(replace(facts(BASE, FILL), confs=confs)), name=Clean(name))


def names(*words: str) -> list[str]:
    return [each.name for each in selected(machine(), targets(words, HOSTS)).subhosts]


def test_no_word_is_every_host() -> None:
    assert targets([], HOSTS) == tuple(Target(name, None) for name in HOSTS)
    assert targets([], [LOCAL]) == (Target("local", None),)


@pytest.mark.parametrize(
    ("word", "target"),
    [
        ("mail", Target("mail", None)),
        ("web*", Target("web*", None)),
        ("web[12]/mta", Target("web[12]", "mta")),
        ("*/m*", Target("*", "m*")),
        ("mail/a/b", Target("mail", "a/b")),
    ],
)
def test_words(word: str, target: Target) -> None:
    assert targets([word], HOSTS) == (target,)
    assert str(target) == word


@pytest.mark.parametrize("word", ["db", "db/mta", "", "/mta", "Web1", "web", "*x"])
def test_a_word_that_matches_no_host_is_an_error(word: str) -> None:
    with pytest.raises(ConsoleError, match="no such host") as caught:
        targets(["mail", word], HOSTS)
    assert "web1, web2, mail" in caught.value.hint


def test_a_slash_wants_a_name() -> None:
    with pytest.raises(ConsoleError, match="name is missing"):
        targets(["mail/"], HOSTS)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], ["dns", "mta", "mx"]),
        (["web1"], ["dns", "mta", "mx"]),
        (["web1/mta"], ["mta"]),
        (["web1/m*"], ["mta", "mx"]),
        (["*/mx", "web1/dns"], ["dns", "mx"]),
        (["web1", "web1/mta"], ["dns", "mta", "mx"]),
        (["web1/mta", "mail/nobody"], ["mta"]),
    ],
)
def test_selecting_subhosts(words: list[str], found: list[str]) -> None:
    assert names(*words) == found


@pytest.mark.parametrize(
    "words",
    [
        ["web1/no"],
        ["web1/no*"],
        ["web1/mta", "web1/no"],
        ["web1", "web1/no"],
        ["web1/no", "web1"],
        ["*/no"],
    ],
)
def test_a_word_that_matches_no_subhost_is_an_error(words: list[str]) -> None:
    with pytest.raises(ConsoleError, match=r"no\*?: no such subhost"):
        names(*words)


def test_the_rest_of_the_host_stays() -> None:
    whole = machine()
    assert selected(whole, [Target("web1", "mta")]).levels == whole.levels
    assert selected(whole, [Target("web1", None)]) is whole
