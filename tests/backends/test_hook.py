"""The operator's own command gets every alert as JSON, and cannot hold anything up."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from backends import hook as module
from backends.hook import Hook
from console.alerting import Alerting
from console.clean import Clean
from console.events import Event, Events, Word

STORE = Clean("tmpfs:/run")
WRITES = """
import os, sys
with open(sys.argv[1], "ab") as file:
    file.write(sys.stdin.buffer.read())
"""


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_GATHERED", 0.02)
    monkeypatch.setattr(module, "_PAUSE", 0.02)


@asynccontextmanager
async def hooked(*argv: str, seconds: float = 20.0) -> AsyncIterator[tuple[Hook, list[Clean]]]:
    """Run a hook; yield it with what is told of its failures."""
    failed: list[Clean] = []
    hook = Hook(Alerting(hook=argv, timeout=seconds), failed.append)
    yield hook, failed
    await hook.close()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110  another process brings it about
            await asyncio.sleep(0.01)


def act(number: int = 0, text: str = "why") -> Event:
    host = Clean(f"web{number}")
    return Event(5.0, host, Word.ACT, Clean(text), since=5.0 + number, item=STORE)


def read(path: Path) -> list[dict[str, object]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_each_alert_is_told_once_as_a_line_of_json_and_no_shell_reads_it(
    tmp_path: Path,
) -> None:
    path, words = tmp_path / "told; $(touch x)", "`touch x`; $(touch x) 'é'"
    async with hooked(sys.executable, "-c", WRITES, str(path)) as (hook, failed):
        events = (act(0, words), act(1))
        hook.take(events)
        hook.take(events)
        await until(lambda: len(read(path)) == 2)
        hook.take((*events, act(2)))
        await until(lambda: len(read(path)) == 3)
    assert sorted(str(each["host"]) for each in read(path)) == ["web0", "web1", "web2"]
    assert words in [each["text"] for each in read(path)]
    assert failed == []
    assert os.listdir(tmp_path) == [path.name]  # noqa: PTH208  nothing else was made


async def test_a_thousand_hosts_are_one_call(tmp_path: Path) -> None:
    path, events = tmp_path / "told", Events()
    async with hooked(sys.executable, "-c", WRITES, str(path)) as (hook, _):
        for number in range(1000):
            host = Clean(f"web{number}")
            events.add(Event(number / 1000, host, Word.LOST, Clean("jump host gone")))
            hook.take(events.told)
        await until(lambda: read(path))
        await hook.close()
    (document,) = read(path)
    assert document["count"] == 1000


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        (("/nonexistent/pager",), "No such file or directory"),
        ((sys.executable, "-c", "import sys; sys.exit('no \x1b[2Jpager')"), "no ␛[2Jpager"),
    ],
)
async def test_that_it_fails_is_told_once(argv: tuple[str, ...], why: str) -> None:
    async with hooked(*argv) as (hook, failed):
        hook.take((act(0),))
        await until(lambda: failed)
        hook.take((act(0), act(1)))
        await until(lambda: hook._task is not None and hook._task.done())
    assert len(failed) == 1
    assert why in failed[0]
    assert argv[0] in failed[0]


async def test_one_that_hangs_is_ended_and_said_to_hang() -> None:
    async with hooked(sys.executable, "-c", "import time; time.sleep(600)", seconds=0.3) as (
        hook,
        failed,
    ):
        hook.take((act(0),))
        await until(lambda: failed)
    assert "no end within 0.3 s" in failed[0]


async def test_closing_waits_for_nothing() -> None:
    async with hooked(sys.executable, "-c", "import time; time.sleep(600)") as (hook, _):
        hook.take((act(0),))
        await until(lambda: hook._runs)
        async with asyncio.timeout(5):
            await hook.close()
    assert not hook._runs
