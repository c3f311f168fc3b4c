"""Mapped devices as ``dmsetup`` tells them, or target by target as the kernel does.

``live-rw: 0 409600 snapshot 7:1 7:2 PO 8`` of ``dmsetup table`` with ``live-rw: 0 409600 snapshot
24/67108864 16`` of ``dmsetup status`` is a snapshot with 24 of 67108864 sectors allocated. Form:
dmsetup(8), Documentation/admin-guide/device-mapper of the kernel and the status functions there.
"""

from __future__ import annotations

import re
from collections.abc import Container

from console.clean import Clean, clean, clean_path
from console.errors import Unparsable
from console.model import DmDevice, OtherTarget, Snapshot, Target, ThinPool

NOWHERE = (0, 0)
"""The device number when ``dmsetup info`` told none; no mapped device has it."""

_PARAMS = 4096
"""Characters kept of a target's parameters; a RAID of many disks needs some hundred."""

_SIZE = r"[0-9]{1,20}"
_SILENT = frozenset({"", "No devices found"})
_ROW = re.compile(rf"(?:(.+?): )?({_SIZE}) ({_SIZE}) (\S+)(?: (.*))?")
_NO_TARGETS = re.compile(r"(.+): ")
_NAMED = re.compile(r".+?: [0-9]")
_INFO = re.compile(r"(.*:.*):([0-9]{1,10}):([0-9]{1,10}):[0-9]+:[0-9]+")
_ODD = re.compile(rb"[^A-Za-z0-9#+\-.:=@_]")
_MANGLED = re.compile(rb"\\x([0-9a-fA-F]{2})")
_SNAPSHOT_TABLE = re.compile(rf"([0-9]+:[0-9]+) ([0-9]+:[0-9]+) (PO?|N) ({_SIZE})(?: .*)?")
_SNAPSHOT_USE = re.compile(rf"({_SIZE})/({_SIZE}) ({_SIZE})")
# Only the beginning counts: a cause may follow the word.
_SNAPSHOT_FAULT = re.compile(r"(Invalid|Merge failed|Overflow|Unknown)\b")
_POOL_TABLE = re.compile(rf"\S+ \S+ ({_SIZE}) {_SIZE}(?: .*)?")
_POOL_USE = re.compile(
    rf"{_SIZE} ({_SIZE})/({_SIZE}) ({_SIZE})/({_SIZE}) (?:-|{_SIZE}) "
    r"(rw|ro|out_of_data_space)((?: \S+)*)"
)

_Row = tuple[int, int, str, str]
_Identity = tuple[Clean | None, tuple[int, int]]


def devices(
    table: str, status: str, info: str = ""
) -> tuple[tuple[DmDevice, ...], tuple[Unparsable, ...]]:
    """Return the mapped devices in the table's order, and what could not be understood.

    ``table`` and ``status`` are what ``dmsetup table`` and ``dmsetup status`` print, ``info`` what
    ``dmsetup info -c --noheadings -o name,uuid,major,minor,open,events`` does; without it device
    numbers are ``NOWHERE``. A device of which any part is garbled is among the errors only. Of
    lines that name no device (a usage text) the first is reported. Output about one device names
    none: then the name is the one in ``info``, or empty.
    """
    tables, wrong = _rows("dmsetup table", table)
    states, wrong_states = _rows("dmsetup status", status)
    identities, wrong_info = _identities(info, tables)
    wrong += wrong_states + wrong_info
    only = next(iter(identities)) if len(identities) == 1 else Clean("")
    found: list[DmDevice] = []
    for listed in dict.fromkeys([*tables, *states]):
        label = listed or only
        uuid, device = identities.get(label, (None, NOWHERE))
        try:
            targets = _targets(tables.get(listed, []), states.get(listed, []))
        except Unparsable as error:
            wrong.append(Unparsable(f"{error.source} of {label}", error.line, error.expected))
        else:
            found.append(DmDevice(label, device, targets, uuid))
    return tuple(found), tuple(wrong)


def target(kind: str, table: str, status: str) -> Target:
    """Return one target from its type and the kernel's two parameter texts.

    Of a thin pool ``table`` may be empty (not readable). Raises ``Unparsable`` for a snapshot or
    thin pool that says anything but the known forms.
    """
    table, status = table.strip(), status.strip()
    match kind:
        case "snapshot" | "snapshot-merge":
            return _snapshot(table, status, merging=kind == "snapshot-merge")
        case "thin-pool":
            return _pool(table, status)
        case _:
            return OtherTarget(clean(kind), clean(table, _PARAMS), clean(status, _PARAMS))


def name(raw: str) -> Clean:
    r"""Return the name (or uuid) of a device as its maker typed it: ``my\x20disk`` is ``my disk``.

    The kernel holds what libdevmapper made of it: bytes other than letters, digits and
    ``#+-.:=@_`` as ``\xNN``. dmsetup prints either form, by its settings.
    """
    spelled = raw.encode("utf-8", "replace")
    return clean(_MANGLED.sub(lambda match: bytes((int(match[1], 16),)), spelled))


def node(label: Clean) -> Clean:
    r"""Return the path of a device's node: ``/dev/mapper/my\x20disk`` for ``my disk``."""
    spelled = _ODD.sub(lambda match: b"\\x%02x" % match[0][0], label.encode("utf-8", "replace"))
    return clean_path(f"/dev/mapper/{spelled.decode('ascii')}")


def _snapshot(table: str, status: str, *, merging: bool) -> Snapshot:
    shape = _SNAPSHOT_TABLE.fullmatch(table)
    if shape is None:
        raise Unparsable("snapshot table", table, "origin, store, N, P or PO, chunk size")
    fault = _SNAPSHOT_FAULT.match(status)
    use = _SNAPSHOT_USE.fullmatch(status)
    allocated, total, metadata = map(int, use.groups()) if use else (None, None, None)
    if not fault and (allocated is None or metadata is None or metadata > allocated):
        raise Unparsable("snapshot status", status, "allocated/total metadata, or a fault")
    return Snapshot(
        origin=clean(shape[1]),
        cow=clean(shape[2]),
        persistence=shape[3],
        chunk=int(shape[4]),
        allocated=allocated,
        total=total,
        metadata=metadata,
        fault=fault[1] if fault else None,
        merging=merging,
    )


def _pool(table: str, status: str) -> ThinPool:
    shape = _POOL_TABLE.fullmatch(table)
    if table and shape is None:
        raise Unparsable("thin-pool table", table, "metadata, data, block size, low water mark")
    block = int(shape[1]) if shape else 0
    if status == "Fail":
        return ThinPool(0, 0, 0, 0, block, mode="Fail")
    use = _POOL_USE.fullmatch(status)
    if use is None:
        raise Unparsable(
            "thin-pool status", status, "transaction, metadata, data, held root, mode"
        )
    flags = use[6].split()
    return ThinPool(
        metadata_used=int(use[1]),
        metadata_total=int(use[2]),
        data_used=int(use[3]),
        data_total=int(use[4]),
        block=block,
        mode=use[5],
        queues_when_full="error_if_no_space" not in flags,
        needs_check="needs_check" in flags,
    )


def _targets(table: list[_Row], status: list[_Row]) -> tuple[Target, ...]:
    """Join what the two answers say of one device; it may have changed between them."""
    places = [row[:3] for row in table]
    if places != [row[:3] for row in status]:
        raise Unparsable("dmsetup status", str(status), f"the targets of the table: {places}")
    return tuple(
        target(kind, params, state)
        for (_, _, kind, params), (_, _, _, state) in zip(table, status, strict=True)
    )


def _rows(source: str, text: str) -> tuple[dict[Clean, list[_Row]], list[Unparsable]]:
    rows: dict[Clean, list[_Row]] = {}
    wrong: list[Unparsable] = []
    nameless = False
    for line in text.split("\n"):
        if line.strip() in _SILENT:
            continue
        if row := _ROW.fullmatch(line):
            listed = rows.setdefault(name(row[1] or ""), [])
            listed.append((int(row[2]), int(row[3]), row[4], row[5] or ""))
        elif empty := _NO_TARGETS.fullmatch(line):
            rows.setdefault(name(empty[1]), [])
        else:
            named = _NAMED.match(line) is not None
            if named or not nameless:
                wrong.append(Unparsable(source, line, "[name: ]start length type parameters"))
            nameless = nameless or not named
    return rows, wrong


def _identities(
    text: str, listed: Container[Clean]
) -> tuple[dict[Clean, _Identity], list[Unparsable]]:
    identities: dict[Clean, _Identity] = {}
    wrong: list[Unparsable] = []
    for line in text.split("\n"):
        if line.strip() in _SILENT:
            continue
        if info := _INFO.fullmatch(line):
            label, uuid = _split(name(info[1]), listed)
            identities[label] = (uuid, (int(info[2]), int(info[3])))
        elif not wrong:
            wrong.append(Unparsable("dmsetup info", line, "name:uuid:major:minor:open:events"))
    return identities, wrong


def _split(text: Clean, listed: Container[Clean]) -> tuple[Clean, Clean | None]:
    """Part ``name:uuid``: either may hold a colon, so a name the table knows decides."""
    cuts = [at for at, character in enumerate(text) if character == ":"]
    cut = next((at for at in reversed(cuts) if text[:at] in listed), cuts[-1])
    return Clean(text[:cut]), Clean(text[cut + 1 :]) or None
