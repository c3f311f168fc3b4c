"""Draws the pictures in this folder: ``python screenshots/take.py [WORD...]``.

Each picture is also a test (``tests/test_screenshots.py``). With words, only pictures whose name
contains one of them are drawn.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from textual.pilot import Pilot
from textual.strip import Strip

from console.clean import Clean
from console.fleet import FleetView
from console.jobs import JobState
from screens.app import ConsoleApp
from screens.confirm import Confirm
from screenshots import incident
from screenshots.deeds import StillDeeds, jobs
from screenshots.forty import fleet
from screenshots.still import StillAsking, StillFleet, clocks
from screenshots.world import STEP, view

HERE = Path(__file__).resolve().parent
STEPS = 240
_AFTER = 580
_FONT_FACES = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_UNIQUE = re.compile(r"terminal-\d+")


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture: what is pressed, at which size, drawn how."""

    name: str
    keys: tuple[str, ...] = ()
    theme: str = "dark"
    ascii_only: bool = False
    world: str = "one"
    """What is to be seen (``worlds``)."""
    then: Callable[[StillDeeds], None] | None = None
    """What happens after that."""

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
    "fleet40-menu": ("slash", *"db-01", "enter", "a"),
    "fleet40-plan": ("colon", *"stop @edge/mta", "enter"),
}
_READY = ("2", "j", "a")
_STOP = (*_READY, "t")
_LOCK = ("colon", *"ro", "enter")
_MARKED = ("2", "j", "space", "j", "space")


def _halfway(deeds: StillDeeds) -> None:
    """Let the first job that was begun be halfway, and the second have failed."""
    first, *others = reversed(deeds.jobs[: len(deeds.begun)])
    deeds.tell(replace(first, step=3))
    for job in others:
        told = Clean("step 2 failed: services of web did not end within 10 s")
        output = ("+ service networking stop", "ifdown: eth0 is busy", "exit status 1")
        failed = replace(job, state=JobState.UNDONE, step=2, seconds=12.0, told=told)
        deeds.tell(replace(failed, output=tuple(map(Clean, output))))


ACTING = {
    "menu": Scene("menu", _READY),
    "plan": Scene("plan", _STOP),
    "plan-program": Scene("plan-program", (*_STOP, "v")),
    "plan-marked": Scene("plan-marked", (*_MARKED, "a", "t")),
    "plan-refused": Scene(
        "plan-refused", ("colon", *"ro", "enter", "colon", *"stop mta", "enter")
    ),
    "progress": Scene("progress", (*_MARKED, "a", "t", "tab", *"2", "enter"), then=_halfway),
    "operations": Scene("operations", ("6",)),
    "job": Scene("job", ("6", "j", "j", "enter")),
    "settle": Scene("settle", ("6", "j", "j", "a", "b")),
    "leaving": Scene("leaving", (*_STOP, "tab", *"yes", "enter", "1", "q")),
}
_RELIEF = ("enter", "r")
INCIDENT = {
    "incident": (),
    "incident-host": ("enter",),
    "incident-level": ("enter", "enter"),
    "incident-writers": ("enter", "w"),
    "incident-relief": _RELIEF,
    "incident-plan": (*_RELIEF, "enter"),
    "incident-size": ("3", "a", "m"),
    "incident-events": ("7",),
}
SCENES = (
    *(Scene(name, keys) for name, keys in VIEWS.items()),
    *(Scene(f"{name}-light", keys, theme="light") for name, keys in VIEWS.items()),
    *(Scene(f"{name}-16colour", keys, theme="terminal") for name, keys in VIEWS.items()),
    *(Scene(f"{name}-ascii", keys, ascii_only=True) for name, keys in VIEWS.items()),
    Scene("fill", ("3",)),
    Scene("subhosts", ("2",)),
    Scene("cables", ("4",)),
    Scene("cables-ascii", ("4",), ascii_only=True),
    Scene("trace", ("4", *"jjjj", "enter")),
    Scene("images", ("5",)),
    Scene("help", ("question_mark",)),
    Scene("filter", ("3", "slash", *"tmpfs")),
    Scene("command", ("colon", *"the")),
    Scene("paused", ("enter", "p")),
    *ACTING.values(),
    *(replace(ACTING[name], name=f"{name}-light", theme="light") for name in ("plan", "job")),
    *(
        replace(ACTING[name], name=f"{name}-16colour", theme="terminal")
        for name in ("menu", "plan", "progress", "operations")
    ),
    *(
        replace(ACTING[name], name=f"{name}-ascii", ascii_only=True)
        for name in ("menu", "plan", "progress", "job")
    ),
    Scene("log", (*_SUBHOST, "l")),
    *(Scene(name, keys, world="forty") for name, keys in FLEET.items()),
    *(Scene(name, keys, world="incident") for name, keys in INCIDENT.items()),
    *(
        Scene(f"{name}-ascii", INCIDENT[name], ascii_only=True, world="incident")
        for name in ("incident", "incident-level")
    ),
    Scene("incident-light", theme="light", world="incident"),
    Scene("incident-16colour", theme="terminal", world="incident"),
    Scene("incident-after", ("enter",), world="after"),
    Scene("incident-after-events", ("7",), world="after"),
    Scene("fleet40-light", theme="light", world="forty"),
    Scene("fleet40-16colour", theme="terminal", world="forty"),
    Scene("fleet40-ascii", ascii_only=True, world="forty"),
    Scene("fleet40-accept-light", FLEET["fleet40-accept"], theme="light", world="forty"),
    Scene("fleet40-accept-16colour", FLEET["fleet40-accept"], theme="terminal", world="forty"),
    Scene("fleet40-accept-ascii", FLEET["fleet40-accept"], ascii_only=True, world="forty"),
)


async def worlds() -> dict[str, FleetView]:
    """Return what there is to see: of one host, of forty, and of one whose root fills."""
    return {
        "one": replace(await view(STEPS), jobs=jobs()),
        "forty": await fleet(STEPS),
        "incident": await incident.story(STEPS),
        "after": await incident.story(_AFTER),
    }


async def drawn(scene: Scene, size: tuple[int, int], seen: FleetView) -> str:
    """Return the picture as SVG that contacts nobody and is the same every time."""

    still = StillFleet(seen)
    still.asking = StillAsking(incident.report())

    async def prepare() -> StillFleet:
        return still

    app = ConsoleApp(
        prepare, theme=scene.theme, ascii_only=scene.ascii_only, clocks=clocks(_ends(scene))
    )
    app.action_theme(scene.theme)  # whatever terminal this is drawn in
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.pause()
        for key in scene.keys:
            await pilot.press(key)
            while isinstance(app.screen, Confirm) and not app.screen.ready:
                await pilot.pause(0.02)
            await _rested(app, pilot)
        if scene.then:
            scene.then(still.deeds)
            app.main.show(replace(seen, jobs=still.deeds.jobs))
            app.clear_notifications()
        await pilot.pause()
        picture = app.export_screenshot(title=f"subdeck {scene.name}")
    return _UNIQUE.sub("terminal", _FONT_FACES.sub("", picture))


async def _rested(app: ConsoleApp, pilot: Pilot[object]) -> None:
    """Wait until the screen does not change any more, however busy this machine is."""
    before = None
    while before != (now := [strip.text for strip in _strips(app)]):
        before = now
        await pilot.pause()


def _strips(app: ConsoleApp) -> list[Strip]:
    return app.screen._compositor.render_strips(app.size)


def _ends(scene: Scene) -> float:
    return STEP * (_AFTER if scene.world == "after" else STEPS)


async def _take(words: list[str]) -> None:
    seen = await worlds()
    for scene in SCENES:
        for name, size in scene.sized():
            if not words or any(word in name for word in words):
                (HERE / name).write_text(await drawn(scene, size, seen[scene.world]), "utf-8")
                sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    asyncio.run(_take(sys.argv[1:]))
