from __future__ import annotations

import pytest

from console.fleet import FleetView
from screens import leisure
from tests.screens.stage import opened


async def test_after_a_key_another_one_is_awaited_for_a_while(
    seen: FleetView, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(seen) as stage:
        assert stage.app.idle()
        await stage.press("j")
        assert not stage.app.idle()
        monkeypatch.setattr(leisure, "_LEISURE", 0.0)
        assert stage.app.idle()
