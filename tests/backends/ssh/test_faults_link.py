"""A link that is black, slow, lossy or flapping: the last picture stays, no word is wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from console.contact import ContactState
from console.errors import Problem
from tests.lab.link import FAR, NEEDS_LINK, Link, Way
from tests.lab.sshd import Sshd
from tests.lab.staged import disguised
from tests.lab.watching import INTERVAL, failed, named, newer, stale, told, up, watching
from tests.lab.world import World

pytestmark = [*NEEDS_LINK, pytest.mark.needs("sshd", "ssh", "ssh-keygen", "setpriv")]


@pytest.fixture(scope="module")
def line() -> Iterator[Link]:
    with World() as world, Link(world) as line:
        yield line


@pytest.fixture(scope="module")
def server(line: Link, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with ExitStack() as stack:
        with line.far():
            server = stack.enter_context(disguised(tmp_path_factory.mktemp("far"), address=FAR))
        yield server


@pytest.fixture
def link(line: Link) -> Iterator[Link]:
    yield line
    line.fair()


def logins(server: Sshd) -> int:
    return server.log.count("Accepted publickey")


async def test_a_black_link_is_noticed_and_a_healed_one_used(link: Link, server: Sshd) -> None:
    async with watching(server.config, [server.entry]) as watch:
        await watch.until(up)
        before = watch.host("server")
        link.black = Way.BOTH
        old = await watch.until(stale)
        age = old.age(time.monotonic())
        assert age is not None
        assert age < 3 * INTERVAL
        lost = await watch.until(failed)
        assert lost.problem is Problem.TIMEOUT, told(lost)
        assert lost.host
        assert lost.host.levels == before.levels
        link.black = Way.NEITHER
        await watch.until(up)
        assert watch.words("server") == ["lost", "returned"]


@pytest.mark.parametrize("way", [Way.OUT, Way.BACK], ids=["out", "back"])
async def test_a_short_gap_either_way_costs_no_login(link: Link, server: Sshd, way: Way) -> None:
    async with watching(server.config, [server.entry]) as watch:
        await watch.until(up)
        before, logged_in = watch.host("server"), logins(server)
        link.black = way
        await watch.until(stale)
        link.black = Way.NEITHER
        await watch.until(newer(before))
        await watch.until(up)
        assert logins(server) == logged_in
        assert watch.words("server") == []


async def test_five_seconds_there_and_back(link: Link, server: Sshd) -> None:
    """A link that was made is used on; who has no time for it, or connects over it, says so."""
    slow, fast = named(server.entry, "slow"), named(server.entry, "fast")
    async with (
        watching(server.config, [slow], 5.0) as patient,
        watching(server.config, [fast]) as hasty,
    ):
        await patient.until(up)
        await hasty.until(up)
        logged_in = logins(server)
        link.delay = 2.5
        lost = await hasty.until(failed)
        assert lost.problem is Problem.TIMEOUT, told(lost)
        assert lost.host
        for _ in range(2):
            await patient.until(newer(patient.host("slow")))
        assert not patient.contact("slow").failed
        assert patient.words("slow") == []
        assert hasty.contact("fast").problem is Problem.TIMEOUT, told(hasty.contact("fast"))
        link.fair()
        await hasty.until(up)
        await patient.until(up)
        assert logins(server) <= logged_in + 2


async def test_a_third_lost_and_much_that_comes_twice(link: Link, server: Sshd) -> None:
    async with watching(server.config, [server.entry], 1.5) as watch:
        await watch.until(up)
        link.delay, link.jitter, link.loss, link.duplicate = 0.02, 0.02, 0.3, 0.1
        for _ in range(2):
            await watch.until(newer(watch.host("server")))
            seen = watch.contact("server")
            assert seen.problem in {None, Problem.TIMEOUT, Problem.LOST}, told(seen)
        link.fair()
        await watch.until(up)


async def test_a_flapping_link_is_one_event_at_most(link: Link, server: Sshd) -> None:
    async with watching(server.config, [server.entry]) as watch:
        await watch.until(up)
        logged_in = logins(server)
        link.flap = 1.0
        states = set()
        end = time.monotonic() + 4
        while time.monotonic() < end:
            states.add(watch.contact("server").state_at(time.monotonic()))
            await asyncio.sleep(0.05)
        link.fair()
        await watch.until(up)
        assert ContactState.STALE in states
        assert logins(server) <= logged_in + 1
        assert len(watch.words("server")) <= 2


async def test_a_reset_link_is_lost_at_once_and_a_refusal_is_told(
    link: Link, server: Sshd
) -> None:
    async with watching(server.config, [server.entry]) as watch:
        await watch.until(up)
        link.refuse("tcp-reset")
        lost = await watch.until(failed)
        # At once, so not for want of an answer in time.
        assert lost.problem in {Problem.LOST, Problem.REFUSED}, told(lost)
        await watch.until(lambda contact: contact.problem is Problem.REFUSED)
        link.refuse("icmp-host-unreachable")
        await watch.until(lambda contact: contact.problem is Problem.UNREACHABLE)
        assert "route" in (watch.contact("server").trouble or "")
        link.refuse()
        await watch.until(up)
