"""Every way out of the screen leaves the terminal sane."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from screens.terminal_guard import usable_terminal
from tests.lab.inventory import until
from tests.lab.terminal import Terminal, sane
from tests.lab.tmux import Tmux

PROGRAM = """
import os, subprocess, sys, time
from textual import work
from textual.app import App
from textual.widgets import Label
from screens.terminal_guard import run

log = open({log!r}, "a", buffering=1)
print(os.getpid(), file=log)
sys.excepthook = lambda *error: print("uncaught", error, file=log)

class Sample(App):
    BINDINGS = [("q", "quit", ""), ("b", "block", ""), ("c", "crash", ""), ("h", "hang", ""),
                ("f", "flood", ""), ("l", "lend", "")]
    def compose(self):
        yield Label("ready", id="word")
    def on_resize(self, event):
        self.query_one("#word").update(f"ready at {{event.size.width}}x{{event.size.height}}")
    def say(self, word):
        self.query_one("#word").update(word)
    def action_block(self):
        print("blocked", file=log)
        while True:
            time.sleep(1000)
    def action_hang(self):
        self.run_worker(lambda: time.sleep(1000), thread=True)
        self.say("hanging")
    @work
    async def action_crash(self):
        raise RuntimeError("a worker failed")
    def action_flood(self):
        print("flooding", file=log)
        os.write(2, bytes(1 << 20))
    def action_lend(self):
        with self.suspend():
            subprocess.run(["sh", "-c", "echo lent; exec sleep 1000"])
    def on_unmount(self):
        print("closed", file=log)

status = run(Sample(), grace=0.5)
print("returned", status, file=log)
sys.exit(status)
"""
ENDINGS = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT]


def wait_for(log: Path, word: str) -> None:
    """Return when the program has logged ``word``."""
    until(lambda: word in log.read_text(), 20, f"{word!r} in the log")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def command(tmp_path: Path, log: Path) -> list[str]:
    program = tmp_path / "sample.py"
    program.write_text(PROGRAM.format(log=str(log)))
    return [sys.executable, str(program)]


@pytest.fixture
def environ() -> dict[str, str]:
    return {"PYTHONPATH": str(Path(__file__).parents[2])}


@pytest.fixture
def terminal(command: list[str], environ: dict[str, str]) -> Iterator[Terminal]:
    with Terminal(command, environ=environ) as terminal:
        terminal.see("ready at 80x24")
        yield terminal


def test_quitting_gives_its_own_status(terminal: Terminal, log: Path) -> None:
    terminal.type("q")
    assert terminal.exit_status() == 0
    assert sane(terminal)
    assert log.read_text().endswith("\nclosed\nreturned 0\n")


@pytest.mark.parametrize("number", ENDINGS)
def test_signal_closes_the_app_in_order(
    terminal: Terminal, log: Path, number: signal.Signals
) -> None:
    terminal.send_signal(number)
    assert terminal.exit_status() == 128 + number
    assert sane(terminal)
    assert log.read_text().split("\n", 1)[1] == f"closed\nreturned {128 + number}\n"


@pytest.mark.parametrize("number", ENDINGS)
def test_signal_ends_a_blocked_loop(terminal: Terminal, log: Path, number: signal.Signals) -> None:
    terminal.type("b")
    wait_for(log, "blocked")
    terminal.send_signal(number)
    assert terminal.exit_status() == 128 + number
    assert sane(terminal)


def test_hung_thread_does_not_block_quitting(terminal: Terminal) -> None:
    terminal.type("h")
    terminal.see("hanging")
    terminal.type("q")
    assert terminal.exit_status() == 0
    assert sane(terminal)


def test_hung_thread_does_not_block_a_signal(terminal: Terminal) -> None:
    terminal.type("h")
    terminal.see("hanging")
    terminal.send_signal(signal.SIGTERM)
    assert terminal.exit_status() == 128 + signal.SIGTERM
    assert sane(terminal)


def test_second_signal_does_not_wait(terminal: Terminal, log: Path) -> None:
    terminal.type("b")
    wait_for(log, "blocked")
    terminal.send_signal(signal.SIGTERM)
    terminal.send_signal(signal.SIGINT)
    assert terminal.exit_status() in {128 + signal.SIGTERM, 128 + signal.SIGINT}
    assert sane(terminal)


def test_terminal_that_reads_nothing_does_not_block_a_signal(
    terminal: Terminal, log: Path
) -> None:
    terminal.type("f")
    wait_for(log, "flooding")
    terminal.send_signal(signal.SIGTERM)
    assert terminal.process.wait(20) == 128 + signal.SIGTERM
    assert terminal.after == terminal.before


def test_interrupt_while_the_terminal_is_lent_is_not_ours(terminal: Terminal) -> None:
    terminal.type("l")
    terminal.see("lent")
    terminal.type("\x03")
    terminal.see("ready at 80x24")
    terminal.type("q")
    assert terminal.exit_status() == 0
    assert sane(terminal)


def test_failing_worker_is_told_on_a_sane_terminal(terminal: Terminal) -> None:
    terminal.type("c")
    assert terminal.exit_status() == 1
    assert sane(terminal)
    assert "a worker failed" in terminal.text


def test_terminal_that_goes_away_closes_the_app_quietly(terminal: Terminal, log: Path) -> None:
    terminal.hang_up()
    assert terminal.exit_status() == 128 + signal.SIGHUP
    assert "uncaught" not in log.read_text()


def test_terminal_that_goes_away_under_a_blocked_loop(terminal: Terminal, log: Path) -> None:
    terminal.type("b")
    wait_for(log, "blocked")
    terminal.hang_up()
    assert terminal.exit_status() == 128 + signal.SIGHUP
    assert "uncaught" not in log.read_text()


@pytest.fixture
def shell(command: list[str], environ: dict[str, str]) -> Iterator[Terminal]:
    # A plain shell, whose own line editor does not touch the terminal.
    with Terminal(["dash", "-i"], environ={**environ, "PS1": "prompt> "}) as shell:
        shell.see("prompt>")
        shell.type(" ".join(command) + "\n")
        shell.see("ready at")
        yield shell


def ends_with(shell: Terminal, status: int) -> bool:
    """Await the end of the program in ``shell`` and tell whether it ended so, terminal sane."""
    before = len(shell.output)
    shell.wait(lambda terminal: b"prompt>" in terminal.output[before:])
    shell.type("echo status $?\n")
    shell.see(f"status {status}")
    return sane(shell)


def test_ctrl_z_suspends_and_fg_repaints(shell: Terminal) -> None:
    shell.type("\x1a")
    shell.see("Stopped")
    assert "ready at" not in shell.text
    assert sane(shell)
    shell.type("fg\n")
    shell.see("ready at 80x24")
    shell.type("q")
    assert ends_with(shell, 0)


def test_suspended_app_that_is_resumed_in_the_background_waits_for_fg(shell: Terminal) -> None:
    shell.type("\x1a")
    shell.see("Stopped")
    before = len(shell.output)
    shell.type("bg\n")
    shell.wait(lambda terminal: b"prompt>" in terminal.output[before:].rpartition(b"Stopped")[2])
    assert sane(shell)
    shell.type("fg\n")
    shell.see("ready at 80x24")
    shell.type("q")
    assert ends_with(shell, 0)


def test_stopped_app_is_repainted_and_still_sane_at_its_end(shell: Terminal, log: Path) -> None:
    pid = int(log.read_text().split()[0])
    os.kill(pid, signal.SIGSTOP)
    shell.see("Stopped")
    shell.type("clear; fg\n")
    shell.wait(lambda terminal: terminal.text.strip() == "ready at 80x24")
    shell.type("q")
    assert ends_with(shell, 0)


def test_signal_after_fg_still_closes_in_order(shell: Terminal, log: Path) -> None:
    shell.type("\x1a")
    shell.see("Stopped")
    shell.type("fg\n")
    shell.see("ready at 80x24")
    os.kill(int(log.read_text().split()[0]), signal.SIGTERM)
    assert ends_with(shell, 128 + signal.SIGTERM)


def test_terminal_that_goes_away_ends_a_suspended_app(shell: Terminal, log: Path) -> None:
    shell.type("\x1a")
    shell.see("Stopped")
    program = os.pidfd_open(int(log.read_text().split()[0]))
    shell.hang_up()
    assert select.select([program], [], [], 20)[0]
    os.close(program)
    assert "uncaught" not in log.read_text()


@pytest.mark.needs("tmux")
def test_ctrl_z_and_fg_in_tmux(command: list[str], environ: dict[str, str]) -> None:
    with Tmux(["env", *(f"{name}={value}" for name, value in environ.items()), "sh"]) as tmux:
        tmux.type(" ".join(command))
        tmux.keys("Enter")
        tmux.wait(lambda screen: "ready at 80x24" in screen)
        tmux.keys("C-z")
        tmux.wait(lambda screen: "Stopped" in screen)
        assert [tmux.ask(mode) for mode in ("alternate_on", "mouse_any_flag", "cursor_flag")] == [
            *"001"
        ]
        tmux.resize(100, 30)
        tmux.type("fg")
        tmux.keys("Enter")
        tmux.wait(lambda screen: "ready at 100x30" in screen)
        tmux.keys("q")
        tmux.wait(lambda screen: "Stopped" in screen and "ready" not in screen)
        assert tmux.ask("alternate_on") == "0"


@pytest.mark.parametrize(
    ("environ", "isatty", "usable"),
    [
        ({"TERM": "xterm-256color"}, True, True),
        ({"TERM": "linux", "NO_COLOR": "1"}, True, True),
        ({"TERM": "xterm"}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": ""}, True, False),
        ({}, True, False),
    ],
)
def test_usable_terminal(environ: dict[str, str], isatty: bool, usable: bool) -> None:
    assert usable_terminal(environ, isatty) is usable
