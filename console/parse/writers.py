"""Answers of the program that tells who writes to a store; ``backends/writers.sh`` makes them.

``scan(answer, b"/u")`` finds the one file ``/u/a`` in an ``answer`` of the records ``moment`` and
``scan``, the latter with the lines ``large 512 8.5 /u/a`` and ``count 1``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from console.clean import clean, clean_path
from console.errors import Unparsable
from console.model import Mount
from console.parse.mountinfo import mounts
from console.parse.survey import records
from console.tracing import Entry, OpenFile, Rates, Scan, Spaces, Unfinished, Written

_COUNTER = re.compile(
    rb"/proc/(\d{1,10})/[a-z]+:(wchar|write_bytes|Name|PPid|0|\d+:name=systemd):(.*)"
)
_SPACE = re.compile(rb"^(mnt|pid) (\d{1,10}) (\d{1,19})$", re.MULTILINE)
_USER = re.compile(rb"(\d{1,10}|loop\d{1,10}|swap) (/.*)")
_NUMBERS = re.compile(rb"(\d+(?:\.\d*)?(?: \d+(?:\.\d*)?)*) (/.*)", re.DOTALL)


Found = tuple[Scan, str]
"""What one walk found, and what budget ended it (``inodes``, ``seconds``); empty: none."""


def spaces(answer: bytes) -> Spaces:
    """Return namespaces and mount tables. Raises ``Unparsable``."""
    told = list(records(answer))
    first = dict(reversed(told))
    lines = _SPACE.findall(first.get(b"spaces", b""))
    numbers = {
        kind: {int(pid): int(inode) for of, pid, inode in lines if of == kind}
        for kind in (b"mnt", b"pid")
    }
    return Spaces(
        root=first.get(b"uid") == b"0",
        own=numbers[b"mnt"].get(_number(first.get(b"me", b""))),
        mount=numbers[b"mnt"],
        pid=numbers[b"pid"],
        tables=dict(_table(value) for key, value in told if key == b"table"),
        untold=_number(first.get(b"untold", b"0")),
    )


def rates(answer: bytes) -> Rates:
    """Return the two looks at every process. Raises ``Unparsable``."""
    told = list(records(answer))
    clocks = [_clock(value) for key, value in told if key == b"at"]
    looks = [_written(value) for key, value in told if key == b"counters"]
    if len(clocks) != 2 or len(looks) != 2:
        raise Unparsable("rates", clean(answer[:80]), "two looks")
    return Rates(
        seconds=max(clocks[1] - clocks[0], 0.01),
        me=_number(next((value for key, value in told if key == b"me"), b"")),
        before=looks[0],
        after=looks[1],
        written=tuple(_open(value) for key, value in told if key == b"open"),
        deleted=tuple(_open(value) for key, value in told if key == b"deleted"),
        cut=any(key == b"cut" for key, _ in told),
    )


def scan(answer: bytes, root: bytes) -> Found | None:
    """Return what a walk found; ``None``: there is no such folder. Raises ``Unparsable``."""
    told = dict(records(answer))
    if b"gone" in told:
        return None
    moment = float(_number(told.get(b"moment", b"")))
    files: dict[bytes, Entry] = {}
    folders: dict[bytes, Entry] = {}
    count, full, last = 0, "", None
    for line in told.get(b"scan", b"").split(b"\n"):
        key, _, rest = line.partition(b" ")
        if key in {b"large", b"fresh"}:
            (size, changed), path = _entry(rest, 2)
            files[path] = Entry(int(size), changed=changed)
        elif key in {b"folder", b"crowded", b"grown"}:
            numbers, path = _entry(rest, 3 if key == b"folder" else 4)
            size, inodes, fresh = map(int, numbers[-3:])
            folders[path or b"/"] = Entry(size, inodes, fresh=fresh)
        elif key == b"count":
            count = _number(rest)
        elif key == b"full":
            full = clean(rest)
        elif key == b"last":
            last = rest.replace(b"\1", b"\n") or None
    after = Unfinished(root, last) if last is not None else None
    return Scan(moment, files, folders, count, after=after), full


def values(answer: bytes) -> list[bytes]:
    """Return what it says of each path it was asked for. Raises ``Unparsable``."""
    return [value for _, value in records(answer)]


def users(answer: bytes) -> Mapping[bytes, tuple[bytes, ...]]:
    """Return by name of a file who uses it: pids, ``loop0``, ``swap``. Raises ``Unparsable``."""
    found: dict[bytes, tuple[bytes, ...]] = {}
    for line in dict(records(answer)).get(b"users", b"").split(b"\n"):
        if match := _USER.fullmatch(line):
            found[match[2]] = (*found.get(match[2], ()), match[1])
    return found


def _table(value: bytes) -> tuple[int, tuple[Mount, ...]]:
    pid, _, text = value.partition(b"\n")
    # The last newline of a table is not told.
    return _number(pid), mounts(text + b"\n" if text else b"")[0]


def _written(text: bytes) -> Mapping[int, Written]:
    found: dict[int, dict[bytes, bytes]] = {}
    for line in text.split(b"\n"):
        if match := _COUNTER.fullmatch(line):
            kind = b"systemd" if match[2].endswith(b"systemd") else match[2]
            found.setdefault(int(match[1]), {})[kind] = match[3].strip()
    return {pid: _process(told) for pid, told in found.items()}


def _process(told: Mapping[bytes, bytes]) -> Written:
    groups = (told.get(b"0", b"").lstrip(b":"), told.get(b"systemd", b""))
    return Written(
        wchar=_number(told.get(b"wchar", b"0")),
        blocks=_number(told.get(b"write_bytes", b"0")),
        name=clean(told.get(b"Name", b"?")),
        parent=_number(told.get(b"PPid", b"0")),
        group=clean_path(next((group for group in groups if group.strip(b"/")), b"")),
    )


def _open(value: bytes) -> OpenFile:
    head, _, path = value.partition(b"\n")
    pid, number, *blocks = head.split()
    size = _number(blocks[0]) * 512 if blocks else None
    named = path.removesuffix(b" (deleted)") if blocks else path
    return OpenFile(_number(pid), _number(number), clean_path(named), size)


def _entry(rest: bytes, count: int) -> tuple[list[float], bytes]:
    """Return so many numbers and the path after them; the top of the root has none."""
    match = _NUMBERS.fullmatch(rest)
    words = (match[1] if match else rest).split()
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        numbers = []
    if len(numbers) != count:
        raise Unparsable("scan", clean(rest[:80]), f"{count} numbers and a path")
    return numbers, match[2].replace(b"\1", b"\n") if match else b""


def _clock(value: bytes) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise Unparsable("rates", clean(value[:80]), "seconds") from error


def _number(value: bytes) -> int:
    if not (value.isdigit() and len(value) < 20):
        raise Unparsable("writers", clean(value[:80]), "a number")
    return int(value)
