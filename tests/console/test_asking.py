"""A question about a level goes to its host, goes on where it stopped, and compares."""

from __future__ import annotations

import asyncio
from unittest.mock import patch

import pytest

from console import asking
from console.clean import Clean
from console.errors import ConsoleError, Unreachable
from console.tracing import Entry, Rates, Root, Scan, Spaces, Terrain, Traced, Unfinished
from tests.console.clockwork import WEB, watching
from tests.console.handwork import LOST, Workable, play, seen, working

MEM, HOST = Clean("mem"), Clean("")
TERRAIN = Terrain(frozenset(), frozenset(), (Root(b"/run", HOST, b"/run"),), ())


def trace(size: int, moment: float, after: Unfinished | None = None) -> Traced:
    scan = Scan(moment, {b"/run/%d" % moment: Entry(size, changed=moment)}, {}, 5, after=after)
    spaces = Spaces(True, None, {}, {}, {})
    return Traced(1.0, spaces, TERRAIN, Rates(2.0, 1, {}, {}), scan)


def test_it_goes_on_where_it_stopped_and_then_begins_anew() -> None:
    async def story() -> None:
        web = Workable()
        one = working(web, read_only=True)
        stop = Unfinished(b"/run", b"/run/10")
        begun, rest = trace(512, 10.0, stop), trace(1024, 12.0)
        web.work.traces = [begun, rest, trace(1, 1.0), trace(9, 50.0)]
        async with watching(one):
            await seen(one)
            first = await one.asking.writers(WEB, HOST, MEM, 60.0)
            assert (first.inodes, first.complete, first.compared) == (5, False, False)
            second = await one.asking.writers(WEB, HOST, MEM)
            assert (second.inodes, second.complete) == (10, True)
            assert [each.path for each in second.files] == ["/run/12", "/run/10"]
            # What was looked through a moment ago is not again; who writes is asked all the same.
            third = await one.asking.writers(WEB, HOST, MEM)
            assert third.files == second.files
            with patch.object(asking, "_REST", 0.0):
                last = await one.asking.writers(WEB, HOST, MEM)
            assert (last.compared, last.since) == (True, 40.0)
            assert [(each.path, each.growth) for each in last.files] == [("/run/50", 9)]
        requests = web.work.traced
        assert [each.after for each in requests] == [None, stop, None, None]
        assert [each.walk for each in requests] == [True, True, False, True]
        assert [each.since for each in requests] == [60.0, *[asking.SINCE] * 3]

    play(story())


def test_who_cannot_be_asked() -> None:
    async def story() -> None:
        web = Workable()
        one = working(web)
        with pytest.raises(ConsoleError, match="no such host"):
            await one.asking.writers(Clean("other"), HOST, MEM)
        with pytest.raises(Unreachable, match="has not answered yet"):
            await one.asking.writers(WEB, HOST, MEM)
        async with watching(one):
            await seen(one)
            with pytest.raises(ConsoleError, match="no such level"):
                await one.asking.writers(WEB, HOST, Clean("tmpfs:/x"))
            web.work.lost = LOST
            with pytest.raises(Unreachable):
                await one.asking.writers(WEB, HOST, MEM)
        await asyncio.sleep(0)

    play(story())
