"""Keys that are no longer to be trusted: ``revocations(raw).revoke(key)``.

What ``RevokedHostKeys`` names is either plain public keys, one a line, or a key revocation list as
``ssh-keygen -k`` makes it (OpenSSH's PROTOCOL.krl), which also knows digests and certificates.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from console.parse.ssh_keys import Certificate, Key, Strings, key

_MAGIC = b"SSHKRL\n\0"
_CERTIFICATES, _KEYS, _SHA1, _SIGNATURE, _SHA256, _EXTENSION = 1, 2, 3, 4, 5, 255
_SERIALS, _RANGE, _BITMAP, _KEY_IDS = 0x20, 0x21, 0x22, 0x23

_Test = Callable[[Certificate], bool]


@dataclass(slots=True)
class Revocations:
    """What one file revokes."""

    blobs: set[bytes] = field(default_factory=set)
    sha1: set[bytes] = field(default_factory=set)
    sha256: set[bytes] = field(default_factory=set)
    tests: list[_Test] = field(default_factory=list)
    """Of certificates: each says whether it revokes one."""

    def revoke(self, shown: Key | Certificate) -> bool:
        """Whether a key is revoked, or a certificate, its key, or its authority."""
        if isinstance(shown, Key):
            return (
                shown.blob in self.blobs
                or hashlib.sha1(shown.blob, usedforsecurity=False).digest() in self.sha1
                or hashlib.sha256(shown.blob).digest() in self.sha256
            )
        return (
            self.revoke(shown.key)
            or self.revoke(shown.authority)
            or any(test(shown) for test in self.tests)
        )


def revocations(raw: bytes) -> Revocations:
    """Read such a file; raises ``ValueError`` when it is neither, for then nobody is trusted."""
    found = Revocations()
    if raw.startswith(_MAGIC):
        _read_list(raw, found)
        return found
    for number, line in enumerate(raw.decode("utf-8", "replace").splitlines(), 1):
        words = line.split()
        if words and not words[0].startswith("#"):
            if len(words) < 2:
                raise ValueError(f"line {number}: expected a key type and a key")
            found.blobs.add(key(words[0], words[1]).blob)
    return found


def _read_list(raw: bytes, found: Revocations) -> None:
    strings = Strings(raw)
    strings.number(len(_MAGIC))
    if (version := strings.number(4)) != 1:
        raise ValueError(f"key revocation lists of format {version} are not known here")
    for _ in ("version", "date", "flags"):
        strings.number(8)
    for _ in ("reserved", "comment"):
        strings.next()
    sets = {_KEYS: found.blobs, _SHA1: found.sha1, _SHA256: found.sha256}
    while strings.left:
        kind = strings.number(1)
        if kind == _SIGNATURE:
            return  # nothing but signatures follows
        section = Strings(strings.next())
        if kind in sets:
            sets[kind].update(section.rest())
        elif kind == _CERTIFICATES:
            found.tests += _certificates(section)
        elif kind == _EXTENSION:
            _skip_extension(section)
        else:
            raise ValueError(f"section {kind} of the key revocation list is not known here")


def _certificates(section: Strings) -> list[_Test]:
    """Return the tests for the certificates of one authority; of any where it is empty."""
    authority = section.next()
    section.next()  # reserved
    tests = []
    while section.left:
        kind, part = section.number(1), Strings(section.next())
        if kind == _EXTENSION:
            _skip_extension(part)
        else:
            tests.append(_of(authority, _test(kind, part)))
    return tests


def _of(authority: bytes, test: _Test) -> _Test:
    return lambda shown: authority in (b"", shown.authority.blob) and test(shown)


def _test(kind: int, part: Strings) -> _Test:
    if kind == _SERIALS:
        serials = set()
        while part.left:
            serials.add(part.number(8))
        return lambda shown: shown.serial in serials
    if kind == _RANGE:
        low, high = part.number(8), part.number(8)
        return lambda shown: low <= shown.serial <= high
    if kind == _BITMAP:
        first, bits = part.number(8), int.from_bytes(part.next(), "big")
        return lambda shown: shown.serial >= first and bool(bits >> (shown.serial - first) & 1)
    if kind == _KEY_IDS:
        names = set(part.rest())
        return lambda shown: shown.key_id in names
    raise ValueError(f"certificates revoked in way {kind:#x} are not known here")


def _skip_extension(section: Strings) -> None:
    name = section.text()
    if section.number(1):
        raise ValueError(f"extension {name!r} of the key revocation list is not known here")
