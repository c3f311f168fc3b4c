"""The delays after failures: ever longer, never all at once, never for what only a human ends."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.backoff import STICKY, Backoff
from console.errors import Problem

PASSING = [problem for problem in Problem if problem not in STICKY]


class Chance(Random):
    """Always the same share of what chance may add."""

    share = 0.0

    def random(self) -> float:
        return self.share


def delays(interval: float, share: float, count: int) -> list[float]:
    chance = Chance()
    chance.share = share
    backoff = Backoff(interval, chance)
    found = [backoff.failed(Problem.UNREACHABLE) for _ in range(count)]
    return [delay for delay in found if delay is not None]


def test_ever_later_from_one_interval_up_to_a_minute() -> None:
    assert delays(2.0, 0.0, 8) == [2, 4, 8, 16, 32, 48, 48, 48]
    assert delays(2.0, 1.0, 8) == [2.5, 5, 10, 20, 40, 60, 60, 60]


def test_an_interval_over_a_minute_is_the_longest_delay_itself() -> None:
    assert delays(3600.0, 1.0, 3) == [3600] * 3


@given(
    interval=st.floats(0.5, 3600),
    seed=st.integers(),
    problems=st.lists(st.sampled_from(PASSING), min_size=1, max_size=2000),
)
def test_whatever_happens_the_next_try_is_in_bounds(
    interval: float, seed: int, problems: list[Problem]
) -> None:
    backoff = Backoff(interval, Random(seed))  # noqa: S311  not for secrets
    for problem in problems:
        delay = backoff.failed(problem)
        assert delay is not None
        assert min(interval, 48) <= delay <= max(interval, 60) * 1.0000001


@pytest.mark.parametrize("problem", sorted(STICKY))
@pytest.mark.parametrize("was_up", [True, False])
def test_what_only_a_human_can_end_is_not_tried_again(problem: Problem, was_up: bool) -> None:
    assert Backoff(2.0, Random(1)).failed(problem, was_up=was_up) is None  # noqa: S311  not for secrets


def test_trust_login_and_configuration_are_a_humans_business() -> None:
    theirs = {"auth", "changed-key", "revoked-key", "unknown-key", "config", "denied"}
    assert theirs == STICKY


def test_a_host_that_was_up_is_tried_again_at_once_and_then_ever_later() -> None:
    chance = Chance()
    backoff = Backoff(2.0, chance)
    prompt = backoff.failed(Problem.LOST, was_up=True)
    assert prompt is not None
    assert prompt < 1.0
    assert [backoff.failed(Problem.LOST) for _ in range(3)] == [2, 4, 8]


def test_an_answer_makes_it_begin_anew() -> None:
    backoff = Backoff(2.0, Chance())
    assert [backoff.failed(Problem.TIMEOUT) for _ in range(3)] == [2, 4, 8]
    backoff.reset()
    assert backoff.failed(Problem.TIMEOUT) == 2


def test_hosts_lost_together_do_not_come_back_together() -> None:
    chance = Random(7)  # noqa: S311  not for secrets
    hosts = [Backoff(2.0, chance) for _ in range(100)]
    for was_up in (True, False):
        found = {host.failed(Problem.LOST, was_up=was_up) for host in hosts}
        assert len(found) == 100
