from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean, clean
from console.model import CableSpec
from console.parse.cable_specs import CABLES_KEPT, cable_specs

MTA = Clean("mta")


def one(token: str, name: str = "mta") -> CableSpec:
    (spec,) = cable_specs(Clean(name), token)
    return spec


@pytest.mark.parametrize(
    ("token", "bridge", "mac"),
    [
        ("=", None, None),
        ("br0=", "br0", None),
        ("=02:aa:00:00:00:01", None, "02:aa:00:00:00:01"),
        ("br0=02:AA:0:0:0:1", "br0", "02:aa:00:00:00:01"),
    ],
)
def test_a_cable_takes_the_next_index_on_both_sides(
    token: str, bridge: str | None, mac: str | None
) -> None:
    spec = one(token)
    assert (spec.outer, spec.inner, spec.fault) == ("mta0", "eth0", None)
    assert (spec.bridge, spec.mac, spec.vlan) == (bridge, mac, None)
    assert spec.text == token


def test_a_vlan_rides_on_the_cable_before_it_and_takes_no_index() -> None:
    specs = cable_specs(MTA, "br0=  =.5\tbr1=.7 =")
    assert [(spec.outer, spec.inner, spec.bridge, spec.vlan) for spec in specs] == [
        ("mta0", "eth0", "br0", None),
        ("mta0.5", None, None, 5),
        ("mta0.7", None, "br1", 7),
        ("mta1", "eth1", None, None),
    ]
    assert not any(spec.fault for spec in specs)


@pytest.mark.parametrize(
    ("token", "fault"),
    [
        ("br0", "there is no = in it"),
        ("a=b=c", "there is more than one = in it"),
        ("=zz", "zz is not a MAC address"),
        ("=02:aa:00:00:00", "02:aa:00:00:00 is not a MAC address"),
        ("=01:00:5e:00:00:01", "01:00:5e:00:00:01 is a multicast MAC address"),
        ("=00:00:00:00:00:00", "the MAC address is all zeros"),
        ("=.5", "there is no cable before this VLAN"),
    ],
)
def test_a_token_that_cannot_work_says_why(token: str, fault: str) -> None:
    assert one(token).fault == fault


@pytest.mark.parametrize("vlan", ["0", "4095", "", "x", "99999999", "-1", "\u0665"])
def test_a_vlan_outside_1_to_4094_is_a_fault(vlan: str) -> None:
    assert (
        cable_specs(MTA, f"= =.{vlan}")[1].fault == f"VLAN {vlan} is not a number from 1 to 4094"
    )


@pytest.mark.parametrize("vlan", ["1", "4094", "0005"])
def test_the_outermost_vlans_are_fine(vlan: str) -> None:
    assert cable_specs(MTA, f"= =.{vlan}")[1].fault is None


def test_a_faulty_cable_still_takes_its_index() -> None:
    assert [spec.outer for spec in cable_specs(MTA, "br0 a=b=c =")] == ["mta0", "mta1", "mta2"]


def test_the_limit_of_15_bytes_counts_bytes_and_the_vlan() -> None:
    assert one("=", "a23456789abcde").fault is None
    assert "a23456789abcdef0 is longer than 15 bytes" in str(one("=", "a23456789abcdef").fault)
    assert "longer than 15 bytes" in str(one("=", "ééééééé1").fault)
    narrow, wide = cable_specs(Clean("a23456789a"), "= =.4094")
    assert narrow.fault is None
    assert "a23456789a0.4094 is longer" in str(wide.fault)


def test_no_more_than_a_hundred_are_read() -> None:
    assert len(cable_specs(MTA, " =" * (CABLES_KEPT + 1))) == CABLES_KEPT


@given(st.text(), st.text(alphabet="=.:0123456789abf \t\x1b\x85"))
def test_any_text_gives_inert_specs_with_rising_indexes(name: str, text: str) -> None:
    specs = cable_specs(clean(name), text)
    inner = [spec.inner for spec in specs if spec.inner]
    assert inner == [f"eth{index}" for index in range(len(inner))]
    shown = [str(part) for spec in specs for part in (spec.text, spec.outer, spec.fault)]
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", "".join(shown))
    assert all(spec.vlan is None or spec.fault or 1 <= spec.vlan <= 4094 for spec in specs)
