"""The key 5 looks into the stores, from time to time and only while their view is open."""

from __future__ import annotations

import pytest

from console.errors import ConsoleError
from console.fleet import FleetView
from console.images.catalogue import Catalogue
from tests.console.images.sets import known
from tests.screens.pages.test_images import SEEN
from tests.screens.stage import opened


class Shelves:
    """Stores that say what they are told to."""

    def __init__(self) -> None:
        self.catalogues: list[Catalogue | ConsoleError] = []
        self.asked = 0

    async def catalogue(self) -> Catalogue:
        self.asked += 1
        said = self.catalogues[min(self.asked, len(self.catalogues)) - 1]
        if isinstance(said, ConsoleError):
            raise said
        return said


async def test_what_stores_hold_is_asked_when_it_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("screens.imaging._PAUSE", 1)
    shelves = Shelves()
    shelves.catalogues = [
        Catalogue((known(),)),
        ConsoleError("assigned-images:1: expected HOST IMAGE"),
    ]
    async with opened(FleetView(SEEN.contacts)) as stage:
        stage.main.shelves = shelves
        await stage.pilot.pause()
        assert shelves.asked == 0
        await stage.press("5")
        await stage.until(lambda: "main:web/2024.2" in stage.text)
        await stage.until(lambda: "expected HOST IMAGE" in stage.text)
        assert "main:web/2024.2" in stage.text


async def test_without_stores_nobody_is_asked() -> None:
    async with opened(FleetView(SEEN.contacts)) as stage:
        await stage.press("5")
        assert "no image is mounted" in stage.text
