"""How good a rule is: how long before a store is full its alarm stands, and how often in vain.

An alarm is raised and, some time, taken back. Its *lead* is how long before the store was full it
was raised, if it then stood until that moment; no more than the horizon counts, since an alarm
that comes sooner than it says is no better for it. It is *false* when it is taken back before the
store is full, each time anew, and when it is raised earlier than three horizons before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from statistics import fmean, median

from tests.bench.forecast.families import Trace
from tests.bench.forecast.rules import LastRate, Ours, PredictLinear, Rule

ACT, WATCH, FAR = 1200.0, 7200.0, 14_400.0
BEFORE = (3600.0, 1800.0, 600.0, 300.0)
"""Seconds before full at which the estimate is looked at."""

Maker = Callable[[int], Rule]
RULES: Mapping[str, Maker] = {
    "subdeck": partial(Ours, horizons=(ACT, WATCH, FAR)),
    "predict_linear 15 min": partial(PredictLinear, horizons=(ACT, WATCH), window=900.0),
    "predict_linear 1 h, for 5 min": partial(
        PredictLinear, horizons=(FAR,), window=3600.0, scrape=15.0, pending=300.0
    ),
    "last rate": partial(LastRate, horizons=(ACT, WATCH, FAR)),
}
OURS = "subdeck"


def beats(ours: tuple[float, float], theirs: tuple[float, float]) -> bool:
    """Whether of two leads with their false alarms this is as good in both, and better in one."""
    return ours[0] >= theirs[0] and ours[1] <= theirs[1] and ours != theirs


@dataclass(slots=True)
class Score:
    """How a rule did on some traces."""

    leads: list[float] = field(default_factory=list)
    """Seconds, of each store that became full; 0: it was not told."""
    false: int = 0
    days: float = 0.0

    @property
    def lead(self) -> float:
        """Mean seconds of lead."""
        return fmean(self.leads) if self.leads else 0.0

    @property
    def false_a_day(self) -> float:
        """False alarms a day."""
        return self.false / self.days

    def beats(self, other: Score) -> bool:
        """Whether this warns at least as early with no more false alarms, and one is better."""
        return beats((self.lead, self.false), (other.lead, other.false))

    def add(self, other: Score) -> None:
        """Count another trace in."""
        self.leads += other.leads
        self.false += other.false
        self.days += other.days


@dataclass(slots=True)
class Errors:
    """How far estimates were off, as shares of the time that was left."""

    shares: list[float] = field(default_factory=list)
    asked: int = 0

    @property
    def typical(self) -> float | None:
        """Median."""
        return median(self.shares) if self.shares else None

    def add(self, other: Errors) -> None:
        """Count another trace in."""
        self.shares += other.shares
        self.asked += other.asked


Scores = dict[tuple[str, float], Score]
"""By rule and horizon."""
Misses = dict[tuple[str, float], Errors]
"""By rule and seconds before full."""


def judged(trace: Trace) -> tuple[Scores, Misses]:
    """Return how each rule did on one trace."""
    scores: Scores = {}
    misses: Misses = {}
    for name, make in RULES.items():
        rule = make(trace.total)
        raised: list[float | None] = [None] * len(rule.horizons)
        false = [0] * len(rule.horizons)
        estimates: dict[float, float | None] = {}
        due = (
            {round((trace.full - each) / trace.step): each for each in BEFORE}
            if trace.full
            else {}
        )
        for look, used in enumerate(trace.used):
            at = look * trace.step
            for place, alarm in enumerate(rule.look(at, used)):
                if alarm and raised[place] is None:
                    raised[place] = at
                elif not alarm and raised[place] is not None:
                    raised[place] = None
                    false[place] += 1
            if look in due:
                estimates[due[look]] = rule.seconds
        for place, horizon in enumerate(rule.horizons):
            scores[name, horizon] = _score(trace, raised[place], false[place], horizon)
        for before, seconds in estimates.items():
            shares = [] if seconds is None else [abs(seconds - before) / before]
            misses[name, before] = Errors(shares, 1)
    return scores, misses


def _score(trace: Trace, raised: float | None, false: int, horizon: float) -> Score:
    days = trace.seconds / 86_400
    if trace.full is None:
        return Score([], false + (raised is not None), days)
    if raised is None:
        return Score([0.0], false, days)
    lead = trace.full - raised
    return Score([min(lead, horizon)], false + (lead > 3 * horizon), days)


def together(found: Iterable[tuple[Scores, Misses]]) -> tuple[Scores, Misses]:
    """Return the scores of several traces as one."""
    scores: Scores = {}
    misses: Misses = {}
    for each, missed in found:
        for key, score in each.items():
            scores.setdefault(key, Score()).add(score)
        for key, errors in missed.items():
            misses.setdefault(key, Errors()).add(errors)
    return scores, misses
