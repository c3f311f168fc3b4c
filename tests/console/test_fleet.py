"""The fleet on a clock that moves only when everybody waits: every time is exact."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import pytest

from console.clean import Clean
from console.errors import ConsoleError, Denied, Problem, Unreachable
from console.fleet import ContactState, Source
from console.samples import Look
from console.series import Sample
from tests.console.clockwork import (
    DNS,
    SEEN,
    WEB,
    Scripted,
    contact_when,
    fleet,
    now,
    play,
    state,
    steady,
    watched,
    watching,
)

# Looking


def test_a_host_is_looked_at_every_interval() -> None:
    async def story() -> None:
        web = Scripted(takes=0.5)
        await watched(fleet(web), 7.0)
        assert web.looks == [0.0, 2.0, 4.0, 6.0]

    play(story())


def test_a_look_that_takes_longer_than_the_interval_is_followed_by_the_next() -> None:
    async def story() -> None:
        web = Scripted(takes=3.0)
        await watched(fleet(web), 7.0)
        assert web.looks == [0.0, 3.0, 6.0]

    play(story())


def test_a_slow_host_delays_no_other() -> None:
    async def story() -> None:
        web, dns = Scripted(takes=60.0), Scripted(DNS)
        both = fleet(web, dns)
        await watched(both, 6.0)
        assert (web.looks, dns.looks[0]) == ([0.0], 0.0)
        assert steady(dns.looks)
        assert [each.name for each in both.view.contacts] == [WEB, DNS]
        assert (state(both, 0), state(both, 1)) == (ContactState.UNREACHABLE, ContactState.UP)

    play(story())


def test_looking_at_all_hosts_once() -> None:
    async def story() -> None:
        web, dns = Scripted(takes=1.0), Scripted(DNS, takes=1.0)
        both = fleet(web, dns)
        await both.look_at_all()
        assert now() == 1.0
        assert [each.host is not None for each in both.view.contacts] == [True, True]

    play(story())


@pytest.mark.parametrize(
    ("trouble", "expected", "problem"),
    [
        (Unreachable("no route", "plug it in"), ContactState.UNREACHABLE, Problem.UNREACHABLE),
        (Unreachable("no route", "plug it in", Problem.HUNG), ContactState.UNREACHABLE, "hung"),
        (Denied("no route", "plug it in", Problem.AUTH), ContactState.DENIED, Problem.AUTH),
        (ConsoleError("no route", "plug it in"), ContactState.UNREACHABLE, Problem.UNREACHABLE),
    ],
)
def test_a_lost_host_keeps_its_last_picture(
    trouble: ConsoleError, expected: ContactState, problem: Problem
) -> None:
    async def story() -> None:
        web = Scripted(script=[SEEN, trouble, trouble, SEEN])
        one = fleet(web)
        await watched(one, 3.0)
        (lost,) = one.view.contacts
        assert (state(one), lost.problem) == (expected, problem)
        assert (lost.trouble, lost.remedy) == ("no route", "plug it in")
        assert lost.host is not None
        assert lost.age(now()) == 3.0
        one.refresh()
        await watched(one, 4.0)
        one.refresh()
        await watched(one, 1.0)
        (found,) = one.view.contacts
        assert (state(one), found.trouble, found.remedy) == (ContactState.UP, None, None)
        assert (found.problem, found.retry_at) == (None, None)

    play(story())


def test_a_fault_of_ours_blinds_nobody() -> None:
    async def story() -> None:
        web, dns = Scripted(script=[SEEN, KeyError("mta"), SEEN]), Scripted(DNS)
        both = fleet(web, dns)
        async with watching(both):
            await contact_when(both, WEB, lambda each: each.failed is not None)
            assert (state(both, 0), state(both, 1)) == (ContactState.UNREACHABLE, ContactState.UP)
            assert both.view.contacts[0].trouble == "internal: KeyError: 'mta'"
            assert both.view.contacts[0].problem is Problem.INTERNAL
            assert both.view.contacts[0].host is not None
            found = await contact_when(both, WEB, lambda each: each.failed is None)
            assert found.trouble is None

    play(story())


def test_a_fault_of_ours_while_looking_once_is_that_hosts_alone() -> None:
    async def story() -> None:
        both = fleet(Scripted(script=[KeyError("mta")]), Scripted(DNS))
        await both.look_at_all()
        assert (state(both, 0), state(both, 1)) == (ContactState.UNREACHABLE, ContactState.UP)

    play(story())


def test_who_takes_too_long_for_a_single_look_has_failed() -> None:
    async def story() -> None:
        both = fleet(Scripted(takes=600.0), Scripted(DNS, takes=1.0))
        await both.look_at_all(within=3.0)
        assert now() == 3.0
        assert both.view.contacts[0].trouble == "no answer within 3 s"
        assert both.view.contacts[0].problem is Problem.TIMEOUT
        assert state(both, 1) is ContactState.UP

    play(story())


def test_trouble_is_shown_as_inert_text() -> None:
    async def story() -> None:
        one = fleet(Scripted(script=[Unreachable("banner \x1b[2J")]))
        await one.look_at_all()
        assert one.view.contacts[0].trouble == "banner ␛[2J"

    play(story())


def test_connecting_is_tried_until_it_works_and_then_never_again() -> None:
    async def story() -> None:
        web = Scripted()
        tries = deque([True, True, False, True])

        async def connect() -> Scripted:
            if tries.popleft():
                raise Unreachable("refused")
            return web

        one = fleet(Source(WEB, connect))
        await watched(one, 2.0)
        assert state(one) is ContactState.UNREACHABLE
        await watched(one, 20.0)
        assert (state(one), list(tries)) == (ContactState.UP, [True])

    play(story())


def test_quiet_parts_of_two_pictures_are_the_same_objects() -> None:
    async def story() -> None:
        one = fleet(Scripted())
        await watched(one, 20.5)
        before = one.view.contacts[0].host
        await watched(one, 3.0)
        after = one.view.contacts[0].host
        assert before is not None
        assert after is not None
        assert after.at > before.at
        assert {each.rate for each in after.levels} == {0.0}
        assert after.levels is before.levels

    play(story())


# The end


class Recording:
    """A recorder of which only the end is told."""

    trouble: str | None = "history: read-only"
    dropped = 0
    closed = False

    def record(self, host: Clean, look: Look) -> None:
        """Keep nothing."""

    async def recent(self, host: Clean, seconds: float) -> Mapping[Clean, tuple[Sample, ...]]:
        return {}

    async def close(self) -> None:
        self.closed = True


def test_closing_lets_go_of_hosts_and_record() -> None:
    async def story() -> None:
        web, dns, recorder = Scripted(), Scripted(DNS), Recording()
        both = fleet(web, dns, recorder=recorder)
        await both.look_at_all()
        assert both.view.trouble == "history: read-only"
        await both.close()
        assert (web.events[-1], dns.events[-1], recorder.closed) == ("close", "close", True)

    play(story())


def test_closing_before_anything_was_looked_at() -> None:
    async def story() -> None:
        web = Scripted()
        await fleet(web).close()
        assert web.events == []

    play(story())
