"""Public keys and certificates as SSH writes them: ``key("ssh-ed25519", "AAAA…").fingerprint``.

A blob is a row of strings, each behind its length (RFC 4251); ``ValueError`` says what is wrong
with one. Signatures are not verified here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

_CERTIFICATE = "-cert-v01@openssh.com"
_HOST = 2
"""The type of a certificate that is a host's."""
_PARTS = {
    "ssh-rsa": 2,
    "ssh-dss": 4,
    "ssh-ed25519": 1,
    "ssh-ed448": 1,
    "sk-ssh-ed25519@openssh.com": 2,
    "sk-ecdsa-sha2-nistp256@openssh.com": 3,
}
"""How many strings follow the type in a key; an ECDSA key has its curve and a point."""
_RSA = ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")


@dataclass(frozen=True, slots=True)
class Key:
    """One public key."""

    type: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        """``SHA256:…`` as ``ssh-keygen -l`` prints it."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip(
            "="
        )

    def __str__(self) -> str:
        return f"{self.type} {base64.b64encode(self.blob).decode()}"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What an authority says of a key."""

    key: Key
    authority: Key
    serial: int
    key_id: bytes
    principals: tuple[str, ...]
    """The names it is good for; none: all of them."""
    after: int
    before: int
    """Seconds since 1970 between which it is valid."""
    host: bool
    critical: bool
    """Whether it has conditions; those of a host's certificate are unknown to everybody."""
    algorithm: str
    """How the authority signed it."""


def key(type_: str, text: str) -> Key:
    """Return the key of a line such as ``ssh-ed25519 AAAA…``."""
    try:
        blob = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("the key is not base64") from None
    inner = Strings(blob).text()
    if inner != type_:
        raise ValueError(f"a {type_} line holds a key of type {inner[:40]!r}")
    return Key(type_, blob)


def presented(blob: bytes) -> Key | Certificate:
    """Return what a server shows of itself."""
    strings = Strings(blob)
    type_ = strings.text()
    if not type_.endswith(_CERTIFICATE):
        return Key(type_, blob)
    plain = key_type(type_)
    strings.next()  # a nonce
    begin = strings.at
    for _ in range(_PARTS.get(plain, 2)):
        strings.next()
    inner = Key(plain, _string(plain.encode()) + blob[begin : strings.at])
    serial, kind = strings.number(8), strings.number(4)
    key_id = strings.next()
    principals = tuple(name.decode("utf-8", "replace") for name in Strings(strings.next()).rest())
    after, before = strings.number(8), strings.number(8)
    critical = bool(strings.next())
    strings.next()  # extensions: a host's certificate has none that matter
    strings.next()  # reserved
    authority = strings.next()
    return Certificate(
        key=inner,
        authority=Key(Strings(authority).text(), authority),
        serial=serial,
        key_id=key_id,
        principals=principals,
        after=after,
        before=before,
        host=kind == _HOST,
        critical=critical,
        algorithm=Strings(strings.next()).text(),
    )


def key_type(algorithm: str) -> str:
    """Return the type of the keys that an algorithm signs with, certified or not."""
    plain, certified, _ = algorithm.partition(_CERTIFICATE)
    if certified and plain.startswith("sk-"):
        return f"{plain}@openssh.com"
    return "ssh-rsa" if plain in _RSA else plain


def is_certified(algorithm: str) -> bool:
    """Whether an algorithm is about a certificate rather than a bare key."""
    return algorithm.endswith(_CERTIFICATE)


class Strings:
    """Reads a blob from its begin: ``Strings(blob).text()`` is its type."""

    def __init__(self, blob: bytes) -> None:
        self._blob = blob
        self.at = 0

    @property
    def left(self) -> int:
        """How many bytes have not been read."""
        return len(self._blob) - self.at

    def next(self) -> bytes:
        """Return the next string."""
        return self._take(self.number(4))

    def text(self) -> str:
        """Return the next string, which is a name."""
        try:
            return self.next().decode("ascii")
        except UnicodeDecodeError:
            raise ValueError("a name in the key is not ASCII") from None

    def number(self, size: int) -> int:
        """Return the next ``size`` bytes as a number."""
        return int.from_bytes(self._take(size), "big")

    def rest(self) -> list[bytes]:
        """Return all strings that are left."""
        found = []
        while self.left:
            found.append(self.next())
        return found

    def _take(self, size: int) -> bytes:
        if size > self.left:
            raise ValueError("the key is cut short")
        self.at += size
        return self._blob[self.at - size : self.at]


def _string(raw: bytes) -> bytes:
    return len(raw).to_bytes(4, "big") + raw
