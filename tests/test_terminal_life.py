"""The installed command in real terminals: used as an operator would, then ended in every way."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.terminal import SIZES, Terminal, sane
from tests.lab.tmux import Tmux
from tests.lab.world import World

COMMAND = str(Path(sys.executable).with_name("subdeck"))


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """The installed command with nothing of this account's; environment as an operator has it."""
    home = f"HOME={tmp_path}"
    return ["env", "LANG=C.UTF-8", home, f"XDG_STATE_HOME={tmp_path}/state", COMMAND]


@pytest.fixture
def tmux(command: list[str]) -> Iterator[Tmux]:
    with Tmux(command) as running:
        running.wait(lambda screen: "tmpfs:/dev" in screen)
        yield running


@pytest.mark.needs("tmux")
@pytest.mark.parametrize("size", SIZES)
def test_a_walk_through_the_views(command: list[str], size: tuple[int, int]) -> None:
    with Tmux(command, size) as tmux:
        tmux.wait(lambda screen: "local" in screen and "Soonest full" in screen)
        tmux.keys("Enter")
        tmux.wait(lambda screen: "fleet > local" in screen and "boot" in screen)
        tmux.keys("/")
        tmux.type("tmpfs")
        tmux.keys("Enter")
        tmux.wait(lambda screen: "hidden" in screen and "fs:/ " not in screen)
        tmux.keys("Enter")
        tmux.wait(lambda screen: "Recorded" in screen)
        tmux.keys("Escape")
        tmux.wait(lambda screen: "fleet > local" in screen and "Recorded" not in screen)
        tmux.keys("?")
        tmux.wait(lambda screen: "> help" in screen)
        tmux.keys("?")
        tmux.keys(":")
        tmux.type("cables")
        tmux.keys("Enter")
        tmux.wait(lambda screen: "Links" in screen)
        tmux.resize(100, 30)
        tmux.keys("1")
        tmux.wait(lambda screen: "Hosts" in screen)
        tmux.keys("q")
        assert tmux.exit_status() == 0
        assert tmux.ask("alternate_on") == "0"


@pytest.mark.root
@pytest.mark.needs("tmux")
def test_what_fills_is_seen_within_two_intervals(command: list[str]) -> None:
    with World() as world:
        place = world.tmpfs("size=40M")
        with Tmux(command, (200, 50)) as tmux:
            tmux.wait(lambda screen: f"tmpfs:{place}" in screen)
            (place / "blob").write_bytes(bytes(30 << 20))
            tmux.wait(lambda screen: "75.0%" in screen and "watch" in screen, seconds=4.0)
            tmux.keys("q")
            assert tmux.exit_status() == 0


def shown(screen: str) -> set[str]:
    """Return what stands still on the fleet's screen: titles, hints and the names of levels."""
    words = {"subdeck", "Hosts", "MEM FREE", "Soonest full", "/ filter"}
    steady = re.findall(r"\b[a-z]+:/(?!tmp)\S*", screen)
    return {word for word in words if word in screen} | {*steady}


@pytest.mark.needs("tmux")
def test_suspend_and_come_back(command: list[str]) -> None:
    with Tmux(["sh", "-i"]) as tmux:
        tmux.type(" ".join(command))
        tmux.keys("Enter")
        before = shown(tmux.wait(lambda screen: "tmpfs:/dev" in screen))
        assert len(before) > 5
        tmux.keys("C-z")
        tmux.wait(lambda screen: "Soonest full" not in screen)
        tmux.type("fg")
        tmux.keys("Enter")
        tmux.wait(lambda screen: shown(screen) >= before)
        tmux.keys("C-c")
        tmux.wait(lambda screen: ":q quits at once" in screen)
        tmux.keys("q")
        tmux.wait(lambda screen: "Soonest full" not in screen)


def quits(terminal: Terminal) -> None:
    terminal.type("q")


def sent(number: signal.Signals) -> Callable[[Terminal], None]:
    return lambda terminal: terminal.send_signal(number)


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (quits, 0),
        (sent(signal.SIGTERM), 128 + signal.SIGTERM),
        (sent(signal.SIGHUP), 128 + signal.SIGHUP),
        (sent(signal.SIGINT), 128 + signal.SIGINT),
    ],
)
def test_however_it_ends_the_terminal_is_sane(
    command: list[str], end: Callable[[Terminal], None], status: int
) -> None:
    with Terminal(command) as terminal:
        terminal.see("Soonest full")
        end(terminal)
        assert terminal.exit_status() == status
        assert sane(terminal)
        assert "Traceback" not in terminal.text


def test_a_vanished_terminal_ends_it(command: list[str]) -> None:
    with Terminal(command) as terminal:
        terminal.see("Soonest full")
        terminal.hang_up()
        assert terminal.exit_status() in {128 + signal.SIGHUP, 0}


def test_nothing_but_the_screen_is_asked_of_the_terminal(command: list[str]) -> None:
    with Terminal(command) as terminal:
        terminal.see("Soonest full")
        terminal.type("q")
        terminal.exit_status()
        assert b"\x1b[?1000h" not in terminal.output  # the mouse stays the terminal's own
        assert b"\x1b]52" not in terminal.output


def test_without_a_terminal_it_reports_once(command: list[str]) -> None:
    for term in ("dumb", ""):
        with Terminal([*command[:1], f"TERM={term}", *command[1:]]) as terminal:
            terminal.see("tmpfs:/dev")
            assert terminal.exit_status() == 0
            assert b"\x1b[?1049h" not in terminal.output


@pytest.mark.root
def test_a_target_is_where_it_begins(command: list[str], tmp_path: Path) -> None:
    with World() as world:
        subhost = world.subhost("LOWER=/\n").start()
        config = tmp_path / "config.toml"
        config.write_text(f'subhosts = ["{world.folder}/*/*.conf"]\n')
        with Terminal([*command, f"local/{subhost.name}", "--config", str(config)]) as terminal:
            terminal.see(f"fleet > local > {subhost.name}")
            terminal.see(str(subhost.pids.init))
            terminal.type("q")
            terminal.see("Subhosts")
            terminal.type(":q\r")
            assert terminal.exit_status() == 0


def test_a_small_terminal_still_quits(command: list[str]) -> None:
    with Terminal(command, (20, 5)) as terminal:
        terminal.see("Hosts")
        terminal.resize(1, 1)
        terminal.resize(40, 10)
        terminal.see("subdeck")
        terminal.type("q")
        assert terminal.exit_status() == 0


def test_history_survives_a_restart(command: list[str], tmp_path: Path) -> None:
    for _ in range(2):
        with Terminal(command) as terminal:
            terminal.see("Soonest full")
            terminal.see("%")
            terminal.type("q")
            assert terminal.exit_status() == 0
    assert (tmp_path / "state/subdeck/history.db").stat().st_size > 0
