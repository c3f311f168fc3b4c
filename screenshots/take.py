"""Draws the pictures in this folder: ``python screenshots/take.py [WORD...]``.

Each picture is also a test (``tests/test_screenshots.py``). With words, only pictures whose name
contains one of them are drawn.
"""

from __future__ import annotations

import asyncio
import re
import sys
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from console.fleet import FleetView
from screens.accept import AcceptKey
from screens.app import ConsoleApp
from screenshots.forty import fleet
from screenshots.world import STEP, StillFleet, view

HERE = Path(__file__).resolve().parent
STEPS = 240
_FONT_FACES = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_UNIQUE = re.compile(r"terminal-\d+")


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture: what is pressed, at which size, drawn how."""

    name: str
    keys: tuple[str, ...] = ()
    theme: str = "dark"
    ascii_only: bool = False
    forty: bool = False
    """Of forty hosts instead of one."""

    def sized(self) -> tuple[tuple[str, tuple[int, int]], ...]:
        """Return file name and size of each picture of this scene."""
        return tuple(
            (f"{self.name}-{width}x{height}.svg", (width, height))
            for width, height in ((80, 24), (200, 50))
        )


_SUBHOST = ("enter", "tab", "j", "enter")
VIEWS = {
    "fleet": (),
    "host": ("enter",),
    "subhost": _SUBHOST,
    "level": ("enter", "enter"),
}
_UNKNOWN = ("slash", *"pxe-04", "enter", "enter")
FLEET = {
    "fleet40": (),
    "fleet40-lost": ("slash", *"contact=lost", "enter"),
    "fleet40-filter": ("slash", *"@prod !web"),
    "fleet40-host": ("slash", *"edge-08", "enter", "enter"),
    "fleet40-changed": ("slash", *"pxe-02", "enter", "enter"),
    "fleet40-unknown": _UNKNOWN,
    "fleet40-accept": (*_UNKNOWN, "enter"),
    "fleet40-events": ("7",),
    "fleet40-fill": ("3",),
}
SCENES = (
    *(Scene(name, keys) for name, keys in VIEWS.items()),
    *(Scene(f"{name}-light", keys, theme="light") for name, keys in VIEWS.items()),
    *(Scene(f"{name}-16colour", keys, theme="terminal") for name, keys in VIEWS.items()),
    *(Scene(f"{name}-ascii", keys, ascii_only=True) for name, keys in VIEWS.items()),
    Scene("fill", ("3",)),
    Scene("subhosts", ("2",)),
    Scene("cables", ("4",)),
    Scene("images", ("5",)),
    Scene("help", ("question_mark",)),
    Scene("filter", ("3", "slash", *"tmpfs")),
    Scene("command", ("colon", *"the")),
    Scene("paused", ("enter", "p")),
    Scene("log", (*_SUBHOST, "l")),
    *(Scene(name, keys, forty=True) for name, keys in FLEET.items()),
    Scene("fleet40-light", theme="light", forty=True),
    Scene("fleet40-16colour", theme="terminal", forty=True),
    Scene("fleet40-ascii", ascii_only=True, forty=True),
    Scene("fleet40-accept-light", FLEET["fleet40-accept"], theme="light", forty=True),
    Scene("fleet40-accept-16colour", FLEET["fleet40-accept"], theme="terminal", forty=True),
    Scene("fleet40-accept-ascii", FLEET["fleet40-accept"], ascii_only=True, forty=True),
)


async def worlds() -> dict[bool, FleetView]:
    """Return what there is to see: of one host, and of forty (``True``)."""
    return {False: await view(STEPS), True: await fleet(STEPS)}


async def drawn(scene: Scene, size: tuple[int, int], seen: FleetView) -> str:
    """Return the picture as SVG that contacts nobody and is the same every time."""

    async def prepare() -> StillFleet:
        return StillFleet(seen)

    app = ConsoleApp(
        prepare, theme=scene.theme, ascii_only=scene.ascii_only, clock=lambda: STEPS * STEP
    )
    app.action_theme(scene.theme)  # whatever terminal this is drawn in
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.pause()
        for key in scene.keys:
            await pilot.press(key)
        while isinstance(app.screen, AcceptKey) and not app.screen.armed:
            await pilot.pause(0.02)
        await pilot.pause()
        picture = app.export_screenshot(title=f"subdeck {scene.name}")
    return _UNIQUE.sub("terminal", _FONT_FACES.sub("", picture))


async def _take(words: list[str]) -> None:
    seen = await worlds()
    for scene in SCENES:
        for name, size in scene.sized():
            if not words or any(word in name for word in words):
                (HERE / name).write_text(await drawn(scene, size, seen[scene.forty]), "utf-8")
                sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    asyncio.run(_take(sys.argv[1:]))
