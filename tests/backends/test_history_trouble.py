"""History on files and disks that fail: it says so once, and nothing stored is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.history import History, load_recent
from console.clean import Clean
from console.errors import ConsoleError
from tests.backends.histories import (
    HOST,
    MEM,
    NEVER,
    Opener,
    as_root,
    content,
    linked,
    look,
    put,
    record,
    run,
    script,
    stored,
)
from tests.console.looked import looked


async def test_a_file_that_is_no_database_is_left_alone(path: Path, opened: Opener) -> None:
    rubbish = os.urandom(8192)
    put(path, rubbish)
    history = opened()
    record(history)
    await history.flush()
    said = history.trouble
    assert said is not None
    assert "\n" not in said
    assert str(path) in said
    assert "not a database" in said
    await history.flush()
    assert history.trouble == said
    assert len((await history.recent(HOST, 60.0))[MEM]) == 10, "from memory"
    assert content(path) == rubbish

    shutil.move(path, path.with_suffix(".bad"))
    await history.flush()
    assert history.trouble is None
    assert len(stored(path)) == 10


async def test_damage_inside_stops_nothing(path: Path, opened: Opener) -> None:
    first = opened()
    for _ in range(60):
        record(first, 20)
        await first.flush()
    await first.close()
    raw = bytearray(content(path))
    for page in range(2 * 4096, len(raw), 4096):
        raw[page : page + 200] = os.urandom(200)
    put(path, raw)

    history = opened()
    record(history)
    await history.flush()
    assert history.trouble is not None
    assert "damaged" in history.trouble
    assert len((await history.recent(HOST, 60.0))[MEM]) >= 10


async def test_rows_that_make_no_sense_are_passed_over(path: Path, opened: Opener) -> None:
    history = opened()
    for count in (1, 2, 3, 4):
        record(history, count)
        await history.flush()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE chunks SET data = 5 WHERE id = 1")
        db.execute("UPDATE chunks SET data = CAST(data AS TEXT) WHERE id = 2")
    db.close()
    assert len((await history.recent(HOST, 60.0))[MEM]) == 7
    with sqlite3.connect(path) as db:
        db.execute("UPDATE origins SET levels = '[7'")
    db.close()
    assert await history.recent(HOST, 60.0) == {}


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE theirs (x)", "PRAGMA user_version = 99", "PRAGMA application_id=1"]
)
async def test_a_database_of_others_is_left_alone(
    path: Path, opened: Opener, statement: str
) -> None:
    put(path)
    db = sqlite3.connect(path)
    db.execute(statement)
    db.close()
    before = content(path)
    history = opened()
    record(history)
    await history.flush()
    assert history.trouble is not None
    assert "another program or version" in history.trouble
    assert content(path) == before


async def test_a_locked_file_delays_recording(path: Path, opened: Opener) -> None:
    history = opened()
    await history.flush()
    text = (
        "db = sqlite3.connect(path, isolation_level=None)\n"
        "db.execute('BEGIN EXCLUSIVE')\n"
        "print('locked', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with script(text, path) as locker:
        assert locker.stdout is not None
        assert locker.stdout.readline() == "locked\n"
        record(history)
        await history.flush()
        assert history.trouble is not None
        assert "locked by another process" in history.trouble
        locker.kill()
    await history.flush()
    assert history.trouble is None
    assert len(stored(path)) == 10


async def test_a_file_taken_away_is_made_again(path: Path, opened: Opener) -> None:
    history = opened()
    record(history)
    await history.flush()
    shutil.rmtree(path.parent)
    record(history, 3)
    await history.flush()
    assert history.trouble is None
    assert len(stored(path)) == 3


@pytest.mark.parametrize("mode", [0o777, 0o770])
async def test_a_folder_others_can_write_is_not_used(
    path: Path, opened: Opener, mode: int
) -> None:
    first = opened()
    record(first)
    await first.close()
    path.parent.chmod(mode)
    history = opened()
    await history.flush()
    assert history.trouble is not None
    assert "not safe" in history.trouble
    assert await history.recent(HOST, 60.0) == {}
    path.parent.chmod(0o700)
    await history.flush()
    assert len((await history.recent(HOST, 60.0))[MEM]) == 10


@as_root
@pytest.mark.parametrize("which", ["file", "folder"])
async def test_what_belongs_to_another_is_not_used(path: Path, opened: Opener, which: str) -> None:
    put(path)
    os.chown(path if which == "file" else path.parent, 4711, 4711)
    history = opened()
    record(history)
    await history.flush()
    assert history.trouble is not None
    assert "uid 4711" in history.trouble
    with pytest.raises(ConsoleError, match="not safe"):
        load_recent(path, HOST, 60.0)
    assert content(path) == b""


async def test_a_planted_file_is_not_used(path: Path, tmp_path: Path, opened: Opener) -> None:
    target = tmp_path / "target"
    put(target)
    put(path)
    shutil.move(linked(target), path)
    history = opened()
    record(history)
    await history.flush()
    assert history.trouble is not None
    assert content(target) == b""
    put(tmp_path / "new", mode=0o666)
    shutil.move(tmp_path / "new", path)
    await history.flush()
    assert history.trouble is not None
    assert "not safe" in history.trouble
    assert content(path) == b""


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path, opened: Opener) -> None:
    (tmp_path / "file").touch()
    history = opened(tmp_path / "file" / "subdeck" / "history.db")
    record(history)
    await history.flush()
    assert history.trouble is not None
    assert "XDG_STATE_HOME" in history.trouble


@as_root
async def test_a_read_only_disk_is_said_and_read(
    path: Path, opened: Opener, mounted: Callable[..., Path]
) -> None:
    tmpfs = mounted("-t", "tmpfs", "-o", "size=4m", "none")
    where = tmpfs / "history.db"
    first = opened(where)
    record(first)
    await first.close()
    before = where.read_bytes()
    run("mount", "-o", "remount,ro", str(tmpfs))
    assert len(stored(where)) == 10
    assert load_recent(tmpfs / "absent" / "history.db", HOST, 60.0) == {}
    history = opened(where)
    record(history, 5)
    await history.flush()
    assert history.trouble is not None
    assert "set XDG_STATE_HOME" in history.trouble
    assert where.read_bytes() == before
    run("mount", "-o", "remount,rw", str(tmpfs))
    await history.flush()
    assert history.trouble is None
    assert len(stored(where)) == 15


@as_root
async def test_a_full_disk_delays_recording(opened: Opener, mounted: Callable[..., Path]) -> None:
    tmpfs = mounted("-t", "tmpfs", "-o", "size=1m", "none")
    where = tmpfs / "history.db"
    history = opened(where)
    record(history)
    await history.flush()
    with (
        (tmpfs / "ballast").open("wb", buffering=0) as ballast,
        pytest.raises(OSError, match="28"),
    ):
        while True:
            ballast.write(bytes(4096))
    levels = {Clean(f"tmpfs:/{i}"): look(i).samples[MEM] for i in range(3000)}
    history.record(HOST, looked(levels))
    for _ in range(3):
        await history.flush()
        assert history.trouble is not None
        assert "room" in history.trouble
    assert len(stored(where)) == 10
    (tmpfs / "ballast").unlink()
    await history.flush()
    assert history.trouble is None
    assert len(load_recent(where, HOST, 900.0)) == 3001
    assert len(stored(where)) == 10


@as_root
async def test_a_disk_full_from_the_start(opened: Opener, mounted: Callable[..., Path]) -> None:
    tmpfs = mounted("-t", "tmpfs", "-o", "size=64k", "none")
    with (
        (tmpfs / "ballast").open("wb", buffering=0) as ballast,
        pytest.raises(OSError, match="28"),
    ):
        while True:
            ballast.write(bytes(4096))
    history = opened(tmpfs / "history.db")
    record(history)
    await history.flush()
    assert history.trouble is not None
    run("mount", "-o", "remount,size=4m", str(tmpfs))
    await history.flush()
    assert history.trouble is None
    assert len(stored(tmpfs / "history.db")) == 10


@as_root
async def test_a_stuck_disk_holds_nobody_up(tmp_path: Path, mounted: Callable[..., Path]) -> None:
    image = tmp_path / "disk"
    with image.open("wb") as file:
        file.truncate(8 * 2**20)
    run("mkfs.ext4", "-q", str(image))
    disk = mounted("-o", "loop", str(image))
    history = History(disk / "history.db", every=NEVER, patience=0.05)
    record(history)
    await history.flush()
    run("fsfreeze", "-f", str(disk))
    try:
        record(history)
        assert len(await history.recent(HOST, 60.0)) <= 1
        await history.close()
        assert len(await history.recent(HOST, 60.0)) == 0
    finally:
        run("fsfreeze", "-u", str(disk))
    await history.close()
    assert len(stored(disk / "history.db")) == 20
