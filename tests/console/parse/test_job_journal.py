"""Journals as jobs write them, torn, and of anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import clean
from console.jobs import JobState
from console.parse.job_journal import Progress, progress

BEGUN = b"10.00 begun"


def read(*lines: bytes) -> Progress:
    return progress((BEGUN, *lines))


def test_nothing_told() -> None:
    assert progress(()) == Progress()
    assert read() == Progress(begun=10.0, last=10.0)


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (b"end done", JobState.DONE),
        (b"end undone", JobState.UNDONE),
        (b"end left 3 1", JobState.LEFT),
        (b"end refused it is busy", JobState.REFUSED),
        (b"end of what", None),
        (b"step 3", None),
    ],
)
def test_how_it_ended(end: bytes, state: JobState | None) -> None:
    assert read(b"10.10 step 1", b"12.50 " + end).state is state


def test_where_it_is_and_since_when() -> None:
    told = read(b"10.10 step 1", b"11.5 step 2")
    assert (told.state, told.step, told.begun, told.last) == (None, 2, 10.0, 11.5)


def test_what_failed_and_is_left() -> None:
    told = read(b"1 step 1", b"2 step 2", b"3 failed 2 127", b"4 undo 2", b"5 end left 2")
    assert (told.failed, told.left, told.step) == ((2, 127), (2,), 2)


def test_a_refusal_is_told_in_its_words() -> None:
    assert read(b"11 end refused busy: bob@b stop\x1b[31m").refusal == "busy: bob@b stop␛[31m"


def test_the_newest_warnings_are_kept() -> None:
    told = read(*(b"12 warn 4 service n%d failed" % number for number in range(9)))
    assert told.warnings == tuple(f"service n{number} failed" for number in (6, 7, 8))


def test_what_was_killed_is_finished() -> None:
    told = read(b"11 step 1", b"50 settle finish", b"50.1 begun", b"50.2 step 1", b"51 end done")
    assert (told.state, told.begun, told.settled) == (JobState.DONE, 10.0, True)


def test_while_it_is_settled_no_end_counts_that_was_before() -> None:
    told = read(b"11 step 1", b"12 failed 1 1", b"13 end left 1", b"50 settle roll-back")
    assert (told.state, told.left, told.failed, told.step) == (None, (), None, 1)


def test_refused_while_it_is_settled_it_is_still_to_be_settled() -> None:
    told = read(b"11 step 1", b"50 settle finish", b"51 end refused busy: bob")
    assert (told.state, told.refusal) == (None, "busy: bob")


@given(st.lists(st.binary(max_size=60)))
def test_anything_is_read(lines: list[bytes]) -> None:
    told = progress(lines)
    assert told.step >= 0
    assert all(text == clean(text) for text in (*told.warnings, told.refusal or ""))


WORDS = st.sampled_from(
    (b"begun", b"step 1", b"step 2", b"failed 2 1", b"undo 2", b"undo 1", b"warn 1 a b")
)


@given(st.lists(WORDS, max_size=20), st.binary(max_size=30).filter(lambda line: b"\n" not in line))
def test_a_torn_last_line_changes_nothing_before_it(words: list[bytes], torn: bytes) -> None:
    lines = [b"%d.5 %s" % (number, word) for number, word in enumerate(words)]
    assert progress([*lines, b"x" + torn]) == progress(lines)
