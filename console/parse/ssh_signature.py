"""Signatures as ``ssh-keygen -Y sign`` writes them: whose key made one, and for what.

``signed(text)`` is ``Signed(key, "boot-image")``. The signature itself is ssh-keygen's to verify.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from console.clean import Clean, clean
from console.parse.ssh_keys import Key, Strings

LARGEST: Final = 1 << 16
"""Bytes of one at most."""

_BEGIN: Final = "-----BEGIN SSH SIGNATURE-----"
_END: Final = "-----END SSH SIGNATURE-----"
# openssh-portable's PROTOCOL.sshsig
_MAGIC: Final = b"SSHSIG"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature says of itself."""

    key: Key
    namespace: Clean


def signed(text: bytes) -> Signed:
    """Return what a signature says. Raises ``ValueError`` for what is none."""
    try:
        begin, *lines, end = text.decode("ascii").strip().splitlines()
        blob = base64.b64decode("".join(lines), validate=True)
    except (UnicodeDecodeError, binascii.Error, ValueError):
        raise ValueError("is no signature of ssh-keygen's") from None
    if (begin, end) != (_BEGIN, _END) or not blob.startswith(_MAGIC):
        raise ValueError("is no signature of ssh-keygen's")
    strings = Strings(blob[len(_MAGIC) :])
    if (version := strings.number(4)) != _VERSION:
        raise ValueError(f"is a signature of version {version}, which is not known here")
    public = strings.next()
    return Signed(Key(Strings(public).text(), public), clean(strings.next()))
