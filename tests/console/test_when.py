"""Times and spans as an operator types them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.when import moment, seconds

NOW = datetime(2026, 11, 26, 14, 32, 30, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("14:32", 30.0),
        ("14:32:05", 25.0),
        (" 14:33 ", 86_400 - 30.0),
        ("2026-11-26T14:32:05Z", 25.0),
        ("2026-11-26 14:32:05", 25.0),
        ("2026-11-26T15:32:05+01:00", 25.0),
        ("10m", 600.0),
        ("1.5h", 5400.0),
    ],
)
def test_a_time_is_understood(text: str, ago: float) -> None:
    assert NOW - moment(text, NOW) == ago


@pytest.mark.parametrize("text", ["", "noon", "25:00", "14:61", "90", "-", "2026-13-01", "9" * 99])
def test_what_is_no_time_says_so(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        moment(text, NOW)


def test_a_span_is_understood() -> None:
    assert [seconds(text) for text in ("90", "90s", "10m", "6h", "2d")] == [
        *(90.0, 90.0, 600.0, 21_600.0, 172_800.0)
    ]


@pytest.mark.parametrize("text", ["", "0", "0s", "m", "1w", "-5m", "1e9", "٣m"])
def test_what_is_no_span_says_so(text: str) -> None:
    with pytest.raises(ValueError, match="is no span"):
        seconds(text)


@given(st.text(max_size=40))
def test_nothing_else_comes_of_it(text: str) -> None:
    try:
        assert isinstance(moment(text, NOW), float)
    except ValueError as error:
        assert "is no time" in str(error)
