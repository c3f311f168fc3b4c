"""A survey of running subhosts: who makes them, and who is in them."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from backends.local_runner import LocalRunner
from backends.survey import surveyed
from console.clean import Clean
from console.parse.proc_stat import proc_stat
from console.plan import Verb
from console.survey import Kin, Survey, SurveyRequest
from tests.lab.inventory import end, until
from tests.lab.planning import Operator, begun
from tests.lab.subhost import Subhost
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("flock", "setpriv", "setsid")]


async def survey(subhost: Subhost, pid: int) -> Survey:
    request = SurveyRequest(Clean(subhost.name), Clean(str(subhost.conf)), pid)
    return await surveyed(LocalRunner().run, request)


def kin(pid: int) -> Kin:
    found = proc_stat(Path(f"/proc/{pid}/stat").read_bytes())
    return Kin(pid, found.started, Clean(found.name.decode()))


def space(pid: int, kind: str) -> int:
    return Path(f"/proc/{pid}/ns/{kind}").stat().st_ino


async def test_who_makes_one_of_overlay_boot(world: World) -> None:
    subhost = world.subhost("START=none\n").start()
    pids = subhost.pids
    found = (await survey(subhost, pids.init)).lineage
    assert found
    assert (found.first, found.unshare, found.holder) == (
        kin(pids.init),
        kin(pids.unshare),
        kin(pids.holder),
    )
    assert not found.supervised
    spaces = tuple(space(pids.init, kind) for kind in ("net", "pid", "mnt"))
    assert (found.net_ns, found.pid_ns, found.mount_ns) == spaces


async def test_without_its_holder(world: World) -> None:
    subhost = world.subhost("START=none\n").start()
    end(subhost.pids.holder)
    found = (await survey(subhost, subhost.pids.init)).lineage
    assert found
    assert found.unshare == kin(subhost.pids.unshare)
    assert found.holder is None


async def test_who_makes_one_of_ours(world: World, ours: Operator) -> None:
    subhost = world.subhost("START=none\n")
    job = begun(await ours.plan(Verb.START, subhost.name))
    subhost.adopt(job.process)
    assert job.ended() == "done", f"{job.journal} {job.log}"
    pid = (await ours.subhost(subhost.name)).pid
    assert pid
    found = (await survey(subhost, pid)).lineage
    assert found
    assert found.holder == kin(job.process.pid)
    assert found.supervised
    assert begun(await ours.plan(Verb.STOP, subhost.name)).ended() == "done"


async def test_a_pid_that_is_gone(world: World) -> None:
    subhost = world.subhost("START=none\n")
    found = await survey(subhost, 4_194_305)
    assert (found.lineage, found.sessions) == (None, ())
    assert found.conf == subhost.conf.read_bytes()


def session(pid: int, terminal: int) -> subprocess.Popen[bytes]:
    """Sleep at a terminal inside."""
    enter = ("nsenter", "-t", str(pid), "-m", "-p", "-r", "-w")
    null = subprocess.DEVNULL
    return subprocess.Popen(
        ["setsid", "-c", *enter, "sleep", "60"], stdin=terminal, stdout=null, stderr=null
    )


async def test_terminals_in_use(world: World) -> None:
    subhost = world.subhost("START=none\n").start()
    ours, theirs = pty.openpty()
    name = os.ttyname(theirs).removeprefix("/dev/")
    with session(subhost.pids.init, theirs) as user:
        until(lambda: len(world.inventory().processes) > 4, 10, "a session")
        found = (await survey(subhost, subhost.pids.init)).sessions
        user.kill()
    os.close(ours)
    os.close(theirs)
    (line,) = found
    assert line.startswith(f"{name}: sleep (")
