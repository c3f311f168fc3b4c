"""The file of a capsule: new, ours alone, and bounded whoever made it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backends import capsule
from console.errors import ConsoleError

MEMBERS = [("manifest.json", b"{}\n"), ("values.jsonl", b"a\nb\n"), ("empty", b"")]


def lines(path: Path, *members: str) -> list[list[bytes]]:
    with capsule.opened(path) as read:
        return [list(read(member)) for member in members]


def test_what_is_saved_is_read_and_is_the_operators_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.capsule"
    capsule.save(path, MEMBERS)
    assert lines(path, "values.jsonl", "empty", "absent") == [[b"a\n", b"b\n"], [], []]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_file_is_overwritten_and_no_link_followed(tmp_path: Path) -> None:
    path, link = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"precious")
    link.symlink_to(tmp_path / "c")
    for each in (path, link, tmp_path / "no" / "folder"):
        with pytest.raises(ConsoleError, match=each.name) as refused:
            capsule.save(each, MEMBERS)
        assert refused.value.hint
    assert path.read_bytes() == b"precious"
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"no zip at all" * 99, b"PK\x05\x06" + b"\xff" * 18]
)
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.capsule"
    path.write_bytes(content)
    with pytest.raises(ConsoleError, match=r"a\.capsule"):
        lines(path, "manifest.json")


def test_a_folder_a_pipe_and_nothing_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in (".", "pipe", "nothing"):
        with pytest.raises(ConsoleError):
            lines(tmp_path / name, "manifest.json")


def test_a_bomb_is_refused_before_it_bursts(tmp_path: Path) -> None:
    long_line, many_lines = tmp_path / "line", tmp_path / "lines"
    capsule.save(long_line, [("values.jsonl", b"0" * (5 << 20))])
    capsule.save(many_lines, [("a", b"0\n" * (1 << 16)), ("b", b"0\n" * (1 << 16))])
    with pytest.raises(ConsoleError, match="too large"):
        lines(long_line, "values.jsonl")
    with (
        pytest.raises(ConsoleError, match="too large"),
        capsule.opened(many_lines, 3 << 16) as read,
    ):
        sum(len(line) for member in "ab" for line in read(member))


@pytest.mark.parametrize(("place", "claim"), [(-10, 5 << 20), (-42, 0x07064B50)])
def test_a_list_of_members_without_end_is_refused(tmp_path: Path, place: int, claim: int) -> None:
    path = tmp_path / "a.capsule"
    capsule.save(path, MEMBERS)
    content = bytearray(path.read_bytes())
    content[place : place + 4] = claim.to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(ConsoleError, match="no capsule"):
        lines(path, "manifest.json")


@example([(201, 8), (238, 128)])  # a name that is called UTF-8, and is not
@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=6))
def test_whatever_is_wrong_with_one_is_said_in_one_line(damage: list[tuple[int, int]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.capsule"
        capsule.save(path, MEMBERS)
        content = bytearray(path.read_bytes())
        for place, value in damage:
            content[place % len(content)] = value
        path.write_bytes(content)
        try:
            lines(path, "manifest.json", "values.jsonl")
        except ConsoleError as error:
            assert str(error).isprintable()


def test_a_damaged_member_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.capsule"
    capsule.save(path, [("values.jsonl", os.urandom(4096))])
    content = bytearray(path.read_bytes())
    content[1000] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ConsoleError, match="damaged"):
        lines(path, "values.jsonl")
