"""Mapped devices and loop devices of another host, by its own tools or by what is in their place.

``await Storage().look(shell, asker, seconds)`` reads tables and loop devices, which seldom change;
``mapped(status)`` joins them with what ``dmsetup status`` said just now.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from backends.devices import Held, bound
from backends.gaps import cut_off
from backends.questions import Asker
from backends.ssh.shell import Answerer
from backends.ssh.stores import Stores
from console.clean import clean
from console.errors import Problem
from console.memo import Kept
from console.model import DmDevice, Gap, LoopDevice
from console.parse import dmsetup
from console.parse.loops import ATTRIBUTES
from console.parse.probe_frames import Section

_INFO = b"dmsetup info -c --noheadings -o name,uuid,major,minor,open,events"
_COLUMNS = b"losetup -l -n -O NAME,BACK-MAJ:MIN,BACK-INO"
_ATTRIBUTE = re.compile(rb"/sys/block/(loop[0-9]+)/([a-z/_]+):(.*)")
_HELD = re.compile(rb"/dev/(loop[0-9]+)\s+([0-9]{1,10}):([0-9]{1,10})\s+([0-9]{1,19})")
_SETUP = re.compile(rb"/dev/(loop[0-9]+): [0-9]+ (.*)")
_MISSING = 127
_NONE = Section(b"", _MISSING)
Mapped = tuple[tuple[DmDevice, ...], tuple[Gap, ...]]
"""Mapped devices, and what could not be seen of them."""


@dataclass(frozen=True, slots=True)
class _Tables:
    table: str = ""
    info: str = ""
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Loops:
    """The bound loop devices, and what could not be seen of them."""

    devices: tuple[LoopDevice, ...] = ()
    gaps: tuple[Gap, ...] = ()


class Storage:
    """What lies under the filesystems of one host."""

    def __init__(self) -> None:
        self.loops = Loops()
        self._tables = _Tables()
        self._stores = Stores()
        self._mapped: Kept[Mapped] = Kept()

    async def look(self, shell: Answerer, asker: Asker, seconds: float) -> None:
        """Read what seldom changes. Raises ``Unreachable``."""
        files = b" ".join(b"/sys/block/loop*/" + name.encode() for name in ATTRIBUTES)
        request = (
            b"lines sys %s; ! some /sys/block/loop*/loop || tell held %s || tell set losetup -a; "
            b"! some /sys/block/dm-* || "
            b'if [ -n "$mapper" ]; then run table dmsetup table; run info %s; else said bare; fi'
            % (files, _COLUMNS, _INFO)
        )
        said = (await shell.ask(request, seconds, unsaid=b"sys")).sections
        self._tables = _Tables(_text(said, b"table"), _text(said, b"info"))
        self.loops = await _loops(said, asker)
        if b"bare" in said:
            await self._stores.look(shell, self.loops.devices, seconds)

    async def mapped(self, status: Section, shell: Answerer, seconds: float) -> Mapped:
        """Return the mapped devices with what was said of them just now. Raises ``Unreachable``.

        A table that changed since costs a gap once: it is read again at the next change.
        """
        if not status.data:
            return (), ()
        if status.status == _MISSING:
            return await self._stores.read(shell, seconds)
        if status.status:
            reason = clean(shell.complaint or f"dmsetup ends with status {status.status}")
            return (), (Gap(clean("device-mapper"), reason, problem=Problem.LOST),)
        tables = self._tables
        return self._mapped.of((status, tables), lambda: _mapped(status, tables))


def _mapped(status: Section, tables: _Tables) -> Mapped:
    text = status.data.decode("utf-8", "replace")
    found, wrong = dmsetup.devices(tables.table, text, tables.info)
    return found, tuple(cut_off(error.source, error) for error in wrong)


def _text(sections: Mapping[bytes, Section], name: bytes) -> str:
    return sections.get(name, _NONE).data.decode("utf-8", "replace")


async def _loops(said: Mapping[bytes, Section], asker: Asker) -> Loops:
    held, named = _held(said)
    attributes = _attributes(said.get(b"sys", _NONE).data)
    return Loops(*await bound(asker, attributes, held, named))


def _held(said: Mapping[bytes, Section]) -> tuple[dict[str, Held], dict[str, bytes]]:
    """Return which file each loop device holds, and how it was called when it was set up.

    util-linux tells the one, busybox the other.
    """
    held = {
        name.decode(): (int(major), int(minor), int(inode))
        for name, major, minor, inode in _HELD.findall(said.get(b"held", _NONE).data)
    }
    if held:
        return held, {}
    lines = said.get(b"set", _NONE).data.splitlines()
    named = [match for line in lines if (match := _SETUP.fullmatch(line))]
    return {}, {match[1].decode(): match[2] for match in named}


def _attributes(text: bytes) -> Mapping[str, Mapping[str, bytes]]:
    """Return the files of ``/sys/block/loopN`` by device, as ``grep ''`` tells their lines."""
    found: dict[str, dict[str, bytes]] = {}
    for line in text.split(b"\n"):
        if match := _ATTRIBUTE.fullmatch(line):
            name, file, value = match.groups()
            texts = found.setdefault(name.decode(), {})
            before = texts.get(file.decode(), b"")
            texts[file.decode()] = before + value + b"\n"
    return {name: texts for name, texts in found.items() if "loop/backing_file" in texts}
