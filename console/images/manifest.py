"""The one signed description of a set of boot files: what they are, and their SHA-256.

``rendered(manifest)`` is its only form, JSON with sorted keys; ``manifest(text)`` takes that form
alone, so that what was signed is what was read. Mixed parts of two sets never fit one manifest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from console.clean import Clean, clean
from console.errors import Unparsable
from console.model import Style

NAME: Final = "manifest.json"
"""What the file is called in the folder of a set."""
SIGNATURE: Final = "manifest.json.sig"
"""What its detached signature is called there."""
LARGEST: Final = 1 << 18
"""Bytes of a manifest at most."""

_FORMAT: Final = 1
_MOST: Final = 64
"""Files of a set."""
_HUGE: Final = 1 << 50
"""Bytes that no file and no memory has."""
_LATEST: Final = 1 << 33
"""Seconds since 1970: the year 2242."""
_PARTS: Final = 4
"""Names of a path."""

_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
_RELEASE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]{0,127}")
_ARCH: Final = re.compile(r"[a-z0-9][a-z0-9_]{0,31}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_POINTERS: Final = frozenset(("current", "good"))

_KEYS: Final = frozenset(
    ("format", "name", "version", "built", "kernel", "arch", "styles", "ram", "files")
)
_FILE_KEYS: Final = frozenset(("role", "path", "size", "sha256"))

_Json = Mapping[str, object]


class Role(StrEnum):
    """What a file of a set is for."""

    KERNEL = "kernel"
    INITRD = "initrd"
    SQUASHFS = "squashfs"
    TREE = "tree"
    """A root tree for subhosts: tar, packed or not, or squashfs."""
    CMDLINE = "cmdline"
    """The kernel's command line, one line of text."""


_ONCE: Final = (Role.KERNEL, Role.CMDLINE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a set."""

    role: Role
    path: Clean
    """Below the folder of the set: plain names, ``/`` between them."""
    size: int
    """Bytes."""
    sha256: Clean


@dataclass(frozen=True, slots=True)
class Manifest:
    """One set of boot files that belong together."""

    name: Clean
    version: Clean
    built: int
    """Seconds since 1970."""
    kernel: Clean | None
    """Release, as ``uname -r``; ``None``: it brings no kernel and needs none of its own."""
    arch: Clean
    """As ``uname -m``."""
    styles: tuple[Style, ...]
    """Ways to boot it fits, sorted."""
    ram: int
    """Bytes of main memory a host must have to boot it."""
    files: tuple[Entry, ...]
    """Initrds in the order in which they are loaded."""

    @property
    def title(self) -> Clean:
        """``web/2024.2``: unique in a store."""
        return Clean(f"{self.name}/{self.version}")

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(entry.size for entry in self.files)

    def of(self, role: Role) -> tuple[Entry, ...]:
        """Return its files of one role."""
        return tuple(entry for entry in self.files if entry.role is role)


def rendered(manifest: Manifest) -> bytes:
    """Return the canonical text, which is what is signed."""
    said = {
        "format": _FORMAT,
        "name": manifest.name,
        "version": manifest.version,
        "built": manifest.built,
        "kernel": manifest.kernel,
        "arch": manifest.arch,
        "styles": [str(style) for style in manifest.styles],
        "ram": manifest.ram,
        "files": [
            {
                "role": str(entry.role),
                "path": entry.path,
                "size": entry.size,
                "sha256": entry.sha256,
            }
            for entry in manifest.files
        ],
    }
    return json.dumps(said, indent=1, sort_keys=True).encode() + b"\n"


def manifest(text: bytes, source: str = NAME) -> Manifest:
    """Return what a manifest says; ``source`` names it in complaints.

    Raises ``Unparsable`` for all but the canonical text of a set that makes sense.
    """
    if len(text) > LARGEST:
        raise Unparsable(source, f"{len(text)} bytes", f"at most {LARGEST} bytes")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise Unparsable(source, _shown(text[:80]), "a manifest in JSON") from None
    table = _Table(source, said if isinstance(said, dict) else {})
    table.only(_KEYS, "a manifest")
    if table.number("format", _HUGE) != _FORMAT:
        raise table.wrong("format", f"{_FORMAT}, which is all that is known here")
    found = Manifest(
        name=table.word("name", _WORD, "a name"),
        version=_version(table),
        built=table.number("built", _LATEST),
        kernel=None
        if table.values["kernel"] is None
        else table.word("kernel", _RELEASE, "the release of a kernel, or null"),
        arch=table.word("arch", _ARCH, "an architecture as of uname -m"),
        styles=_styles(table),
        ram=table.number("ram", _HUGE),
        files=_files(table),
    )
    if found.of(Role.KERNEL) and found.kernel is None:
        raise table.wrong("kernel", "the release of the kernel it brings")
    if rendered(found) != text:
        raise Unparsable(source, _shown(text[:80]), "JSON with sorted keys, as it is published")
    return found


def is_word(text: str) -> bool:
    """Whether a set, or a version of one, can be called so."""
    return bool(_WORD.fullmatch(text)) and text not in _POINTERS


@dataclass(frozen=True, slots=True)
class _Table:
    source: str
    values: _Json

    def only(self, keys: Collection[str], what: str) -> None:
        if self.values.keys() != keys:
            strange = next(iter(sorted(self.values.keys() ^ keys)))
            word = "no" if strange in keys else "an unknown"
            raise Unparsable(self.source, f"{word} {_shown(strange)}", f"the keys of {what}")

    def wrong(self, key: str, expected: str) -> Unparsable:
        return Unparsable(self.source, f"{key} {_shown(self.values.get(key))}", expected)

    def number(self, key: str, most: int) -> int:
        value = self.values[key]
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < most:
            raise self.wrong(key, f"a whole number below {most}")
        return value

    def word(self, key: str, form: re.Pattern[str], expected: str) -> Clean:
        value = self.values[key]
        if not isinstance(value, str) or not form.fullmatch(value):
            raise self.wrong(key, expected)
        return Clean(value)

    def array(self, key: str, most: int) -> list[object]:
        value = self.values[key]
        if not isinstance(value, list) or not 0 < len(value) <= most:
            raise self.wrong(key, f"an array of 1 to {most}")
        return value


def _version(table: _Table) -> Clean:
    version = table.word("version", _WORD, "a version")
    if not is_word(version):
        raise table.wrong("version", f"none of {', '.join(sorted(_POINTERS))}")
    return version


def _styles(table: _Table) -> tuple[Style, ...]:
    known = sorted(set(Style) - {Style.UNKNOWN})
    said = table.array("styles", len(known))
    found = tuple(style for style in known if style in said)
    if list(found) != said:
        raise table.wrong("styles", "ways to boot, sorted, each once")
    return found


def _files(table: _Table) -> tuple[Entry, ...]:
    found = tuple(_file(table.source, each) for each in table.array("files", _MOST))
    paths = [entry.path for entry in found]
    for path in paths:
        if paths.count(path) > 1 or any(other.startswith(f"{path}/") for other in paths):
            raise Unparsable(table.source, f"{path} twice", "every file once")
    for role in _ONCE:
        if sum(entry.role is role for entry in found) > 1:
            raise Unparsable(table.source, f"several of role {role}", f"one {role} at most")
    return found


def _file(source: str, said: object) -> Entry:
    table = _Table(source, said if isinstance(said, dict) else {})
    table.only(_FILE_KEYS, "a file")
    role = table.values["role"]
    if role not in list(Role):
        raise table.wrong("role", f"one of {', '.join(Role)}")
    size = table.number("size", _HUGE)
    if not size:
        raise table.wrong("size", "more than nothing")
    return Entry(
        role=Role(str(role)),
        path=_path(table),
        size=size,
        sha256=table.word("sha256", _SHA256, "64 hexadecimal digits"),
    )


def _path(table: _Table) -> Clean:
    path = table.values["path"]
    parts = path.split("/") if isinstance(path, str) else []
    if not 0 < len(parts) <= _PARTS or not all(map(_WORD.fullmatch, parts)):
        raise table.wrong("path", "plain names below the folder of the set, / between them")
    if parts[0] in {NAME, SIGNATURE}:
        raise table.wrong("path", "another name than the manifest's own")
    return Clean("/".join(parts))


def _shown(value: object) -> str:
    return clean(value if isinstance(value, bytes) else str(value), 80)
