from __future__ import annotations

import base64
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.parse.ssh_keys import Certificate, Key, key, key_type, presented
from tests.lab.sshd import certify, fingerprint, keypair, public

pytestmark = pytest.mark.needs("ssh-keygen")


def _certificate() -> bytes:
    parts = [b"ssh-ed25519-cert-v01@openssh.com", b"n" * 32, b"k" * 32]
    raw = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    authority = b"\0\0\0\x0bssh-ed25519\0\0\0\x01a"
    return (
        raw
        + (1).to_bytes(8, "big")
        + (2).to_bytes(4, "big")
        + b"\0\0\0\x02id\0\0\0\x08\0\0\0\x04web1"
        + bytes(16)
        + bytes(12)
        + len(authority).to_bytes(4, "big")
        + authority
        + b"\0\0\0\x10\0\0\0\x0bssh-ed25519s"
    )


CERTIFICATE = _certificate()
KINDS = ("ed25519", "ecdsa", "rsa")


def blob(path: Path) -> bytes:
    return base64.b64decode(path.read_text().split()[1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_has_the_fingerprint_that_ssh_keygen_tells(kind: str, tmp_path: Path) -> None:
    pair = keypair(tmp_path / kind, kind)
    found = key(*public(pair).split())
    assert found.fingerprint == fingerprint(pair)
    assert str(found) == public(pair)
    assert presented(found.blob) == found


@pytest.mark.parametrize("kind", KINDS)
def test_a_certificate_is_read_whole(kind: str, tmp_path: Path) -> None:
    authority, pair = keypair(tmp_path / "ca"), keypair(tmp_path / kind, kind)
    names = ["-n", "web1,*.lab", "-z", "7", "-V", "19700101000001Z:19700101000002Z"]
    made = certify(authority, pair, "-h", *names)
    assert presented(blob(made)) == Certificate(
        key=key(*public(pair).split()),
        authority=key(*public(authority).split()),
        serial=7,
        key_id=kind.encode(),
        principals=("web1", "*.lab"),
        after=1,
        before=2,
        host=True,
        critical=False,
        algorithm="ssh-ed25519",
    )


def test_a_certificate_of_a_user_with_conditions_is_none_of_a_host(tmp_path: Path) -> None:
    authority, pair = keypair(tmp_path / "ca"), keypair(tmp_path / "id")
    shown = presented(blob(certify(authority, pair, "-O", "force-command=id")))
    assert isinstance(shown, Certificate)
    assert (shown.host, shown.critical, shown.principals) == (False, True, ())


def test_who_signed_with_what(tmp_path: Path) -> None:
    authority, pair = keypair(tmp_path / "ca", "rsa"), keypair(tmp_path / "id")
    made = certify(authority, pair, "-h", "-t", "rsa-sha2-256")
    shown = presented(blob(made))
    assert isinstance(shown, Certificate)
    assert shown.algorithm == "rsa-sha2-256"


@pytest.mark.parametrize(
    ("algorithm", "type_"),
    [
        ("ssh-ed25519", "ssh-ed25519"),
        ("rsa-sha2-512", "ssh-rsa"),
        ("rsa-sha2-256-cert-v01@openssh.com", "ssh-rsa"),
        ("ecdsa-sha2-nistp256-cert-v01@openssh.com", "ecdsa-sha2-nistp256"),
        ("sk-ssh-ed25519@openssh.com", "sk-ssh-ed25519@openssh.com"),
        ("sk-ssh-ed25519-cert-v01@openssh.com", "sk-ssh-ed25519@openssh.com"),
    ],
)
def test_which_keys_an_algorithm_is_for(algorithm: str, type_: str) -> None:
    assert key_type(algorithm) == type_


@pytest.mark.parametrize(
    ("type_", "text", "why"),
    [
        ("ssh-ed25519", "AAAA!", "not base64"),
        ("ssh-ed25519", "AAAA", "cut short"),
        ("ssh-ed25519", "", "cut short"),
        ("ssh-rsa", "AAAAC3NzaC1lZDI1NTE5AAAAIA==", "holds a key of type 'ssh-ed25519'"),
        ("ssh-ed25519", "AAAABP////8=", "not ASCII"),
    ],
)
def test_what_is_no_key_is_named(type_: str, text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        key(type_, text)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_key_or_refused(raw: bytes) -> None:
    with suppress(ValueError):
        assert isinstance(presented(raw), Key | Certificate)


@given(st.data())
def test_a_damaged_certificate_never_raises_anything_else(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(CERTIFICATE) - 1))
    damaged = CERTIFICATE[:at] + data.draw(st.binary(max_size=8)) + CERTIFICATE[at + 4 :]
    with suppress(ValueError):
        presented(damaged)
