"""The made-up host that every test of a screen looks at, and the fleet of forty."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from console.fleet import FleetView
from screenshots.deeds import jobs
from screenshots.forty import fleet
from screenshots.world import view


@pytest.fixture(scope="session")
def seen() -> FleetView:
    """Return what the fleet knows after some minutes."""
    return replace(asyncio.run(view(40)), jobs=jobs())


@pytest.fixture(scope="session")
def forty() -> FleetView:
    """Return what is known of forty hosts, some of them lost."""
    return asyncio.run(fleet(40))
