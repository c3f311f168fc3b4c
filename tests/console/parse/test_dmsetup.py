"""Whole outputs of dmsetup: names, several devices, and what is garbled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import clean
from console.model import DmDevice, OtherTarget, Snapshot
from console.parse.dmsetup import NOWHERE, devices, name, node

TABLE = "7:1 7:2 PO 8"
POOL_TABLE = "7:3 7:4 1024 1024 0"
TEXT = st.text(st.characters(codec="utf-8"), max_size=200)


def test_a_live_root_of_two_devices() -> None:
    found, wrong = devices(
        "live-base: 0 409600 linear 7:1 0\nlive-rw: 0 409600 snapshot 7:1 7:2 PO 8\n",
        "live-base: 0 409600 linear \nlive-rw: 0 409600 snapshot 24/67108864 16\n",
        "live-base:CRYPT-a:b:254:1:1:0\nlive-rw::254:0:1:0\n",
    )
    assert wrong == ()
    assert found == (
        DmDevice(
            clean("live-base"),
            (254, 1),
            (OtherTarget(clean("linear"), clean("7:1 0"), clean("")),),
            clean("CRYPT-a:b"),
        ),
        DmDevice(
            clean("live-rw"),
            (254, 0),
            (Snapshot(clean("7:1"), clean("7:2"), "PO", 8, 24, 67108864, 16),),
        ),
    )


def test_one_device_is_told_without_its_name() -> None:
    table, status = "0 409600 snapshot 7:1 7:2 PO 8\n", "0 409600 snapshot 24/67108864 16\n"
    ((device,), wrong) = devices(table, status, "live-rw::254:0:1:0\n")
    assert (device.name, device.device, device.uuid, wrong) == ("live-rw", (254, 0), None, ())
    ((device,), wrong) = devices(table, status)
    assert (device.name, device.device, wrong) == ("", NOWHERE, ())


def test_several_targets_stay_in_order() -> None:
    ((device,), wrong) = devices(
        "a: 0 8 linear 7:1 0\na: 8 8 linear 7:2 0\na: 16 16 snapshot 7:1 7:2 N 8",
        "a: 0 8 linear\na: 8 8 linear \na: 16 16 snapshot Overflow",
    )
    assert wrong == ()
    assert [type(part) for part in device.targets] == [OtherTarget, OtherTarget, Snapshot]


def test_a_device_without_a_table_has_no_targets() -> None:
    assert devices("new: \n", "new: \n", "new::254:3:0:0\n") == (
        (DmDevice(clean("new"), (254, 3), ()),),
        (),
    )


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (r"my\x20disk", "my disk"),
        ("my disk", "my disk"),
        (r"caf\xc3\xa9", "café"),
        (r"a\x1b[2J", "a␛[2J"),
        (r"a\xzz", r"a\xzz"),
        ("vg-a--b_1.2:3=@#", "vg-a--b_1.2:3=@#"),
    ],
)
def test_names_are_shown_as_typed(raw: str, shown: str) -> None:
    assert name(raw) == shown
    ((device,), wrong) = devices(
        f"{raw}: 0 8 linear 7:1 0\n", f"{raw}: 0 8 linear \n", f"{raw}:LVM-x:254:7:0:0\n"
    )
    assert wrong == ()
    assert (device.name, device.uuid, device.device) == (shown, "LVM-x", (254, 7))


def test_a_node_is_spelled_as_libdevmapper_spells_it() -> None:
    assert node(clean("live-rw")) == "/dev/mapper/live-rw"
    assert node(clean("my disk")) == r"/dev/mapper/my\x20disk"


@given(st.text(st.characters(codec="utf-8"), max_size=127))
def test_a_node_leads_back_to_its_name(raw: str) -> None:
    shown = clean(raw)
    assert name(node(shown).removeprefix("/dev/mapper/")) == shown


def test_of_names_that_begin_alike_the_longest_is_meant() -> None:
    both = "a: 0 8 linear 7:1 0\na:b: 0 8 linear 7:2 0\n"
    found, wrong = devices(both, both, "a:b:LVM-x:254:7:0:0\na::254:6:0:0\n")
    assert wrong == ()
    assert [(device.name, device.uuid, device.device) for device in found] == [
        ("a", None, (254, 6)),
        ("a:b", "LVM-x", (254, 7)),
    ]


def test_a_mangled_table_meets_an_unmangled_status() -> None:
    ((device,), wrong) = devices("a\\x20b: 0 8 linear 7:1 0", "a b: 0 8 linear ", "a b::254:7:0:0")
    assert (device.name, device.device, wrong) == ("a b", (254, 7), ())


@pytest.mark.parametrize("text", ["", "\n", "No devices found\n"])
def test_no_devices_is_no_error(text: str) -> None:
    assert devices(text, text, text) == ((), ())


def test_a_usage_text_is_one_error() -> None:
    usage = "Usage:\n\ndmsetup\n        [--version] [-h|--help [-c|-C|--columns]]\n"
    found, (wrong,) = devices(usage, "")
    assert found == ()
    assert (wrong.source, wrong.line) == ("dmsetup table", "Usage:")


@pytest.mark.parametrize(
    "status",
    [
        "live-rw: 0 409600 snapshot 24/671",
        "live-rw: 0 409600 snapshot",
        "live-rw: 0 409600 snapshot ",
        "live-rw: 0 409600 snap",
        "live-rw: 0 4096",
        "live-rw: 0 409601 snapshot 24/67108864 16",
        "live-rw: ",
        "live-r",
        "",
        "live-rw: 0 409600 snapshot 24/9 16\nlive-rw: 0 409600 snapshot 24/9 16",
    ],
)
def test_a_garbled_device_is_an_error_and_loses_no_other(status: str) -> None:
    found, wrong = devices(
        "a: 0 8 linear 7:1 0\nlive-rw: 0 409600 snapshot 7:1 7:2 PO 8\nz: 0 8 linear 7:1 0\n",
        f"a: 0 8 linear \nz: 0 8 linear \n{status}",
    )
    assert [device.name for device in found] == ["a", "z"]
    assert any(error.source.endswith(" of live-rw") for error in wrong)


def test_a_device_that_only_the_status_knows_is_an_error() -> None:
    found, (wrong,) = devices("", "live-rw: 0 409600 snapshot 24/67108864 16\n")
    assert found == ()
    assert wrong.source.endswith(" of live-rw")


def test_garbled_info_is_reported_once_and_costs_only_the_numbers() -> None:
    ((device,), (wrong,)) = devices("a: 0 8 linear 7:1 0", "a: 0 8 linear ", "Name  Maj\nx\n")
    assert (device.name, device.device) == ("a", NOWHERE)
    assert wrong.source == "dmsetup info"


@given(TEXT, TEXT, TEXT)
def test_any_text_is_devices_or_errors(table: str, status: str, info: str) -> None:
    devices(table, status, info)
    devices("a: 0 8 snapshot 7:1 7:2 PO 8\n" + table, f"a: 0 8 snapshot {status}", info)
