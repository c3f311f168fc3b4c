"""What tests of a replay share: a console that watched, and a screen on what it wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from backends import capsule
from console.bygone import Bygone
from console.capsule import Capsule, Picture
from console.capsule.opening import opened
from console.capsule.packing import packed
from console.clean import Clean
from console.contact import Contact, answering
from console.derive import derive
from console.events import Event
from console.fleet import FleetView
from console.past import Past, Still
from console.record import Record
from console.redact import Redactor
from console.samples import Look
from console.series import Sample
from console.timeline import samples, timeline
from console.trends import Trends
from screens.app import ConsoleApp
from screenshots.deeds import jobs
from screenshots.still import StillFleet
from screenshots.world import START, STEP, facts, judge
from tests.screens.stage import Clock, Stage

LOCAL = Clean("local")


class Remembering:
    """A recorder that forgets nothing."""

    trouble = None
    dropped = 0

    def __init__(self) -> None:
        self.samples: dict[Clean, dict[Clean, tuple[Sample, ...]]] = {}

    def record(self, host: Clean, look: Look) -> None:
        """Remember one look."""
        known = self.samples.setdefault(host, {})
        for level, sample in look.samples.items():
            known[level] = (*known.get(level, ()), sample)

    async def recent(self, host: Clean, seconds: float) -> Mapping[Clean, tuple[Sample, ...]]:
        """Return what was recorded before, which is nothing."""
        return {}

    async def close(self) -> None:
        """Nothing is open."""


class Watching:
    """A console that looks at the made-up host, step by step, and records what it sees."""

    def __init__(self) -> None:
        self.record = Record()
        self.step = -1
        self._contact = Contact(LOCAL, STEP)
        self._recorder = Remembering()
        self._trends = Trends(self._recorder)
        self._events: tuple[Event, ...] = ()

    @property
    def at(self) -> float:
        """The time by its monotonic clock."""
        return self.step * STEP

    @property
    def view(self) -> FleetView:
        """What it shows."""
        contacts = (self._contact,)
        return FleetView(contacts, self._trends.series, events=self._events, jobs=jobs()[:1])

    async def look(self) -> None:
        """Look once."""
        self.step += 1
        seen = derive(LOCAL, facts(self.step), self._contact.host, judge)
        seen = await self._trends.followed(seen, judge)
        self._contact = answering(self._contact, seen, None)
        self.record.add(self._contact, self.at, START + self.at)

    def file(self, path: Path, picture: Callable[[Redactor], Picture] | None = None) -> Path:
        """Write a capsule and return its path."""
        kept = self.record.kept
        found = samples(kept, self._recorder.samples)
        who = Clean("alice@bastion")
        capsule.save(path, packed(Capsule(START + self.at, who, kept, found, picture=picture)))
        return path


def past(path: Path) -> Past:
    """Return what a capsule holds."""
    with capsule.opened(path) as lines:
        return Still("capsule", timeline(*opened(lines)))


@asynccontextmanager
async def replayed(
    past: Past, when: float | None = None, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[Stage]:
    """Run the application on what was."""

    async def prepare() -> Bygone:
        app.main.past, app.main.alone = past, True
        app.main.replay(when)
        return Bygone(past)

    app = ConsoleApp(prepare)
    async with app.run_test(size=size, notifications=True) as pilot:
        stage = Stage(app, pilot, StillFleet(), Clock(0.0))
        await stage.until(lambda: app.main.sight.recorded is not None)
        await stage.settled()
        yield stage
