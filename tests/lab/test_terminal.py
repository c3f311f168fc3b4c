"""The terminal harness sees what programs do to a terminal."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.lab.terminal import SIZES, Terminal, faults, leftovers, sane


@pytest.fixture
def terminal(plain: list[str]) -> Iterator[Terminal]:
    with Terminal(plain) as terminal:
        terminal.see("ready at 80x24")
        yield terminal


def test_a_program_that_quits_leaves_the_terminal_sane(terminal: Terminal) -> None:
    assert "alternate screen" in faults(terminal)
    assert "local flags" in faults(terminal)
    terminal.type("q")
    assert terminal.exit_status() == 0
    assert sane(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_leaves_a_plain_app_s_terminal_insane(
    terminal: Terminal, number: signal.Signals
) -> None:
    terminal.send_signal(number)
    assert terminal.exit_status() == -number
    assert {"alternate screen", "hidden cursor", "bracketed paste", "mouse moves"} < set(
        faults(terminal)
    )
    with pytest.raises(AssertionError, match=r"left behind: .*local flags"):
        sane(terminal)


def test_a_terminal_that_goes_away_kills_a_plain_app(terminal: Terminal) -> None:
    terminal.hang_up()
    assert terminal.exit_status() == -signal.SIGHUP


def test_resize_reaches_the_program(terminal: Terminal) -> None:
    terminal.resize(*SIZES[1])
    terminal.see("ready at 200x50")


def test_stopped_job_gives_the_terminal_back_and_is_resumed(plain: list[str]) -> None:
    with Terminal(["bash", "--norc", "--noprofile", "-i"], environ={"PS1": "prompt> "}) as shell:
        shell.see("prompt>")
        shell.type(" ".join(plain) + "\r")
        shell.see("ready at")
        shell.type("\x1a")
        shell.wait(lambda terminal: "Stopped" in terminal.output.decode(errors="replace"))
        assert leftovers(shell.output.rpartition(b"Stopped")[0]) == ()
        stopped = len(shell.output)
        shell.type("fg\r")
        shell.wait(lambda terminal: b"\x1b[?1049h" in terminal.output[stopped:])
        shell.type("q")
        shell.wait(lambda terminal: b"\x1b[?1049l" in terminal.output[stopped:])


def test_titles_queries_and_answers_are_recorded() -> None:
    script = r"printf '\033]0;stolen\007\033[6n\033[>25u\033[<u\033[?2026$pplain'; read -r answer"
    with Terminal(["sh", "-c", script]) as terminal:
        terminal.see("plain")
        assert terminal.titles == ("stolen",)
        assert terminal.answers == b"\x1b[1;1R"


def test_wait_tells_what_was_on_the_screen_instead() -> None:
    with Terminal(["sh", "-c", "echo here; exec sleep 60"]) as terminal:
        terminal.see("here")
        with pytest.raises(AssertionError, match="here"):
            terminal.see("never", seconds=0.1)


def test_leftovers_are_told_by_the_last_word() -> None:
    assert leftovers(b"\x1b[?1049h\x1b[?1049l\x1b[?25l") == ("hidden cursor",)
    assert leftovers(b"\x1b[?1000;1006h\x1b[>1u") == (
        "mouse clicks",
        "mouse reports (SGR)",
        "kitty keyboard",
    )
