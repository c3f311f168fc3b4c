"""The pictures are what the program draws; ``make pictures`` renews them."""

from __future__ import annotations

import asyncio
import re

import pytest

from console.fleet import FleetView
from screenshots.take import HERE, SCENES, Scene, drawn, worlds

pytestmark = pytest.mark.xdist_group("pictures")  # what they show is made once

PICTURES = [(name, scene, size) for scene in SCENES for name, size in scene.sized()]
_FETCHED = re.compile(r"url\(\s*['\"]?(?!#)[^)]*|@import[^;]*|<(?:image|script|a|use|link)\b[^>]*")


@pytest.fixture(scope="module")
def seen() -> dict[str, FleetView]:
    return asyncio.run(worlds())


@pytest.mark.parametrize(("name", "scene", "size"), PICTURES, ids=[name for name, *_ in PICTURES])
async def test_a_picture_shows_what_the_program_draws(
    name: str, scene: Scene, size: tuple[int, int], seen: dict[str, FleetView]
) -> None:
    now = await drawn(scene, size, seen[scene.world])
    same = (HERE / name).read_text("utf-8") == now
    assert same, f"{name} is not what is drawn now: `make pictures`, look, commit"


def test_no_picture_is_left_over() -> None:
    assert {path.name for path in HERE.glob("*.svg")} == {name for name, *_ in PICTURES}


@pytest.mark.parametrize("name", [name for name, *_ in PICTURES])
def test_a_picture_fetches_nothing(name: str) -> None:
    assert not _FETCHED.findall((HERE / name).read_text("utf-8"))
