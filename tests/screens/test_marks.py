"""Values as text: exact forms, and cells that are always as many as promised."""

from __future__ import annotations

import math
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from screens.marks import (
    ASCII,
    UNICODE,
    Glyphs,
    age,
    bar,
    cells,
    count,
    duration,
    fit,
    percent,
    rate,
    size,
    spark,
)

AWKWARD = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Mn", "Cf", "Cc", "Cs"]),
        st.sampled_from("日本語ｍ👩‍🚀🇩🇪\ufe0f\u200d\u202e\x1b\n\t\r\x9b[]"),
    )
)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0B"),
        (1, "1B"),
        (999, "999B"),
        (1000, "1.0K"),
        (1024, "1.0K"),
        (10 * 1024 - 1, "10K"),
        (1288490189, "1.2G"),
        (397896 * 512, "194M"),
        (1 << 63, "8.0E"),
        (-(1 << 20), "-1.0M"),
        (1 << 4000, "999Y"),
    ],
)
def test_size(amount: int, text: str) -> None:
    assert size(amount) == text


@given(st.integers())
def test_size_and_count_stay_short(number: int) -> None:
    assert len(size(number)) <= 5
    assert len(count(number)) <= 5


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.9, "0s"),
        (59.9, "59s"),
        (200, "3m20s"),
        (3599, "59m59s"),
        (7500, "2h05m"),
        (3 * 86400 + 4 * 3600, "3d04h"),
        (99 * 86400 + 86399, "99d23h"),
        (123 * 86400, "123d"),
        (1e12, ">9999d"),
        (-5, "0s"),
        (math.inf, "-"),
        (math.nan, "-"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@given(st.floats())
def test_duration_and_rate_stay_short(seconds: float) -> None:
    assert len(duration(seconds)) <= 6
    assert len(rate(seconds)) <= 7


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (999, "999"), (1000, "1.0k"), (34_000_000, "34M"), (-1234, "-1.2k")],
)
def test_count(number: int, text: str) -> None:
    assert count(number) == text


def test_percent_and_rate() -> None:
    assert [percent(tenths) for tenths in (0, 1, 423, 999, 1000)] == [
        "0.0%",
        "0.1%",
        "42.3%",
        "99.9%",
        "100%",
    ]
    assert rate(1258291.2) == "1.2M/s"
    assert rate(math.nan) == "-"


@pytest.mark.parametrize(
    ("tenths", "glyphs", "text"),
    [
        (0, ASCII, "|........"),
        (1, ASCII, "#|......."),
        (500, ASCII, "####|...."),
        (999, ASCII, "#######|."),
        (1000, ASCII, "########|"),
        (0, UNICODE, "|────────"),
        (1, UNICODE, "╸|───────"),
        (500, UNICODE, "━━━━|────"),
        (999, UNICODE, "━━━━━━━╸|"),
        (1000, UNICODE, "━━━━━━━━|"),
    ],
)
def test_bar(tenths: int, glyphs: Glyphs, text: str) -> None:
    assert "|".join(bar(tenths, 8, glyphs)) == text


@given(st.integers(), st.integers(-2, 60), st.sampled_from([ASCII, UNICODE]))
def test_bar_is_as_wide_as_asked(tenths: int, width: int, glyphs: Glyphs) -> None:
    assert len("".join(bar(tenths, width, glyphs))) == max(width, 0)


def test_spark_shows_the_newest_and_leaves_holes() -> None:
    assert spark((0, 3, 7, -1, 7), 4) == "▄█ █"
    assert spark((0, 7), 4, ASCII) == "  _#"
    assert spark((0, 7), 0) == ""


def test_fit_pads_and_cuts() -> None:
    assert fit("ab", 4) == "ab  "
    assert fit("ab", 4, right=True) == "  ab"
    assert fit("abcdef", 4) == "abc…"
    assert fit("abcdef", 4, ellipsis=ASCII.ellipsis) == "abc~"
    assert fit("日本語", 5) == "日本…"
    assert fit("日本語", 4) == "日… "
    assert fit("abc", 0) == ""


def test_fit_drops_what_moves_a_cursor_or_reorders() -> None:
    assert fit("a\x1b[31m\x9b2J\r\nb\u202e\u200bc\u2028\x7f", 12) == "a[31m2Jbc   "
    assert fit("[@click=app.quit]x[/]", 21) == "[@click=app.quit]x[/]"


def test_fit_of_half_a_million_marks_is_short() -> None:
    assert len(fit("e" + "\u0301" * 500_000, 10)) < 20


@given(AWKWARD, st.integers(0, 40), st.booleans(), st.sampled_from("…~"))
@example("e\u0301\u0301\u0301\u0301\u0301", 1, False, "…")
@example("\u0301", 1, False, "…")
@example("👩\u200d🚀\ufe0f", 3, True, "…")
def test_fit_is_exactly_as_wide_as_asked(
    text: str, width: int, right: bool, ellipsis: str
) -> None:
    fitted = fit(text, width, right=right, ellipsis=ellipsis)
    assert cell_len(fitted) == width
    assert not {unicodedata.category(character) for character in fitted} & {"Cc", "Cf", "Cs"}


@given(st.text(st.sampled_from("ab日語é\u0301\x1b"), max_size=20))
def test_fit_needs_no_more_cells_than_it_says(text: str) -> None:
    assert fit(text, cells(text, 99)).rstrip() == fit(text, 99).rstrip()
    assert cells(text, 3) == min(cells(text, 99), 3)


def test_a_path_is_cut_where_it_says_least() -> None:
    path = "overlay:/srv/subhost/mta/live"
    assert fit(path, 20, path=True) == "overla…host/mta/live"
    assert fit(path, 29, path=True) == path
    assert fit(path, 1, path=True) == "…"
    assert fit("short", 8, path=True) == "short   "
    assert fit("日本語日本語", 7, path=True) == "日本語…"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0s"),
        (0, "0s"),
        (59.9, "59s"),
        (60, "1m00s"),
        (139, "2m10s"),
        (599, "9m50s"),
        (600, "10m"),
        (3599, "59m"),
        (3600, "1h00m"),
        (90_000, "1d01h"),
        (math.nan, "-"),
        (math.inf, "-"),
    ],
)
def test_an_age_is_told_the_coarser_the_longer(seconds: float, text: str) -> None:
    assert age(seconds) == text


@given(st.floats(0, 3600))
def test_an_age_that_is_old_changes_seldom(seconds: float) -> None:
    later = min(seconds + (1 if seconds < 60 else 10), 3600.0)
    assert len({age(seconds), age((seconds + later) / 2), age(later)}) <= 2
