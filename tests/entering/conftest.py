"""A subhost to be entered, here and over SSH, by the installed command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.entering.shells import COMMAND, plain
from tests.lab.sshd import Sshd, sshd
from tests.lab.subhost import Subhost
from tests.lab.world import World


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as made:
        yield made


@pytest.fixture(scope="module")
def subhost(world: World) -> Subhost:
    return plain(world.subhost("LOWER=/\n")).start()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    with sshd(tmp_path / "server", "SetEnv SHLVL=2") as running:
        yield running


@pytest.fixture
def command(subhost: Subhost, server: Sshd, tmp_path: Path) -> list[str]:
    """The installed command with nothing of this account's, and both ways to the subhost."""
    config = tmp_path / "config.toml"
    config.write_text(
        f'interval = 2.0\nsubhosts = ["{subhost.folder.parent}/*/*.conf"]\n'
        f'[[host]]\nname = "{server.alias}"\n'
    )
    home = f"HOME={tmp_path}"
    state = f"XDG_STATE_HOME={tmp_path}/state"
    given = ["--config", str(config), "-F", str(server.config)]
    return ["env", "LANG=C.UTF-8", home, state, COMMAND, *given]


@pytest.fixture(params=["local", "server"])
def entering(request: pytest.FixtureRequest, command: list[str], subhost: Subhost) -> list[str]:
    """The command that enters the subhost, here or over SSH."""
    at = command.index(COMMAND) + 1
    return [*command[:at], "enter", *command[at:], f"{request.param}/{subhost.name}"]
