"""Signatures by the real ssh-keygen: each way to be bad has a word of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from backends.images.signing import Signing
from console.errors import ConsoleError
from console.images.signature import Signature, Vouched
from tests.lab.sshd import fingerprint, keypair, public

pytestmark = pytest.mark.needs("ssh-keygen")

TEXT = b'{"name": "web"}\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signing")
    for name in ("key", "other"):
        keypair(folder / name)
    for name, options in {
        "all": 'namespaces="boot-image"',
        "pattern": "",
        "files": 'namespaces="file"',
        "expired": 'valid-before="20200101"',
        "early": 'valid-after="20990101"',
    }.items():
        who = "*@example,release@example" if name == "pattern" else "release@example"
        line = " ".join(filter(None, (who, options, public(folder / "key"))))
        (folder / name).write_text(f"# signers\n{line}\n")
    (folder / "others").write_text(f"release@example {public(folder / 'other')}\n")
    (folder / "nobody").write_text("")
    krl = ["ssh-keygen", "-k", "-f", str(folder / "krl"), str(folder / "key.pub")]
    subprocess.run(krl, check=True, capture_output=True)
    return folder


async def worth(
    folder: Path, allowed: str | None, text: bytes = TEXT, revoked: str | None = None
) -> Signature:
    signing = Signing()
    signature = await signing.sign(TEXT, folder / "key")
    return await signing.worth(
        text,
        signature,
        folder / allowed if allowed else None,
        folder / revoked if revoked else None,
    )


async def test_signed(folder: Path) -> None:
    found = await worth(folder, "all")
    assert (found.word, found.signer, found.good) == (Vouched.SIGNED, "release@example", True)
    assert found.key == fingerprint(folder / "key")
    assert found.told == "signed by release@example"
    assert (await worth(folder, "pattern")).good


@pytest.mark.parametrize(
    ("allowed", "text", "revoked", "word", "why"),
    [
        ("all", TEXT + b" ", None, Vouched.ALTERED, "the manifest is not what was signed"),
        ("others", TEXT, None, Vouched.STRANGER, "others does not name its key"),
        ("nobody", TEXT, None, Vouched.STRANGER, "nobody does not name its key"),
        (None, TEXT, None, Vouched.STRANGER, "the store has no allowed_signers"),
        ("files", TEXT, None, Vouched.STRANGER, "may not sign boot images by this key"),
        ("expired", TEXT, None, Vouched.EXPIRED, "key has expired"),
        ("early", TEXT, None, Vouched.EXPIRED, "key is not yet valid"),
        ("all", TEXT, "krl", Vouched.REVOKED, "its key is revoked by"),
        ("absent", TEXT, None, Vouched.UNKNOWN, "absent: no such file"),
        ("all", TEXT, "absent", Vouched.UNKNOWN, "absent: no such file"),
    ],
)
async def test_what_is_worth_nothing(
    folder: Path, allowed: str | None, text: bytes, revoked: str | None, word: Vouched, why: str
) -> None:
    found = await worth(folder, allowed, text, revoked)
    assert (found.word, found.good) == (word, False)
    assert found.key == fingerprint(folder / "key")
    assert why in (found.why or "")


async def test_unsigned_and_no_signature(folder: Path) -> None:
    signing = Signing()
    assert await signing.worth(TEXT, None, folder / "all") == Signature(Vouched.UNSIGNED)
    for text in (b"", b"garbage", b"x" * 100_000):
        assert (await signing.worth(TEXT, text, folder / "all")).word is Vouched.ALTERED


def signed_as(namespace: str, key: Path) -> bytes:
    command = ["ssh-keygen", "-Y", "sign", "-n", namespace, "-f", str(key)]
    return subprocess.run(command, input=TEXT, capture_output=True, check=True).stdout


async def test_signed_as_something_else(folder: Path) -> None:
    found = await Signing().worth(TEXT, signed_as("file", folder / "key"), folder / "all")
    assert (found.word, found.why) == (
        Vouched.FOREIGN,
        "it is signed as 'file', not as 'boot-image'",
    )


async def test_a_key_that_cannot_be_used_is_said_in_one_line(folder: Path) -> None:
    locked = keypair(folder / "locked", passphrase=folder.name * 2)
    for key in (locked, folder / "absent", folder / "nobody"):
        with pytest.raises(ConsoleError, match=f"{key.name}: cannot sign: ") as raised:
            await Signing().sign(TEXT, key)
        assert "ssh-agent" in raised.value.hint


async def test_without_ssh_keygen_it_is_not_known(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signature = await Signing().sign(TEXT, folder / "key")
    monkeypatch.setattr("backends.images.signing._PROGRAM", "no-such-keygen")
    found = await Signing().worth(TEXT, signature, folder / "all")
    assert (found.word, found.why) == (
        Vouched.UNKNOWN,
        "no-such-keygen: No such file or directory",
    )
