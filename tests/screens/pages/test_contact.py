"""How a host answers, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.clean import Clean
from console.contact import Contact, failing
from console.errors import Denied, Problem, Unreachable, UntrustedKey
from console.fleet import FleetView
from console.model import Host
from screens.page import Line, Tone, Words
from screens.pages.contact import (
    acceptable,
    contact_line,
    contact_lines,
    key_type,
    next_try,
    reason,
    standing,
)
from screens.paragraph import flowed

NEW = Contact(Clean("web1"), 2.0, address="192.0.2.7", tags=(Clean("prod"),))
GONE = failing(NEW, Unreachable("no answer in 10 s", "is it up?", Problem.TIMEOUT), 112.0)


def key(problem: Problem, file: str = "/f") -> UntrustedKey:
    line = "|1|salt=|hash= ssh-ed25519 AAAA"
    return UntrustedKey(
        "a host key ssh-ed25519 SHA256:x",
        "the hint",
        problem,
        fingerprint="SHA256:x",
        line=line,
        file=file,
    )


UNKNOWN = failing(NEW, key(Problem.UNKNOWN_KEY), None)
CHANGED = failing(NEW, key(Problem.CHANGED_KEY), None)
REVOKED = failing(NEW, key(Problem.REVOKED_KEY), None)


@pytest.fixture
def host(seen: FleetView) -> Host:
    (contact,) = seen.contacts
    assert contact.host
    return replace(contact.host, name=NEW.name, at=100.0)


def text(line: Line) -> str:
    return "".join(piece.text for piece in line.pieces if isinstance(piece, Words)).rstrip()


@pytest.mark.parametrize(
    ("contact", "word"),
    [
        (NEW, "connecting"),
        (GONE, "unreachable"),
        (failing(NEW, Denied("no", problem=Problem.AUTH), None), "denied"),
        (UNKNOWN, "unknown key"),
        (CHANGED, "KEY CHANGED"),
        (REVOKED, "KEY REVOKED"),
    ],
)
def test_the_word_for_a_host_that_was_never_seen(contact: Contact, word: str) -> None:
    said = standing(contact, 100.0)
    assert (said.word, said.age, said.up) == (word, "", False)
    assert said.told().text == word


@pytest.mark.parametrize(
    ("age", "told"), [(0, "up"), (4.9, "up"), (14, "stale 14s"), (125, "stale 2m00s")]
)
def test_a_picture_grows_stale(host: Host, age: float, told: str) -> None:
    assert standing(replace(NEW, host=host), 100.0 + age).told().text == told


def test_a_reboot_is_news_for_a_while(host: Host) -> None:
    contact = replace(NEW, host=host, rebooted_at=90.0)
    assert standing(contact, 101.0).told() == replace(
        standing(contact, 101.0).told(), text="rebooted 11s", tone=Tone.WATCH
    )
    later = replace(contact, host=replace(host, at=215.0))
    assert standing(later, 216.0).told().text == "rebooted 2m"
    assert text(contact_line(later, 216.0)).startswith("rebooted 2m ago")
    old = replace(contact, host=replace(host, at=800.0))
    assert standing(old, 801.0).told().text == "up"
    lost = failing(later, Unreachable("no"), None)
    assert standing(lost, 216.0).told().text == "unreachable"


def test_the_reason_has_the_word_for_it_once() -> None:
    assert reason(GONE) == "timeout: no answer in 10 s"
    assert reason(UNKNOWN) == "a host key ssh-ed25519 SHA256:x"
    told = failing(NEW, Unreachable("the link was lost: reset", "", Problem.LOST), 1.0)
    assert reason(told) == "the link was lost: reset"
    assert reason(NEW) == ""


@pytest.mark.parametrize(
    ("now", "told"), [(100.0, "retry in 12s"), (111.1, "retry in 1s"), (113.0, "trying now")]
)
def test_when_it_is_tried_again(now: float, told: str) -> None:
    assert next_try(GONE, now) == told


def test_what_is_not_tried_again_by_itself_says_so() -> None:
    assert next_try(UNKNOWN, 1.0) == "tried again only with Ctrl-R"
    assert next_try(NEW, 1.0) == ""


def test_the_line_beneath_the_list_begins_with_what_comes_next(host: Host) -> None:
    assert text(contact_line(GONE, 100.0)) == (
        "retry in 12s  timeout: no answer in 10 s  is it up?"
    )
    assert text(contact_line(UNKNOWN, 100.0)).endswith(":accept-key")
    assert ":accept-key" not in text(contact_line(CHANGED, 100.0))
    up = text(contact_line(replace(NEW, host=host), 100.0))
    assert up.startswith("dracut-dm  up 3d02h  6.1.0-56-amd64")
    assert up.endswith("@prod  192.0.2.7")


def test_a_page_says_who_a_lost_host_is_and_why_it_is_lost(host: Host) -> None:
    lost = failing(replace(NEW, host=host, protected=True), Unreachable("no"), 150.0)
    assert [text(line) for line in contact_lines(lost, 130.0)] == [
        "host     192.0.2.7  @prod  protected",
        "contact  unreachable  last seen 30s ago  retry in 20s",
        "reason   unreachable: no",
    ]
    assert contact_lines(Contact(Clean("local"), 2.0, replace(host, at=130.0)), 130.0) == ()


def test_only_an_unknown_key_can_be_accepted() -> None:
    assert acceptable(UNKNOWN)
    assert not acceptable(failing(NEW, key(Problem.UNKNOWN_KEY, file=""), None))
    for contact in (None, NEW, GONE, CHANGED, REVOKED):
        assert acceptable(contact) is None


@pytest.mark.parametrize("contact", [CHANGED, REVOKED])
def test_another_key_is_explained_and_never_offered_to_be_accepted(contact: Contact) -> None:
    said = "\n".join(text(line) for line in contact_lines(contact, 0.0))
    assert "SHA256:x" in said
    assert "the hint" in said
    assert "console" in said
    assert "nothing in here accepts such a key" in said
    assert "accept-key" not in said


@pytest.mark.parametrize(
    ("line", "type_"),
    [
        ("web1,192.0.2.7 ssh-ed25519 AAAA comment", "ssh-ed25519"),
        ("@cert-authority * ecdsa-sha2-nistp256 AAAA", "ecdsa-sha2-nistp256"),
        ("", "key"),
    ],
)
def test_the_type_of_a_key_is_in_its_line(line: str, type_: str) -> None:
    offered = key(Problem.UNKNOWN_KEY)
    offered.line = line
    assert key_type(offered) == type_


def test_long_reasons_take_as_many_lines_as_they_need() -> None:
    contact = failing(NEW, Unreachable("word " * 40, "do " * 60), None)
    lines = flowed(contact_lines(contact, 0.0), 60)
    assert len(lines) > 6
    assert all(len(text(line)) <= 60 for line in lines[2:])
    whole = " ".join(" ".join(text(line).split()) for line in lines)
    assert " ".join(["word"] * 40) in whole
    assert " ".join(["do"] * 60) in whole
