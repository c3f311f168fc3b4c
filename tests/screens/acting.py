"""What tests of doing have in common: dialogs that are ready, and hosts to mark."""

from __future__ import annotations

from dataclasses import replace

from console.clean import Clean
from console.fleet import FleetView
from console.jobs import Job
from screens.confirm import Confirm
from screenshots.deeds import StillDeeds
from tests.screens.stage import Stage

MTA = ("2", "j")
"""Puts the cursor on ``local/mta``, which runs."""
STOP = (*MTA, "a", "t")
ENABLE = (*MTA, "j", "a", "e")
"""Of ``local/web``."""


def begun(stage: Stage) -> list[str]:
    """Return what was begun."""
    return [plan.title for plan in stage.fleet.deeds.begun]


async def ready(stage: Stage) -> Confirm:
    """Wait until the dialog on screen takes an answer, and return it."""
    await stage.until(lambda: isinstance(stage.app.screen, Confirm) and stage.app.screen.ready)
    await stage.settled()
    screen = stage.app.screen
    assert isinstance(screen, Confirm)
    return screen


def two(seen: FleetView, *, protected: bool = False) -> FleetView:
    """Return the view with a second host like the first."""
    (first,) = seen.contacts
    assert first.host
    host = replace(first.host, name=Clean("web1"))
    second = replace(first, name=Clean("web1"), host=host, protected=protected)
    return replace(seen, contacts=(first, second))


async def told(stage: Stage, job: Job) -> None:
    """Let a job be as told, and the screen know."""
    deeds: StillDeeds = stage.fleet.deeds
    deeds.tell(job)
    await stage.show(replace(stage.main.sight.view, jobs=deeds.jobs))
