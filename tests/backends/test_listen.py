"""A shell that listens ends in every way it can be left, and leaves no process."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from backends.runner import LISTEN
from tests.lab.inventory import until

SECONDS = 30.0
PROGRAM = (
    LISTEN + b"limit=%d; answer() { echo you said $line; }; { echo hello; listen answer; exit; }\n"
)
Listener = subprocess.Popen[bytes]


@pytest.fixture(params=["dash", "busybox", "bash"])
def listening(request: pytest.FixtureRequest) -> Iterator[Callable[[int], Listener]]:
    found = shutil.which(request.param)
    if found is None:
        pytest.skip(f"{request.param} is not installed: as root `make test` installs it")
    begun: list[Listener] = []

    def listen(limit: int) -> Listener:
        listener = subprocess.Popen(
            ["/bin/sh", "-s"],
            executable=found,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
        )
        begun.append(listener)
        say(listener, PROGRAM % limit)
        assert heard(listener) == b"hello\n"
        say(listener, b"one\n")
        assert heard(listener) == b"you said one\n"
        return listener

    yield listen
    for listener in begun:
        if session(listener):
            os.killpg(listener.pid, signal.SIGKILL)
        for pipe in (listener.stdin, listener.stdout):
            assert pipe
            pipe.close()
        listener.wait()


def say(listener: Listener, said: bytes) -> None:
    assert listener.stdin
    listener.stdin.write(said)


def heard(listener: Listener) -> bytes:
    assert listener.stdout
    return listener.stdout.readline()


def session(listener: Listener) -> list[str]:
    """Return the processes of its session that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            fields = (path / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == listener.pid and fields[0] != "Z":
                found.append(path.name)
    return found


def gone(listener: Listener) -> None:
    until(lambda: not session(listener), SECONDS, "the shell and its watcher to end")


def test_it_ends_with_its_input(listening: Callable[[int], Listener]) -> None:
    listener = listening(600)
    assert session(listener)
    assert listener.stdin
    listener.stdin.close()
    gone(listener)


def test_it_ends_when_nobody_reads_its_answers(listening: Callable[[int], Listener]) -> None:
    listener = listening(600)
    assert listener.stdout
    listener.stdout.close()
    say(listener, b"two\n")
    gone(listener)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_it_ends_when_told_to(
    listening: Callable[[int], Listener], number: signal.Signals
) -> None:
    listener = listening(600)
    listener.send_signal(number)
    # A shell that waits to read acts on it at once or after the next line.
    with suppress(BrokenPipeError):
        say(listener, b"two\n")
    gone(listener)


def test_it_ends_when_it_is_left_alone(listening: Callable[[int], Listener]) -> None:
    gone(listening(1))
