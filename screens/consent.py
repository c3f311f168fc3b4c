"""What has to be done to say yes, as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Consent:
    """What says yes, and what that does."""

    does: str
    """``stops it``."""
    words: tuple[str, ...] = ()
    """One of them has to be typed; none: the key ``y`` or the button will do."""
    wrong: str = "nothing was done"
    """What another word leads to."""
