"""tmux runs programs at a size and is gone afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.lab.terminal import SIZES
from tests.lab.tmux import Tmux

pytestmark = pytest.mark.needs("tmux")


@pytest.mark.parametrize("size", SIZES)
def test_tmux_runs_a_program_at_a_size(plain: list[str], size: tuple[int, int]) -> None:
    with Tmux(plain, size) as tmux:
        tmux.wait(lambda screen: f"ready at {size[0]}x{size[1]}" in screen)
        assert "\x1b[" in tmux.screen(colours=True)
        assert tmux.ask("alternate_on") == "1"
        tmux.resize(100, 30)
        tmux.wait(lambda screen: "ready at 100x30" in screen)
        tmux.keys("q")
        assert tmux.exit_status() == 0
        assert tmux.ask("alternate_on") == "0"
    assert not list(Path(tempfile.gettempdir()).glob(f"sdktmux-{os.getpid()}-*"))


KILLED = """
import os, signal
from tests.lab.tmux import Tmux
print(Tmux(["sleep", "1000"]).ask("pid"), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_test_left_is_ended_by_the_next() -> None:
    run = subprocess.run([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True)
    server = Path("/proc", run.stdout.strip())
    assert server.exists()
    with Tmux(["true"]):
        assert not server.exists()
