"""Attributes as read from live systems; the marker of a deleted file is only a suffix."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import clean, clean_path
from console.errors import Unparsable
from console.model import LoopDevice
from console.parse.loops import ATTRIBUTES, loop


def attributes(backing: bytes, **others: bytes) -> dict[str, bytes]:
    texts = {
        "dev": b"7:2\n",
        "size": b"67108864\n",
        "ro": b"0\n",
        "loop/offset": b"0\n",
        "loop/backing_file": backing + b"\n",
    }
    return texts | others


def bound(backing: bytes, setup_name: bytes | None = None, **others: bytes) -> LoopDevice:
    device = loop("loop2", attributes(backing, **others), setup_name)
    assert device is not None
    return device


def test_every_attribute_has_its_place() -> None:
    assert bound(b"/overlay (deleted)", b"/overlay".ljust(64, b"\0")) == LoopDevice(
        name=clean("loop2"),
        device=(7, 2),
        backing=clean_path("/overlay"),
        path=b"/overlay",
        deleted=True,
        setup_name=clean("/overlay"),
        size=32 << 30,
        offset=0,
        read_only=False,
    )


@pytest.mark.parametrize(
    ("backing", "path", "deleted"),
    [
        (b"/overlay (deleted)", b"/overlay", True),
        (b"/LiveOS/rootfs.img", b"/LiveOS/rootfs.img", False),
        (b"/cow/airootfs.cow (deleted)", b"/cow/airootfs.cow", True),
        (b"/cdrom/casper/minimal.squashfs (deleted)", b"/cdrom/casper/minimal.squashfs", True),
        (b"/tmp/curl_fetch_url0/F (deleted) (deleted)", b"/tmp/curl_fetch_url0/F (deleted)", True),
        (b"/x(deleted)", b"/x(deleted)", False),
        (b"/x (deleted)y", b"/x (deleted)y", False),
        (b"/line\nend\n (deleted)", b"/line\nend\n", True),
        (b"/end\n", b"/end\n", False),
        (b"/\xff", b"/\xff", False),
        (b"", b"", False),
    ],
)
def test_the_marker_of_a_deleted_file_is_taken_off_once(
    backing: bytes, path: bytes, deleted: bool
) -> None:
    device = bound(backing)
    assert (device.path, device.deleted) == (path, deleted)
    assert device.backing == clean_path(path)


def test_a_file_that_was_called_deleted_from_the_start_is_not() -> None:
    device = bound(b"/a (deleted)", b"/a (deleted)\0rest")
    assert (device.path, device.deleted) == (b"/a (deleted)", False)
    device = bound(b"/a (deleted) (deleted)", b"/a (deleted)\0")
    assert (device.path, device.deleted) == (b"/a (deleted)", True)


def test_the_name_at_setup_keeps_the_identity_of_the_image() -> None:
    name = b"/run/initramfs/squashfs/LiveOS/rootfs.img"
    assert bound(b"/LiveOS/rootfs.img", name + b"\0").setup_name == name.decode()
    assert bound(b"/LiveOS/rootfs.img").setup_name is None
    assert bound(b"/LiveOS/rootfs.img", b"\0" * 64).setup_name is None


def test_sizes_are_bytes() -> None:
    device = bound(b"/i", **{"size": b"3\n", "loop/offset": b"1048576\n", "ro": b"1\n"})
    assert (device.size, device.offset, device.read_only) == (1536, 1 << 20, True)


def test_an_unbound_device_is_none() -> None:
    assert loop("loop0", {"dev": b"7:0\n", "size": b"0\n", "ro": b"0\n"}) is None


@pytest.mark.parametrize("key", [key for key in ATTRIBUTES if key != "loop/backing_file"])
@pytest.mark.parametrize("text", [None, b"", b"x\n", b"-1\n", b"7:\n"])
def test_a_bad_attribute_is_named(key: str, text: bytes | None) -> None:
    texts = attributes(b"/i")
    del texts[key]
    if text is not None:
        texts[key] = text
    with pytest.raises(Unparsable, match=f"/sys/block/loop2/{key}"):
        loop("loop2", texts)


@given(st.dictionaries(st.sampled_from(ATTRIBUTES), st.binary()), st.binary(max_size=64))
def test_any_bytes_are_a_device_nothing_or_an_error(
    texts: dict[str, bytes], setup_name: bytes
) -> None:
    try:
        device = loop("loop2", texts, setup_name)
    except Unparsable:
        return
    assert (device is None) == ("loop/backing_file" not in texts)


@given(st.binary(min_size=1).filter(lambda path: not path.endswith(b" (deleted)")), st.booleans())
def test_a_path_comes_back(path: bytes, deleted: bool) -> None:
    device = bound(path + b" (deleted)" * deleted)
    assert (device.path, device.deleted) == (path, deleted)
