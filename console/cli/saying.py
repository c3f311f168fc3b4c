"""What is told beside what was asked for: a line each on standard error."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    """Tell of something."""
    sys.stderr.write(f"subdeck: {text}\n")
    sys.stderr.flush()
