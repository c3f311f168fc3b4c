"""``subdeck capsule``: what is known of some hosts in one file, also for the screen's key."""

from __future__ import annotations

import asyncio
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from console.capsule import Capsule, Picture, name
from console.capsule.packing import packed
from console.chronicle import KEPT
from console.clean import clean, clean_path
from console.cli.reach import Reach
from console.cli.saying import say
from console.cli.setup import audit, config_text, history_path, operator, settings, wanted
from console.cli.watching import mute
from console.errors import ConsoleError
from console.fleet import Fleet
from console.history import Recorder
from console.past import remembered_of
from console.record import Record
from console.redact import Redactor
from console.timeline import samples

_LOOKS = 3
"""Looks at each host: so many make a rate."""
_WRITING = 60.0
"""Seconds it may take to write one."""


def run(arguments: Namespace) -> int:
    """Write a capsule of the targets; return 1 where a host did not answer."""
    config = settings(arguments)
    asked = wanted(arguments, config)

    async def main() -> int:
        from backends.history import Past

        reach = Reach(arguments, config, patient=True)
        recorder = Past(history_path(config))
        fleet = reach.fleet(asked.entries, recorder)
        record = fleet.record = Record(arguments.minutes * 60)
        keeper = Keeper(fleet, record, recorder, reach, arguments)
        try:
            for look in range(_LOOKS):
                await asyncio.sleep(config.interval if look else 0)
                await fleet.look_at_all(arguments.timeout)
            where = await keeper.keep(arguments.output, _listed(fleet))
        finally:
            await fleet.close()
        sys.stdout.write(f"{where}\n")
        troubles = [told for _, told in mute(fleet.view.contacts)]
        for trouble in troubles:
            say(trouble)
        return int(bool(troubles))

    return asyncio.run(main())


class Keeper:
    """Writes capsules of one fleet."""

    def __init__(
        self,
        fleet: Fleet,
        record: Record,
        recorder: Recorder | None,
        reach: Reach,
        arguments: Namespace,
    ) -> None:
        self._fleet = fleet
        self._record = record
        self._recorder = recorder
        self._reach = reach
        self._arguments = arguments

    async def keep(self, place: str, picture: Callable[[Redactor], Picture]) -> str:
        """Write one to a new file, or into a folder; return its path. Raises ``ConsoleError``."""
        from backends.lane import Lane

        made, kept = time.time(), self._record.kept
        seconds = self._record.seconds + KEPT
        remembered = await remembered_of(kept, self._recorder, seconds)
        capsule = Capsule(
            made=made,
            who=operator(),
            recorded=kept,
            samples=samples(kept, remembered),
            audit=(await audit().read()).records,
            config=config_text(self._arguments),
            raw=self._reach.raw,
            picture=picture,
        )
        lane = Lane("capsule", _WRITING)
        try:
            return await lane.run(_written, place, capsule)
        except TimeoutError:
            raise ConsoleError(f"{clean_path(place)}: its filesystem hangs") from None
        finally:
            lane.close()


def _written(place: str, capsule: Capsule) -> str:
    """Write a capsule to a file, or into a folder; return its path."""
    from backends.capsule import save

    path = Path(place).expanduser()
    if path.is_dir():
        hosts = [track[0].what.name for track in capsule.recorded.contacts if track]
        path /= name(hosts, capsule.made)
    save(path, packed(capsule))
    return clean_path(str(path))


def _listed(fleet: Fleet) -> Callable[[Redactor], Picture]:
    """Return what tells in a table what was seen, where there is no screen."""
    from console.cli.tables import tables

    text = tables(fleet.view.contacts, "fill", time.monotonic())

    def draw(redactor: Redactor) -> Picture:
        return Picture("", redactor.text("\n".join(map(clean, text.split("\n")))))

    return draw
