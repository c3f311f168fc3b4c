"""How long a host may take, by how it has kept its time."""

from __future__ import annotations

from backends.ssh.leeway import MOST, Leeway


def test_whoever_is_late_again_and_again_has_longer_each_time_up_to_a_minute() -> None:
    leeway = Leeway(6.0)
    seconds = []
    for _ in range(5):
        seconds.append(6.0 * leeway.times)
        leeway.late()
    assert seconds == [6.0, 12.0, 24.0, 48.0, MOST]


def test_whoever_has_more_than_that_anyway_has_no_more() -> None:
    leeway = Leeway(2 * MOST)
    leeway.late()
    assert leeway.times == 1.0


def test_a_quick_answer_takes_it_all_back() -> None:
    leeway = Leeway(6.0)
    leeway.late()
    leeway.came(0.1)
    assert leeway.times == 1.0


def test_a_slow_one_keeps_what_is_ample_and_gives_no_more() -> None:
    leeway = Leeway(6.0)
    for _ in range(3):
        leeway.late()
    leeway.came(9.0)
    assert leeway.times == 3.0
    leeway.came(30.0)
    assert leeway.times == 3.0
