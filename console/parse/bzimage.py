"""The version string inside an x86 kernel image, read without any tool.

``version(head)`` gives ``6.1.0-56-cloud-amd64 (debian-kernel@lists.debian.org) #1 SMP …``;
``build`` brings that and ``/proc/version`` to the form in which they can be compared.
"""

from __future__ import annotations

import re

from console.clean import Clean, clean
from console.errors import Unparsable

# Offsets of the kernel's Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header".
_MAGIC_AT = 0x202
_PROTOCOL_AT = 0x206
_POINTER_AT = 0x20E
_SECTOR = 0x200
_LONGEST = 512

HEAD = 0xFFFF + _SECTOR + _LONGEST
"""Bytes from the start of the file that hold the string wherever its 16-bit pointer points."""

_BUILD = re.compile(r" #\d")
_BANNER = "Linux version "


def version(head: bytes, source: str = "kernel image") -> Clean:
    """Return the version string of a bzImage, of which the first ``HEAD`` bytes were read.

    ``source`` names the file in errors. Raises ``Unparsable`` when this is no bzImage, carries
    no version string or was read short.
    """
    if len(head) < _POINTER_AT + 2:
        raise Unparsable(source, head[:16].hex(" "), f"at least {_POINTER_AT + 2} bytes")
    magic = head[_MAGIC_AT : _MAGIC_AT + 4]
    if magic != b"HdrS":
        raise Unparsable(source, magic.hex(" "), f"'HdrS' at byte {_MAGIC_AT}")
    if _word(head, _PROTOCOL_AT) < 0x200 or not (pointer := _word(head, _POINTER_AT)):
        raise Unparsable(source, head[_PROTOCOL_AT : _POINTER_AT + 2].hex(" "), "a version string")
    start = pointer + _SECTOR
    text, end, _ = head[start : start + _LONGEST].partition(b"\0")
    if not end:
        raise Unparsable(source, text[:64].hex(" "), f"a version string ending in NUL at {start}")
    return clean(text, _LONGEST)


def release(version: str) -> Clean:
    """Return the release alone, as ``uname -r``, of a version string or of ``/proc/version``."""
    words = version.removeprefix(_BANNER).split()
    return clean(words[0]) if words else Clean("")


def build(version: str) -> Clean:
    """Return release and ``#build … date``: equal for a kernel file and the kernel booted from it.

    ``/proc/version`` has the compiler between the two, which a kernel file does not mention.
    """
    starts = [match.start() for match in _BUILD.finditer(version)]
    tail = version[starts[-1] :].strip() if starts else ""
    return clean(f"{release(version)} {tail}".strip(), _LONGEST)


def _word(head: bytes, at: int) -> int:
    return int.from_bytes(head[at : at + 2], "little")
