from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean
from console.entering import Entering, First, argv, entering, hanging_up
from console.errors import ConsoleError
from console.facts import Facts
from console.model import Process, Running, Subhost
from tests.backends.ssh.shells import SHELLS
from tests.console.hosts import host

INIT = Process(
    4711, 1, Clean(".reaper"), "S", (), 1e9, 0.0, 0, mount_ns=7, pid_ns=4026532999, ticks=123456
)
MTA = Subhost(
    name=Clean("mta"),
    config=None,
    state=Running.RUNNING,
    pid=4711,
    since=1e9,
    overlay=None,
    levels=(),
    cables=(),
    services=(),
    started_by=None,
    processes=(INIT,),
)
HOST = host(Facts(0.0, 0.0))
MTA_NAME = Clean("mta")


def on(subhost: Subhost, *words: str) -> Entering:
    return entering(replace(HOST, subhosts=(subhost,)), MTA_NAME, words)


def refusal(subhost: Subhost) -> ConsoleError:
    with pytest.raises(ConsoleError) as refused:
        on(subhost)
    return refused.value


def test_a_subhost_is_its_first_process() -> None:
    assert on(MTA, "ls", "-l") == Entering(MTA_NAME, ("ls", "-l"), First(4711, 123456, 4026532999))


def test_a_host_needs_no_process() -> None:
    assert entering(HOST, None, ("id",)) == Entering(None, ("id",))


@pytest.mark.parametrize(
    ("state", "pid", "why"),
    [
        (Running.STOPPED, None, "it is stopped"),
        (Running.STARTING, 4711, "it is only just starting"),
        (Running.BROKEN, None, "none of its processes is left"),
    ],
)
def test_what_does_not_run_is_not_entered(state: Running, pid: int | None, why: str) -> None:
    error = refusal(replace(MTA, state=state, pid=pid))
    assert str(error).endswith(f"/mta: {why}")
    assert error.hint


def test_nothing_is_entered_that_cannot_be_told_from_a_later_process() -> None:
    blind = replace(MTA, processes=(replace(INIT, ticks=None),))
    assert "not known" in str(refusal(blind))


def test_no_such_subhost() -> None:
    with pytest.raises(ConsoleError, match="/web: no such subhost"):
        entering(replace(HOST, subhosts=(MTA,)), Clean("web"))


@pytest.mark.parametrize("term", ["", "xterm;reboot", "-x", "a b", "x" * 80, "$(id)"])
def test_a_strange_kind_of_terminal_is_a_dumb_one(term: str) -> None:
    assert Entering(None).on(term, utf8=True).term == "dumb"
    assert Entering(None).on("xterm-256color", utf8=True).term == "xterm-256color"


def said(*words: str) -> bytes:
    command = argv(Entering(None, ("printf", "%s\\0", *words)))
    return subprocess.run(command, capture_output=True, check=True).stdout


words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


@given(st.lists(words, min_size=1, max_size=6))
def test_every_word_of_a_command_arrives_as_it_is(given: list[str]) -> None:
    assert said(*given).split(b"\0")[:-1] == [word.encode() for word in given]


def test_words_need_not_be_text() -> None:
    assert said("\udcff\udc80") == b"\xff\x80\0"


def test_no_word_holds_a_nul() -> None:
    with pytest.raises(ConsoleError, match="NUL"):
        argv(Entering(None, ("a\0b",)))


def test_the_command_line_is_one_line() -> None:
    assert b"\n" not in argv(Entering(Clean("a\nb"), ("a\nb",), First(1, 2, None)))[2]


def test_nothing_of_our_environment_is_passed_on() -> None:
    environ = {"UNSHARED": "yes", "LD_PRELOAD": "", "ENV": "/x", "PATH": "/bin", "HOME": "/"}
    command = argv(Entering(None, ("/usr/bin/env",)))
    ran = subprocess.run(command, env=environ, capture_output=True, check=True, text=True)
    given = dict(line.split("=", 1) for line in ran.stdout.splitlines())
    assert set(given) - {"PWD", "OLDPWD", "_", "SHLVL"} == {"PATH", "TERM", "HOME", "LANG"}
    assert given["PATH"].startswith("/usr/local/sbin:")


@pytest.mark.parametrize("group", [1, 0, -1])
def test_only_a_process_group_is_hung_up_on(group: int) -> None:
    with pytest.raises(ValueError, match="no process group"):
        hanging_up(group)


@pytest.mark.parametrize("shell", SHELLS)
def test_hanging_up_waits_for_the_end_of_its_input(shell: str) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as sleeper:
        try:
            watcher = [*map(os.fsencode, shell.split()), *hanging_up(sleeper.pid)[1:]]
            with subprocess.Popen(watcher, stdin=subprocess.PIPE) as waiting:
                assert sleeper.poll() is None
                waiting.communicate(timeout=20)
            assert sleeper.wait(20) == -signal.SIGHUP
        finally:
            sleeper.kill()


def test_who_has_ended_is_not_hung_up_on() -> None:
    ended = subprocess.Popen(["true"], start_new_session=True)
    ended.wait()
    ran = subprocess.run(hanging_up(ended.pid), input=b"", capture_output=True, check=False)
    assert ran.returncode
    assert b"kill" not in ran.stderr
