"""``subdeck enter`` as scripts use it: no terminal, the command's own bytes and exit status."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends.ssh.bastions import ended
from tests.console.cli.commands import ROOT, run, subdeck
from tests.lab.inventory import until
from tests.lab.sshd import Sshd, sshd
from tests.lab.subhost import Subhost
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("sshd", "ssh", "ssh-keygen")]

EVERY_BYTE = bytes(range(256))
PLAIN = "SetEnv SHLVL=2"
"""Keeps bash as a login shell from reading what this account has for it, which may take long."""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as made:
        yield made


@pytest.fixture(scope="module")
def running(world: World) -> Subhost:
    return world.subhost("LOWER=/\n").start()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sshd(tmp_path_factory.mktemp("ssh") / "server", PLAIN) as made:
        yield made


@pytest.fixture
def config(world: World, server: Sshd, tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(
        f'interval = 20.0\nsubhosts = ["{world.folder}/*/*.conf"]\n'
        f'[[host]]\nname = "{server.alias}"\n'
        f'[[host]]\nname = "shut"\naddress = "{server.alias}"\nprotected = true\n'
    )
    return path


@pytest.fixture(params=["local", "server"])
def options(request: pytest.FixtureRequest, server: Sshd, config: Path) -> tuple[str, list[str]]:
    """The name of a host, this one by itself or over SSH, and what it takes to get there."""
    return request.param, ["--config", str(config), "-F", str(server.config)]


def enter(
    where: tuple[str, list[str]], subhost: str, *command: str, given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    host, options = where
    target = f"{host}/{subhost}" if subhost else host
    return run(["enter", *options, target, "--", *command], os.environ, given)


# what a command says, and how it ends


def test_a_command_runs_in_every_namespace_of_the_subhost(
    options: tuple[str, list[str]], running: Subhost
) -> None:
    script = "for n in net mnt pid ipc uts cgroup time; do readlink /proc/self/ns/$n; done; pwd"
    said = enter(options, running.name, "sh", "-c", script)
    assert (said.returncode, said.stderr) == (0, b"")
    *spaces, here = said.stdout.decode().split()
    there = Path(f"/proc/{running.pids.init}/ns")
    names = ("net", "mnt", "pid", "ipc", "uts", "cgroup", "time")
    assert spaces == [str((there / name).readlink()) for name in names]
    assert spaces[:5] != [str(Path("/proc/self/ns", name).readlink()) for name in names[:5]]
    assert here == "/"


def test_its_root_is_the_subhosts(options: tuple[str, list[str]], running: Subhost) -> None:
    (running.inside("/run") / "mark").write_text("it is me")
    said = enter(options, running.name, "cat", "/run/mark")
    assert (said.returncode, said.stdout, said.stderr) == (0, b"it is me", b"")


def test_nothing_is_inherited(options: tuple[str, list[str]], running: Subhost) -> None:
    said = enter(options, running.name, "env")
    names = {line.split("=")[0] for line in said.stdout.decode().splitlines()}
    assert names - {"_", "PWD", "SHLVL"} == {"PATH", "TERM", "HOME", "LANG"}


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (("sh", "-c", "exit 42"), 42),
        (("sh", "-c", "kill -KILL $$"), 137),
        (("/no/such/program",), 127),
    ],
)
def test_the_exit_status_is_the_commands(
    options: tuple[str, list[str]], running: Subhost, command: tuple[str, ...], status: int
) -> None:
    for subhost in (running.name, ""):
        assert enter(options, subhost, *command).returncode == status


def test_words_arrive_as_they_are(options: tuple[str, list[str]], running: Subhost) -> None:
    words = ["a b", "it's", "$(touch /run/pwned)", "`id`", "a\nb", "--", "-x", "*", "\\", "!!", ""]
    for subhost in (running.name, ""):
        said = enter(options, subhost, "printf", r"%s\0", *words)
        assert said.stdout.decode().split("\0")[:-1] == words


def test_megabytes_and_every_byte_pass(options: tuple[str, list[str]], running: Subhost) -> None:
    blob = EVERY_BYTE + os.urandom(1 << 20) * 8
    said = enter(options, running.name, "cat", given=blob)
    assert (said.returncode, said.stderr) == (0, b"")
    assert said.stdout == blob
    said = enter(options, running.name, "sh", "-c", "cat >&2", given=blob)
    assert (said.returncode, said.stdout) == (0, b"")
    assert said.stderr == blob


def test_a_shell_reads_commands_from_a_pipe(
    options: tuple[str, list[str]], running: Subhost
) -> None:
    host, more = options
    words = ["enter", *more, f"{host}/{running.name}"]
    said = run(words, os.environ, b"cat /proc/1/comm\nexit 3\n")
    assert (said.returncode, said.stdout, said.stderr) == (3, b".reaper\n", b"")


def test_who_wants_no_more_ends_it(options: tuple[str, list[str]], running: Subhost) -> None:
    host, more = options
    words = [sys.executable, "-m", "console", "enter", *more, f"{host}/{running.name}", "--"]
    with begun([*words, "yes"], cwd=ROOT, stdout=subprocess.PIPE) as flood:
        assert flood.stdout
        assert flood.stdout.read(4) == b"y\ny\n"
        flood.stdout.close()
        assert flood.wait(30) == 128 + signal.SIGPIPE
    until(lambda: not inside(running, "yes"), 20, "the flood to end")


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
def test_however_we_end_nothing_runs_on_there(
    options: tuple[str, list[str]], running: Subhost, end: signal.Signals
) -> None:
    host, more = options
    words = [sys.executable, "-m", "console", "enter", *more, f"{host}/{running.name}", "--"]
    script = "echo begun; exec sleep 4711"
    with begun(
        [*words, "sh", "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as ours:
        assert ours.stdout
        assert ours.stdout.read(6) == b"begun\n"
        (pid,) = until(lambda: inside(running, "sleep"), 20, "it to sleep")
        ours.send_signal(end)
        assert ours.wait(30) in {128 + end, -end}
    until(lambda: ended(pid), 20, "the command to end")


def test_a_link_that_is_cut_is_told(running: Subhost, config: Path, tmp_path: Path) -> None:
    with sshd(tmp_path / "other", PLAIN) as other:
        words = ["enter", "-F", str(other.config), "--config", str(config)]
        script = "echo begun; exec sleep 4711"
        with begun(
            [sys.executable, "-m", "console", *words, other.alias, "--", "sh", "-c", script],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as ours:
            assert ours.stdout
            assert ours.stderr
            assert ours.stdout.read(6) == b"begun\n"
            other.stop()
            assert ours.wait(30) == 255
            assert b"server: the link was lost" in ours.stderr.read()


# what is not entered


def line(*words: str, config: Path, server: Sshd) -> tuple[int, str]:
    said = subdeck("enter", "--config", str(config), "-F", str(server.config), *words)
    assert said.stdout == ""
    assert said.stderr.count("\n") == 1
    return said.returncode, said.stderr


def test_a_stopped_subhost_is_not_entered(world: World, config: Path, server: Sshd) -> None:
    stopped = world.subhost()
    status, said = line(f"local/{stopped.name}", config=config, server=server)
    assert status == 1
    assert f"local/{stopped.name}: it is stopped (subdeck start local/{stopped.name}" in said


@pytest.mark.parametrize(
    ("target", "status", "said"),
    [
        ("local/none", 1, "local/none: no such subhost"),
        ("local/$(touch x);a'b", 1, "no such subhost"),
        ("*", 2, "*: one host is entered, not local, server, shut"),
        ("nowhere", 2, "nowhere: no such host"),
        ("@none", 2, "no host has such a tag"),
        ("shut", 1, "protected"),
    ],
)
def test_what_names_no_one_place_is_refused(
    config: Path, server: Sshd, running: Subhost, target: str, status: int, said: str
) -> None:
    found, told = line(target, config=config, server=server)
    assert found == status
    assert said in told


def test_a_pattern_may_stand_for_one_alone(
    config: Path, server: Sshd, running: Subhost, world: World
) -> None:
    words = ("enter", "--config", str(config), f"local/{running.name[:-1]}[{running.name[-1]}]")
    said = subdeck(*words, "--", "echo", "here")
    assert (said.returncode, said.stdout) == (0, "here\n")
    world.subhost()
    status, told = line(f"local/{world.prefix}*", config=config, server=server)
    assert (status, "one subhost is entered, not" in told) == (1, True)


def test_a_protected_host_is_entered_for_a_reason(config: Path, server: Sshd) -> None:
    words = ("--config", str(config), "-F", str(server.config), "--unlock", "a test")
    said = subdeck("enter", *words, "shut", "--", "echo", "in")
    assert (said.returncode, said.stdout, said.stderr) == (0, "in\n", "")


def test_an_unreachable_host_is_told(config: Path, server: Sshd) -> None:
    began = time.monotonic()
    server.config.write_text(server.stanza.replace(f"Port {server.port}", "Port 1"))
    try:
        status, told = line(server.alias, config=config, server=server)
    finally:
        server.config.write_text(server.stanza)
    assert status == 1
    assert "server: connection refused" in told
    assert time.monotonic() - began < 30


@contextlib.contextmanager
def begun(words: list[str], **options: int | Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run it, and no longer than the test."""
    with subprocess.Popen(words, **options) as ours:  # type: ignore[call-overload]
        try:
            yield ours
        finally:
            ours.kill()


def inside(subhost: Subhost, name: str) -> list[str]:
    """Return the pids of the programs of this name in the subhost."""
    space = Path(f"/proc/{subhost.pids.init}/ns/pid").readlink()
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended
            here = (path / "ns/pid").readlink() == space and not ended(path.name)
            if here and (path / "comm").read_text() == f"{name}\n":
                found.append(path.name)
    return found
