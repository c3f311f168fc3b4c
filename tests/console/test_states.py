"""How a level is doing: by fill, by time, and for how long it stays so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean
from console.config import Thresholds
from console.levels import memory_level
from console.model import Clock, Confidence, Forecast, Level, Limit, State, Trend
from console.states import CALM, Standing, standing, state_of
from tests.console.hosts import GIB, judge, memory

DEFAULT = Thresholds()
STEADY = Forecast(Trend.STEADY)


def filled(share: float | None) -> Level:
    """Return a level that is so full, in the state its fill gives it."""
    used = None if share is None else round(share * 1000)
    level = replace(
        memory_level(memory(GIB), judge),
        used=used,
        total=1000,
        limit=Limit(1000, Clean("own size")),
    )
    return replace(level, state=state_of(level, DEFAULT))


def due(seconds: float, confidence: Confidence = Confidence.HIGH) -> Forecast:
    return Forecast(Trend.FILLING, Clock.BYTES, seconds, (seconds, seconds), confidence)


def states(looks: Iterable[tuple[float, Forecast | None]], every: float = 2.0) -> list[State]:
    """Return the states of a level that is so full, and foreseen so, look by look."""
    found, before = [], CALM
    for number, (share, told) in enumerate(looks):
        before = standing(filled(share), told, DEFAULT, before, number * every)
        found.append(before.state)
    return found


@pytest.mark.parametrize(
    ("share", "state"),
    [
        (None, State.OK),
        (0.0, State.OK),
        (0.699, State.OK),
        (0.7, State.WATCH),
        (0.849, State.WATCH),
        (0.85, State.ACT),
        (0.999, State.ACT),
        (1.0, State.FULL),
        (1.7, State.FULL),
    ],
)
def test_states_by_fill(share: float | None, state: State) -> None:
    assert filled(share).state is state


def test_the_fullest_clock_decides() -> None:
    base = filled(0.1)
    assert state_of(replace(base, inodes_used=9, inodes_total=10), DEFAULT) is State.ACT
    assert state_of(replace(base, metadata_used=3, metadata_total=4), DEFAULT) is State.WATCH


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (None, State.OK),
        (STEADY, State.OK),
        (Forecast(Trend.UNSTEADY), State.OK),
        (due(7201), State.OK),
        (due(7200), State.WATCH),
        (due(1201), State.WATCH),
        (due(1200), State.ACT),
        (due(0), State.ACT),
        (due(60, Confidence.FAIR), State.ACT),
        (due(60, Confidence.LOW), State.OK),
    ],
)
def test_states_by_time(told: Forecast | None, state: State) -> None:
    assert states([(0.1, told)]) == [state]


def test_the_worse_of_fill_and_time_is_told() -> None:
    assert states([(0.9, due(7000))]) == [State.ACT]
    assert states([(0.75, due(60))]) == [State.ACT]
    assert states([(1.0, due(60))]) == [State.FULL]


def test_a_state_by_fill_is_left_once_clearly_out_of_it() -> None:
    looks = [0.85, 0.849, 0.831, 0.829, 0.7, 0.699, 0.681, 0.679, 0.69]
    act, watch, ok = State.ACT, State.WATCH, State.OK
    expected = [act, act, act, watch, watch, watch, watch, ok, ok]
    assert states((share, None) for share in looks) == expected
    assert states([(1.0, None), (0.998, None), (0.99, None)]) == [State.FULL, State.FULL, act]


def test_a_state_by_time_is_left_once_out_of_it_for_long_enough() -> None:
    around = [(0.1, due(seconds)) for seconds in (1200, 1300, 1700, 1190, 1799)]
    assert states(around) == [State.ACT] * 5
    paused = states([(0.1, due(900)), *[(0.1, STEADY)] * 310])
    assert paused[:301] == [State.ACT] * 301
    assert paused[-1] is State.OK
    again = states(
        [(0.1, due(900)), *[(0.1, STEADY)] * 200, (0.1, due(900)), *[(0.1, STEADY)] * 200]
    )
    assert set(again) == {State.ACT}


@pytest.mark.parametrize(("freed", "looks"), [(0.5, 301), (0.39, 301), (0.1, 31)])
def test_it_is_left_soon_once_even_the_pace_that_raised_it_would_not_do(
    freed: float, looks: int
) -> None:
    found = states([(0.6, due(900)), *[(freed, STEADY)] * 310])
    assert found.index(State.OK) == looks


def test_it_eases_to_what_time_still_gives() -> None:
    eased = states([(0.1, due(900)), *[(0.1, due(5000))] * 310])
    assert (eased[0], eased[-1]) == (State.ACT, State.WATCH)


def test_doubt_keeps_an_alarm_up_but_raises_none() -> None:
    doubt = due(900, Confidence.LOW)
    assert set(states([(0.1, due(900)), *[(0.1, doubt)] * 400])) == {State.ACT}
    assert set(states([(0.1, doubt)] * 60)) == {State.OK}


def test_what_the_kernel_says_stands_above_all_and_ends_when_it_says_so() -> None:
    lost = replace(filled(0.1), state=State.LOST)
    before = standing(lost, None, DEFAULT, CALM, 0.0)
    assert before.state is State.LOST
    assert standing(filled(0.1), None, DEFAULT, before, 2.0).state is State.OK


def test_the_less_sure_an_end_is_the_sooner_it_counts() -> None:
    def vague(seconds: float, soonest: float) -> Forecast:
        return replace(due(seconds), band=(soonest, 3 * seconds))

    assert states([(0.1, vague(1400, 1000))]) == [State.ACT]
    assert states([(0.1, vague(1400, 1001))]) == [State.WATCH]
    assert states([(0.1, vague(7400, 7001))]) == [State.OK]


def test_thresholds_are_those_given() -> None:
    strict = Thresholds(10, 20, 100, 10)
    assert standing(filled(0.1), due(99), strict, CALM, 0.0).state is State.WATCH
    assert standing(filled(0.1), due(9), strict, CALM, 0.0).state is State.ACT
    assert standing(filled(0.1), due(101), strict, CALM, 0.0).state is State.OK


@given(
    st.lists(
        st.tuples(
            st.none() | st.floats(0, 1.2),
            st.none()
            | st.just(STEADY)
            | st.builds(due, st.floats(0, 1e5), st.sampled_from(Confidence)),
            st.sampled_from(State),
        )
    )
)
def test_it_is_never_milder_than_what_a_look_finds(
    looks: list[tuple[float | None, Forecast | None, State]],
) -> None:
    before: Standing = CALM
    for number, (share, told, state) in enumerate(looks):
        level = replace(filled(share), state=state)
        before = standing(level, told, DEFAULT, before, number * 2.0)
        assert before.state.severity >= state.severity
