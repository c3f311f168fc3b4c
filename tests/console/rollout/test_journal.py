from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import clean
from console.errors import Unparsable
from console.rollout.gates import Before
from console.rollout.journal import line, records
from console.rollout.records import Begun, Mark, Record, Rules, Said, Soaked, What, Word

_TEXT = st.text(max_size=20).map(clean)
_MAYBE = st.none() | _TEXT
_TEXTS = st.lists(_TEXT, max_size=3).map(tuple)
_AT = st.floats(0, 1e12)
_WHOLE = st.integers(0, 10**6)
_BEFORE = st.builds(Before, _MAYBE, _MAYBE, _TEXT, st.booleans(), *(_TEXTS for _ in range(4)))
_RULES = st.builds(Rules, _WHOLE, _WHOLE, _AT, _AT, _MAYBE)
RECORDS: st.SearchStrategy[Record] = st.one_of(
    st.builds(
        Begun, _AT, _TEXT, _TEXT, _TEXT, _TEXT, st.lists(_TEXTS).map(tuple), _RULES, _MAYBE, _MAYBE
    ),
    st.builds(Said, _AT, _TEXT, st.sampled_from(Word)),
    st.builds(
        Mark, _AT, _TEXT, st.sampled_from(What), _MAYBE, _MAYBE, st.none() | _BEFORE, _MAYBE
    ),
    st.builds(Soaked, _AT, _WHOLE),
)


@given(st.lists(RECORDS, max_size=5), st.binary(max_size=30).filter(lambda raw: b"\n" not in raw))
def test_what_is_written_is_read_but_for_a_torn_end(found: list[Record], torn: bytes) -> None:
    text = b"".join(map(line, found))
    assert records(text + torn, "r1.jsonl") == tuple(found)


@given(st.binary(max_size=60))
def test_what_is_no_record_is_refused_and_named(raw: bytes) -> None:
    with pytest.raises(Unparsable, match=r"r1\.jsonl:\d+: expected a record"):
        records(b"?" + raw + b"\n", "r1.jsonl")


@pytest.mark.parametrize(
    "text",
    [
        b'{"is":"mark","at":1e400,"target":"a","what":"passed"}',
        b'{"is":"mark","at":1,"target":7,"what":"passed"}',
        b'{"is":"mark","at":1,"target":"a","what":"blessed"}',
        b'{"is":"mark","at":1,"target":"a","what":"moving","before":{"reboots":1}}',
        b'{"is":"begun","version":2}',
        b'{"is":"soaked","at":1,"wave":true}',
        b"[]",
        b"[" * 100_000,
    ],
)
def test_nothing_wrong_is_taken_for_a_record(text: bytes) -> None:
    with pytest.raises(Unparsable):
        records(text + b"\n", "r1.jsonl")
