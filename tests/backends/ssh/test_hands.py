"""Jobs outlive who began them: the link, its server, the console."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from backends.local import LocalBackend
from backends.ssh.backend import SshBackend
from console.backend import Hands
from console.errors import Problem, Unreachable
from console.jobs import JobState
from console.plan import Plan
from tests.backends import handmade
from tests.backends.handmade import order, outcome, plan, reached
from tests.backends.ssh.bastions import bastion
from tests.lab.inventory import until
from tests.lab.sshd import Sshd, sshd

pytestmark = [pytest.mark.root, pytest.mark.needs("sshd", "ssh", "flock", "setsid")]

CONSOLE = """
import asyncio, sys
from pathlib import Path
from backends.local import LocalBackend
from backends.ssh.backend import SshBackend
from console.clean import Clean
from console.inventory import Entry
from console.jobs import Order
from tests.backends.handmade import plan
from tests.backends.ssh.bastions import bastion

async def main(config, job_id, *steps):
    made = Order(Clean(job_id), plan(*steps), Clean("alice@bastion"))
    async with bastion(Path(config)) as out:
        there = SshBackend(Entry(Clean("server"), "server"), out, (), 2.0)
        hands = LocalBackend().hands if config == "/" else there.hands
        await hands.launch(made)
        print("begun", flush=True)
        async for job in hands.follow(made.id):
            pass

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    with handmade.swept(), sshd(tmp_path / "server", "SetEnv SHLVL=2") as running:
        yield running


@pytest.fixture
async def backend(server: Sshd) -> AsyncIterator[SshBackend]:
    async with bastion(server) as out:
        made = SshBackend(server.entry, out, (), 2.0)
        yield made
        await made.close()


@pytest.fixture
async def here() -> AsyncIterator[Hands]:
    local = LocalBackend()
    yield local.hands
    await local.close()


def begun(*words: str) -> subprocess.Popen[bytes]:
    """Start a program of Python in a session of its own."""
    argv = [sys.executable, "-c", *words]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, start_new_session=True)


def gated(tmp_path: Path) -> Plan:
    """Return a plan that says something, waits for a file, and says something again."""
    wait = f"while [ ! -e {tmp_path}/gate ]; do sleep 0.05; done"
    return plan("echo before", wait, f"echo after; echo x >>{tmp_path}/done", "echo more")


async def test_a_job_goes_on_when_its_server_is_killed(
    server: Sshd, backend: SshBackend, tmp_path: Path
) -> None:
    hands, made = backend.hands, order(gated(tmp_path))
    await hands.launch(made)
    following = asyncio.create_task(outcome(hands, made.id))
    await reached(hands, made.id, 2)
    server.stop()
    with pytest.raises(Unreachable) as lost:
        await following
    assert lost.value.problem is Problem.LOST
    (tmp_path / "gate").touch()
    server.start()
    await hands.launch(made)  # as who does not know whether it arrived might
    job = await outcome(hands, made.id)
    assert (job.state, job.step) == (JobState.DONE, 4)
    assert (tmp_path / "done").read_text() == "x\n"
    assert await hands.output(made.id, 9) == ("before", "after", "more")
    handmade.all_gone(made.id)


async def test_a_job_goes_on_when_the_link_is_reset(
    backend: SshBackend, here: Hands, tmp_path: Path
) -> None:
    made = order(gated(tmp_path))
    await backend.hands.launch(made)
    await reached(here, made.id, 2)
    await backend.close()
    (tmp_path / "gate").touch()
    assert (await outcome(here, made.id)).state is JobState.DONE


@pytest.mark.parametrize("over_ssh", [True, False])
async def test_a_job_goes_on_when_its_console_is_killed(
    server: Sshd, here: Hands, tmp_path: Path, over_ssh: bool
) -> None:
    made = order(gated(tmp_path))
    steps = [str(step.operations[0].argv[2]) for step in made.plan.steps]
    config = str(server.config) if over_ssh else "/"
    with begun(CONSOLE, config, made.id, *steps) as console:
        assert console.stdout
        assert await asyncio.to_thread(console.stdout.readline) == b"begun\n"
        os.killpg(console.pid, signal.SIGKILL)
    await reached(here, made.id, 2)
    (tmp_path / "gate").touch()
    assert (await outcome(here, made.id)).state is JobState.DONE
    handmade.all_gone(made.id)


async def test_who_follows_ends_on_the_host_with_the_link(
    server: Sshd, backend: SshBackend, here: Hands, tmp_path: Path
) -> None:
    made = order(gated(tmp_path))
    await backend.hands.launch(made)
    following = asyncio.create_task(outcome(backend.hands, made.id))
    await reached(here, made.id, 2)
    listeners = len(server.processes())
    assert listeners > 1
    following.cancel()
    await asyncio.wait([following])
    await backend.close()
    await asyncio.to_thread(
        until, lambda: len(server.processes()) == 1, handmade.PATIENCE, "all shells there to end"
    )
    (tmp_path / "gate").touch()
    assert (await outcome(here, made.id)).state is JobState.DONE


async def test_one_connection_is_all_it_takes(
    server: Sshd, backend: SshBackend, tmp_path: Path
) -> None:
    made = order(plan("true"))
    await asyncio.gather(backend.sample(), backend.hands.launch(made), backend.hands.jobs())
    assert (await outcome(backend.hands, made.id)).state is JobState.DONE
    assert server.log.count("Accepted publickey") == 1


async def test_a_connection_that_broke_unnoticed_is_made_anew(
    server: Sshd, backend: SshBackend
) -> None:
    await backend.hands.jobs()
    server.stop()
    server.start()
    with suppress(Unreachable):  # the loop may not have heard of the reset yet
        await backend.hands.jobs()
    await backend.hands.jobs()
    await backend.sample()
