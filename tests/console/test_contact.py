"""A contact: whether a host answers, how old its picture is, and why it does not."""

from __future__ import annotations

import pytest

from console.contact import Contact, ContactState, answering, failing
from console.errors import (
    ConsoleError,
    Denied,
    Misconfigured,
    Problem,
    Unreachable,
    UntrustedKey,
)
from tests.console.clockwork import INTERVAL, SEEN, WEB
from tests.console.hosts import host


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


def key(problem: Problem) -> UntrustedKey:
    return UntrustedKey("other", "", problem, fingerprint="SHA256:x", line="l", file="f")


@pytest.mark.parametrize(
    ("error", "failed", "problem"),
    [
        (Unreachable("x"), ContactState.UNREACHABLE, Problem.UNREACHABLE),
        (Unreachable("x", problem=Problem.LOST), ContactState.UNREACHABLE, Problem.LOST),
        (Denied("x"), ContactState.DENIED, Problem.DENIED),
        (key(Problem.UNKNOWN_KEY), ContactState.DENIED, Problem.UNKNOWN_KEY),
        (key(Problem.CHANGED_KEY), ContactState.KEY_CHANGED, Problem.CHANGED_KEY),
        (key(Problem.REVOKED_KEY), ContactState.KEY_CHANGED, Problem.REVOKED_KEY),
        (Misconfigured("f", 1, "k", "x"), ContactState.UNREACHABLE, Problem.CONFIG),
        (ConsoleError("x"), ContactState.UNREACHABLE, Problem.UNREACHABLE),
        (OSError("x"), ContactState.UNREACHABLE, Problem.INTERNAL),
    ],
)
def test_every_failure_has_a_state_and_a_word(
    error: Exception, failed: ContactState, problem: Problem
) -> None:
    found = failing(Contact(WEB, INTERVAL, host(SEEN)), error, 9.0)
    assert (found.failed, found.problem, found.retry_at) == (failed, problem, 9.0)
    assert found.host is not None
    assert (found.untrusted is not None) == isinstance(error, UntrustedKey)


def test_an_offered_key_is_kept_without_the_frames_it_came_through() -> None:
    try:
        raise key(Problem.UNKNOWN_KEY)
    except UntrustedKey as error:
        found = failing(Contact(WEB, INTERVAL), error, None).untrusted
    assert found is not None
    assert (found.__traceback__, found.__context__, found.fingerprint) == (None, None, "SHA256:x")


def test_an_answer_ends_all_trouble() -> None:
    failed = failing(Contact(WEB, INTERVAL), key(Problem.UNKNOWN_KEY), 9.0)
    assert answering(failed, host(SEEN), 3.0) == Contact(
        WEB, INTERVAL, host(SEEN), rebooted_at=3.0
    )
