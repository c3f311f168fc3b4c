"""Times and spans as they are typed: ``14:32``, ``2026-11-26T14:32:05Z``, ``10m`` ago; ``6h``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_UNITS: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)([smhd]?)", re.ASCII)
_OF_DAY = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
FORMS: Final = "14:32, 14:32:05 or 2026-11-26T14:32Z (UTC), or 10m, which is so long ago"
"""How a moment may be typed, for people."""


def seconds(text: str) -> float:
    """Return the seconds of ``90``, ``90s``, ``10m``, ``6h`` or ``7d``; raises ``ValueError``."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or not float(match[1]):
        raise ValueError(f"{text[:40]!r} is no span of time such as 90s, 10m, 6h or 2d")
    return float(match[1]) * _UNITS[match[2]]


def moment(text: str, now: float) -> float:
    """Return seconds since 1970; a time of day is the last that was before ``now``, in UTC.

    Raises ``ValueError``.
    """
    text = text.strip()
    if _DURATION.fullmatch(text) and not text.isdecimal():
        return now - seconds(text)
    try:
        if match := _OF_DAY.fullmatch(text):
            hour, minute, second = (int(part or 0) for part in match.groups())
            today = datetime.fromtimestamp(now, UTC)
            then = today.replace(hour=hour, minute=minute, second=second, microsecond=0)
            return (then - timedelta(days=then.timestamp() > now)).timestamp()
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(f"{text[:40]!r} is no time: {FORMS}") from None


def day(seconds: int) -> str:
    """Return the date of a moment in seconds since 1970; ``-`` for one no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC).date().isoformat()
    except (OverflowError, OSError, ValueError):
        return "-"
