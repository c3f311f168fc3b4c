"""The made-up host that every test of a screen looks at, and the fleet of forty."""

from __future__ import annotations

import asyncio

import pytest

from console.fleet import FleetView
from screenshots.forty import fleet
from screenshots.world import view


@pytest.fixture(scope="session")
def seen() -> FleetView:
    """Return what the fleet knows after some minutes."""
    return asyncio.run(view(40))


@pytest.fixture(scope="session")
def forty() -> FleetView:
    """Return what is known of forty hosts, some of them lost."""
    return asyncio.run(fleet(40))
