from __future__ import annotations

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.parse.ssh_signature import signed

# By OpenSSH 9.2: ssh-keygen -Y sign -n boot-image
SIGNATURE = b"""\
-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgOQyTdaLVzH5w06JErJ2Pv9iLE5
ABolNQVFxbcPqpZNgAAAAKYm9vdC1pbWFnZQAAAAAAAAAGc2hhNTEyAAAAUwAAAAtzc2gt
ZWQyNTUxOQAAAEAnYStOlnTcjUBox8soxhJkamhXdbPxs/c4I5Ctb8nszivH1amr9PVIq8
25WDVk+75YuQP2zj1udxp0wAON12sD
-----END SSH SIGNATURE-----
"""


def armoured(blob: bytes) -> bytes:
    text = base64.b64encode(blob)
    return b"-----BEGIN SSH SIGNATURE-----\n" + text + b"\n-----END SSH SIGNATURE-----\n"


def test_tells_whose_key_made_it_and_for_what() -> None:
    found = signed(SIGNATURE)
    assert found.namespace == "boot-image"
    assert found.key.type == "ssh-ed25519"
    assert found.key.fingerprint == "SHA256:3VW5b+RPTwTui/VpAZ9GK+bvbvT08APAhTyni0q1xWk"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "is no signature of ssh-keygen's"),
        (SIGNATURE[:-5], "is no signature of ssh-keygen's"),
        (SIGNATURE.replace(b"U1NI", b"U1N!"), "is no signature of ssh-keygen's"),
        (armoured(b"SSHSIX\0\0\0\1"), "is no signature of ssh-keygen's"),
        (armoured(b"SSHSIG\0\0\0\2"), "of version 2, which is not known here"),
        (armoured(b"SSHSIG\0\0\0\1\0\0\1\0"), "cut short"),
    ],
)
def test_what_is_none(text: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        signed(text)


@given(st.integers(0, len(SIGNATURE) - 1), st.integers(0, 255))
def test_a_changed_byte_raises_nothing_but_value_errors(at: int, byte: int) -> None:
    text = bytearray(SIGNATURE)
    text[at] = byte
    with suppress(ValueError):
        assert signed(bytes(text)).namespace.isprintable()
