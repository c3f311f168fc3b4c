from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.errors import Unparsable
from console.parse.probe_frames import LARGEST, Frame, Lines, Reader, Section

S = b"9658b3c8e78f9e0a"


def section(name: bytes, data: bytes, status: int = 0) -> bytes:
    return b"\n%s %s\n%s\n%s/%d\n" % (S, name, data, S, status)


def end(number: int) -> bytes:
    return b"\n%s.%d\n" % (S, number)


def test_sections_are_cut_at_the_separator_alone() -> None:
    odd = b"\n\nnot the end/0\n\0\xff" + S + b"/0"
    reader = Reader(S)
    said = b"motd\n" + section(b"uptime", b"81.2 160.0\n") + section(b"odd", odd, 2) + end(7)
    assert reader.feed(said) == [
        Frame(7, {b"uptime": Section(b"81.2 160.0\n", 0), b"odd": Section(odd, 2)})
    ]
    assert reader.noise == b"motd\n"


names = st.from_regex(rb"[a-z0-9_]{1,12}", fullmatch=True)
payloads = st.binary(max_size=60).filter(lambda data: S not in data)
frames = st.dictionaries(names, st.tuples(payloads, st.integers(0, 255)), max_size=5)


@given(st.lists(frames, min_size=1, max_size=4), st.data())
def test_it_does_not_matter_how_the_bytes_are_parted(
    told: list[dict[bytes, tuple[bytes, int]]], data: st.DataObject
) -> None:
    stream = b"".join(
        b"".join(section(name, *said) for name, said in frame.items()) + end(number)
        for number, frame in enumerate(told)
    )
    reader = Reader(S)
    found: list[Frame] = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += reader.feed(stream[:size])
        stream = stream[size:]
    assert found == [
        Frame(number, {name: Section(*said) for name, said in frame.items()})
        for number, frame in enumerate(told)
    ]


def test_what_may_hang_is_known_while_it_does() -> None:
    reader = Reader(S)
    assert reader.feed(section(b"boot", b"") + b"\n%s>fill\n" % S) == []
    assert reader.begun == b"fill"
    assert reader.feed(section(b"fill", b"") + end(1))
    assert reader.begun == b""


@pytest.mark.parametrize(
    "wrong",
    [
        b"\n%s/0\n" % S,
        b"\n%s x\n\n%s y\n" % (S, S),
        b"\n%s x\n\n%s/many\n" % (S, S),
        b"\n%s.x\n" % S,
        b"\n%s?\n" % S,
        b"\n%s " % S + b"x" * 300,
        b"x" * (LARGEST + 1),
        section(b"x", b"y" * LARGEST),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: bytes) -> None:
    with pytest.raises(Unparsable):
        Reader(S).feed(wrong)


@given(
    st.lists(st.sampled_from([b"\n", S, b" ", b"/", b".", b">", b"1", b"x", b"\0"]), max_size=80)
)
def test_any_bytes_are_taken_or_refused(pieces: list[bytes]) -> None:
    reader = Reader(S)
    try:
        for piece in pieces:
            for frame in reader.feed(piece):
                assert frame.number >= 0
    except Unparsable:
        return


def test_much_noise_is_not_kept() -> None:
    reader = Reader(S)
    reader.feed(b"noise " * 10_000 + end(0))
    assert len(reader.noise) == 1024


def test_lines_that_did_not_change_are_remembered() -> None:
    lines = Lines()
    for news, told in (
        (b"3\n1 a\n2 b b\n3 \n", (b"a", b"b b", b"")),
        (b"3\n2 c\n", (b"a", b"c", b"")),
        (b"1\n", (b"a",)),
        (b"3\n", (b"a", b"c", b"")),  # as the shell remembers them
        (b"4\n4 d\n", (b"a", b"c", b"", b"d")),
        (b"0\n", ()),
    ):
        lines.take(news)
        assert lines.told == told
    for wrong in (b"", b"x\n", b"5\n", b"-1\n", b"1\nx y\n", b"5\n6 x\n", b"1\n0 x\n"):
        with pytest.raises(Unparsable):
            lines.take(wrong)
