"""TARGETs: what they match, and that matching nothing is an error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean
from console.errors import ConsoleError
from console.inventory import LOCAL, Entry
from console.model import Host
from console.parse.ssh_aliases import Aliases
from console.targets import Target, missed, selected, wanted
from tests.console.hosts import BASE, FILL, conf, facts, host

KNOWN = (
    Entry(Clean(LOCAL), LOCAL),
    Entry(Clean("web1"), "10.0.0.1", user="op", tags=(Clean("web"), Clean("prod"))),
    Entry(Clean("web2"), "10.0.0.2", tags=(Clean("web"),)),
    Entry(Clean("mail"), "mail.lab", tags=(Clean("prod"),)),
)
ALIASES = Aliases(("edge-1", "edge-2", "web1"), (("*.lab", "!db.lab"), ("rack??",)))


def machine(name: str = "web1") -> Host:
    confs = tuple(conf(f"/srv/{each}/{each}.conf") for each in ("mta", "mx", "dns"))
    return replace(host(replace(facts(BASE, FILL), confs=confs)), name=Clean(name))


def targets(*words: str) -> tuple[Target, ...]:
    return wanted(words, KNOWN, ALIASES).targets


def entries(*words: str) -> dict[str, Entry]:
    return {entry.name: entry for entry in wanted(words, KNOWN, ALIASES).entries}


def names(*words: str) -> list[str]:
    return [each.name for each in selected(machine(), targets(*words)).subhosts]


def complaint(*words: str) -> ConsoleError:
    with pytest.raises(ConsoleError) as refused:
        wanted(words, KNOWN, ALIASES)
    return refused.value


def test_no_word_is_every_known_host() -> None:
    assert tuple(entries().values()) == KNOWN
    assert targets() == tuple(Target(entry.name, None) for entry in KNOWN)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("mail", "mail"),
        ("local", "local"),
        ("web*", "web1 web2"),
        ("web?", "web1 web2"),
        ("web[12]", None),
        ("web[1-2]", "web1 web2"),
        ("web[2,1]", "web2 web1"),
        ("web[!1]", "web2"),
        ("web[ab]", None),
        ("*", "local web1 web2 mail"),
        ("@web", "web1 web2"),
        ("@prod", "web1 mail"),
        ("@p*", "web1 mail"),
        ("@web mail @prod", "web1 web2 mail"),
        ("mail mail", "mail"),
        ("edge-1", "edge-1"),
        ("edge-*", "edge-1 edge-2"),
        ("edge-[1-2]", "edge-1 edge-2"),
        ("new.lab", "new.lab"),
        ("rack[01-02]", "rack01 rack02"),
    ],
)
def test_hosts(words: str, found: str | None) -> None:
    if found is None:
        assert "no such host" in str(complaint(*words.split()))
    else:
        assert " ".join(entries(*words.split())) == found


@pytest.mark.parametrize(
    ("word", "target"),
    [
        ("mail", Target("mail", None)),
        ("mail/mta", Target("mail", "mta")),
        ("mail/m*", Target("mail", "m*")),
        ("mail/a/b", Target("mail", "a/b")),
    ],
)
def test_subhosts(word: str, target: Target) -> None:
    assert targets(word) == (target,)
    assert str(target) == word


def test_a_word_for_several_hosts_is_a_target_each() -> None:
    assert targets("web[1-2]/mta") == (
        Target("web1", "mta", many=True),
        Target("web2", "mta", many=True),
    )


@pytest.mark.parametrize(
    ("word", "address", "user", "port"),
    [
        ("root@10.9.0.1", "10.9.0.1", "root", None),
        ("10.9.0.1", "10.9.0.1", None, None),
        ("db.example.com:2222", "db.example.com", None, 2222),
        ("root@[::1]:22", "::1", "root", 22),
        ("::1", "::1", None, None),
        ("root@somewhere", "somewhere", "root", None),
    ],
)
def test_a_host_that_nobody_configured(
    word: str, address: str, user: str | None, port: int | None
) -> None:
    found = entries(word)[word]
    assert (found.address, found.user, found.port) == (address, user, port)


def test_a_configured_host_under_another_name_keeps_what_is_configured() -> None:
    found = entries("root@web1:2222")["root@web1:2222"]
    assert found == replace(KNOWN[1], name=Clean("root@web1:2222"), user="root", port=2222)
    assert entries("web1:2222")["web1:2222"].user == "op"


def test_addresses_in_a_list() -> None:
    assert list(entries("root@10.0.0.[9-10]")) == ["root@10.0.0.9", "root@10.0.0.10"]


@pytest.mark.parametrize(
    "word",
    [
        "db",
        "db/mta",
        "",
        "/mta",
        "*x",
        "web[7-8]",
        "-x",
        "-oProxyCommand=x.y",
        "a b",
        "a;b.c",
        "*@*",
    ],
)
def test_a_word_that_matches_no_host_is_an_error(word: str) -> None:
    found = complaint("mail", word)
    assert f"{word}: no such host" in str(found)
    assert found.hint


def test_the_complaint_names_what_was_meant_or_what_there_is() -> None:
    assert complaint("mial").hint == "did you mean mail?"
    assert complaint("web[1-3]/mta").args[0] == "web[1-3]/mta: no such host web3"
    assert "known: local, web1, web2, mail, edge-1, edge-2" in complaint("zzz").hint
    assert "USER@HOST" in complaint("zzz").hint
    assert "did you mean prod" in complaint("@prd").hint
    assert "known: prod, web" in complaint("@zzz").hint
    with pytest.raises(ConsoleError, match="no host has such a tag") as refused:
        wanted(["@x"], KNOWN[:1], Aliases())
    assert "no host has any" in refused.value.hint


def test_the_complaint_does_not_list_a_thousand_hosts() -> None:
    known = [Entry(Clean(f"host{number}"), "x") for number in range(1000)]
    with pytest.raises(ConsoleError) as refused:
        wanted(["zzz"], known, Aliases())
    assert "and 992 more" in refused.value.hint


@pytest.mark.parametrize("word", ["web[3-1]", "web[1-99999]", "web[1-]"])
def test_a_list_that_makes_no_sense_is_an_error(word: str) -> None:
    assert str(complaint(word)).startswith(f"{word}: ")


def test_a_hostile_word_is_shown_clean() -> None:
    assert str(complaint("\x1b[2J*\x07")).isprintable()


def test_a_slash_wants_a_name() -> None:
    assert "name is missing" in str(complaint("mail/"))


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
        (["@web/mx"], ["mx"]),
        (["*/nobody"], []),
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
    ],
)
def test_a_word_that_matches_no_subhost_is_an_error(words: list[str]) -> None:
    with pytest.raises(ConsoleError, match=r"no\*?: no such subhost"):
        names(*words)


def test_a_subhost_that_was_looked_for_everywhere_must_be_somewhere() -> None:
    hosts = [machine("web1"), machine("web2")]
    assert missed(hosts, targets("*/mta", "web[1-2]/no", "web1/nobody")) == ("no",)
    assert missed(hosts, targets()) == ()


def test_the_rest_of_the_host_stays() -> None:
    whole = machine()
    assert selected(whole, [Target("web1", "mta")]).levels == whole.levels
    assert selected(whole, [Target("web1", None)]) is whole


@given(st.lists(st.text("wel1-2[],@*/.:b", max_size=12), max_size=3))
def test_any_words_name_hosts_or_are_refused(words: Sequence[str]) -> None:
    try:
        found = wanted(words, KNOWN, ALIASES)
    except ConsoleError as error:
        assert str(error).isprintable()
        return
    assert found.entries
    assert {target.host for target in found.targets} == {entry.name for entry in found.entries}
