"""A server that dies, hangs, changes its key or turns us away: it says so and comes back."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.contact import Contact, ContactState
from console.errors import Problem
from tests.lab.hung_fuse import hung_mounts
from tests.lab.inventory import end, until
from tests.lab.sshd import PATIENCE, Sshd, keypair, sshd
from tests.lab.watching import INTERVAL, argv, failed, newer, shells, told, up, watching

pytestmark = pytest.mark.needs("sshd", "ssh", "ssh-keygen", "setpriv")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    with sshd(tmp_path / "server") as server:
        yield server


def sessions(server: Sshd) -> list[int]:
    """Return the server's processes but the listener and what it runs for us."""
    ours = [pid for pid in server.processes() if b"sshd" in argv(pid)[0]]
    return [pid for pid in ours if pid != server.pid]


async def test_a_dead_server_is_lost_and_found_again(server: Sshd) -> None:
    async with watching(server.config, [server.entry]) as watch:
        await watch.until(up)
        server.stop()
        lost = await watch.until(failed)
        assert lost.host
        assert lost.failed is ContactState.UNREACHABLE
        await watch.until(lambda contact: contact.problem is Problem.REFUSED)
        server.start()
        await watch.until(up)
        assert watch.words("server") == ["lost", "returned"]


async def test_a_session_killed_amid_an_answer_is_lost_at_once(server: Sshd) -> None:
    async with watching(server.config, [server.entry]) as watch:
        await watch.until(up)
        (shell,) = shells(server)
        os.kill(shell, signal.SIGSTOP)
        await asyncio.sleep(2 * INTERVAL)  # a question is under way now
        before = watch.host("server")
        for pid in sessions(server):
            end(pid)
        lost = await watch.until(failed)
        assert lost.problem is Problem.LOST, told(lost)  # not: no answer in time
        assert lost.host
        assert lost.host.levels == before.levels
        await watch.until(newer(lost.host))
        assert up(watch.contact("server"))
        os.kill(shell, signal.SIGCONT)
        until(lambda: argv(shell) == [b""], PATIENCE, "the shell left behind to end")


async def test_a_stopped_shell_is_given_up_and_another_asked(server: Sshd) -> None:
    async with watching(server.config, [server.entry]) as watch:
        await watch.until(up)
        (shell,) = shells(server)
        os.kill(shell, signal.SIGSTOP)
        silent = await watch.until(failed)
        assert silent.problem in {Problem.TIMEOUT, Problem.HUNG}, told(silent)
        assert silent.host
        await watch.until(up)
        assert shells(server) != [shell]
        os.kill(shell, signal.SIGCONT)
        until(lambda: argv(shell) == [b""], PATIENCE, "the shell left behind to end")


async def test_a_frozen_server_holds_up_nobody(server: Sshd, tmp_path: Path) -> None:
    with sshd(tmp_path / "other", alias="other") as other:
        both = tmp_path / "ssh_config"
        both.write_text(server.stanza + other.stanza)
        async with watching(both, [server.entry, other.entry]) as watch:
            await watch.until(up)
            server.freeze()
            frozen = asyncio.create_task(watch.until(failed, "server"))
            assert (await watch.ages(["other"], 4))["other"] < 2.5 * INTERVAL
            assert (await frozen).problem is Problem.TIMEOUT
            server.thaw()
            await watch.until(up)


async def test_who_turns_us_away_is_not_asked_again_by_itself(
    server: Sshd, tmp_path: Path
) -> None:
    """Neither a server with another key than before nor one that refuses the login."""
    with sshd(tmp_path / "strict", alias="strict") as strict:
        both = tmp_path / "ssh_config"
        both.write_text(server.stanza + strict.stanza)
        async with watching(both, [server.entry, strict.entry]) as watch:
            await watch.until(up)
            server.stop()
            known, server.keys = server.keys, [keypair(tmp_path / "other_key")]
            server.start()
            letting_in = strict.folder / "authorized_keys"
            allowed = letting_in.read_text()
            letting_in.write_text("")
            for pid in sessions(strict):
                end(pid)
            changed = await watch.until(key_changed, "server")
            refused = await watch.until(denied, "strict")
            assert (changed.problem, refused.problem) == (Problem.CHANGED_KEY, Problem.AUTH)
            assert (changed.retry_at, refused.retry_at) == (None, None)
            assert changed.host
            assert refused.host
            assert changed.untrusted
            assert changed.untrusted.fingerprint == server.fingerprint
            knocks = knocked(server), knocked(strict)
            await asyncio.sleep(10 * INTERVAL)
            assert (knocked(server), knocked(strict)) == knocks
            assert "Accepted" not in server.log.rpartition("Server listening")[2]
            server.stop()
            server.keys = known
            server.start()
            letting_in.write_text(allowed)
            watch.fleet.refresh()
            await watch.until(up)
            assert watch.words("server")[-2:] == ["key-changed", "returned"]
            assert watch.words("strict")[-2:] == ["denied", "returned"]


def key_changed(contact: Contact) -> bool:
    return contact.failed is ContactState.KEY_CHANGED


def denied(contact: Contact) -> bool:
    return contact.failed is ContactState.DENIED


def knocked(server: Sshd) -> int:
    return server.log.count("Connection from")


async def test_a_server_that_takes_no_more_connections_is_full(tmp_path: Path) -> None:
    with sshd(tmp_path / "server", "MaxStartups 1:100:1", "LoginGraceTime 60") as server:
        silent = socket.create_connection((server.address, server.port))
        silent.recv(1)
        async with watching(server.config, [server.entry]) as watch:
            full = await watch.until(failed)
            assert full.problem is Problem.LIMIT, told(full)
            assert full.retry_at is not None
            silent.close()
            await watch.until(up)


async def test_a_server_that_gives_no_session_is_full(tmp_path: Path) -> None:
    with sshd(tmp_path / "server", "MaxSessions 0") as server:
        async with watching(server.config, [server.entry]) as watch:
            full = await watch.until(failed)
            assert full.problem is Problem.LIMIT, told(full)


@pytest.mark.root
async def test_a_server_with_one_session_left_is_watched_without_what_hangs(
    tmp_path: Path,
) -> None:
    with (
        sshd(tmp_path / "server", "MaxSessions 1") as server,
        hung_mounts(tmp_path, 1, "silent") as (hung,),
    ):
        async with watching(server.config, [server.entry]) as watch:
            await watch.until(up)
            await watch.until(newer(watch.host("server")))
            host = watch.host("server")
            assert [gap for gap in host.gaps if str(hung) in gap.probe]
            assert any(level.used for level in host.levels)
