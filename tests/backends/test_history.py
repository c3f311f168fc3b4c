"""History on real files: what it remembers, over restarts and kills."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from backends.history import Past, load_recent
from console.clean import Clean
from console.series import Sample, Series, rate
from tests.backends.histories import (
    HOST,
    MB,
    MEM,
    Opener,
    look,
    modes,
    put,
    record,
    script,
    stored,
)
from tests.console.looked import looked


async def test_what_was_recorded_is_there_after_a_restart(path: Path, opened: Opener) -> None:
    history = opened()
    record(history)
    await history.close()
    assert modes(path) == (0o600, 0o700)

    again = opened()
    found = await again.recent(HOST, 900.0)
    assert rate(Series(found[MEM])) == pytest.approx(MB, rel=0.01)
    assert found == load_recent(path, HOST, 900.0)
    assert await again.recent(Clean("other"), 900.0) == {}
    assert [s.used for s in (await again.recent(HOST, 7.0))[MEM]] == [14 * MB, 16 * MB, 18 * MB]
    assert again.trouble is None


async def test_pending_looks_are_part_of_the_answer(opened: Opener) -> None:
    history = opened()
    await history.flush()
    history.record(HOST, look(1))
    await history.flush()
    history.record(HOST, look(2))
    assert [s.used for s in (await history.recent(HOST, 60.0))[MEM]] == [1, 2]


async def test_an_odd_look_is_remembered(opened: Opener) -> None:
    history = opened()
    history.record(HOST, look(1)._replace(levels=()))
    name = Clean("overlay:/opt/'\"\u2603;--/live")
    history.record(HOST, looked({name: Sample(1.0, time.time(), 2**70, None, 3)}))
    await history.flush()
    (sample,) = (await history.recent(HOST, 60.0))[name]
    assert (sample.inodes, sample.chunks) == (None, 3)


async def test_a_torn_log_costs_its_tail_only(path: Path, opened: Opener) -> None:
    text = (
        "async def main():\n"
        "    history = History(path, every=NEVER)\n"
        "    for _ in range(5):\n"
        "        record(history)\n"
        "        await history.flush()\n"
        "    os._exit(0)\n"
        "asyncio.run(main())\n"
    )
    with script(text, path) as writer:
        assert writer.wait() == 0
    log = path.with_name(path.name + "-wal")
    os.truncate(log, log.stat().st_size - 1000)
    history = opened()
    record(history)
    await history.flush()
    assert history.trouble is None
    assert len((await history.recent(HOST, 60.0))[MEM]) == 50


@pytest.mark.parametrize("batches", [1, 7, 20])
async def test_a_killed_writer_loses_nothing_committed(
    path: Path, opened: Opener, batches: int
) -> None:
    text = (
        "async def main():\n"
        "    history = History(path, every=NEVER)\n"
        "    for i in range(10**6):\n"
        "        history.record(HOST, look(i))\n"
        "        await history.flush()\n"
        "        print(i, flush=True)\n"
        "asyncio.run(main())\n"
    )
    with script(text, path) as writer:
        assert writer.stdout is not None
        said = [int(writer.stdout.readline()) for _ in range(batches)]
        writer.kill()
        said.extend(map(int, writer.stdout))
    history = opened()
    await history.flush()
    found = [sample.used for sample in (await history.recent(HOST, 900.0))[MEM]]
    assert found == list(range(len(found)))
    assert len(found) > said[-1]
    assert history.trouble is None


async def test_two_consoles_share_the_file(path: Path) -> None:
    text = (
        "async def main():\n"
        "    history = History(path, every=0.001)\n"
        "    for i in range(60):\n"
        "        history.record(HOST, look(i))\n"
        "        await history.flush()\n"
        "    await history.flush()\n"
        "    print(history.trouble)\n"
        "    await history.close()\n"
        "asyncio.run(main())\n"
    )
    with script(text, path) as one, script(text, path) as other:
        assert one.communicate()[0] == other.communicate()[0] == "None\n"
    found = load_recent(path, HOST, 900.0)[MEM]
    assert len(found) == 120
    assert [s.at for s in found] == sorted(s.at for s in found)


async def test_too_much_to_hold_drops_the_oldest(path: Path, opened: Opener) -> None:
    put(path, b"no database at all, and long enough to be told from an empty one")
    history = opened()
    levels = [Clean(f"tmpfs:/{i}") for i in range(40_000)]
    for used in range(4):
        history.record(HOST, looked(dict.fromkeys(levels, look(used).samples[MEM])))
        await history.flush()
    assert history.dropped == 80_000
    held = (await history.recent(HOST, 60.0))[levels[0]]
    assert [sample.used for sample in held] == [2, 3]


def test_reading_makes_nothing(path: Path) -> None:
    assert load_recent(path, HOST, 60.0) == {}
    assert not path.parent.exists()
    path.parent.mkdir(parents=True)
    assert load_recent(path, HOST, 60.0) == {}
    assert list(path.parent.iterdir()) == []


async def test_a_single_look_recalls_and_stores_nothing(path: Path, opened: Opener) -> None:
    writer = opened()
    record(writer)
    await writer.flush()
    past = Past(path)
    past.record(HOST, look(7))
    recalled = await past.recent(HOST, 900.0)
    await past.close()
    assert (
        [sample.used for sample in recalled[MEM]]
        == stored(path)
        == [i * 2 * MB for i in range(10)]
    )
    assert past.trouble is None


async def test_a_single_look_says_what_is_wrong_with_the_file(path: Path) -> None:
    put(path, b"no database")
    past = Past(path)
    assert await past.recent(HOST, 900.0) == {}
    await past.close()
    assert str(path) in (past.trouble or "")
