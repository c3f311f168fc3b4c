"""A login that is not root's, with the real sudo(8): everything is done through it, or nothing."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from console.model import Running
from tests.console.cli.commands import subdeck
from tests.entering.shells import COMMAND
from tests.lab.inventory import cmdlines, until
from tests.lab.link import NEEDS_LINK, island
from tests.lab.sshd import Sshd
from tests.lab.staged import disguised, shown
from tests.lab.subhost import Subhost
from tests.lab.terminal import Terminal, sane
from tests.lab.watching import up, watching
from tests.lab.world import World

pytestmark = [
    *NEEDS_LINK,
    pytest.mark.needs("sshd", "ssh", "ssh-keygen", "setpriv", "sudo", "busybox"),
]

ASLEEP = "sleep 4711"
EVERY_BYTE = bytes(range(256))


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as made, island(made):
        yield made


@pytest.fixture(scope="module")
def server(world: World) -> Iterator[Sshd]:
    """A host with a /run and rules for sudo of its own, beside those that its package brings."""
    folder = world.place() / "server"
    rules = folder / "sudoers.d"
    rules.mkdir(parents=True)
    allow(rules, "NOPASSWD: ")
    (folder / "shadow").write_text("root:*:19000::::::\nguest:*:19000::::::\n")
    steps = (
        "mount -t tmpfs tmpfs /run",
        "mkdir /run/sshd",
        shown(rules, "/etc/sudoers.d"),
        shown(folder / "shadow", "/etc/shadow"),
    )
    with disguised(folder, *steps) as running:
        yield running


def allow(rules: Path, tag: str) -> None:
    """Let ``guest`` be root, by a password unless ``tag`` says otherwise."""
    (rules / "guest").write_text(f"guest ALL=(root) {tag}ALL\n")
    (rules / "guest").chmod(0o440)


@pytest.fixture(scope="module")
def subhost(world: World) -> Subhost:
    return world.subhost(f"LOWER={world.busybox()}\nSTART=none\nRAM_SIZE=8M\n")


@pytest.fixture
def options(server: Sshd, subhost: Subhost, tmp_path: Path) -> list[str]:
    config = tmp_path / "config.toml"
    config.write_text(
        f'subhosts = ["{subhost.conf}"]\n[[host]]\nname = "{server.alias}"\n'
        'user = "guest"\nsudo = true\n'
    )
    return ["--config", str(config), "-F", str(server.config)]


def asleep() -> bool:
    """Whether what the tests let run inside still does."""
    return any(
        words.replace(b"\0", b" ").strip().endswith(ASLEEP.encode()) for _, words in cmdlines()
    )


async def watched(server: Sshd, subhost: Subhost) -> None:
    guest = replace(server.entry, user="guest", sudo=True, subhosts=(str(subhost.conf),))
    async with watching(server.config, [guest]) as watch:
        await watch.until(up)
        host = watch.host(server.alias)
        (found,) = host.subhosts
        assert (found.name, found.state) == (subhost.name, Running.RUNNING)
        assert found.levels
        assert not [gap for gap in host.gaps if "root" in (gap.remedy or "")]


def test_a_subhost_is_started_watched_entered_and_stopped(
    options: list[str], server: Sshd, subhost: Subhost
) -> None:
    target = f"{server.alias}/{subhost.name}"
    done = subdeck("start", *options, target, "--yes")
    assert done.returncode == 0, done.stderr
    asyncio.run(watched(server, subhost))
    enter = [COMMAND, "enter", *options, target]
    with Terminal(enter) as terminal:
        terminal.type("echo me=$(id -u) first=$(cat /proc/1/comm) $TERM; stty size\r")
        terminal.see("me=0 first=.reaper xterm-256color")
        terminal.see("24 80")
        terminal.resize(100, 30)
        terminal.type('until [ "$(stty size)" = "30 100" ]; do :; done; echo wide=$((6 * 7))\r')
        terminal.see("wide=42")
        terminal.type(f"{ASLEEP}\r")
        until(asleep, 20, "it to sleep")
        terminal.type("\x03")
        terminal.type("exit 4\r")
        assert terminal.exit_status() == 4
        assert sane(terminal)
    both = [*enter, "--", "sh", "-c", f"cat; echo err >&2; {ASLEEP}"]
    with subprocess.Popen(both, stdin=-1, stdout=-1, stderr=-1) as piped:
        assert piped.stdin and piped.stdout
        piped.stdin.write(EVERY_BYTE)
        piped.stdin.close()
        assert piped.stdout.read(len(EVERY_BYTE)) == EVERY_BYTE
        until(asleep, 20, "it to sleep")
        piped.kill()
    until(lambda: not asleep(), 20, "it to be hung up on")
    done = subdeck("stop", *options, target, "--yes")
    assert done.returncode == 0, done.stderr


def test_where_sudo_asks_for_a_password_one_line_says_so(
    options: list[str], server: Sshd, subhost: Subhost
) -> None:
    allow(server.folder / "sudoers.d", "")
    done = subdeck("start", *options, f"{server.alias}/{subhost.name}", "--yes")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert ": sudo refuses: sudo: a password is required; allow NOPASSWD" in done.stderr
