"""Cyclic garbage: looked for while nobody waits for this process.

To find it Python walks over every object there is, which takes 40 ms where 200 hosts are watched
and so much longer where more are. It does so whenever there are a quarter more of them: during an
incident, then, and while a key is unanswered. Most of what is made at each look has no cycles and
goes without that.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_YOUNG, _MIDDLE, _NEVER = 20_000, 20, 1 << 30
"""Objects made and still there after which the young ones are walked over; how often that is done
before what outlived it is walked over too; and the same for all the others.

As many as the looks of some hundred hosts that wait to be recorded, which no walk would free.
"""
_EVERY = 300.0
"""Seconds from one walk over all to the next …"""
_TRIES = 60
"""… and so many more, if need be, until nobody waits."""


async def collected(idle: Callable[[], bool]) -> None:
    """See to it, until cancelled, that garbage goes when ``idle`` says that nobody waits."""
    with _leisurely():
        while True:
            await asyncio.sleep(_EVERY)
            for _ in range(_TRIES):
                if idle():
                    break
                await asyncio.sleep(1)
            gc.collect()


@contextmanager
def _leisurely() -> Iterator[None]:
    """Have only young objects walked over by themselves; what is there now is there to stay."""
    thresholds, frozen = gc.get_threshold(), gc.get_freeze_count()
    if not frozen:
        gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _NEVER)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        if not frozen:
            gc.unfreeze()
