"""One host over a real SSH connection, and what may go wrong with the questions themselves."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from backends.ssh.backend import LEAST, PATIENCE, SshBackend
from backends.ssh.connecting import Bastion
from backends.ssh.openssh import OpenSSH
from console.errors import Denied, Problem, Unreachable
from console.facts import Facts
from console.turnstile import Turnstile
from tests.lab.hung_fuse import hung_mounts
from tests.lab.inventory import until
from tests.lab.sshd import Sshd, sshd
from tests.lab.watching import argv, shells

pytestmark = [pytest.mark.needs("sshd", "ssh")]
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="makes mounts: run pytest as root")

INTERVAL = 2.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    folder = tmp_path / "server"
    folder.mkdir()
    with sshd(folder) as running:
        yield running


@pytest.fixture
async def bastion(server: Sshd) -> AsyncIterator[Bastion]:
    made = Bastion(Turnstile(4), OpenSSH(server.config))
    yield made
    await made.close()


@pytest.fixture
async def backend(server: Sshd, bastion: Bastion) -> AsyncIterator[SshBackend]:
    made = SshBackend(server.entry, bastion, ("/opt/*/*.conf",), INTERVAL)
    yield made
    await made.close()


def askers(server: Sshd, place: Path) -> int:
    """Return how many programs below the server are stuck asking about a place."""
    words = [argv(pid) for pid in server.processes()]
    return sum(each[0] == b"stat" and os.fsencode(place) in each for each in words)


async def test_a_quiet_host_costs_few_bytes(backend: SshBackend) -> None:
    for _ in range(3):
        await backend.sample()
    for _ in range(300):  # whoever else is on this host may not always be quiet
        before = backend.received
        await backend.sample()
        if 0 < backend.received - before < 400:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("never less than 400 bytes")


async def test_what_changes_is_seen_at_the_next_look(backend: SshBackend, tmp_path: Path) -> None:
    before = await backend.sample()
    (tmp_path / "blob").write_bytes(os.urandom(8 << 20))
    os.sync()
    after = await backend.sample()
    assert before.evidence
    assert after.evidence
    assert (after.uptime or 0) >= (before.uptime or 0)
    assert after.view.mounts == before.view.mounts
    assert after.view.statfs != before.view.statfs


async def test_what_is_asked_again_and_is_the_same_stays_the_same_object(
    backend: SshBackend,
) -> None:
    parts = ("evidence", "confs", "autostart", "netns", "routing", "loops", "processes")
    for _ in range(3):
        await backend.refresh()
        before = await backend.sample()
    await backend.refresh()
    after = await backend.sample()
    assert after.links != before.links, "links were not asked for: this very look counts on lo"
    for part in parts:
        assert getattr(after, part) is getattr(before, part), part
    assert after.view.mounts is before.view.mounts


@root_only
async def test_what_becomes_another_program_late_is_seen(
    backend: SshBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backends.ssh.processes.YOUNG", 0.0)
    inner = "read line; exec sleep 4711"
    words = ["sh", "-c", 'read line; exec unshare -fpm --kill-child sh -c "$1"', "late", inner]

    async def first(name: str) -> None:
        async with asyncio.timeout(20):
            async for facts in looks(backend):
                found = facts.processes or ()
                if any(each.inner_pid == 1 and each.name == name for each in found):
                    return

    process = await asyncio.create_subprocess_exec(*words, stdin=subprocess.PIPE)
    try:
        for _ in range(4):  # so often that it is taken for one of the host's own
            await backend.sample()
        assert process.stdin
        process.stdin.write(b"\n")
        await backend.refresh()
        await first("sh")
        process.stdin.write(b"\n")
        await first("sleep")
    finally:
        process.kill()
        await process.wait()


async def looks(backend: SshBackend) -> AsyncIterator[Facts]:
    while True:
        yield await backend.sample()


async def test_one_connection_and_one_shell_are_all_it_takes(
    backend: SshBackend, server: Sshd
) -> None:
    for _ in range(4):
        facts = await backend.sample()
    hung = [gap for gap in facts.gaps if gap.problem is Problem.HUNG]  # of others, if any
    assert len(shells(server)) <= 1 + len(hung)
    assert server.log.count("Accepted publickey") == 1


async def test_nothing_is_left_when_it_is_closed(backend: SshBackend, server: Sshd) -> None:
    await backend.sample()
    await backend.close()
    until(lambda: server.processes() == [server.pid], 20, "sessions to end")


async def test_a_lost_shell_is_told_at_once_and_the_next_look_has_a_new_one(
    backend: SshBackend, server: Sshd
) -> None:
    await backend.sample()
    changed = asyncio.ensure_future(backend.changed())
    os.kill(min(shells(server)), 9)
    await asyncio.wait_for(changed, 20)
    assert (await backend.sample()).view.mounts


@root_only
async def test_hung_mounts_cost_their_gaps_and_nothing_else(
    backend: SshBackend, server: Sshd, tmp_path: Path
) -> None:
    with hung_mounts(tmp_path, 2, "silent") as places:
        for _ in range(3):
            facts = await backend.sample()
            gaps = [gap for gap in facts.gaps if gap.probe.startswith(f"statvfs {tmp_path}/")]
            assert [gap.probe for gap in gaps] == [f"statvfs {place}" for place in places]
            assert {gap.problem for gap in gaps} == {Problem.HUNG}
            assert facts.view.statfs
        for place in places:
            assert askers(server, place) == 1, "one program hangs there, and never another"
    await backend.sample()
    told = (await backend.sample()).gaps
    assert not [gap for gap in told if str(tmp_path) in gap.probe]


@root_only
async def test_more_hung_mounts_than_sessions_are_not_even_asked(
    backend: SshBackend, server: Sshd, tmp_path: Path
) -> None:
    with hung_mounts(tmp_path, 7, "silent") as places:
        facts = await backend.sample()
        hung = [gap for gap in facts.gaps if gap.probe.startswith(f"statvfs {tmp_path}/")]
        assert len(hung) == 7
        assert len(shells(server)) <= 1 + 4
        assert sum(askers(server, place) for place in places) <= 4


async def test_what_it_costs_and_which_tools_are_there_is_told(backend: SshBackend) -> None:
    costs = dict(await backend.costs())
    assert set(costs) >= {"mounts and memory", "fill levels"}
    assert all(0 <= milliseconds < 1000 for milliseconds in costs.values())
    tools = {name: there for name, there, _ in await backend.tools()}
    assert tools["stat"]


async def test_an_interrupted_look_leaves_no_connection(backend: SshBackend, server: Sshd) -> None:
    looking = asyncio.ensure_future(backend.sample())
    await asyncio.sleep(0.05)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    until(lambda: server.processes() == [server.pid], 20, "sessions to end")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("ForceCommand /bin/false", Problem.DENIED),
        ("ForceCommand /nowhere/at/all", Problem.MISSING),
        ("MaxSessions 0", Problem.LIMIT),
    ],
)
async def test_a_server_that_gives_no_shell_is_told_why(
    line: str, problem: Problem, tmp_path: Path
) -> None:
    with sshd(tmp_path, line) as server:
        bastion = Bastion(Turnstile(4), OpenSSH(server.config))
        backend = SshBackend(server.entry, bastion, (), INTERVAL)
        with pytest.raises((Denied, Unreachable)) as caught:
            await backend.sample()
        assert isinstance(caught.value, Denied | Unreachable)
        assert caught.value.problem is problem
        assert caught.value.hint
        await backend.close()
        await bastion.close()


async def test_a_host_that_answers_late_each_time_is_seen_all_the_same(tmp_path: Path) -> None:
    late = 1.2 * (LEAST + LEAST)
    slow = f'ForceCommand sleep {late}; exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"'
    with sshd(tmp_path / "server", slow) as server:
        bastion = Bastion(Turnstile(4), OpenSSH(server.config))
        backend = SshBackend(server.entry, bastion, (), LEAST / PATIENCE)
        try:
            with pytest.raises(Unreachable, match=f"no shell answered in {2 * LEAST:.0f} s"):
                await backend.sample()
            assert (await backend.sample()).view.mounts
        finally:
            await backend.close()
            await bastion.close()
