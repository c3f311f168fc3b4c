"""The four words, and what leads to each."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest

from console.parse.known_hosts import known_hosts
from console.parse.krl import revocations
from console.parse.ssh_keys import Certificate, Key
from console.trust import Judgement, Names, Trust, Verdict, trust

NOW = 1000.0
SIGNED = ("ssh-ed25519",)


def key(seed: str, type_: str = "ssh-ed25519") -> Key:
    parts = [type_.encode(), hashlib.sha256(seed.encode()).digest()]
    return Key(type_, b"".join(len(part).to_bytes(4, "big") + part for part in parts))


ONE, TWO, RSA, CA = key("one"), key("two"), key("rsa", "ssh-rsa"), key("ca")
WEB1 = Names("web1", "web1")
WEB1_2222 = Names("[web1]:2222", "web1", "web1")
CERTIFICATE = Certificate(
    key=ONE,
    authority=CA,
    serial=1,
    key_id=b"web1",
    principals=("web1",),
    after=0,
    before=2000,
    host=True,
    critical=False,
    algorithm="ssh-ed25519",
)


def said(*lines: str, names: Names = WEB1, revoked: str = "") -> Trust:
    files = [known_hosts("\n".join(lines).encode(), "kh")]
    return trust(names, files, revocations(revoked.encode()))


def verdict(shown: Key | Certificate, *lines: str, names: Names = WEB1) -> Verdict:
    return said(*lines, names=names).judge(shown, NOW, SIGNED).verdict


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], Verdict.UNKNOWN),
        ([f"web2 {ONE}"], Verdict.UNKNOWN),
        ([f"web1 {ONE}"], Verdict.MATCH),
        ([f"web1 {TWO}"], Verdict.CHANGED),
        ([f"web1 {RSA}"], Verdict.CHANGED),
        ([f"web1 {TWO}", f"web1 {ONE}"], Verdict.MATCH),
        ([f"web1 {RSA}", f"web1 {ONE}"], Verdict.MATCH),
        ([f"web1 {ONE}", f"@revoked web1 {ONE}"], Verdict.REVOKED),
        ([f"@revoked * {ONE}"], Verdict.REVOKED),
        ([f"web1 {ONE}", f"@revoked * {TWO}"], Verdict.MATCH),
        ([f"@cert-authority * {ONE}"], Verdict.UNKNOWN),
        ([f"web1 {TWO}", f"@revoked web1 {ONE}"], Verdict.REVOKED),
    ],
)
def test_a_plain_key(lines: list[str], expected: Verdict) -> None:
    assert verdict(ONE, *lines) is expected


def test_what_it_rests_on() -> None:
    match = said(f"web1 {RSA}", f"web1 {ONE}").judge(ONE, NOW, SIGNED)
    assert match.known is not None
    assert match.known.place == "kh:2"
    changed = said(f"web1 {RSA}", f"web1 {TWO}").judge(ONE, NOW, SIGNED)
    assert changed.known is not None
    assert changed.known.key == TWO, "the line of the same type is the one that changed"
    revoked = said(revoked=str(ONE)).judge(ONE, NOW, SIGNED)
    assert revoked == Judgement(Verdict.REVOKED, ONE)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([f"[web1]:2222 {ONE}"], Verdict.MATCH),
        ([f"[web1]:2222 {TWO}", f"web1 {ONE}"], Verdict.CHANGED),
        ([f"web1 {ONE}"], Verdict.MATCH),
        ([f"web1 {TWO}"], Verdict.UNKNOWN),
        ([f"@revoked web1 {ONE}"], Verdict.REVOKED),
        ([f"[web1]:22 {ONE}"], Verdict.UNKNOWN),
    ],
)
def test_another_port(lines: list[str], expected: Verdict) -> None:
    assert verdict(ONE, *lines, names=WEB1_2222) is expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([f"web1 {ONE}"], Verdict.MATCH),
        ([f"web1 {ONE}", f"10.0.0.1 {ONE}"], Verdict.MATCH),
        ([f"web1 {ONE}", f"10.0.0.1 {TWO}"], Verdict.CHANGED),
        ([f"10.0.0.1 {TWO}"], Verdict.CHANGED),
        ([f"10.0.0.1 {ONE}"], Verdict.UNKNOWN),
    ],
)
def test_the_address_counts_where_it_is_to_be_compared(
    lines: list[str], expected: Verdict
) -> None:
    assert verdict(ONE, *lines, names=replace(WEB1, address="10.0.0.1")) is expected


def test_a_good_certificate_is_enough() -> None:
    found = said(f"@cert-authority *1 {CA}").judge(CERTIFICATE, NOW, SIGNED)
    assert (found.verdict, found.key, found.why_not) == (Verdict.MATCH, ONE, "")


@pytest.mark.parametrize(
    ("shown", "why_not"),
    [
        (replace(CERTIFICATE, host=False), "a user's"),
        (replace(CERTIFICATE, after=1001), "not valid yet"),
        (replace(CERTIFICATE, before=1000), "expired"),
        (replace(CERTIFICATE, principals=("web2", "*.lab")), "for web2, *.lab, not web1"),
        (replace(CERTIFICATE, critical=True), "conditions"),
        (replace(CERTIFICATE, algorithm="ssh-rsa"), "signed with ssh-rsa"),
    ],
)
def test_a_certificate_that_does_not_count_leaves_the_key(
    shown: Certificate, why_not: str
) -> None:
    authority = f"@cert-authority * {CA}"
    unknown = said(authority).judge(shown, NOW, SIGNED)
    assert unknown.verdict is Verdict.UNKNOWN
    assert why_not in unknown.why_not
    assert verdict(shown, authority, f"web1 {ONE}") is Verdict.MATCH
    assert verdict(shown, authority, f"web1 {TWO}") is Verdict.CHANGED


@pytest.mark.parametrize("principals", [(), ("*",), ("web?",), ("other", "web1")])
def test_names_a_certificate_is_good_for(principals: tuple[str, ...]) -> None:
    shown = replace(CERTIFICATE, principals=principals)
    assert verdict(shown, f"@cert-authority * {CA}") is Verdict.MATCH


def test_brackets_in_a_principal_are_no_wildcard() -> None:
    shown = replace(CERTIFICATE, principals=("web[1]",))
    assert verdict(shown, f"@cert-authority * {CA}") is Verdict.UNKNOWN


def test_an_authority_for_others_vouches_for_nothing() -> None:
    found = said(f"@cert-authority *.lab {CA}", f"web1 {ONE}").judge(CERTIFICATE, NOW, SIGNED)
    assert (found.verdict, found.why_not) == (Verdict.MATCH, "")
    assert verdict(CERTIFICATE) is Verdict.UNKNOWN


@pytest.mark.parametrize("line", [f"@revoked * {CA}", f"@revoked * {ONE}"])
def test_a_revoked_authority_or_key_ends_it(line: str) -> None:
    lines = (f"@cert-authority * {CA}", f"web1 {ONE}", line)
    assert verdict(CERTIFICATE, *lines) is Verdict.REVOKED


ALGORITHMS = (
    "ssh-ed25519-cert-v01@openssh.com",
    "rsa-sha2-512-cert-v01@openssh.com",
    "ssh-ed25519",
    "rsa-sha2-512",
)


@pytest.mark.parametrize(
    ("lines", "preferred"),
    [
        ([], ("ssh-ed25519", "rsa-sha2-512")),
        ([f"web1 {RSA}"], ("rsa-sha2-512", "ssh-ed25519")),
        ([f"web1 {RSA}", f"web1 {ONE}"], ("ssh-ed25519", "rsa-sha2-512")),
        ([f"@cert-authority * {CA}"], ALGORITHMS),
        (
            [f"@cert-authority * {CA}", f"web1 {RSA}"],
            (ALGORITHMS[1], "rsa-sha2-512", ALGORITHMS[0], "ssh-ed25519"),
        ),
    ],
    ids=["nothing", "another type", "both", "authority", "authority and another type"],
)
def test_known_types_are_asked_for_first(lines: list[str], preferred: tuple[str, ...]) -> None:
    assert said(*lines).preferred(ALGORITHMS) == preferred


def test_types_known_without_the_port_count_off_port_22() -> None:
    found = said(f"web1 {RSA}", names=WEB1_2222).preferred(ALGORITHMS)
    assert found == ("rsa-sha2-512", "ssh-ed25519")


def test_keys_are_what_they_say() -> None:
    assert base64.b64decode(str(ONE).split()[1]) == ONE.blob
