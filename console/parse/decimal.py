"""Whole numbers as hosts write them: ``decimal(b"4096")``; no host can make them endless."""

from __future__ import annotations

import re

_WHOLE = re.compile(rb"[0-9]{1,19}")
"""Python refuses to read thousands of digits, and no count here needs more than 64 bits."""


def decimal(text: bytes) -> int | None:
    """Return the number; ``None`` where this is none, or one of twenty digits or more."""
    return int(text) if _WHOLE.fullmatch(text) else None
