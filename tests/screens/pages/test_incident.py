"""The panel of the worst level: clock, band, which clock, what happens then, and memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.clean import Clean
from console.fleet import FleetView
from console.model import Clock, Confidence, Forecast, Host, Kind, Level, State, Trend
from screens.grid_draw import text_line
from screens.marks import ASCII, UNICODE
from screens.page import Line
from screens.pages.incident import consequence, panel
from screens.paragraph import flowed

SOON = Forecast(Trend.FILLING, Clock.CHUNKS, 754.0, (480.0, 1260.0), Confidence.HIGH, True)


@pytest.fixture
def host(seen: FleetView) -> Host:
    (contact,) = seen.contacts
    assert contact.host
    return contact.host


@pytest.fixture
def level(host: Host) -> Level:
    store = next(each for each in host.levels if each.kind is Kind.DM_SNAPSHOT)
    return replace(store, state=State.ACT, forecast=SOON)


def drawn(lines: tuple[Line, ...], width: int = 78, *, ascii_only: bool = False) -> str:
    glyphs = ASCII if ascii_only else UNICODE
    found = (text_line(line, glyphs, width) for line in flowed(lines, width))
    return "\n".join("".join(piece.text for piece in each.pieces).rstrip() for each in found)


def test_a_store_that_fills_is_told_whole_in_80_columns(
    seen: FleetView, host: Host, level: Level
) -> None:
    text = drawn(panel(seen, host, "", level, host.at + 34.0))
    first, second, third, *rest = text.splitlines()
    assert first.startswith("▀█  ▀▀█      ")
    assert "local dm:live-rw  act  chunks" in first
    assert second.startswith(" █   ▀█      ")
    assert "between 8 and 21 min  high confidence  ever faster" in second
    assert third.startswith("▀▀▀ ▀▀▀ min")
    assert "/s" in third
    assert rest[0].startswith("then     the snapshot becomes Invalid: every access fails")
    bar, alone = rest[-2:]
    assert bar.startswith("ram ")
    assert bar.endswith(" if everything fills")
    assert alone == "         dm:live-rw alone brings the OOM killer before it is full"


def test_the_clock_has_an_ascii_form(seen: FleetView, host: Host, level: Level) -> None:
    text = drawn(panel(seen, host, "", level, host.at), ascii_only=True)
    assert text.isascii()
    assert text.splitlines()[1].startswith("  |  _|      ")


@pytest.mark.parametrize(
    ("seconds", "elapsed", "clock"),
    [
        (275.0, 0.0, "4:35 min"),
        (275.0, 70.0, "3:25 min"),
        (5.0, 60.0, "0:00 min"),
        (754.0, 0.0, "13 min"),
        (9000.0, 0.0, "2.5 h"),
        (86_400.0 * 40, 0.0, "40 d"),
    ],
)
def test_the_clock_runs_and_is_no_finer_than_it_is_sure(
    seen: FleetView, host: Host, level: Level, seconds: float, elapsed: float, clock: str
) -> None:
    filling = replace(level, forecast=replace(SOON, seconds=seconds, band=None))
    big, unit = panel(seen, host, "", filling, host.at + elapsed)[2].pieces[:2]
    assert f"{big.text}{unit.text}" == clock  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("state", "forecast", "large", "said"),
    [
        (State.FULL, SOON, "FULL", "nothing more can be written to it"),
        (State.LOST, None, "LOST", "nothing more can be written to it"),
        (State.ACT, None, "69", "no forecast yet"),
        (State.ACT, Forecast(Trend.STEADY), "69", "steady: not expected to be full"),
        (State.WATCH, Forecast(Trend.UNSTEADY), "69", "unsteady: not expected to be full"),
    ],
)
def test_what_does_not_run_shows_how_it_is(
    seen: FleetView,
    host: Host,
    level: Level,
    state: State,
    forecast: Forecast | None,
    large: str,
    said: str,
) -> None:
    lines = panel(seen, host, "", replace(level, state=state, forecast=forecast), host.at)
    assert lines[0].pieces[0].text == large  # type: ignore[union-attr]
    assert said in drawn(lines)


def test_what_happens_then_names_what_is_on_it(level: Level) -> None:
    lost = "Invalid: every access fails, all changes are lost, power cycle"
    root = replace(level, on_full=lost, mount=Clean("/"), backs=())
    assert consequence(root) == f"the snapshot becomes {lost}; the root filesystem is on it"
    backing = replace(
        root, kind=Kind.TMPFS, on_full="writes fail", backs=(Clean("mta"), Clean("web"))
    )
    assert consequence(backing) == "writes fail; takes mta, web with it"
