"""Hosts that fail: when they are tried again, what is told of it, and whom they never delay."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import pytest

from console.errors import ConsoleError, Denied, Problem, Unreachable, UntrustedKey
from console.facts import Facts
from console.fleet import ContactState
from tests.console.clockwork import (
    SEEN,
    WEB,
    Scripted,
    contact_when,
    fleet,
    now,
    play,
    source,
    state,
    watched,
    watching,
)

LOST = Unreachable("connection lost", problem=Problem.LOST)
FINGERPRINT = "SHA256:abc"


def key(problem: Problem = Problem.UNKNOWN_KEY) -> UntrustedKey:
    return UntrustedKey(
        "not known", "look", problem, fingerprint=FINGERPRINT, line="web ssh-x AAA", file="known"
    )


def gaps(looks: Sequence[float]) -> list[float]:
    return [round(after - before, 6) for before, after in pairwise(looks)]


# When a host is tried again


def test_a_dead_host_is_tried_ever_later() -> None:
    async def story() -> None:
        web = Scripted(script=[Unreachable("no route")])
        one = fleet(web)
        await watched(one, 400.0)
        for base, gap in zip([2, 4, 8, 16, 32, 48, 48], gaps(web.looks), strict=False):
            assert base <= gap <= base * 1.25
        assert len(web.looks) >= 8

    play(story())


def test_a_contact_tells_when_it_is_tried_again() -> None:
    async def story() -> None:
        web = Scripted(script=[Unreachable("no route")])
        one = fleet(web)
        await watched(one, 3.5)
        (contact,) = one.view.contacts
        _, second = web.looks
        assert contact.retry_at is not None
        assert 4.0 <= contact.retry_at - second <= 5.0
        async with watching(one):  # which begins with a look
            retried = await contact_when(one, WEB, lambda each: each.retry_at != contact.retry_at)
            assert retried.retry_at is not None
            await asyncio.sleep(retried.retry_at - now() + 0.01)
            assert web.looks[-1] == pytest.approx(retried.retry_at)

    play(story())


def test_a_link_that_was_up_is_tried_again_at_once_then_ever_later() -> None:
    async def story() -> None:
        web = Scripted(script=[SEEN, SEEN, LOST])
        await watched(fleet(web), 30.0)
        steady, prompt, first, second, *_ = gaps(web.looks)[1:]
        assert prompt <= 1.0 < 2.0 <= first <= 2.5 < 4.0 <= second <= 5.0
        assert steady <= 2.0

    play(story())


def test_an_answer_forgives_all_failures() -> None:
    async def story() -> None:
        gone = Unreachable("no route")
        web = Scripted(script=[gone, gone, gone, gone, SEEN, SEEN, LOST, LOST])
        await watched(fleet(web), 60.0)
        up, _, prompt, first = gaps(web.looks)[4:8]
        assert 1.0 <= up <= 3.0  # back to its beat
        assert prompt <= 1.0
        assert 2.0 <= first <= 2.5

    play(story())


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (Denied("Permission denied", problem=Problem.AUTH), ContactState.DENIED),
        (Denied("by policy"), ContactState.DENIED),
        (Denied("jump loop", problem=Problem.CONFIG), ContactState.DENIED),
        (key(Problem.UNKNOWN_KEY), ContactState.DENIED),
        (key(Problem.CHANGED_KEY), ContactState.KEY_CHANGED),
        (key(Problem.REVOKED_KEY), ContactState.KEY_CHANGED),
    ],
)
def test_what_only_a_human_can_end_is_never_retried(error: Denied, shown: ContactState) -> None:
    async def story() -> None:
        web = Scripted(script=[SEEN, error])
        one = fleet(web)
        async with watching(one):
            await asyncio.sleep(86_400)
            assert len(web.looks) == 2
            (contact,) = one.view.contacts
            assert (state(one), contact.problem) == (shown, error.problem)
            assert (contact.retry_at, contact.host is not None) == (None, True)
            one.refresh()
            await asyncio.sleep(3600)
            assert len(web.looks) == 3

    play(story())


class Linked(Scripted):
    """A host whose link ends with the look that fails."""

    async def sample(self) -> Facts:
        try:
            return await super().sample()
        except ConsoleError:
            self.link.set_result(None)
            raise

    def changed(self) -> asyncio.Future[None]:
        self.link: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        return self.link


def test_a_link_that_ends_with_a_failed_look_is_no_reason_to_try_again() -> None:
    async def story() -> None:
        web = Linked(script=[SEEN, Denied("Permission denied", problem=Problem.AUTH)])
        async with watching(fleet(web)):
            await asyncio.sleep(3600)
            assert len(web.looks) == 2

    play(story())


def test_refresh_overrides_the_back_off_and_begins_it_anew() -> None:
    async def story() -> None:
        web = Scripted(script=[Unreachable("no route")])
        one = fleet(web)
        async with watching(one):
            await asyncio.sleep(100.0)
            before = len(web.looks)
            one.refresh(WEB)
            await asyncio.sleep(0.1)
            assert len(web.looks) == before + 1
            await asyncio.sleep(2.5)
            assert len(web.looks) == before + 2

    play(story())


def test_what_happens_on_a_lost_host_does_not_shorten_its_back_off() -> None:
    async def story() -> None:
        web = Scripted(script=[SEEN, LOST])
        one = fleet(web)
        async with watching(one):
            await asyncio.sleep(30.0)
            before = len(web.looks)
            web.alarm.set()  # as when the link is gone: there is nothing to wait for
            await asyncio.sleep(5.0)
            assert len(web.looks) <= before + 1

    play(story())


# Keys


def test_an_unknown_key_is_accepted_by_its_fingerprint_and_looked_with_at_once() -> None:
    async def story() -> None:
        accepted: list[UntrustedKey] = []

        async def accept(key: UntrustedKey) -> None:
            accepted.append(key)

        web = Scripted(script=[key(), SEEN])
        one = fleet(source(web, accept))
        async with watching(one):
            await asyncio.sleep(100.0)
            (contact,) = one.view.contacts
            assert contact.untrusted is not None
            assert contact.untrusted.fingerprint == FINGERPRINT
            await one.accept(WEB, FINGERPRINT)
            await asyncio.sleep(0.5)
            assert [(each.line, each.file) for each in accepted] == [("web ssh-x AAA", "known")]
            (contact,) = one.view.contacts
            assert (state(one), contact.untrusted) == (ContactState.UP, None)

    play(story())


@pytest.mark.parametrize(
    ("offered", "fingerprint", "complaint"),
    [
        (key(), "SHA256:other", "web: does not offer the key SHA256:other"),
        (key(), "", "web: does not offer the key "),
        (key(Problem.CHANGED_KEY), FINGERPRINT, "web: changed-key: never accepted here"),
        (key(Problem.REVOKED_KEY), FINGERPRINT, "web: revoked-key: never accepted here"),
        (Denied("no"), FINGERPRINT, "web: does not offer the key SHA256:abc"),
        (SEEN, FINGERPRINT, "web: does not offer the key SHA256:abc"),
    ],
)
def test_no_other_key_is_accepted(
    offered: Facts | Exception, fingerprint: str, complaint: str
) -> None:
    async def story() -> None:
        async def accept(key: UntrustedKey) -> None:
            raise AssertionError(key)

        one = fleet(source(Scripted(script=[offered]), accept))
        await one.look_at_all()
        with pytest.raises(ConsoleError) as caught:
            await one.accept(WEB, fingerprint)
        assert str(caught.value) == complaint

    play(story())


def test_a_host_without_a_way_to_accept_keys_says_so() -> None:
    async def story() -> None:
        one = fleet(Scripted(script=[key()]))
        await one.look_at_all()
        with pytest.raises(ConsoleError, match="never accepted"):
            await one.accept(WEB, FINGERPRINT)

    play(story())
