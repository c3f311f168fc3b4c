"""Lines of the audit: what was changed, left out or torn shows."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from console.audit import FIRST, Record, audited, digest, line
from console.clean import Clean, clean

RECORD = Record(
    time=1_800_000_000.25,
    id=Clean("20261126T012233Z-9f3a61"),
    who=Clean("alice@bastion"),
    host=Clean("web1"),
    subhost=Clean("mta"),
    verb=Clean("start"),
    digest=Clean("ab" * 32),
)
ENDED = replace(RECORD, time=RECORD.time + 2, outcome=Clean("undone"), told=Clean("step 2 failed"))


def lines(*records: Record) -> list[bytes]:
    """Return the lines of a file that has just these."""
    said: list[bytes] = []
    for record in records:
        said.append(line(record, digest(said[-1]) if said else FIRST))
    return said


def test_a_line_is_json_of_plain_names() -> None:
    (said,) = lines(RECORD)
    assert json.loads(said) == {
        "time": "2027-01-15T08:00:00.250Z",
        "id": "20261126T012233Z-9f3a61",
        "who": "alice@bastion",
        "host": "web1",
        "subhost": "mta",
        "verb": "start",
        "digest": "ab" * 32,
        "outcome": None,
        "told": None,
        "reason": None,
        "level": None,
        "image": None,
        "before": "0" * 64,
    }


def test_what_is_written_is_read() -> None:
    said = lines(RECORD, ENDED, RECORD)
    found = audited([("a.jsonl", b"\n" + b"\n".join(said[:2])), ("b.jsonl", b"\n" + said[2])])
    assert found.records == (RECORD, ENDED, RECORD)
    assert found.troubles == ()


def test_the_oldest_line_kept_may_name_one_that_is_not() -> None:
    said = lines(RECORD, ENDED, RECORD)
    assert audited([("a", b"\n".join(said[1:]))]).troubles == ()


def test_a_changed_line_shows() -> None:
    first, second = lines(RECORD, ENDED)
    found = audited([("a", b"\n" + first.replace(b"alice", b"trudy") + b"\n" + second)])
    assert found.troubles == ("a:3: what stood before it was changed",)
    assert len(found.records) == 2


def test_a_line_left_out_or_put_in_shows() -> None:
    said = lines(RECORD, ENDED, RECORD)
    assert audited([("a", b"\n".join((said[0], said[2])))]).troubles
    assert audited([("a", b"\n".join((said[0], said[0], *said[1:])))]).troubles


def test_a_torn_line_is_told_and_spoils_no_other() -> None:
    torn = lines(RECORD)[0][:40]
    after = line(ENDED, digest(torn))
    found = audited([("a", b"\n" + torn + b"\n" + after)])
    assert found.records == (ENDED,)
    assert found.troubles == ("a:2: is torn or no record",)


@given(st.binary(max_size=300))
def test_anything_is_read(text: bytes) -> None:
    found = audited([("a", text), ("b", b"\n" + lines(RECORD)[0])])
    assert found.records[-1] == RECORD


@given(st.recursive(st.none() | st.integers() | st.text() | st.booleans(), st.lists))
def test_any_value_of_json_is_read(value: object) -> None:
    said = json.loads(lines(RECORD)[0])
    for key in said:
        audited([("a", json.dumps({**said, key: value}).encode())])


@given(st.text(max_size=99), st.none() | st.text(max_size=99))
def test_every_text_comes_back(subhost: str, told: str | None) -> None:
    record = replace(RECORD, subhost=clean(subhost), told=None if told is None else clean(told))
    (said,) = lines(record)
    assert b"\n" not in said
    assert audited([("a", said)]).records == (record,)
