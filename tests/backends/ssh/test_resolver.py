"""Names: that a dead name service holds up nobody else."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from backends.ssh.resolver import AT_ONCE, Addresses, Resolver
from console.errors import Problem, Unreachable


class Service:
    """A name service that knows ``good``, and hangs for anything else until it is let go."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.dead = False
        self.free = threading.Event()

    def lookup(self, name: str, family: int) -> list[str]:
        self.asked.append(name)
        if name == "good" and not self.dead:
            return ["10.0.0.1", "10.0.0.2"]
        if name == "nobody":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if name == "later":
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        self.free.wait(60)
        return ["10.9.9.9"]


@pytest.mark.parametrize(
    ("number", "family"),
    [("10.0.0.1", "any"), ("::1", "any"), ("fe80::1%1", "inet6"), ("127.1", "inet")],
)
async def test_numbers_are_not_looked_up(number: str, family: str) -> None:
    service = Service()
    found = await Resolver(service.lookup).addresses(number, family)
    assert len(found.found) == 1
    assert service.asked == []


async def test_a_scope_is_kept() -> None:
    found = await Resolver(Service().lookup).addresses("fe80::1%1")
    assert found.found[0].startswith("fe80::1%")


async def test_all_addresses_of_a_name() -> None:
    assert await Resolver(Service().lookup).addresses("good") == Addresses(
        ("10.0.0.1", "10.0.0.2")
    )


async def test_this_machine_knows_itself() -> None:
    assert "127.0.0.1" in (await Resolver().addresses("localhost", "inet")).found


async def test_a_name_that_is_none() -> None:
    with pytest.raises(Unreachable, match="nobody: Name or service not known") as refused:
        await Resolver(Service().lookup).addresses("nobody")
    assert refused.value.hint


async def test_a_label_too_long_for_dns_is_no_name() -> None:
    with pytest.raises(Unreachable, match="it is no name for a host"):
        await Resolver().addresses("a" * 70 + ".x")


async def test_names_that_hang_hold_up_no_other() -> None:
    service = Service()
    resolver = Resolver(service.lookup, deadline=0.3)
    hanging = [resolver.addresses(f"dead{number}") for number in range(AT_ONCE - 1)]
    waiting = asyncio.gather(*hanging, return_exceptions=True)
    await asyncio.sleep(0)
    assert (await resolver.addresses("good")).found
    for error in await waiting:
        assert isinstance(error, Unreachable)
        assert error.problem is Problem.TIMEOUT
    service.free.set()


async def test_more_names_than_threads_wait_no_longer_than_they_may() -> None:
    service = Service()
    resolver = Resolver(service.lookup, deadline=1.0)
    names = [f"dead{number}" for number in range(AT_ONCE + 8)]
    async with asyncio.timeout(20):
        found = await asyncio.gather(*map(resolver.addresses, names), return_exceptions=True)
    assert all(isinstance(each, Unreachable) for each in found)
    assert len(service.asked) == AT_ONCE
    service.free.set()
    assert (await resolver.addresses("good")).found, "freed threads serve again"


async def test_one_thread_a_name_however_often_it_is_asked() -> None:
    service = Service()
    resolver = Resolver(service.lookup, deadline=0.2)
    for _ in range(3):
        with pytest.raises(Unreachable):
            await resolver.addresses("dead")
    assert service.asked == ["dead"]
    service.free.set()


async def test_the_last_answer_stands_in_while_the_service_is_away() -> None:
    service = Service()
    resolver = Resolver(service.lookup, deadline=0.2)
    await resolver.addresses("good")
    service.dead = True
    assert await resolver.addresses("good") == Addresses(("10.0.0.1", "10.0.0.2"), stale=True)
    service.free.set()


async def test_a_service_that_fails_for_now_says_so() -> None:
    with pytest.raises(Unreachable, match="Temporary failure"):
        await Resolver(Service().lookup).addresses("later")


async def test_who_goes_away_is_not_waited_for() -> None:
    service = Service()
    resolver = Resolver(service.lookup)
    waiting = asyncio.create_task(resolver.addresses("dead"))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    service.free.set()
