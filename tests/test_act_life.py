"""From the keys of a real terminal to a real subhost: started, stopped, and seen to be so."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from screens.dialog import ARMED_AFTER
from tests.lab.inventory import inventory, prefix_of
from tests.lab.subhost import Subhost
from tests.lab.terminal import Terminal
from tests.lab.world import NEEDS_WORLD, World

pytestmark = NEEDS_WORLD

LONG = 60.0
"""Seconds a busy machine may take to see its processes, and to do what takes one."""
COMMAND = str(Path(sys.executable).with_name("subdeck"))


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as made:
        yield made


@pytest.fixture
def subhost(world: World) -> Subhost:
    return world.subhost("LOWER=/\nSTART=none\n")


@pytest.fixture
def command(subhost: Subhost, tmp_path: Path) -> list[str]:
    """The installed command with nothing of this account's, on this host."""
    config = tmp_path / "config.toml"
    config.write_text(f'interval = 2.0\nsubhosts = ["{subhost.folder.parent}/*/*.conf"]\n')
    home, state = f"HOME={tmp_path}", f"XDG_STATE_HOME={tmp_path}/state"
    return ["env", "LANG=C.UTF-8", home, state, COMMAND, "--config", str(config), "local"]


def settle() -> None:
    """Let the time pass in which a dialog takes no key."""
    time.sleep(3 * ARMED_AFTER)


def test_a_subhost_is_started_and_stopped_with_the_keys(
    command: list[str], subhost: Subhost
) -> None:
    prefix = prefix_of(os.getpid())
    before = inventory(prefix)
    with Terminal(command) as terminal:
        terminal.see("subdeck [RW]")
        terminal.type(f":sub {subhost.name}\r")
        terminal.see("> subhosts")
        terminal.see("stopped", LONG)
        terminal.type("as")
        terminal.see(f"start {subhost.name} on local")
        terminal.see("Tab and Enter: starts it")
        settle()
        terminal.type("y")
        terminal.see(f"start {subhost.name} on local: done in", LONG)
        terminal.see("running", LONG)
        terminal.type("at")
        terminal.see(f"stop {subhost.name} on local")
        terminal.see("type yes or 1")
        settle()
        for keys in ("\t", "yes", "\r"):
            terminal.type(keys)
            settle()
        terminal.see(f"stop {subhost.name} on local: done in", LONG)
        terminal.see("stopped")
        terminal.type("6")
        terminal.see("Operations 1/2")
        terminal.type("\r")
        terminal.see("and the host shows it")
        terminal.type(":q\r")
        assert terminal.exit_status() == 0
    assert inventory(prefix) == before
