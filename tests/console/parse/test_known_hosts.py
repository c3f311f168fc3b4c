from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.parse.known_hosts import Marker, hashed, known_hosts


def line(seed: str) -> str:
    blob = b"\0\0\0\x0bssh-ed25519" + len(seed).to_bytes(4, "big") + seed.encode()
    return f"ssh-ed25519 {base64.b64encode(blob).decode()}"


ONE, TWO = line("one"), line("two")


def numbers(text: str, name: str) -> list[int]:
    return [known.number for known in known_hosts(text.encode(), "kh").of(name)]


@pytest.mark.parametrize(
    ("names", "name", "found"),
    [
        ("web1", "web1", True),
        ("web1", "WEB1", True),
        ("Web1", "web1", True),
        ("web1", "web10", False),
        ("web1,10.0.0.1", "10.0.0.1", True),
        ("web*", "web10", True),
        ("web?", "web1", True),
        ("web?", "web10", False),
        ("*.lab,!db.lab", "web.lab", True),
        ("*.lab,!db.lab", "db.lab", False),
        ("!db.lab", "web.lab", False),
        ("[web1]:2222", "[web1]:2222", True),
        ("[web1]:2222", "web1", False),
        ("[web1]:2222", "w:2222", False),
        ("web1", "[web1]:2222", False),
        ("*", "[web1]:2222", True),
        ("[web?]:*", "[web1]:2222", True),
        ("web.1", "webx1", False),
    ],
)
def test_names(names: str, name: str, found: bool) -> None:
    assert bool(numbers(f"{names} {ONE}", name)) is found


def test_lines_keep_their_place_and_their_meaning() -> None:
    text = f"# a comment\n\nweb1 {ONE} me@home\n@cert-authority *.lab {TWO}\n@revoked * {ONE}\n"
    found = known_hosts(text.encode(), "/etc/kh")
    assert [(known.place, known.marker) for known in found.of("web1")] == [
        ("/etc/kh:3", Marker.KEY),
        ("/etc/kh:5", Marker.REVOKED),
    ]
    assert [known.marker for known in found.of("x.lab")] == [Marker.AUTHORITY, Marker.REVOKED]
    assert found.bad == []


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("web2", "expected names, a key type and a key"),
        ("web2 ssh-ed25519", "expected names, a key type and a key"),
        ("web2 ssh-ed25519 AAAA!", "not base64"),
        ("web2 ssh-rsa " + ONE.split()[1], "holds a key of type"),
        ("@trusted web2 " + ONE, "'@trusted' is not a valid Marker"),
        ("|1|abc web2 " + ONE, "holds a key of type|hashed name|not base64"),
        ("|2|YQ==|YQ== " + ONE, "expected a hashed name"),
        ("\x1b[2J\x07 " + "ssh-ed25519 AAAA", "cut short"),
    ],
)
def test_a_bad_line_is_named_and_the_others_hold(bad: str, why: str) -> None:
    found = known_hosts(f"web1 {ONE}\n{bad}\nweb3 {TWO}".encode(), "kh")
    assert len(found.of("web1")) == len(found.of("web3")) == 1
    (complaint,) = found.bad
    assert complaint.startswith("kh:2: ")
    assert any(each in complaint for each in why.split("|"))
    assert complaint.isprintable()


def test_bytes_that_are_no_text_spoil_only_their_line() -> None:
    found = known_hosts(b"\xff\xfe \x80\n" + f"web1 {ONE} \xff\n".encode("latin-1"), "kh")
    assert len(found.of("web1")) == 1
    assert len(found.bad) == 1


def test_windows_line_ends() -> None:
    assert numbers(f"web1 {ONE}\r\nweb2 {TWO}\r\n", "web2") == [2]


@pytest.mark.needs("ssh-keygen")
def test_hashed_names_are_those_of_ssh_keygen(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    key = tmp_path / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    pub = " ".join(Path(f"{key}.pub").read_text().split()[:2])
    file.write_text(f"web1,10.0.0.1 {pub}\n[web1]:2222 {pub}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", file], check=True, capture_output=True)
    assert "web1" not in file.read_text()
    found = known_hosts(file.read_bytes(), "kh")
    for name in ("web1", "10.0.0.1", "[web1]:2222"):
        assert len(found.of(name)) == 1
    assert not found.of("web2")


@pytest.mark.needs("ssh-keygen")
def test_ssh_keygen_finds_a_name_that_we_hashed(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"{hashed('[web1]:2222', b's' * 20)} {ONE}\n")
    asked = subprocess.run(["ssh-keygen", "-F", "[web1]:2222", "-f", file], capture_output=True)
    assert b"found: line 1" in asked.stdout


@given(st.binary(max_size=200))
def test_any_bytes_are_a_file(raw: bytes) -> None:
    found = known_hosts(raw, "kh")
    assert all(complaint.isprintable() for complaint in found.bad)
    found.of("web1")


@given(st.text("ab*?!,.[]:|1", max_size=20), st.text("ab.[]:1", max_size=10))
def test_any_names_match_or_do_not(names: str, name: str) -> None:
    known_hosts(f"{names} {ONE}".encode(), "kh").of(name)
