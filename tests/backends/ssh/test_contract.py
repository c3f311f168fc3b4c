"""The same world, looked at here and over SSH: one ``Host``."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from backends.local import LocalBackend
from backends.ssh.backend import SshBackend
from backends.ssh.connecting import Bastion
from backends.ssh.look import Look
from backends.ssh.openssh import OpenSSH
from backends.ssh.shell import Shell
from console.backend import Backend
from console.clean import Clean
from console.config import Thresholds
from console.derive import derive
from console.facts import Facts
from console.model import Host, Kind, Level, Link, Process, Running, Subhost
from console.turnstile import Turnstile
from tests.backends.ssh.shells import SECONDS, SHELLS, begun
from tests.lab.inventory import MARK
from tests.lab.sshd import Sshd, sshd
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("sshd", "ssh")]

WHOLE = ("subhosts", "links", "netns", "images", "gaps", "levels", "boot", "routing")
ODD = "a space, a comma: a colon"
NAME = Clean("it")
_SMALL = 100 << 20


def judge(*_: object) -> Thresholds:
    return Thresholds()


@pytest.fixture
def world() -> Iterator[World]:
    """One of everything that can be made on this kernel."""
    with World() as made:
        made.tmpfs("size=8M,nr_inodes=200", made.place(ODD))
        made.overlay(ODD, lowers=2)
        made.overlay(lowers=2, writable=False)
        made.squashfs()
        made.stacked()
        made.covered()
        bridge = made.bridge()
        made.cable(made.netns(), bridge)
        running = made.subhost(f"CABLES={bridge}=02:aa:00:00:00:01 =\nSTART=one two\n").start()
        (running.inside("/run") / "blob").write_bytes(bytes(1 << 20))
        made.subhost()
        yield made


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    with sshd(tmp_path) as running:
        yield running


@asynccontextmanager
async def looking(backend: Backend) -> AsyncIterator[Backend]:
    try:
        yield backend
    finally:
        await backend.close()


async def seen(sample: Callable[[], Awaitable[Facts]]) -> Host:
    """Return the second picture: the first look over SSH asks for levels one by one."""
    before = derive(NAME, await sample(), None, judge)
    return derive(NAME, await sample(), before, judge)


async def test_a_host_is_the_same_here_and_over_ssh(world: World, server: Sshd) -> None:
    globs = [f"{world.folder}/*/*.conf"]
    bastion = Bastion(Turnstile(4), OpenSSH(server.config))
    remote = SshBackend(server.entry, bastion, globs, 2.0)
    local = LocalBackend(globs=globs, patient=True, deadline=10)
    async with looking(local), looking(remote):
        here, there = await seen(local.sample), await seen(remote.sample)
    await bastion.close()
    assert_same(there, here, WHOLE, world)
    there = still(there, world)
    assert [each.state for each in there.subhosts].count(Running.RUNNING) == 1
    assert {link.netns for link in there.links} >= {None, *(each.name for each in there.netns)}


@pytest.mark.parametrize("shell", [each for each in SHELLS if "busybox" not in str(each.id)])
async def test_any_shell_sees_the_same(world: World, shell: str) -> None:
    globs = [f"{world.folder}/*/*.conf"]
    local = LocalBackend(globs=globs, patient=True, deadline=10)
    async with looking(local), begun(shell) as remote:
        here, there = await seen(local.sample), await seen(_look(remote, globs))
    assert_same(there, here, WHOLE, world)


async def test_busybox_alone_sees_all_but_the_inside_of_networks(
    world: World, tmp_path: Path
) -> None:
    globs = [f"{world.folder}/*/*.conf"]
    local = LocalBackend(globs=globs, patient=True, deadline=10)
    async with looking(local), begun(str(busybox_alone(tmp_path))) as remote:
        assert b" ip " in remote.hello
        here, there = await seen(local.sample), await seen(_look(remote, globs))
    assert_same(there, here, ("levels", "images", "boot"), world)
    for mine, theirs in zip(*(still(host, world).subhosts for host in (here, there)), strict=True):
        assert replace(mine, cables=()) == replace(theirs, cables=())
    (gap,) = [gap for gap in there.gaps if gap.probe == "netns"]
    assert "speaks no JSON" in gap.reason
    assert gap.remedy == "install iproute2 there"


async def test_where_there_is_no_stat_df_tells_the_levels(world: World, tmp_path: Path) -> None:
    local = LocalBackend(patient=True, deadline=10)
    shell = busybox_alone(tmp_path, ("stat",), "dash")
    async with looking(local), begun(str(shell)) as remote:
        assert b"measure both_df" in remote.hello
        here, there = await seen(local.sample), await seen(_look(remote, ()))
    mine, theirs = (
        {each.id: each for each in still(host, world).levels} for host in (here, there)
    )
    assert mine.keys() == theirs.keys()
    for id_, level in mine.items():
        assert (theirs[id_].total, theirs[id_].inodes_total) == (level.total, level.inodes_total)


def busybox_alone(folder: Path, without: Sequence[str] = (), shell: str = "busybox sh") -> Path:
    """Return a shell for which busybox is in the place of every program of this host.

    Busybox's own shell has its applets built in, whatever is ``without``; another has not.
    """
    applets = folder / "applets"
    applets.mkdir()
    shutil.copy("/bin/busybox", applets / "busybox")
    said = subprocess.run(["/bin/busybox", "--list"], capture_output=True, text=True, check=True)
    if shell != "busybox sh":
        shutil.copy(shutil.which(shell) or shell, applets / shell)
    for name in {*said.stdout.split()} - {"busybox", *without}:
        (applets / name).symlink_to("busybox")
    places = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/sbin", "/bin", "/usr/bin")
    there = sorted({str(Path(place).resolve()) for place in places if Path(place).is_dir()})
    script = folder / "sh"
    script.write_text(
        "#!/bin/sh\n"
        f"for place in {' '.join(there)}; do mount --bind {applets} $place; done\n"
        f'exec {shell} "$@"\n'
    )
    wrapper = folder / "busybox-alone"
    wrapper.write_text(f'#!/bin/sh\nexec unshare -m /bin/sh {script} "$@"\n')
    wrapper.chmod(0o755)
    return wrapper


def _look(shell: Shell, globs: Sequence[str]) -> Callable[[], Awaitable[Facts]]:
    look = Look(globs, SECONDS)

    async def another() -> Shell:
        raise AssertionError("nothing here may hang")

    look.begin(shell, another)
    return lambda: look.facts(shell)


def assert_same(there: Host, here: Host, parts: Sequence[str], world: World) -> None:
    mine, theirs = still(here, world), still(there, world)
    for part in parts:
        assert getattr(theirs, part) == getattr(mine, part), part


def still(host: Host, world: World) -> Host:
    """Return the host without what moves on between two looks, and without others' worlds."""

    def ours(*names: str | None) -> bool:
        there = [name for name in names if name and (MARK in name or name.startswith("pid:"))]
        return all(world.prefix in name for name in there)

    lived_in = {None, *(name for each in host.subhosts if each.pid for name in _spaces(each))}
    links = (
        _link(link if link.netns in lived_in else replace(link, routes=None))
        for link in host.links
        if ours(link.netns, link.name, link.peer_netns)
    )
    levels = (
        replace(_level(level), backs=tuple(sorted(filter(ours, level.backs))))
        for level in host.levels
        if ours(level.id)
    )
    return replace(
        host,
        boot=host.boot and replace(host.boot, uptime=None),
        levels=tuple(sorted(levels, key=lambda level: level.id)),
        subhosts=tuple(
            replace(_subhost(each), notes=tuple(filter(ours, each.notes)))
            for each in host.subhosts
            if ours(each.name)
        ),
        links=tuple(sorted(links, key=lambda link: (link.netns or "", link.index))),
        netns=tuple(each for each in host.netns if ours(each.name)),
        images=tuple(each for each in host.images if ours(each.source, each.mount)),
        gaps=tuple(gap for gap in host.gaps if ours(gap.probe) and "/proc/" not in gap.probe),
    )


def _level(level: Level) -> Level:
    """The world's own tmpfs stay as they are; others write to the rest meanwhile."""
    if level.kind is Kind.TMPFS and level.total and level.total < _SMALL:
        return level
    return replace(level, used=None, inodes_used=None, limit=None)


def _subhost(subhost: Subhost) -> Subhost:
    return replace(
        subhost,
        levels=tuple(map(_level, subhost.levels)),
        processes=tuple(map(_process, subhost.processes)),
        cables=tuple(replace(each, rx_bytes=0, tx_bytes=0) for each in subhost.cables),
    )


def _process(process: Process) -> Process:
    return replace(process, cpu=None, cpu_seconds=0.0, rss=0, state="")


def _spaces(subhost: Subhost) -> tuple[str, str]:
    """Return what its network namespace may be called; of others no routes are told over SSH."""
    return subhost.name, f"pid:{subhost.pid}"


def _link(link: Link) -> Link:
    return replace(link, rx_bytes=0, tx_bytes=0, rx_packets=0, tx_packets=0, dropped=0, rates=None)
