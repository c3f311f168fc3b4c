"""The packed form of recorded samples."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean
from console.errors import Unparsable
from console.frames import Frame, folded, framed, packed, samples, unpacked
from console.series import MOST, Sample

LEVELS = 3
value = st.integers(-1, MOST)
frames = st.lists(
    st.builds(
        Frame,
        at=st.integers(-(2**50), 2**50),
        time=st.integers(-(2**50), 2**50),
        values=st.tuples(*[value] * (3 * LEVELS)),
    ),
    min_size=1,
    max_size=20,
)


@given(frames)
def test_packing_loses_nothing(found: list[Frame]) -> None:
    assert unpacked(packed(found), LEVELS) == found


@given(st.binary(max_size=80) | st.binary(max_size=200).map(zlib.compress), st.integers(0, 5))
def test_rubbish_is_unparsable(data: bytes, levels: int) -> None:
    try:
        found = unpacked(data, levels)
    except Unparsable:
        return
    assert all(len(frame.values) == 3 * levels for frame in found)


def test_frames_of_other_levels_are_unparsable() -> None:
    with pytest.raises(Unparsable):
        unpacked(packed([Frame(1, 2, (1, 2, 3))]), 2)


def test_a_look_survives_framing() -> None:
    look = {
        Clean("mem"): Sample(1.5, 1e9, 7, None, None, "boot"),
        Clean("dm:live-rw"): Sample(1.5, 1e9, 2**80, 4, 5, "boot"),
    }
    origin, frame = framed("mta", "here", look)
    assert origin.levels == ("mem", "dm:live-rw")
    assert samples(origin, [frame], "here") == {
        "mem": [Sample(1.5, 1e9, 7, None, None, "boot")],
        "dm:live-rw": [Sample(1.5, 1e9, MOST, 4, 5, "boot")],
    }
    assert samples(origin, [frame], "elsewhere")["mem"][0].clock == "here"


@given(frames)
def test_folding_keeps_the_highest_and_the_newest(found: list[Frame]) -> None:
    thin = folded(found, 30_000)
    assert len({frame.at // 30_000 for frame in found}) == len(thin)
    assert max(frame.at for frame in thin) == max(frame.at for frame in found)
    for place in range(3 * LEVELS):
        highest = max(frame.values[place] for frame in found)
        assert max(frame.values[place] for frame in thin) == highest
