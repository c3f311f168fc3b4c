"""Mapped devices and loop devices of this host, and what the files behind them occupy.

``await mapped(prober)`` gives ``live-rw`` with its snapshot target, by the ioctls that
``dmsetup`` uses; they are asked in the probe process, because a device that is being suspended
can make them wait.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from dataclasses import replace

from backends.gaps import cut_off, not_said
from backends.prober import Prober
from backends.questions import Answer, Asker, Question
from console.errors import Unparsable
from console.model import DmDevice, Gap, LoopDevice
from console.parse import dm_ioctl
from console.parse.dmsetup import name as unmangled
from console.parse.dmsetup import target
from console.parse.loops import loop

_LOOP_GET_STATUS64 = 0x4C05
# struct loop_info64 of include/uapi/linux/loop.h: device and inode of the file, then rdevice,
# offset, sizelimit, number, two encryption fields, flags, and at 56 the name at set-up.
_LOOP_INFO = struct.Struct("=2Q 3Q 4I 64s")
_LOOP_INFO_SIZE = 232

Held = tuple[int, int, int]
"""Major and minor of a file's filesystem, and its inode."""


async def mapped(prober: Prober, control: bytes) -> tuple[tuple[DmDevice, ...], tuple[Gap, ...]]:
    """Return the mapped devices; ``control`` is ``/dev/mapper/control``."""
    (listed,) = await prober.ask([_ioctl(control, dm_ioctl.LIST, dm_ioctl.request())])
    if listed.code:
        return (), (not_said("device-mapper", listed),)
    try:
        devices = dm_ioctl.devices(listed.data)
    except Unparsable as error:
        return (), (cut_off("device-mapper", error),)
    flags = (dm_ioctl.TABLE, dm_ioctl.NO_FLUSH)
    answers = await prober.ask(
        [
            _ioctl(control, dm_ioctl.STATUS, dm_ioctl.request(name, flag))
            for name, _ in devices
            for flag in flags
        ]
    )
    read = [
        _device(name, number, table, status)
        for (name, number), table, status in zip(devices, answers[::2], answers[1::2], strict=True)
    ]
    return (
        tuple(each for each in read if isinstance(each, DmDevice)),
        tuple(each for each in read if isinstance(each, Gap)),
    )


def _ioctl(path: bytes, number: int, buffer: bytes) -> Question:
    # Without the zeros at its end, or a few dozen would be more than a socket takes at once.
    head = struct.pack("<II", number, len(buffer))
    return Question(b"ioctl", path, head + buffer.rstrip(b"\0"))


def _device(name: bytes, number: tuple[int, int], table: Answer, status: Answer) -> DmDevice | Gap:
    spelled = unmangled(name.decode("utf-8", "replace"))
    source = f"device-mapper {spelled}"
    for answer in (table, status):
        if answer.code:
            return not_said(source, answer)
    try:
        pairs = zip(dm_ioctl.targets(table.data), dm_ioctl.targets(status.data), strict=True)
        targets = tuple(target(rows.type, rows.text, said.text) for rows, said in pairs)
        uuid = dm_ioctl.uuid(status.data)
    except Unparsable as error:
        return cut_off(source, error)
    except ValueError as error:  # the table was replaced between the two questions
        return cut_off(source, Unparsable(source, str(error), "as many lines in both answers"))
    return DmDevice(spelled, number, targets, unmangled(uuid) if uuid else None)


async def loops(
    prober: Prober, attributes: Mapping[str, Mapping[str, bytes]], dev: str
) -> tuple[tuple[LoopDevice, ...], tuple[Gap, ...]]:
    """Return the bound loop devices; ``attributes`` are those of ``sysfs.loop_attributes``."""
    room = bytes(_LOOP_INFO_SIZE)
    infos = await prober.ask(
        [_ioctl(os.fsencode(f"{dev}/{name}"), _LOOP_GET_STATUS64, room) for name in attributes]
    )
    known = {name: info for name, info in zip(attributes, infos, strict=True) if not info.code}
    named = {name: _LOOP_INFO.unpack_from(info.data)[-1] for name, info in known.items()}
    return await bound(prober, attributes, {n: _held(info) for n, info in known.items()}, named)


async def bound(
    asker: Asker,
    attributes: Mapping[str, Mapping[str, bytes]],
    held: Mapping[str, Held],
    named: Mapping[str, bytes],
) -> tuple[tuple[LoopDevice, ...], tuple[Gap, ...]]:
    """Return loop devices by their attributes, the files they hold and their names at set-up."""
    found: list[LoopDevice] = []
    gaps: list[Gap] = []
    for name, texts in attributes.items():
        try:
            device = loop(name, texts, named.get(name))
        except Unparsable as error:
            gaps.append(cut_off(f"loop {name}", error))
            continue
        if device is not None:
            found.append(device)
    files = await asker.ask([Question(b"stat", device.path) for device in found])
    devices = [
        _measured(device, held.get(device.name), file)
        for device, file in zip(found, files, strict=True)
    ]
    gaps += [
        not_said(f"stat {device.backing}", file)
        for device, file in zip(devices, files, strict=True)
        if file.hung
    ]
    return tuple(devices), tuple(gaps)


def _held(info: Answer) -> Held:
    """Return device numbers and inode of the file that a loop device holds."""
    number, inode, *_ = _LOOP_INFO.unpack_from(info.data)
    return os.major(number), os.minor(number), inode


def _measured(device: LoopDevice, held: Held | None, file: Answer) -> LoopDevice:
    """Return the device with what is known of its file; ``file`` is what is at its path now.

    The path may lead to another file by now (replaced by a newer image), or nowhere.
    """
    if held is not None:
        device = replace(device, file_device=held[:2])
    if file.code or device.deleted:
        return device
    major, minor, inode, size, allocated = (int(word) for word in file.data.split())
    if held is not None and held != (major, minor, inode):
        return device
    return replace(device, file_device=(major, minor), file_size=size, file_allocated=allocated)
