"""Snapshot stores of a host that has no ``dmsetup``, from what can be had without it.

A persistent store tells by itself how much of it is used; of a transient one it is told by the
blocks its sparse file occupies, where that file can still be reached. A snapshot that was given up
cannot be read any more; that one took no more exceptions stands in the kernel log.
"""

from __future__ import annotations

import errno
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backends.gaps import cut_off
from backends.ssh.shell import Answerer
from console.beneath import device_number
from console.clean import Clean, clean
from console.errors import Problem, Unparsable
from console.model import SECTOR, DmDevice, Gap, LoopDevice, Snapshot
from console.parse import dmsetup, exception_store
from console.parse.decimal import decimal
from console.parse.exception_store import Header
from console.parse.kmsg import store_failures
from console.parse.probe_frames import Section
from console.quoting import word

_FILES = b"/sys/block/dm-*/dev /sys/block/dm-*/dm/name /sys/block/dm-*/dm/uuid"
_ATTRIBUTE = re.compile(rb"/sys/block/(dm-[0-9]+)/([a-z/]+):(.*)")
_SLAVE = re.compile(rb"/sys/block/(dm-[0-9]+)/slaves/([^/\0]+)")
_AREAS = 16
"""Areas of metadata read at once."""
_CHUNK = 8
"""Sectors a chunk of a transient store, which only its table tells: those of every live image."""
_REMEDY = clean("install dmsetup there")
_PAGE, _TRIES = 4096, 2
_NONE = Section(b"", 127)


@dataclass(frozen=True, slots=True)
class _Store:
    """One snapshot: its device, and the two it stands on."""

    name: Clean
    uuid: Clean | None
    number: tuple[int, int]
    origin: LoopDevice
    cow: LoopDevice
    head: Header | None
    """``None``: it is transient, and nothing of it is on its device."""


@dataclass(frozen=True, slots=True)
class _Use:
    """How much of a store is used, in sectors."""

    chunk: int
    allocated: int
    metadata: int
    lost: bool
    """Whether the kernel has given it up."""


class Stores:
    """What is known of the stores of one host."""

    def __init__(self) -> None:
        self._stores: tuple[_Store, ...] = ()
        self._gaps: tuple[Gap, ...] = ()
        self._full: dict[Clean, int] = {}
        """Areas of metadata that are full, by device: they never change again."""
        self._lost: set[Clean] = set()
        """Those that were given up, which the kernel never takes back."""

    async def look(self, shell: Answerer, loops: Sequence[LoopDevice], seconds: float) -> None:
        """Find the stores. Raises ``Unreachable``."""
        requests = [b"lines dm %s; found slaves /sys/block/dm-*/slaves/*" % _FILES]
        requests += [
            b"direct %s /dev/%s %d 0" % (name, name, exception_store.HEAD)
            for name in (each.name.encode() for each in loops if not each.read_only)
        ]
        said = (await shell.ask(b"; ".join(requests), seconds)).sections
        by_name = {each.name.encode(): each for each in loops}
        slaves: dict[bytes, list[LoopDevice]] = {}
        for device, slave in _SLAVE.findall(said.get(b"slaves", _NONE).data):
            if slave in by_name:
                slaves.setdefault(device, []).append(by_name[slave])
        stores: list[_Store] = []
        gaps: list[Gap] = []
        for device, texts in _attributes(said.get(b"dm", _NONE).data).items():
            name = dmsetup.name(texts.get(b"dm/name", device).decode("utf-8", "replace"))
            try:
                store = _store(name, texts, slaves.get(device, []), said)
            except Unparsable as error:
                gaps.append(cut_off(f"device-mapper {name}", error))
                continue
            if store is None:
                gaps.append(_unseen(name, "what kind of device it is takes dmsetup"))
            else:
                stores.append(store)
        self._stores, self._gaps = tuple(stores), tuple(gaps)

    async def read(
        self, shell: Answerer, seconds: float
    ) -> tuple[tuple[DmDevice, ...], tuple[Gap, ...]]:
        """Return the stores with how full each is now. Raises ``Unreachable``."""
        found: list[DmDevice] = []
        gaps = list(self._gaps)
        for store in self._stores:
            snapshot = await self._snapshot(store, shell, seconds)
            if snapshot is None:
                gaps.append(_unseen(store.name, "its store cannot be reached to be measured"))
            else:
                found.append(DmDevice(store.name, store.number, (snapshot,), store.uuid))
        return tuple(found), tuple(gaps)

    async def _snapshot(self, store: _Store, shell: Answerer, seconds: float) -> Snapshot | None:
        if store.head is None:
            use = await _blocks(store, shell, seconds)
        else:
            use = await self._areas(store, store.head, shell, seconds)
        if use is None:
            return None
        total = store.cow.size // SECTOR
        if use.lost:
            self._lost.add(store.name)
        fault = "Invalid" if store.name in self._lost else None
        if not fault and use.allocated + use.chunk > total:
            fault = await _overflowed(shell, seconds)
        kind = "N" if store.head is None else "PO" if fault == "Overflow" else "P"
        ends = (_numbers(store.origin), _numbers(store.cow))
        if fault:
            return Snapshot(*ends, kind, use.chunk, None, None, None, fault)
        return Snapshot(*ends, kind, use.chunk, use.allocated, total, use.metadata)

    async def _areas(
        self, store: _Store, head: Header, shell: Answerer, seconds: float
    ) -> _Use | None:
        """Read the areas of metadata from the first that was not full before."""
        path = b"/dev/" + store.cow.name.encode()
        full = self._full.get(store.name, 0)
        while True:
            places = b" ".join(b"%d" % head.place(full + at) for at in range(_AREAS))
            request = b"direct a %s %d %s" % (path, head.chunk * SECTOR, places)
            said = (await shell.ask(b"%s; %s" % (request, _opening(store)), seconds)).sections
            areas = [said.get(b"a%d" % at, _NONE).data for at in range(_AREAS)]
            counts = [exception_store.exceptions(area) for area in areas]
            last = next((at for at, count in enumerate(counts) if count < head.area), None)
            if last is not None:
                break
            full += _AREAS
        self._full[store.name] = full + last
        now = exception_store.header(said.get(b"h0", _NONE).data)
        used = exception_store.sectors(head.chunk, (full + last) * head.area + counts[last])
        lost = now is None or not now.valid or _fails(said)
        return _Use(head.chunk, *used, lost)


def _opening(store: _Store) -> bytes:
    """Return what asks for the store's header, and whether the snapshot can still be read.

    Any place will do for that but one that is in the page cache, hence a random one.
    """
    places = [secrets.randbelow(max(store.origin.size // _PAGE, 1)) for _ in range(_TRIES)]
    node = word(dmsetup.node(store.name).encode())
    asked = [b"block d%d %s %d %d" % (at, node, _PAGE, page) for at, page in enumerate(places)]
    head = b"direct h /dev/%s %d 0" % (store.cow.name.encode(), exception_store.HEAD)
    return b"; ".join((head, *asked))


def _fails(said: Mapping[bytes, Section]) -> bool:
    """Whether the snapshot could not be read somewhere: then it is lost everywhere."""
    return any(said[b"d%d" % at].status == errno.EIO for at in range(_TRIES))


async def _blocks(store: _Store, shell: Answerer, seconds: float) -> _Use | None:
    """Measure a transient store by what its sparse file occupies."""
    if store.cow.deleted:
        return None
    request = b"node n %s; %s" % (word(store.cow.path), _opening(store))
    said = (await shell.ask(request, seconds)).sections
    numbers = said[b"n"].data.split()
    blocks = decimal(numbers[3]) if len(numbers) == 4 else None
    if said[b"n"].status or blocks is None:
        return None
    return _Use(_CHUNK, blocks, 0, _fails(said))


async def _overflowed(shell: Answerer, seconds: float) -> str | None:
    """Return ``Overflow`` if the kernel log says that a store took no more."""
    log = (await shell.ask(b"run log dmesg", seconds)).sections[b"log"].data
    said = store_failures(log.decode("utf-8", "replace"))
    return "Overflow" if any("Snapshot overflowed" in line for line in said) else None


def _store(
    name: Clean,
    texts: Mapping[bytes, bytes],
    under: Sequence[LoopDevice],
    said: Mapping[bytes, Section],
) -> _Store | None:
    """Return the snapshot a device is; ``None``: something else. Raises ``Unparsable``."""
    number = device_number(texts.get(b"dev", b"").decode("ascii", "replace"))
    writable = [each for each in under if not each.read_only]
    if number is None or len(under) != 2 or not writable:
        return None
    heads = {
        each.name: exception_store.header(said.get(each.name.encode() + b"0", _NONE).data)
        for each in writable
    }
    cow = next((each for each in writable if heads[each.name]), writable[-1])
    origin = next(each for each in under if each is not cow)
    uuid = dmsetup.name(texts.get(b"dm/uuid", b"").decode("utf-8", "replace"))
    return _Store(name, uuid or None, number, origin, cow, heads[cow.name])


def _attributes(text: bytes) -> Mapping[bytes, Mapping[bytes, bytes]]:
    found: dict[bytes, dict[bytes, bytes]] = {}
    for line in text.splitlines():
        if match := _ATTRIBUTE.fullmatch(line):
            device, file, value = match.groups()
            found.setdefault(device, {})[file] = value
    return found


def _numbers(loop: LoopDevice) -> Clean:
    return clean("{}:{}".format(*loop.device))


def _unseen(name: Clean, reason: str) -> Gap:
    return Gap(clean(f"device-mapper {name}"), clean(reason), _REMEDY, Problem.MISSING)
