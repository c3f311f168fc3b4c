from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.errors import Unparsable
from console.parse import dm_ioctl
from console.parse.dm_ioctl import DmTarget

SNAPSHOT = (0, 409600, b"snapshot", b"123584/67108864 496")
LINEAR = (409600, 8192, b"linear", b"")


def header(count: int = 0, flags: int = 0, version: int = 4, uuid: bytes = b"") -> bytes:
    """A ``struct dm_ioctl`` field by field at the offsets of the kernel's header file."""
    head = bytearray(312)
    struct.pack_into("=III", head, 0, version, 49, 0)
    struct.pack_into("=II", head, 12, 16384, 312)
    struct.pack_into("=I", head, 20, count)
    struct.pack_into("=I", head, 28, flags)
    struct.pack_into("=Q", head, 40, 0xFE00)
    head[48:55] = b"live-rw"
    head[176 : 176 + len(uuid)] = uuid
    return bytes(head)


def status(*targets: tuple[int, int, bytes, bytes]) -> bytes:
    body = b""
    for start, length, kind, text in targets:
        entry = struct.pack("=QQiI16s", start, length, 0, 0, kind) + text + b"\0"
        entry = entry.ljust((len(entry) + 7) // 8 * 8, b"\0")
        following = len(body) + len(entry)
        body += entry[:20] + struct.pack("=I", following) + entry[24:]
    return (header(len(targets), uuid=b"LVM-1") + body).ljust(16384, b"\0")


def names(*devices: tuple[int, bytes]) -> bytes:
    body = b""
    for number, (device, name) in enumerate(devices, 1):
        entry = struct.pack("=QI", device, 0) + name + b"\0"
        entry = entry.ljust((len(entry) + 7) // 8 * 8, b"\0") + struct.pack("=II", 7, 0)
        following = 0 if number == len(devices) else len(entry)
        body += entry[:8] + struct.pack("=I", following) + entry[12:]
    return (header() + body).ljust(16384, b"\0")


def test_a_question_is_laid_out_as_the_kernel_reads_it() -> None:
    asked = dm_ioctl.request(b"live-rw", dm_ioctl.TABLE)
    assert struct.unpack_from("=III", asked) == (4, 0, 0)
    assert struct.unpack_from("=II", asked, 12) == (len(asked), 312)
    assert struct.unpack_from("=I", asked, 28) == (0x10,)
    assert asked[48:56] == b"live-rw\0"


def test_targets_follow_each_other() -> None:
    assert dm_ioctl.targets(status(SNAPSHOT, LINEAR)) == (
        DmTarget(0, 409600, "snapshot", "123584/67108864 496"),
        DmTarget(409600, 8192, "linear", ""),
    )
    assert dm_ioctl.uuid(status(SNAPSHOT)) == "LVM-1"


def test_devices_are_listed() -> None:
    # The kernel's huge_encode_dev: minor bits 0-7, major from bit 8, the rest of minor from 20.
    listed = dm_ioctl.devices(names((0xFE00, b"live-base"), (0x0010FE01, b"live-rw")))
    assert listed == ((b"live-base", (254, 0)), (b"live-rw", (254, 257)))


def test_no_device_is_an_empty_list() -> None:
    assert dm_ioctl.devices(names((0, b""))) == ()


@pytest.mark.parametrize("answer", [b"", header(version=3), header(flags=1 << 8), b"\0" * 312])
def test_what_does_not_fit_is_refused(answer: bytes) -> None:
    with pytest.raises(Unparsable):
        dm_ioctl.devices(answer)
    with pytest.raises(Unparsable):
        dm_ioctl.targets(answer)


@given(st.binary(max_size=64), st.integers(0, 2**31 - 1))
def test_garbage_is_refused_or_read_but_never_worse(body: bytes, count: int) -> None:
    for read in (dm_ioctl.devices, dm_ioctl.targets):
        try:
            read(header(count) + body)
        except Unparsable:
            continue
