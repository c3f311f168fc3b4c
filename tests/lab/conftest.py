"""What several tests of the lab run."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.lab.guests.fleet import Guest, Relay
from tests.lab.guests.styles import STYLES, TESTED
from tests.lab.planning import Operator
from tests.lab.started import Starter
from tests.lab.world import World

PLAIN = """
from textual.app import App
from textual.widgets import Label

class Plain(App):
    BINDINGS = [("q", "quit", ""), ("ctrl+z", "suspend_process", "")]
    TITLE = "plain"
    def compose(self):
        yield Label("ready", id="word")
    def on_resize(self, event):
        self.query_one("#word").update(f"ready at {event.size.width}x{event.size.height}")

Plain().run()
"""


@pytest.fixture
def plain(tmp_path: Path) -> list[str]:
    program = tmp_path / "plain.py"
    program.write_text(textwrap.dedent(PLAIN))
    return [sys.executable, str(program)]


@pytest.fixture
def world() -> Iterator[World]:
    """Kernel objects of this test, gone afterwards."""
    with World() as world:
        yield world


@pytest.fixture
async def starter(world: World) -> AsyncIterator[Starter]:
    """What starts subhosts of the world."""
    starter = Starter(world)
    yield starter
    await starter.close()


@pytest.fixture
async def ours(world: World) -> AsyncIterator[Operator]:
    """Who plans for the subhosts of the world."""
    operator = Operator([f"{world.folder}/*/*.conf"])
    yield operator
    await operator.close()


@pytest.hookimpl(trylast=True)  # pytest puts them in an order of its own before
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of one guest after each other, as they are written, so that it boots once."""
    order = list(STYLES)
    about = {place: name for place, item in enumerate(items) if (name := guest_of(item))}
    by_guest = sorted(
        about, key=lambda at: (order.index(about[at]), items[at].path, items[at].location[1])
    )
    for place, item in zip(about, [items[place] for place in by_guest], strict=True):
        items[place] = item


def guest_of(item: pytest.Item) -> str | None:
    """Return the style of the guest that a test is about."""
    callspec = getattr(item, "callspec", None)
    name = callspec.params.get("guest") if callspec else None
    return name if isinstance(name, str) and name in STYLES else None


@pytest.fixture(scope="session")
def relay(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Relay]:
    """The guests of this run, in the order in which its tests want them."""
    names = dict.fromkeys(name for item in request.session.items if (name := guest_of(item)))
    with closing(Relay(names, tmp_path_factory.mktemp("lab"))) as relay:
        yield relay


@pytest.fixture(scope="session", params=list(TESTED))
def guest(request: pytest.FixtureRequest, relay: Relay) -> Iterator[Guest]:
    """Every guest in turn; ``parametrize("guest", ["casper"], indirect=True)`` chooses."""
    guest = relay.take(request.param)
    yield guest
    guest.power_off()
