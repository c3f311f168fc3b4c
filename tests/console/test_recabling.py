"""What becomes of a cable, as it is typed."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from console.recabling import Change, Recabling, recabling

WORDS = st.sampled_from(
    [*Change, "", "7", "4095", "0", "07", "br0", "-x", "02:0:0:0:0:1"]
) | st.text(max_size=8)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("bridge br1", "bridge br1"),
        ("no-bridge", "no-bridge"),
        ("vlan 07", "vlan 7"),
        ("vlan 4094 br-lan", "vlan 4094 br-lan"),
        ("no-vlan 7", "no-vlan 7"),
        ("mac 2:AA:0:0:0:1", "mac 02:aa:00:00:00:01"),
        ("up", "up"),
    ],
)
def test_typed(typed: str, words: str) -> None:
    found = recabling("eth0", typed.split(), 9)
    assert (found.end, found.words, found.patience) == ("eth0", words, 9)
    assert recabling("eth0", words.split(), 9) == found


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "'' is none of: bridge BRIDGE, no-bridge, vlan N [BRIDGE], no-vlan N, mac"),
        ("down", "'down' is none of"),
        ("bridge", "it is typed: bridge BRIDGE"),
        ("up br0", "it is typed: up"),
        ("bridge br0;x", "br0;x is not the name of a bridge"),
        ("vlan 4095", "4095 is not the number of a VLAN, from 1 to 4094"),
        ("vlan 0 br0", "0 is not the number"),
        ("no-vlan \u0667", "\u0667 is not the number"),
        ("mac .5", ".5 is not a MAC address"),
        ("mac 1:2:3:4:5:6", "01:02:03:04:05:06 is a multicast MAC address"),
        ("mac 0:0:0:0:0:0", "the MAC address is all zeros"),
    ],
)
def test_what_it_cannot_be(typed: str, told: str) -> None:
    with pytest.raises(ValueError, match=r"\A.*\Z") as caught:
        recabling("eth0", typed.split())
    assert told in str(caught.value)


@given(st.text(max_size=20), st.lists(WORDS, max_size=4))
@example("", [Change.BRIDGE, "\xa0"])
def test_any_words_mean_something_or_are_told_in_a_line(end: str, words: list[str]) -> None:
    try:
        found = recabling(end, words)
    except ValueError as error:
        assert str(error).isprintable()
    else:
        assert recabling(found.end, found.words.split()) == found
        assert all(word.isprintable() and " " not in word for word in found.words.split(" "))


def test_each_change_has_its_own_parts() -> None:
    parts = {
        "bridge br0": "bridge",
        "vlan 7": "vlan",
        "no-vlan 7": "vlan",
        "mac 2:0:0:0:0:1": "mac",
    }
    for typed, part in product(parts, ("bridge", "vlan", "mac")):
        value = getattr(recabling("eth0", typed.split()), part)
        assert (value is not None) is (part == parts[typed])
    assert recabling("mta0", ("up",)) == Recabling(end="mta0", change=Change.UP)  # type: ignore[arg-type]
