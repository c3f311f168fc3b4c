"""Entering from the screen, as far as no terminal is needed; tests/test_enter_life.py has one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from textual.app import App

from console.clean import Clean
from console.entering import Entering, Opener
from console.errors import ConsoleError
from console.facts import Facts
from console.model import Host
from console.terminal import Size, Terminal
from screens.enter import enter_here
from tests.console.hosts import host

HOST = host(Facts(0.0, 0.0))


class Lendable(App[None]):
    """An app whose terminal can be lent, there being none."""

    lent = 0

    @contextmanager
    def suspend(self) -> Iterator[None]:
        self.lent += 1
        yield
        self.lent -= 1


class Visit:
    def __init__(self, app: App[None], end: int | Exception | None) -> None:
        self.app, self.end, self.left, self.begun = app, end, False, False

    async def stay(self) -> int | None:
        self.begun = True
        assert not isinstance(self.app, Lendable) or self.app.lent
        if isinstance(self.end, Exception):
            raise self.end
        return self.end

    def leave(self) -> None:
        self.left = True


async def opener(name: Clean, entry: Entering, size: Size | None) -> Terminal:
    raise ConsoleError("not permitted")


async def entered(app: App[None], visit: Visit) -> str:
    async def enter(given: Opener, where: Host, subhost: Clean | None) -> Visit:
        assert (given, where, subhost) == (opener, HOST, "mta")
        return visit

    async with app.run_test():
        return await enter_here(app, enter, opener, HOST, Clean("mta"))


@pytest.mark.parametrize(
    ("end", "told"),
    [(5, "exit status 5"), (None, "the link was lost"), (137, "the subhost has ended")],
)
async def test_how_it_ended_is_told(end: int | None, told: str) -> None:
    app = Lendable()
    visit = Visit(app, end)
    assert told in await entered(app, visit)
    assert visit.left
    assert app.lent == 0


async def test_a_fault_gives_the_screen_back() -> None:
    app = Lendable()
    visit = Visit(app, RuntimeError("ours"))
    with pytest.raises(RuntimeError, match="ours"):
        await entered(app, visit)
    assert visit.left
    assert app.lent == 0


async def test_a_terminal_that_cannot_be_lent() -> None:
    app: App[None] = App()
    visit = Visit(app, 0)
    with pytest.raises(ConsoleError, match="cannot be lent"):
        await entered(app, visit)
    assert visit.left
    assert not visit.begun


async def test_what_cannot_begin_leaves_the_screen_alone() -> None:
    app = Lendable()

    async def enter(given: Opener, where: Host, subhost: Clean | None) -> Visit:
        await given(where.name, Entering(subhost), None)
        raise AssertionError("it opened")

    async with app.run_test():
        with pytest.raises(ConsoleError, match="not permitted"):
            await enter_here(app, enter, opener, HOST, None)
