"""A host that lies: it is marked in one line, its last picture stays, it may redeem itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.contact import ContactState
from console.errors import Problem
from tests.lab.liar import Liar, liar
from tests.lab.lies import LIES
from tests.lab.watching import INTERVAL, Watching, up, watching

pytestmark = pytest.mark.needs("ssh", "ssh-keygen")

_SILENT = {Problem.TIMEOUT, Problem.LOST, Problem.HUNG}
"""Who says nothing is knocked at, and may then answer, hang up, or neither."""
SEEN_THROUGH = {
    "endless": {Problem.GARBLED},
    "oneline": {Problem.GARBLED},
    "random": {Problem.GARBLED},
    "slow": _SILENT,
    "mute": _SILENT,
    "separator": _SILENT,
    "twice": {Problem.GARBLED},
    "replay": {Problem.GARBLED},
    "cut": {Problem.LOST},
    "closed": {Problem.LOST},
}
"""What each lie is called."""
BORNE = sorted(set(LIES) - set(SEEN_THROUGH) - {"gone"})
"""Noise, complaints and absurd figures: the host is watched all the same."""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Liar]:
    with liar(tmp_path) as host:
        yield host


async def test_each_lie_is_called_what_it_is(host: Liar) -> None:
    async with watching(host.config, [host.entry(lie) for lie in LIES]) as watch:
        true = [f"liar-{lie}" for lie in LIES if lie != "gone"]
        await watch.until(up, *true)
        gone = watch.contact("liar-gone")
        assert gone.failed is ContactState.DENIED
        host.strike()
        for lie, problems in SEEN_THROUGH.items():
            lost = await watch.until(lambda contact: contact.failed is not None, f"liar-{lie}")
            assert lost.problem in problems, lie
            assert lost.failed is ContactState.UNREACHABLE
            assert lost.host
            assert lost.remedy is None or "\x1b" not in lost.remedy
        for lie, age in (await watch.ages([f"liar-{lie}" for lie in BORNE], 2)).items():
            assert age < 2.5 * INTERVAL, lie
        assert harmless(watch)
        host.relent()
        watch.fleet.refresh()
        await watch.until(up, *true)


def harmless(watch: Watching) -> bool:
    """Return whether nothing that would be shown has a byte that a terminal obeys."""
    shown = repr(watch.fleet.view).encode()
    now = time.monotonic()
    for contact in watch.fleet.view.contacts:
        shown += str(contact.state_at(now)).encode() + repr(contact.host).encode()
    return not any(byte in shown for byte in (b"\x1b", b"\\x1b", b"\\x07", b"\\x9b"))
