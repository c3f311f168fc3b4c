"""The operator's terminal lent to a subhost by the screen, which comes back as it was left."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.entering.shells import TAKEN, Looks, shell, shells
from tests.lab.inventory import until
from tests.lab.sshd import Sshd
from tests.lab.subhost import Subhost
from tests.lab.terminal import Terminal, sane
from tests.lab.world import NEEDS_WORLD

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("sshd", "ssh", "ssh-keygen")]


@pytest.fixture(params=["local", "server"])
def screen(
    request: pytest.FixtureRequest, command: list[str], subhost: Subhost
) -> Iterator[Terminal]:
    """The screen with the cursor on the subhost, among others."""
    with Terminal([*command, "local", "server"]) as terminal:
        terminal.see("Soonest full")
        terminal.type(f":sub {request.param}/{subhost.name}\r")
        terminal.see("Subhosts 1/")
        terminal.see("running")
        yield terminal


def test_entering_from_the_screen_and_coming_back(screen: Terminal, subhost: Subhost) -> None:
    before = row(screen, subhost)
    screen.type("s")
    shell(screen)
    screen.type("stty size; cat /proc/1/comm\r")
    screen.see("24 80")
    screen.see(".reaper")
    looks = Looks(screen)
    looks.go_on()
    screen.type("exit 5\r")
    screen.see("exit status 5")
    screen.see("Subhosts 1/")
    assert row(screen, subhost) == before
    screen.type("s")
    shell(screen)
    screen.resize(100, 30)
    screen.type("stty size\r")
    screen.see("30 100")
    screen.type("~.")
    screen.see("before its end")
    screen.see("Subhosts 1/")  # and so it is the screen that hears what is typed
    screen.type(":q\r")
    assert screen.exit_status() == 0
    assert sane(screen)
    until(lambda: not shells(subhost), 20, "the shells inside to end")


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_screen_gives_the_terminal_back(
    screen: Terminal, subhost: Subhost, end: signal.Signals
) -> None:
    screen.type("s")
    shell(screen)
    screen.type(f"{TAKEN}\r")
    screen.see("it=42")
    screen.send_signal(end)
    assert screen.exit_status() == 128 + end
    assert sane(screen)
    assert "Traceback" not in screen.text
    until(lambda: not shells(subhost), 20, "the shell inside to end")


def test_a_link_cut_inside_brings_the_screen_back(
    command: list[str], server: Sshd, subhost: Subhost
) -> None:
    with Terminal([*command, f"server/{subhost.name}"]) as terminal:
        terminal.see(f"fleet > server > {subhost.name}")
        terminal.see("running")
        terminal.type("s")
        shell(terminal)
        terminal.type(f"{TAKEN}\r")
        terminal.see("it=42")
        server.stop()
        terminal.see(f"left server/{subhost.name}:")
        terminal.see(f"fleet > server > {subhost.name}")
        terminal.type(":q\r")
        assert terminal.exit_status() == 0
        assert sane(terminal)


def row(terminal: Terminal, subhost: Subhost) -> tuple[str, ...]:
    """Return the line under the cursor as far as it stands still: a state is marked once old."""
    lines = [line for line in terminal.text.splitlines() if line.startswith("▶")]
    assert len(lines) == 1
    return tuple(lines[0].split()[:4])
