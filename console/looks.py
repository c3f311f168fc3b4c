"""Looks: what is kept of one host from look to look, and of each of its levels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf

from console.chronicle import Chronicle, Moment
from console.clean import Clean, shared
from console.config import Thresholds
from console.model import Forecast, Host, Level, State, Subhost, Trend
from console.outlook import Outlook
from console.samples import Look, Newest
from console.series import ENOUGH, LONG_ENOUGH, WINDOW, Series
from console.states import CALM, Standing

_WINDOW = WINDOW - 1.0
"""Seconds of looks that are surely in the window of a rate, whatever was rounded."""
_MARGIN = 2.0
_RESTING = {Trend.STEADY, Trend.FALLING}


@dataclass(slots=True)
class Past:
    """One level as it was until now."""

    key: Clean
    of: Clean
    """The key of the level whose series it has: itself, or the store it lies on."""
    left: float | None = None
    """When it was last there (monotonic clock), if it was not at the newest look."""
    told: Level | None = None
    """It with its rate, its forecast and the state that follows, when it was last there."""
    filled: State = State.OK
    """The state that follows from how full it was found."""
    rests: bool = False
    """Whether that stays so while nothing else is found."""
    since: float = inf
    """Since when each look has found the same; ``-inf``: since its series began."""
    outlook: Outlook = field(default_factory=Outlook)
    rated: float = -inf
    """When its rate was worked out."""
    standing: Standing = CALM
    thresholds: Thresholds | None = None
    place: int = -1
    """Among the levels of ``Looks.newest``."""

    @property
    def there(self) -> bool:
        """Whether it was at the newest look."""
        return self.left is None

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

    chronicle: Chronicle = field(default_factory=Chronicle)
    pasts: dict[Clean, Past] = field(default_factory=dict)
    at: float = -inf
    """When it was looked at last (monotonic clock)."""
    boot: str | None = None
    """As which boot; ``None``: what was found then does not count."""
    enough: bool = False
    """Whether there were looks enough to tell of what did not change that it is still."""
    gone: int = 0
    """Levels that are not there any more and yet remembered."""
    levels: tuple[Level, ...] = ()
    """Its own, as they were told last."""
    rests: list[bool] = field(default_factory=list)
    """Of each of them, whether it is told like that for as long as it is found like that."""
    guests: tuple[Subhost, ...] = ()
    """Its subhosts, likewise."""
    bare: dict[Clean, tuple[Level, tuple[Forecast | None, State], Level]] = field(
        default_factory=dict
    )
    """By key what has no size of its own, how that fared which it lay on, and it as told."""
    newest: Newest | None = None
    """The newest look as it is recorded, if it is, and no other levels are there."""

    @classmethod
    def recalled(cls, keys: Iterable[Clean], chronicle: Chronicle, at: float) -> Looks:
        """Return what was recorded of a host until then."""
        return cls(chronicle, {key: Past(key, key) for key in keys}, at)

    def begin(self, host: Host) -> bool:
        """Take note of a look; return whether it can have found the same as the one before."""
        boot = host.boot_id or ""
        if not self.chronicle.begin(Moment(host.at, host.time, boot)):
            self.boot = None  # passed over, and so whatever it found
            return False
        same = boot == self.boot
        self.at, self.boot = host.at, boot
        self.enough = self.chronicle.spans(ENOUGH, LONG_ENOUGH, _WINDOW)
        return same

    def recorded(self, host: Host) -> Look:
        """Return the newest look, which found this, as it is to be recorded."""
        if self.newest is None:
            there = {
                key: past.told
                for key, past in self.pasts.items()
                if past.there and past.told is not None
            }
            self.newest = Newest(there)
            for place, key in enumerate(there):
                self.pasts[key].place = place
        return self.newest.look(host)

    def past(self, key: Clean) -> Past:
        """Return a level that begins now."""
        key = shared(key)
        made = self.pasts[key] = Past(key, key)
        return made

    def series(self, past: Past) -> Series:
        """Return how full a level was."""
        return Series.within(self.chronicle, past.of)

    def share(self, past: Past, under: Past) -> None:
        """Have a level be as full as what it lies on: neither series nor outlook is kept twice."""
        if past.of is not under.of:
            self.chronicle.forget(past.key)
            past.of, past.outlook = under.of, under.outlook

    def own(self, past: Past) -> None:
        """Have a level have a past of its own from now on, which begins at this look."""
        past.of, past.outlook, past.left = past.key, Outlook(), self.at

    def still(self, past: Past) -> bool:
        """Whether for a whole window nothing about a level changed."""
        return self.enough and past.since < self.at - _WINDOW - _MARGIN

    def forget(self, key: Clean) -> None:
        """Drop all that is known of a level."""
        del self.pasts[key]
        self.chronicle.forget(key)
