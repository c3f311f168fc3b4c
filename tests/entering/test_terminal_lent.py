"""The operator's terminal lent to a subhost by ``subdeck enter``."""

from __future__ import annotations

import re
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.entering.shells import COMMAND, IN, TAKEN, plain, shell, shells
from tests.lab.inventory import until
from tests.lab.sshd import Sshd
from tests.lab.subhost import Subhost
from tests.lab.terminal import Terminal, sane
from tests.lab.tmux import Tmux
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("sshd", "ssh", "ssh-keygen")]


def over_ssh(command: list[str], subhost: Subhost) -> list[str]:
    at = command.index(COMMAND) + 1
    return [*command[:at], "enter", *command[at:], f"server/{subhost.name}"]


def test_a_shell_in_a_terminal(entering: list[str], subhost: Subhost) -> None:
    with Terminal(entering) as terminal:
        terminal.see(f"in {entering[-1]}; {IN}")
        terminal.type("cat /proc/1/comm; echo $TERM; stty size\r")
        terminal.see(".reaper")
        terminal.see("xterm-256color")
        terminal.see("24 80")
        terminal.resize(100, 30)
        terminal.type("stty size\r")
        terminal.see("30 100")
        terminal.type("exit 7\r")
        assert terminal.exit_status() == 7
        assert f"left {entering[-1]}: exit status 7" in terminal.text
        assert sane(terminal)


def test_keys_reach_what_runs_inside(entering: list[str]) -> None:
    with Terminal(entering) as terminal:
        shell(terminal)
        terminal.type(
            'sh -c \'trap "echo caught=$((6*7)); exit" INT; echo on;'
            " while :; do sleep 0.1; done'\r"
        )
        terminal.wait(lambda seen: re.search(r"^on", seen.text, re.MULTILINE))
        terminal.type("\x03")
        terminal.see("caught=42")
        terminal.type("sh -c 'echo again=$((6*7)); exec sleep 1000'\r")
        terminal.see("again=42")
        terminal.type("\x1a")
        terminal.see("Stopped")
        terminal.type("exit\r")
        terminal.see("stopped jobs")
        terminal.type("exit 6\r")
        assert terminal.exit_status() == 6
        assert sane(terminal)


def test_a_program_alone_has_the_terminal(entering: list[str]) -> None:
    with Terminal([*entering, "--", "sh", "-c", "test -t 0 && stty size; exit 4"]) as terminal:
        terminal.see("24 80")
        assert terminal.exit_status() == 4


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_gives_the_terminal_back(
    entering: list[str], subhost: Subhost, end: signal.Signals
) -> None:
    with Terminal(entering) as terminal:
        shell(terminal)
        terminal.type(f"{TAKEN}\r")
        terminal.see("it=42")
        terminal.send_signal(end)
        assert terminal.exit_status() == 128 + end
        assert sane(terminal)
        assert "Traceback" not in terminal.text
    until(lambda: not shells(subhost), 20, "the shell inside to end")


def test_a_session_that_hangs_is_left_by_a_word(entering: list[str], subhost: Subhost) -> None:
    with Terminal(entering) as terminal:
        shell(terminal)
        terminal.type("~?")
        terminal.see("~. leaves, whatever hangs")
        terminal.type("~~; sh -c 'echo home=$((6*7))'\r")
        terminal.see("home=42")
        terminal.type(f"{TAKEN}; trap '' HUP INT; kill -STOP $$\r")
        terminal.see("it=42")
        terminal.type("x" * 20_000)  # more than a terminal takes that nobody reads
        terminal.type("\r~.")
        assert terminal.exit_status() == 255
        assert f"left {entering[-1]}: before its end; what ran there is hung up" in terminal.text
        assert sane(terminal)
    until(lambda: not shells(subhost), 20, "the shell inside to end")


def test_a_word_while_more_comes_than_is_taken_holds_nothing_up(entering: list[str]) -> None:
    with Terminal(entering) as terminal:
        shell(terminal)
        terminal.type("printf %200000s; echo told=$((6*7))\r")
        time.sleep(1)  # nobody reads, so what comes has to wait
        terminal.type("~?")
        terminal.see("told=42")
        assert b"~. leaves, whatever hangs" in terminal.output
        terminal.type("~.")
        assert terminal.exit_status() == 255


def test_a_link_that_hangs_is_left_by_a_word(
    command: list[str], server: Sshd, subhost: Subhost
) -> None:
    with Terminal(over_ssh(command, subhost)) as terminal:
        shell(terminal)
        server.freeze()
        try:
            terminal.type("nobody hears\r~.")
            assert terminal.exit_status() == 255
            assert "hung up on" in terminal.text
            assert sane(terminal)
        finally:
            server.thaw()
    until(lambda: not shells(subhost), 20, "the shell inside to end")


def test_the_operators_own_ssh_may_take_one_there(
    command: list[str], server: Sshd, subhost: Subhost, tmp_path: Path
) -> None:
    config, ours = tmp_path / "config.toml", server.config.read_text()
    config.write_text(f'enter_with = "ssh"\n{config.read_text()}')
    server.config.write_text(f"{ours}  RemoteCommand touch {tmp_path}/x\n  ForwardAgent yes\n")
    logins = server.log.count("Accepted publickey")
    with Terminal(over_ssh(command, subhost)) as terminal:
        shell(terminal)
        assert server.log.count("Accepted publickey") == logins + 2
        terminal.resize(100, 30)
        terminal.type("cat /proc/1/comm; echo $TERM; stty size; tty; echo ~ '$(touch x)'\r")
        for seen in (".reaper", "xterm-256color", "30 100", "/root $(touch x)"):
            terminal.see(seen)
        terminal.type(f"{TAKEN}; exit 7\r")
        assert terminal.exit_status() == 7
        assert sane(terminal)
    assert not (tmp_path / "x").exists()
    # What our own connection cannot do is no hindrance where a host itself is entered.
    inetd = f"{shutil.which('sshd', path='/usr/sbin:/usr/local/sbin')} -i"
    server.config.write_text(f"{ours}  ProxyCommand {inetd} -f {server.folder}/sshd_config\n")
    host = [*over_ssh(command, subhost)[:-1], "server", "--", "sh", "-c", "echo via=$((6*7))"]
    with Terminal(host) as terminal:
        terminal.see("via=42")
        assert terminal.exit_status() == 0


def test_a_killed_console_leaves_nothing_inside(entering: list[str], subhost: Subhost) -> None:
    with Terminal(entering) as terminal:
        shell(terminal)
        assert shells(subhost)
        terminal.send_signal(signal.SIGKILL)
        terminal.exit_status()
    until(lambda: not shells(subhost), 20, "the shell inside to end")


def test_a_terminal_that_vanishes_ends_it(entering: list[str], subhost: Subhost) -> None:
    with Terminal(entering) as terminal:
        shell(terminal)
        terminal.hang_up()
        assert terminal.exit_status() in {128 + signal.SIGHUP, 255}
    until(lambda: not shells(subhost), 20, "the shell inside to end")


def test_a_cut_link_gives_the_terminal_back(
    command: list[str], server: Sshd, subhost: Subhost
) -> None:
    with Terminal(over_ssh(command, subhost)) as terminal:
        shell(terminal)
        terminal.type(f"{TAKEN}\r")
        terminal.see("it=42")
        terminal.type("typed too late\r")
        server.stop()
        assert terminal.exit_status() == 255
        assert "the link was lost" in terminal.text
        assert sane(terminal)
    until(lambda: not shells(subhost), 20, "the shell inside to end")


def test_the_end_of_the_subhost_is_told(command: list[str], world: World) -> None:
    mortal = plain(world.subhost("LOWER=/\n")).start()
    at = command.index(COMMAND) + 1
    with Terminal(
        [*command[:at], "enter", *command[at:], f"local/{mortal.name}"], (120, 30)
    ) as terminal:
        shell(terminal)
        mortal.abandon()
        assert terminal.exit_status() == 137
        assert "killed, or the subhost has ended" in terminal.text
        assert sane(terminal)


@pytest.mark.needs("tmux")
@pytest.mark.parametrize("where", ["pane", "window"])
def test_inside_tmux_it_opens_a_pane_or_window(
    command: list[str], subhost: Subhost, where: str
) -> None:
    at = command.index(COMMAND) + 1
    words = ["enter", f"--tmux={where}", *command[at:], f"local/{subhost.name}"]
    with Tmux(["sh", "-i"], (100, 40)) as tmux:
        tmux.type(" ".join([*command[:at], *words]))
        tmux.keys("Enter")
        tmux.wait(lambda screen: f"in local/{subhost.name}; {IN}" in screen)
        tmux.type("cat /proc/1/comm; exit 3")
        tmux.keys("Enter")
        tmux.wait(lambda screen: "exit status 3; Enter closes this" in screen)
        count = "window_panes" if where == "pane" else "session_windows"
        assert tmux.ask(count) == "2"
        tmux.keys("Enter")
        until(lambda: tmux.ask("pane_dead") == "1", 20, "it to close")


def test_outside_tmux_there_is_no_pane(command: list[str], subhost: Subhost) -> None:
    at = command.index(COMMAND) + 1
    words = ["enter", "--tmux=pane", *command[at:], f"local/{subhost.name}"]
    with Terminal(["env", "-u", "TMUX", *command[1:at], *words]) as terminal:
        assert terminal.exit_status() == 2
        assert "there is no tmux around us" in terminal.text
