"""The made-up host that every test of a screen looks at."""

from __future__ import annotations

import asyncio

import pytest

from console.fleet import FleetView
from screenshots.world import view


@pytest.fixture(scope="session")
def seen() -> FleetView:
    """Return what the fleet knows after some minutes."""
    return asyncio.run(view(40))
