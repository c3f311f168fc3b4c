"""The packed form of recorded samples."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.chronicle import MOST
from console.clean import Clean
from console.errors import Unparsable
from console.frames import Frame, folded, framed, opening, packed, samples, unpacked
from console.series import Sample
from tests.console.looked import looked

LEVELS = 3
value = st.integers(-1, MOST)
frames = st.lists(
    st.builds(
        Frame,
        at=st.integers(-(2**50), 2**50),
        time=st.integers(-(2**50), 2**50),
        values=st.tuples(*[value] * (4 * LEVELS)),
    ),
    min_size=1,
    max_size=20,
)


@given(frames)
def test_packing_loses_nothing(found: list[Frame]) -> None:
    assert unpacked(packed(found), LEVELS) == found
    assert opening(packed(found), LEVELS) == found[0]


@given(frames)
def test_what_knows_of_no_metadata_is_read_all_the_same(found: list[Frame]) -> None:
    without = [
        replace(frame, values=tuple(chain(*((*row[:3], -1) for row in batched(frame.values)))))
        for frame in found
    ]
    data = packed(without)
    assert len(zlib.decompress(data)) == 8 * (1 + len(found) * (2 + 3 * LEVELS))
    assert unpacked(data, LEVELS) == without
    assert opening(data, LEVELS) == without[0]


def batched(values: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield the measures of each level."""
    yield from zip(*[iter(values)] * 4, strict=True)


@given(st.binary(max_size=80) | st.binary(max_size=200).map(zlib.compress), st.integers(0, 5))
def test_rubbish_is_unparsable(data: bytes, levels: int) -> None:
    try:
        found = unpacked(data, levels)
    except Unparsable:
        return
    assert all(len(frame.values) == 4 * levels for frame in found)
    assert opening(data, levels) == found[0]


def test_frames_of_other_levels_are_unparsable() -> None:
    with pytest.raises(Unparsable):
        unpacked(packed([Frame(1, 2, (1, 2, 3, -1))]), 2)


def test_a_look_survives_framing() -> None:
    look = {
        Clean("mem"): Sample(1.5, 1e9, 7, None, None, "boot"),
        Clean("dm:live-rw"): Sample(1.5, 1e9, 2**80, 4, 5, "boot"),
        Clean("dm:pool"): Sample(1.5, 1e9, 8, boot="boot", metadata=9),
    }
    ((origin, (frame,)),) = framed([("mta", looked(look))], "here")
    assert origin.levels == ("mem", "dm:live-rw", "dm:pool")
    assert samples(origin, [frame], "here") == {
        "mem": [Sample(1.5, 1e9, 7, None, None, "boot")],
        "dm:live-rw": [Sample(1.5, 1e9, MOST, 4, 5, "boot")],
        "dm:pool": [Sample(1.5, 1e9, 8, boot="boot", metadata=9)],
    }
    assert samples(origin, [frame], "elsewhere")["mem"][0].clock == "here"


@given(frames)
def test_folding_keeps_the_highest_and_the_newest(found: list[Frame]) -> None:
    thin = folded(found, 30_000)
    assert len({frame.at // 30_000 for frame in found}) == len(thin)
    assert max(frame.at for frame in thin) == max(frame.at for frame in found)
    for place in range(4 * LEVELS):
        highest = max(frame.values[place] for frame in found)
        assert max(frame.values[place] for frame in thin) == highest
