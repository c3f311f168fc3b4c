from __future__ import annotations

import threading
from pathlib import Path

import pytest

from backends.run import LARGEST, Ended, Run
from tests.backends.ssh.bastions import ended
from tests.lab.inventory import until


def test_what_it_said_and_how_it_ended() -> None:
    run = Run(("sh", "-c", "echo out; echo trouble >&2; exit 3"))
    assert run.end(20) == Ended(3, b"out\n", b"trouble\n")


def test_one_that_takes_too_long_is_ended_with_all_it_started(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    run = Run(("sh", "-c", f"sleep 1000 & echo $! >{mark}; wait"))
    assert run.end(0.5) is None
    until(lambda: ended(mark.read_text()), 20, "what it started to end")


def test_what_it_leaves_behind_holds_up_nobody() -> None:
    ended = Run(("sh", "-c", "sleep 5 & echo done")).end(60)
    assert ended is not None
    assert ended.said == b"done\n"


def test_one_that_is_killed_from_elsewhere() -> None:
    run = Run(("sleep", "1000"))
    threading.Timer(0.2, run.kill).start()
    assert run.end(60) is None


def test_one_that_is_killed_before_it_began_never_begins(tmp_path: Path) -> None:
    run = Run(("touch", str(tmp_path / "mark")))
    run.kill()
    assert run.end(60) is None
    assert not list(tmp_path.iterdir())


def test_one_that_cannot_begin() -> None:
    with pytest.raises(FileNotFoundError):
        Run(("/nowhere/command",)).end(60)


def test_what_it_reads_and_its_environment() -> None:
    run = Run(("/bin/sh", "-c", "cat; echo $A"), b"in\n", {"A": "b"})
    assert run.end(20) == Ended(0, b"in\nb\n", b"")


def test_what_it_says_takes_no_more_memory_than_is_kept() -> None:
    ended = Run(("head", "-c", "3000000", "/dev/zero")).end(60)
    assert ended is not None
    assert ended.status != 0
    assert 0 < len(ended.said) <= LARGEST
