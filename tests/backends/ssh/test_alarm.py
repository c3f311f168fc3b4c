"""An alarm rings when it was set last, however often it was put off, and never when stopped."""

from __future__ import annotations

import asyncio

from backends.ssh.alarm import Alarm
from tests.console.clockwork import now, play


def test_an_alarm_rings_once_when_it_was_set_for_last() -> None:
    async def story() -> None:
        alarm, rung = Alarm(), []
        for _ in range(5):
            alarm.set(3.0, lambda: rung.append(("late", now())))
            await asyncio.sleep(1.0)
        assert rung == []
        alarm.set(9.0, lambda: rung.append(("never", now())))
        alarm.set(0.5, lambda: rung.append(("early", now())))
        await asyncio.sleep(20.0)
        assert rung == [("early", 5.5)]
        alarm.set(2.0, lambda: rung.append(("again", now())))
        await asyncio.sleep(20.0)
        assert rung[1:] == [("again", 27.0)]

    play(story())


def test_a_stopped_alarm_stays_silent_and_can_be_set_again() -> None:
    async def story() -> None:
        alarm, rung = Alarm(), []
        alarm.set(3.0, lambda: rung.append(now()))
        alarm.stop()
        await asyncio.sleep(2.0)
        alarm.set(3.0, lambda: rung.append(now()))
        await asyncio.sleep(2.0)
        assert rung == []
        await asyncio.sleep(2.0)
        assert rung == [5.0]

    play(story())
