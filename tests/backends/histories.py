"""What tests of the recorded history share: looks, what is stored, other processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.history import History, load_recent
from console.clean import Clean
from console.history import Recorder
from console.samples import Look
from console.series import Sample
from tests.console.looked import looked

HOST = Clean("mta")
MEM = Clean("mem")
ROOT = Path(__file__).parents[2]
NEVER = 3600.0
MB = 10**6

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts: run the tests as root")

Opener = Callable[..., History]


def look(used: int, ago: float = 0.0) -> Look:
    return looked({MEM: Sample(time.monotonic() - ago, time.time() - ago, used)})


def record(history: Recorder, count: int = 10) -> None:
    for i in range(count):
        history.record(HOST, look(i * 2 * MB, ago=(count - i) * 2.0))


def stored(path: Path) -> list[int]:
    return [sample.used for sample in load_recent(path, HOST, 900.0).get(MEM, ())]


def put(path: Path, data: bytes | bytearray = b"", mode: int = 0o600) -> None:
    """Have a file there, in a folder as safe as the console's own."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)


def linked(target: Path) -> Path:
    link = target.with_name("link")
    link.symlink_to(target)
    return link


def content(path: Path) -> bytes:
    return path.read_bytes()


def modes(path: Path) -> tuple[int, int]:
    return path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777


def run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True)


def script(text: str, path: Path) -> subprocess.Popen[str]:
    """Another process that knows this module's names and works on ``path``."""
    head = (
        "import asyncio, sqlite3, sys\n"
        "from tests.backends.histories import *\n"
        "path = Path(sys.argv[1])\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", head + text, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
    )
