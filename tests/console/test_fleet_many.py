"""Hundreds of hosts, a third of them dead: the living are seen in time, the worst first."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from console.clean import Clean
from console.errors import Problem, Unreachable
from console.facts import Facts, View
from console.fleet import Fleet, Shared
from console.model import State
from console.turnstile import Turnstile
from tests.console.clockwork import (
    DNS,
    INTERVAL,
    SEEN,
    WEB,
    Scripted,
    fleet,
    now,
    play,
    watched,
    watching,
)
from tests.console.hosts import GIB, MIB, SRV, statfs

HUNG = Unreachable("no answer within 15 s", problem=Problem.TIMEOUT)


def named(prefix: str, count: int, takes: float = 0.02) -> list[Scripted]:
    return [Scripted(Clean(f"{prefix}{n:03}"), takes=takes) for n in range(count)]


def dead(prefix: str, count: int) -> list[Scripted]:
    """Return hosts that swallow all that is sent to them until the deadline."""
    names = [Clean(f"{prefix}{n:03}") for n in range(count)]
    return [Scripted(name, [HUNG], takes=15.0) for name in names]


def ages(fleet: Fleet, hosts: Sequence[Scripted]) -> list[float]:
    names = {host.name for host in hosts}
    found = [each.age(now()) for each in fleet.view.contacts if each.name in names]
    return [float("inf") if age is None else age for age in found]


def filled(used: int) -> Facts:
    """Return a host whose ``/`` holds so many MiB of a GiB."""
    sizes = {26: statfs(GIB, used * MIB), 28: SRV}
    return replace(SEEN, view=View(SEEN.view.mounts, sizes), memory=None)


# In time


def test_the_living_are_seen_in_time_whoever_is_dead() -> None:
    async def story() -> None:
        living, lost = named("web", 200), dead("gone", 100)
        # The dead come first, so they are all let in before the living.
        many = fleet(*lost, *living)
        async with watching(many):
            await asyncio.sleep(2 * INTERVAL)
            for _ in range(200):
                assert max(ages(many, living)) <= 2 * INTERVAL
                await asyncio.sleep(0.31)
        assert all(len(host.looks) >= 30 for host in living)
        assert all(2 <= len(host.looks) <= 4 for host in lost)

    play(story())


def test_the_first_looks_of_all_begin_soon() -> None:
    async def story() -> None:
        living, lost = named("web", 200), dead("gone", 100)
        many = fleet(*lost, *living)
        await watched(many, INTERVAL)
        assert max(host.looks[0] for host in (*living, *lost)) <= 0.5

    play(story())


def test_steady_looks_are_spread_over_the_interval() -> None:
    async def story() -> None:
        living = named("web", 400)
        await watched(fleet(*living), 20 * INTERVAL)
        moments = Counter(
            int(10 * (look % INTERVAL) / INTERVAL)
            for host in living
            for look in host.looks
            if look > 2 * INTERVAL
        )
        assert len(moments) == 10
        assert max(moments.values()) < 0.2 * moments.total()

    play(story())


def test_a_host_is_looked_at_in_the_same_moment_of_every_interval() -> None:
    async def story() -> None:
        first, again = named("web", 20), named("web", 20)
        await watched(fleet(*first), 20.0)
        await asyncio.sleep(0.7)
        began = now()
        await watched(fleet(*again), 20.0)
        for one, other in zip(first, again, strict=True):
            assert [round(look - began, 3) for look in other.looks[1:]] == pytest.approx(
                [round(look, 3) for look in one.looks[1:]], abs=0.1
            )

    play(story())


# Whom it matters first


class Order:
    """What was looked at, in the order it was."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def host(self, name: str, seen: Facts = SEEN) -> Scripted:
        order = self.names

        class Noted(Scripted):
            async def sample(self) -> Facts:
                order.append(self.name)
                return await super().sample()

        return Noted(Clean(name), [seen], takes=0.04)


def test_visible_hosts_are_looked_at_before_others() -> None:
    async def story() -> None:
        order = Order()
        many = fleet(*(order.host(f"web{n:03}") for n in range(200)))
        many.prefer([Clean("web190"), Clean("web199")])
        await many.look_at_all()
        begun, queued = order.names[:32], order.names[32:]
        assert begun == [f"web{n:03}" for n in range(32)]  # nobody had to wait yet
        assert queued[:2] == ["web190", "web199"]
        assert queued[2:5] == ["web032", "web033", "web034"]

    play(story())


def test_another_choice_counts_for_those_who_wait_already() -> None:
    async def story() -> None:
        order = Order()
        many = fleet(*(order.host(f"web{n:03}") for n in range(200)))
        looking = asyncio.ensure_future(many.look_at_all())
        await asyncio.sleep(0.01)
        many.prefer([Clean("web150")])
        many.prefer([Clean("web150")])
        await looking
        assert order.names[32] == "web150"

    play(story())


def test_the_worst_hosts_are_looked_at_before_others() -> None:
    async def story() -> None:
        order = Order()
        fine = [order.host(f"web{n:03}", filled(10)) for n in range(100)]
        bad = [order.host("act", filled(900)), order.host("watch", filled(750))]
        full = [order.host("half", filled(500)), order.host("full", filled(1024))]
        many = fleet(*fine, *bad, *full)
        await many.look_at_all()
        states = {each.name: each.host.state for each in many.view.contacts if each.host}
        assert (states[Clean("full")], states[Clean("act")]) == (State.FULL, State.ACT)
        order.names.clear()
        await many.look_at_all()
        assert order.names[32:36] == ["full", "act", "watch", "half"]

    play(story())


def test_nobody_waits_for_ever_behind_those_who_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        # Each look takes the whole of its turn: 40 a second, not the hundred that are due.
        many = named("web", 200, takes=0.05)
        crowd = fleet(*many)
        crowd.prefer([each.name for each in many[:20]])
        await watched(crowd, 60.0)
        visible, others = many[:20], many[20:]
        assert min(len(each.looks) for each in visible) >= 28
        assert {len(each.looks) for each in others} <= {8, 9, 10, 11}

    monkeypatch.setattr("console.fleet._LOOKS", 2)
    play(story())


def test_the_gate_for_handshakes_lets_the_same_hosts_in_first() -> None:
    async def story() -> None:
        async def close() -> None:
            """Nothing is shared."""

        handshakes = Turnstile(1)
        both = fleet(Scripted(), Scripted(DNS), shared=Shared(handshakes, lambda: None, close))
        both.prefer([DNS])
        assert handshakes.rank(DNS) < handshakes.rank(WEB)
        both.prefer([WEB])
        assert handshakes.rank(WEB) < handshakes.rank(DNS)
        assert handshakes.rank("a jump host") < handshakes.rank(WEB)

    play(story())


# The end


class Stuck(Scripted):
    """A host that will not be let go of."""

    async def close(self) -> None:
        await asyncio.sleep(3600)


def test_closing_is_bounded_and_what_is_shared_goes_last() -> None:
    async def story() -> None:
        stuck = [Stuck(Clean(f"stuck{n}")) for n in range(40)]
        web = Scripted()

        async def close() -> None:
            assert web.events[-1] == "close"
            web.events.append("shared")
            await asyncio.sleep(3600)

        many = fleet(*stuck, web, shared=Shared(Turnstile(1), lambda: None, close))
        await many.look_at_all()
        before = now()
        await many.close()
        assert now() - before <= 1.0
        assert web.events[-2:] == ["close", "shared"]

    play(story())


def test_a_fault_while_letting_go_of_one_host_leaves_no_other_open() -> None:
    class Broken(Scripted):
        async def close(self) -> None:
            raise KeyError(self.name)

    async def story() -> None:
        web, dns = Scripted(), Scripted(DNS)
        many = fleet(web, Broken(Clean("broken")), dns)
        await many.look_at_all()
        with pytest.raises(KeyError):
            await many.close()
        assert (web.events[-1], dns.events[-1]) == ("close", "close")

    play(story())
