"""Ways to tell that a store will be full soon: ours, Prometheus' and the plain one."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Protocol

from console.clean import Clean
from console.config import Thresholds
from console.model import Forecast, Kind, Level, Limit, State, Trend
from console.outlook import Outlook
from console.series import Sample, Series
from console.states import CALM, Standing, standing


class Rule(Protocol):
    """Looks at one store, sample by sample."""

    horizons: Sequence[float]
    """Seconds: for each, an alarm says that the store will be full within them."""

    def look(self, at: float, used: int) -> Sequence[bool]:
        """Take a sample; return for each horizon whether there is an alarm."""

    @property
    def seconds(self) -> float | None:
        """Until full by the samples so far; ``None``: not within sight, or not told."""


class Ours:
    """The console's own: an outlook, and the state that follows from its time alone."""

    def __init__(self, total: int, horizons: Sequence[float]) -> None:
        self.horizons = horizons
        self._thresholds = [Thresholds(100, 100, each, each) for each in horizons]
        self._standing: list[Standing] = [CALM] * len(horizons)
        self._series = Series()
        self._outlook = Outlook()
        self._total = total
        self._level: Level | None = None
        self._told: Forecast | None = None

    def look(self, at: float, used: int) -> Sequence[bool]:
        still = self._level is not None and self._level.used == used
        self._series.append(Sample(at, at, used))
        if not still:
            self._level = _level(used, self._total)
        told, level = self._told, self._level
        assert level is not None
        if not still or told is None or told.trend is Trend.FILLING:
            told = self._told = self._outlook.tell(self._outlook.after(level, self._series, at))
        self._standing = [
            standing(level, told, thresholds, before, at)
            for thresholds, before in zip(self._thresholds, self._standing, strict=True)
        ]
        return [each.by_time is not State.OK for each in self._standing]

    @property
    def seconds(self) -> float | None:
        return self._told.seconds if self._told else None


class PredictLinear:
    """``predict_linear(used[window], horizon) > total`` held ``pending`` seconds.

    As Prometheus computes it: least squares over the samples in the window, from the moment of
    evaluation (https://prometheus.io/docs/prometheus/latest/querying/functions/#predict_linear).
    """

    def __init__(
        self,
        total: int,
        horizons: Sequence[float],
        *,
        window: float,
        scrape: float = 0.0,
        pending: float = 0.0,
    ) -> None:
        self.horizons = horizons
        self.seconds: float | None = None
        self._total = total
        self._window, self._scrape, self._held = window, scrape, pending
        self._samples: deque[tuple[float, float]] = deque()
        self._sums = [0.0] * 4  # of x, y, xx, xy
        self._base: int | None = None
        self._since: list[float | None] = [None] * len(horizons)

    def look(self, at: float, used: int) -> Sequence[bool]:
        if self._samples and at - self._samples[-1][0] < self._scrape:
            return self._alarms(at)
        if self._base is None:
            self._base = used
        self._add(at, float(used - self._base), 1.0)
        self._samples.append((at, float(used - self._base)))
        while self._samples[0][0] < at - self._window:
            self._add(*self._samples.popleft(), -1.0)
        self._fit(at)
        return self._alarms(at)

    def _add(self, x: float, y: float, sign: float) -> None:
        for place, term in enumerate((x, y, x * x, x * y)):
            self._sums[place] += sign * term

    def _fit(self, at: float) -> None:
        count = len(self._samples)
        x, y, xx, xy = self._sums
        spread = count * xx - x * x
        slope = (count * xy - x * y) / spread if count > 1 and spread > 0 else 0.0
        now = (y - slope * x) / count + slope * at + (self._base or 0)
        self.seconds = max(self._total - now, 0.0) / slope if slope > 0 else None
        for place, horizon in enumerate(self.horizons):
            if now + slope * horizon <= self._total or count < 2:
                self._since[place] = None
            elif self._since[place] is None:
                self._since[place] = at

    def _alarms(self, at: float) -> Sequence[bool]:
        return [since is not None and at - since >= self._held for since in self._since]


class LastRate:
    """What is left, by what the last two samples differ."""

    def __init__(self, total: int, horizons: Sequence[float]) -> None:
        self.horizons = horizons
        self.seconds: float | None = None
        self._total = total
        self._last: tuple[float, int] | None = None

    def look(self, at: float, used: int) -> Sequence[bool]:
        before, self._last = self._last, (at, used)
        self.seconds = None
        if before is not None and used > before[1]:
            self.seconds = (self._total - used) * (at - before[0]) / (used - before[1])
        return [self.seconds is not None and self.seconds <= each for each in self.horizons]


def _level(used: int, total: int) -> Level:
    return Level(
        id=Clean("store"),
        kind=Kind.TMPFS,
        mount=None,
        device=None,
        backs=(),
        used=used,
        total=total,
        inodes_used=None,
        inodes_total=None,
        limit=Limit(total, Clean("own size")),
        state=State.OK,
        on_full="",
    )
