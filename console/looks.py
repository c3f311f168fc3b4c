"""Looks: what is kept of one host from look to look, and of each of its levels."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import inf

from console.clean import Clean
from console.config import Thresholds
from console.model import Forecast, Host, Level, State, Subhost, Trend
from console.outlook import Outlook
from console.series import ENOUGH, INSTANT, LONG_ENOUGH, WINDOW, Series
from console.states import CALM, Standing

_WINDOW = WINDOW - 1.0
"""Seconds of looks that are surely in the window of a rate, whatever was rounded."""
_MARGIN = 2.0
_RESTING = {Trend.STEADY, Trend.FALLING}


@dataclass(slots=True)
class Past:
    """One level as it was until now."""

    key: Clean
    series: Series
    seen: float
    """When it was last there (monotonic clock)."""
    found: Level | None = None
    """What was found of it then."""
    told: Level | None = None
    """That with its rate, its forecast and the state that follows."""
    since: float = inf
    """Since when each look has found the same; ``-inf``: since its series began."""
    outlook: Outlook = field(default_factory=Outlook)
    rated: float = -inf
    """When its rate was worked out."""
    standing: Standing = CALM
    thresholds: Thresholds | None = None

    @property
    def at_rest(self) -> bool:
        """Whether nothing about it goes on that time alone would change."""
        foreseen = self.outlook.told
        return (
            self.told is not None
            and self.told.rate == 0.0
            and self.standing.by_time is State.OK
            and foreseen is not None
            and foreseen.trend in _RESTING
        )


@dataclass(slots=True)
class Looks:
    """One host as it was until now."""

    pasts: dict[Clean, Past]
    boot: str | None = None
    beats: deque[float] = field(default_factory=deque)
    """When it was looked at during the last ``_WINDOW``, newest last."""
    levels: tuple[Level, ...] = ()
    """Its own, as they were told last."""
    subhosts: dict[Clean, tuple[Subhost, Subhost]] = field(default_factory=dict)
    """By name as they were found last, and as they were told."""
    bare: dict[Clean, tuple[Level, tuple[Forecast | None, State], Level]] = field(
        default_factory=dict
    )
    """By key what has no size of its own, how that fared which it lay on, and it as told."""

    def begin(self, host: Host) -> float | None:
        """Take note of a look; return when the one before was if it can have found the same."""
        beats, boot = self.beats, boot_id(host)
        last = beats[-1] if beats else -inf
        if host.at - last < INSTANT:
            self.boot = None  # passed over, and so whatever it found
            return None
        same, self.boot = boot == self.boot, boot
        while beats and beats[0] < host.at - _WINDOW:
            beats.popleft()
        beats.append(host.at)
        return last if same else None

    def still(self, past: Past) -> bool:
        """Whether for a whole window nothing about a level changed."""
        beats = self.beats
        return (
            past.since < beats[-1] - _WINDOW - _MARGIN
            and len(beats) >= ENOUGH
            and beats[-1] - beats[0] > LONG_ENOUGH
        )


def boot_id(host: Host) -> str:
    """Return the boot id of a host; empty where it is not known."""
    return host.boot_id or ""
