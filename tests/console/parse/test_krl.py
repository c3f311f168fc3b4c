from __future__ import annotations

import base64
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.parse.krl import revocations
from console.parse.ssh_keys import presented
from tests.lab.sshd import certify, keypair, public

pytestmark = pytest.mark.needs("ssh-keygen")

NAMES = ("a", "b", "c", "d")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Return a folder with an authority, four keys, and their certificates numbered from 1."""
    authority = keypair(tmp_path / "ca")
    for serial, name in enumerate(NAMES, 1):
        options = ["-h", "-I", f"id-{name}", "-n", name, "-z", str(serial)]
        certify(authority, keypair(tmp_path / name, "rsa" if name == "d" else "ed25519"), *options)
    return tmp_path


def revoked(folder: Path, raw: bytes) -> set[str]:
    found = revocations(raw)
    return {
        path.name
        for path in folder.glob("*.pub")
        if found.revoke(presented(base64.b64decode(path.read_text().split()[1])))
    }


def by_ssh_keygen(folder: Path, file: Path) -> set[str]:
    asked = [str(path) for path in folder.glob("*.pub")]
    said = subprocess.run(
        ["ssh-keygen", "-Q", "-f", file, *asked], capture_output=True, text=True, check=False
    ).stdout
    return {Path(line.split()[0]).name for line in said.splitlines() if line.endswith("REVOKED")}


@pytest.mark.parametrize(
    ("specification", "some"),
    [
        ("serial: 1\nserial: 3-4\n", "a-cert.pub"),
        ("serial: 2-3\nserial: 1000000\n", "b-cert.pub"),
        ("serial: 1\nserial: 3\nserial: 5\nserial: 7\nserial: 9\nserial: 300\n", "c-cert.pub"),
        ("id: id-d\n", "d-cert.pub"),
        ("key: {b}\n", "b.pub"),
        ("sha1: {c}\n", "c.pub"),
        ("sha256: {d}\n", "d.pub"),
    ],
)
def test_a_list_means_what_ssh_keygen_says(keys: Path, specification: str, some: str) -> None:
    texts = {name: public(keys / name) for name in NAMES}
    (keys / "spec").write_text(specification.format(**texts))
    file = keys / "list.krl"
    options = ["-s", str(keys / "ca.pub")] if "key" not in specification else []
    subprocess.run(["ssh-keygen", "-q", "-k", "-f", file, *options, keys / "spec"], check=True)
    found = revoked(keys, file.read_bytes())
    assert found == by_ssh_keygen(keys, file)
    assert some in found


def test_plain_keys_one_a_line(keys: Path) -> None:
    text = f"# gone\n\n{public(keys / 'a')} of web1\n{public(keys / 'ca')}\n"
    found = revoked(keys, text.encode())
    assert found == {"a.pub", "ca.pub", *(f"{name}-cert.pub" for name in NAMES)}


@pytest.mark.parametrize(
    "raw", [b"ssh-ed25519\n", b"ssh-ed25519 AAAA!\n", b"SSHKRL\n\0\0\0\0\x02"]
)
def test_what_cannot_be_read_is_an_error(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"key|format"):
        revocations(raw)


@given(st.binary(max_size=200))
def test_any_list_is_read_or_refused(rest: bytes) -> None:
    with suppress(ValueError):
        revocations(b"SSHKRL\n\0\0\0\0\x01" + bytes(32) + rest)
