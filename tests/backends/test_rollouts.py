"""Journals of rollouts on disk, and consoles that are killed while they write them."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from backends.rollouts import KEPT, Rollouts
from console.clean import Clean
from console.errors import ConsoleError
from console.rollout.phases import Course
from console.rollout.records import Begun, Mark, Rules, Said, What, Word
from tests.backends.small_hosts import made
from tests.console.clockwork import BEGAN
from tests.console.rollout.world import ALICE, NEW, names

HOSTS = names(3)
BEGUN = Begun(
    *(BEGAN, Clean("r1"), ALICE, NEW, Clean("0" * 64)),
    waves=((HOSTS[0],), tuple(HOSTS[1:])),
    rules=Rules(most=1),
    stage_in=Clean("/data/images"),
    pull=True,
)
STAGED = Mark(BEGAN, HOSTS[0], What.STAGED)
PAUSE = Said(BEGAN, Clean("bob@bastion"), Word.PAUSE)

DRIVER = """
import asyncio, os, signal, sys
from pathlib import Path
from backends.rollouts import Rollouts
from console.clean import Clean
from console.jobs import new_id
from console.rollout import driver
from console.rollout.machine import replayed
from tests.backends.small_hosts import SmallHosts

driver._OFTEN = driver._SELDOM = driver._TICK = 0.05

async def main(folder, hosts, records):
    rollouts = Rollouts(Path(folder))
    book = rollouts.book(Clean("r1"))
    with rollouts.driving(Clean("r1"), Clean("alice@bastion")):
        machine = replayed(await book.read())
        left = int(records)

        def tell(machine, record):
            nonlocal left
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

        import time
        one = driver.Driver(
            machine, book, SmallHosts(Path(hosts)), tell, driver.steady(time.time()),
            lambda: new_id(time.time()),
        )
        await one.run(Clean("alice@bastion"))
        print(machine.course)

asyncio.run(main(*sys.argv[1:]))
"""


async def begun(folder: Path, first: Begun = BEGUN) -> Rollouts:
    rollouts = Rollouts(folder)
    await rollouts.begin(first)
    return rollouts


async def test_what_is_written_is_read_by_all(tmp_path: Path) -> None:
    rollouts = await begun(tmp_path / "state" / "rollouts")
    ours, theirs = rollouts.book(BEGUN.id), rollouts.book(BEGUN.id)
    assert await ours.read() == (BEGUN,)
    assert await ours.write(STAGED, guarded=True) == (True, (STAGED,))
    assert await ours.read() == ()
    assert await theirs.read() == (BEGUN, STAGED)
    assert await theirs.write(PAUSE, guarded=False) == (True, (PAUSE,))
    moving = replace(STAGED, what=What.MOVED)
    assert await ours.write(moving, guarded=True) == (False, (PAUSE,))
    assert await ours.write(moving, guarded=True) == (True, (moving,))
    assert await theirs.read() == (moving,)
    (kept,) = await rollouts.kept()
    assert kept.machine is None  # it was moved, and nothing tells from where
    assert "cannot be moved when staged" in (kept.trouble or "")


async def test_what_a_crash_has_torn_is_passed_over_and_cut_off(tmp_path: Path) -> None:
    rollouts = await begun(tmp_path)
    path = tmp_path / "r1.jsonl"
    with path.open("ab") as file:
        file.write(b'{"is":"mark","at":17900')
    book = rollouts.book(BEGUN.id)
    assert await book.read() == (BEGUN,)
    assert (await rollouts.kept())[0].machine
    assert await book.write(STAGED, guarded=True) == (True, (STAGED,))
    assert await rollouts.book(BEGUN.id).read() == (BEGUN, STAGED)
    assert path.read_bytes().count(b"\n") == 2


async def test_a_line_that_is_no_record_is_told_with_its_place(tmp_path: Path) -> None:
    rollouts = await begun(tmp_path)
    with (tmp_path / "r1.jsonl").open("ab") as file:
        file.write(b"{}\n")
    with pytest.raises(ConsoleError, match=r"r1\.jsonl:2: expected a record"):
        await rollouts.book(BEGUN.id).read()
    (kept,) = await rollouts.kept()
    assert kept.machine is None


async def test_nobody_else_may_read_or_plant_one(tmp_path: Path) -> None:
    folder = tmp_path / "rollouts"
    rollouts = await begun(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    (folder / "r2.jsonl").symlink_to(folder / "r1.jsonl")
    with pytest.raises(ConsoleError, match=r"symbolic link|levels"):
        await rollouts.kept()


async def test_on_a_full_disk_nothing_is_said_to_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rollouts = await begun(tmp_path)
    book = rollouts.book(BEGUN.id)
    await book.read()
    real = os.write

    def short(file: int, data: bytes) -> int:
        return real(file, data[:10])

    monkeypatch.setattr(os, "write", short)
    with pytest.raises(ConsoleError, match=os.strerror(errno.ENOSPC)):
        await book.write(STAGED, guarded=False)
    monkeypatch.undo()
    assert await rollouts.book(BEGUN.id).read() == (BEGUN,)
    assert await book.write(STAGED, guarded=True) == (True, (STAGED,))


async def test_one_drives_and_who_it_is_is_told(tmp_path: Path) -> None:
    rollouts = await begun(tmp_path)
    assert rollouts.driver(BEGUN.id) is None
    with rollouts.driving(BEGUN.id, ALICE):
        assert rollouts.driver(BEGUN.id) == f"{ALICE}, process {os.getpid()}"
        refused = pytest.raises(ConsoleError, match=f"r1: is driven by {ALICE}")
        with refused, rollouts.driving(BEGUN.id, Clean("bob")):
            raise AssertionError("two drive")
    assert rollouts.driver(BEGUN.id) is None


@pytest.mark.parametrize("shared", ["web00001", "web00001/mta"])
async def test_a_target_is_part_of_one_rollout_at_a_time(tmp_path: Path, shared: str) -> None:
    rollouts = await begun(tmp_path)
    other = replace(BEGUN, id=Clean("r2"), waves=((Clean("dns1"), Clean(shared)),))
    with pytest.raises(ConsoleError, match=f"{shared}: is part of rollout r1 already"):
        await rollouts.begin(other)
    await rollouts.begin(replace(other, waves=((Clean("dns1"),),)))
    await rollouts.book(BEGUN.id).write(replace(PAUSE, word=Word.ABORT), guarded=False)
    await rollouts.begin(replace(other, id=Clean("r3"), waves=((Clean(shared),),)))


async def test_only_the_last_that_are_over_are_kept(tmp_path: Path) -> None:
    rollouts = Rollouts(tmp_path)
    abort = Said(BEGAN, ALICE, Word.ABORT)
    for number in range(KEPT + 3):
        begun = replace(BEGUN, id=Clean(f"r{number:02}"))
        await rollouts.begin(begun)
        book = rollouts.book(begun.id)
        await book.read()
        await book.write(abort, guarded=False)
        book.close()
        if number == 0:
            with rollouts.driving(begun.id, ALICE):
                await rollouts.begin(replace(BEGUN, id=Clean("still"), waves=((Clean("other"),),)))
    kept = [each.id for each in await rollouts.kept()]
    assert kept == [*(f"r{number:02}" for number in range(3, KEPT + 3)), "still"]
    left = await asyncio.to_thread(lambda: list(tmp_path.glob("r00*")))
    assert left == []
    rollouts.close()


async def test_a_rollout_is_found_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    rollouts = Rollouts(tmp_path)
    with pytest.raises(ConsoleError, match="no rollout is under way"):
        await rollouts.find("")
    await rollouts.begin(BEGUN)
    assert await rollouts.find("") == await rollouts.find("r") == "r1"
    await rollouts.begin(replace(BEGUN, id=Clean("r2"), waves=((Clean("dns1"),),)))
    for word in ("", "r"):
        with pytest.raises(ConsoleError, match="which rollout"):
            await rollouts.find(word)
    with pytest.raises(ConsoleError, match="x: no such rollout"):
        await rollouts.find("x")


def test_consoles_killed_in_the_middle_are_succeeded_until_all_is_done(tmp_path: Path) -> None:
    """Each is killed two to four records after it began, once they are written."""
    rules = Rules(most=2, soak=0.1, limit=20.0)
    state, hosts = tmp_path / "state", tmp_path / "hosts"
    asyncio.run(begun(state, replace(BEGUN, rules=rules)))
    made(hosts, HOSTS)

    def console(records: int) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-c", DRIVER, str(state), str(hosts), str(records)]
        return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)

    ends: list[subprocess.CompletedProcess[str]] = []
    while not ends or ends[-1].returncode == -9:
        assert len(ends) < 30
        ends.append(console(len(ends) % 3 + 2))
    assert (ends[-1].returncode, ends[-1].stdout) == (0, "done\n"), ends[-1].stderr
    assert len(ends) > 4
    for name in HOSTS:
        assert (hosts / name / "image").read_text() == NEW
        assert (hosts / name / "launched").read_text().split() == [NEW]
    (kept,) = asyncio.run(Rollouts(state).kept())
    assert kept.machine
    assert kept.machine.course is Course.DONE
    assert kept.driver is None
