"""Freezing what is shown."""

from __future__ import annotations

from console.fleet import FleetView
from screens.sight import Clocks, Sight
from tests.screens.stage import Clock


def test_frozen_shows_the_view_and_the_time_of_that_moment() -> None:
    clock = Clock(100.0)
    first, second, third = FleetView(), FleetView(trouble="a"), FleetView(trouble="b")
    sight = Sight(Clocks(clock))
    sight.take(first)
    assert (sight.view, sight.now, sight.behind) == (first, 100.0, None)
    sight.toggle()
    sight.take(second)
    clock.now = 112.0
    assert sight.view is first
    assert (sight.now, sight.behind) == (100.0, 12.0)
    sight.take(third)
    sight.toggle()
    assert sight.view is third
    assert (sight.now, sight.behind) == (112.0, None)
