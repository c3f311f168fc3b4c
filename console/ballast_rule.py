"""How much ballast is held in a store, as configured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ballast:
    """What is held back in a store, to be let go when it is full."""

    size: int = 2 << 20
    """Bytes."""
    inodes: int = 64


USUAL = Ballast()
MOST = 4096
"""Inodes of one, at most: each is a file."""
