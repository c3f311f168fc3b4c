"""The fleet on a clock that moves only when everybody waits: every time is exact."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import pytest

from console.clean import Clean
from console.errors import ConsoleError, Denied, Unreachable
from console.fleet import Contact, ContactState, Fleet, Source
from console.series import Sample
from tests.console.clockwork import (
    DNS,
    INTERVAL,
    SEEN,
    WEB,
    Scripted,
    fleet,
    now,
    play,
    state,
    watched,
)
from tests.console.hosts import host, judge

# Contacts


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (0.0, ContactState.UP),
        (2.5 * INTERVAL, ContactState.UP),
        (2.5 * INTERVAL + 0.5, ContactState.STALE),
        (1e9, ContactState.STALE),
    ],
)
def test_a_picture_grows_stale(age: float, expected: ContactState) -> None:
    contact = Contact(WEB, INTERVAL, host(SEEN))
    assert contact.state_at(SEEN.at + age) is expected
    assert contact.age(SEEN.at + age) == age


def test_a_clock_that_steps_back_makes_no_negative_age() -> None:
    contact = Contact(WEB, INTERVAL, host(SEEN))
    assert (contact.age(SEEN.at - 5), contact.state_at(SEEN.at - 5)) == (0.0, ContactState.UP)


def test_a_host_never_seen_is_unreachable() -> None:
    contact = Contact(WEB, INTERVAL)
    assert (contact.age(9.0), contact.state_at(9.0)) == (None, ContactState.UNREACHABLE)


@pytest.mark.parametrize("failed", [ContactState.DENIED, ContactState.UNREACHABLE])
def test_a_failure_outweighs_a_fresh_picture(failed: ContactState) -> None:
    contact = Contact(WEB, INTERVAL, host(SEEN), failed=failed)
    assert contact.state_at(SEEN.at) is failed


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
        await watched(both, 5.0)
        assert (web.looks, dns.looks) == ([0.0], [0.0, 2.0, 4.0])
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
    ("trouble", "expected"),
    [
        (Unreachable("no route"), ContactState.UNREACHABLE),
        (Denied("no route"), ContactState.DENIED),
        (ConsoleError("no route"), ContactState.UNREACHABLE),
    ],
)
def test_a_lost_host_keeps_its_last_picture(trouble: ConsoleError, expected: ContactState) -> None:
    async def story() -> None:
        web = Scripted(script=[SEEN, trouble, trouble, SEEN])
        one = fleet(web)
        await watched(one, 3.0)
        (lost,) = one.view.contacts
        assert (state(one), lost.trouble) == (expected, "no route")
        assert lost.host is not None
        assert lost.age(now()) == 3.0
        await watched(one, 4.0)
        (found,) = one.view.contacts
        assert (state(one), found.trouble) == (ContactState.UP, None)

    play(story())


def test_a_fault_of_ours_blinds_nobody() -> None:
    async def story() -> None:
        web, dns = Scripted(script=[SEEN, KeyError("mta"), SEEN]), Scripted(DNS)
        both = fleet(web, dns)
        await watched(both, 3.0)
        assert (state(both, 0), state(both, 1)) == (ContactState.UNREACHABLE, ContactState.UP)
        assert both.view.contacts[0].trouble == "internal: KeyError: 'mta'"
        assert both.view.contacts[0].host is not None
        await watched(both, 3.0)
        found = both.view.contacts[0]
        assert (found.failed, found.trouble) == (None, None)

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

        one = Fleet([Source(WEB, connect)], INTERVAL, judge, None)
        await watched(one, 3.0)
        assert state(one) is ContactState.UNREACHABLE
        await watched(one, 9.0)
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

    def record(self, host: Clean, samples: Mapping[Clean, Sample]) -> None:
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
