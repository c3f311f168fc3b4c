"""Answers of the survey program about stores: memory, mounts, mapped and loop devices, places.

A ``place`` of ``/run``, then ``numbers`` of ``25 1`` and ``room`` of ``4096 10 5 5 100 90``
tell that ``/run`` is inode 1 of device 25, and holds 40960 bytes, half of them in use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from console.clean import Clean, clean, clean_path
from console.errors import Unparsable
from console.model import DmDevice, LoopDevice, Mount
from console.parse import dmsetup, loops, mountinfo
from console.parse.meminfo import memory
from console.parse.statfs import measured
from console.parse.survey import records
from console.survey import Place, Stores

_HELD = re.compile(rb"/dev/(loop[0-9]+) +([0-9]{1,20}) +([0-9]{1,10}):([0-9]{1,10}) *")
_NAMED = re.compile(rb"([0-9]{1,20}) ([0-9]{1,20}) ([0-9]{1,20}) ([0-9]{1,20})")
_ATTRIBUTES = {
    b"dev": "dev",
    b"size": "size",
    b"ro": "ro",
    b"file": "loop/backing_file",
    b"offset": "loop/offset",
}
_SECTOR = 512

_Told = dict[bytes, bytes]


class _File(NamedTuple):
    """The file that the kernel holds for a loop device."""

    inode: int
    device: tuple[int, int]


def stores(answer: bytes) -> Stores:
    """Return what it tells of the stores of a host. Raises ``Unparsable``."""
    first: _Told = {}
    told: list[_Told] = []
    for key, value in records(answer):
        if key == b"loop":
            told.append({})
        (told[-1] if told else first)[key] = value
    texts = {key: value.decode("utf-8", "replace") for key, value in first.items()}
    dm, wrong = dmsetup.devices(*(texts.get(key, "") for key in (b"table", b"status", b"info")))
    if wrong:
        raise wrong[0]
    held = dict(_held(first.get(b"held", b"")))
    files = [(each, held.get(each[b"loop"])) for each in told]
    found = [(each, file, loop) for each, file in files if (loop := _loop(each, file)) is not None]
    return Stores(
        memory=memory(texts.get(b"meminfo", ""), None),
        mounts=_mounts(first.get(b"mountinfo", b"")),
        inner=_mounts(first.get(b"inner", b"")),
        dm=dm,
        tables=_tables(texts.get(b"table", ""), dm),
        loops=tuple(loop for _, _, loop in found),
        limited=frozenset(
            loop.name for each, _, loop in found if each.get(b"sizelimit", b"0") != b"0"
        ),
        reachable=frozenset(
            loop.name for each, file, loop in found if _is_reachable(each, file, loop)
        ),
        swaps=tuple(_swaps(first.get(b"swaps", b""))),
    )


def places(answer: bytes) -> Mapping[Clean, Place]:
    """Return what it tells of the places that there are. Raises ``Unparsable``."""
    told: list[_Told] = []
    for key, value in records(answer):
        if key == b"place":
            told.append({})
        if told:
            told[-1][key] = value
    return {clean_path(each[b"place"]): _place(each) for each in told}


def _place(told: _Told) -> Place:
    numbers, room = told.get(b"numbers", b"").split(), told.get(b"room", b"").split()
    try:
        device, inode = map(int, numbers)
        size, blocks, free, available, files, files_free = map(int, room)
    except ValueError as error:
        place = clean(told[b"place"])
        raise Unparsable("survey", place, "device, inode and six numbers of statfs") from error
    return Place(device, inode, measured(size, blocks, free, available, files, files_free))


def _mounts(text: bytes) -> tuple[Mount, ...]:
    # A shell takes the last newline away, and without it a line counts as cut off.
    return mountinfo.mounts(text + b"\n")[0] if text else ()


def _held(text: bytes) -> Iterator[tuple[bytes, _File]]:
    for line in text.splitlines():
        if row := _HELD.fullmatch(line):
            yield row[1], _File(int(row[2]), (int(row[3]), int(row[4])))


def _loop(told: _Told, file: _File | None) -> LoopDevice | None:
    attributes = {name: told[key] for key, name in _ATTRIBUTES.items() if told.get(key)}
    loop = loops.loop(told[b"loop"].decode("ascii", "replace"), attributes)
    if loop is None:
        return None
    named = _NAMED.fullmatch(told.get(b"named", b""))
    reaches = named is not None and _is_reachable(told, file, loop)
    return replace(
        loop,
        file_device=file.device if file else None,
        file_size=int(named[3]) if named and reaches else None,
        file_allocated=int(named[4]) * _SECTOR if named and reaches else None,
    )


def _is_reachable(told: _Told, file: _File | None, loop: LoopDevice) -> bool:
    """Whether the path leads to the very file that the kernel holds.

    Where its inode is not told, its size has to do.
    """
    named = _NAMED.fullmatch(told.get(b"named", b""))
    if named is None or loop.deleted:
        return False
    if file is not None:
        return file.inode == int(named[1])
    size = int(named[3]) - loop.offset
    return size - size % _SECTOR == loop.size


def _tables(text: str, dm: Sequence[DmDevice]) -> Mapping[Clean, tuple[str, ...]]:
    names = sorted((device.name for device in dm), key=len, reverse=True)
    found: dict[Clean, list[str]] = {}
    for line in text.splitlines():
        for name in names:
            if line.startswith(f"{name}: "):
                found.setdefault(name, []).append(line.removeprefix(f"{name}: ").strip())
                break
    return {name: tuple(lines) for name, lines in found.items()}


def _swaps(text: bytes) -> Iterator[Clean]:
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) > 1 and words[1] == b"file":
            yield clean_path(words[0])
