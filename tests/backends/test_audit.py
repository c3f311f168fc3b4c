"""The audit on disk: whole, in order, ours alone; or an error, and then nothing may be done."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from backends.audit import KEPT, AuditFile
from console.audit import Record
from console.errors import ConsoleError
from tests.backends.histories import run
from tests.console.test_audit import RECORD

WRITER = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
from backends.audit import AuditFile
from console.clean import Clean
from tests.console.test_audit import RECORD

async def main(folder, name, times):
    file = AuditFile(Path(folder), 20000)
    for number in range(int(times)):
        await file.note(replace(RECORD, who=Clean(name), verb=Clean(str(number))))
        if number == 0:
            print("writes", flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


def numbered(number: int) -> Record:
    return replace(RECORD, time=float(number))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def writer(folder: Path, name: str, times: int) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-c", WRITER, str(folder), name, str(times)]
    return subprocess.Popen(argv, stdout=subprocess.PIPE)


async def test_what_is_noted_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "subdeck"
    file = AuditFile(folder)
    assert await file.read() == await AuditFile(folder).read()
    await file.note(RECORD)
    await AuditFile(folder).note(numbered(2))
    found = await file.read()
    assert (found.records, found.troubles) == ((RECORD, numbered(2)), ())
    file.close()


async def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "subdeck"
    file = AuditFile(folder)
    await file.note(RECORD)
    assert folder.stat().st_mode & 0o777 == 0o700
    (folder / "audit.jsonl").chmod(0o666)
    await file.note(RECORD)
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


async def test_what_has_grown_is_kept_beside_it_and_not_for_ever(tmp_path: Path) -> None:
    file = AuditFile(tmp_path, size=1000)
    for number in range(60):
        await file.note(numbered(number))
    assert names(tmp_path) == {
        *("audit.jsonl", "audit.lock"),
        *(f"audit.{number}.jsonl" for number in range(1, KEPT + 1)),
    }
    found = await file.read()
    assert found.troubles == ()
    assert [record.time for record in found.records] == [
        float(number) for number in range(60 - len(found.records), 60)
    ]
    assert len(found.records) >= 2 * KEPT
    assert (tmp_path / "audit.jsonl").stat().st_size < 2000


async def test_what_is_noted_at_once_waits_for_the_disk_together(tmp_path: Path) -> None:
    file = AuditFile(tmp_path, size=2000)
    with patch("os.fsync", wraps=os.fsync) as synced:
        await asyncio.gather(*(file.note(numbered(number)) for number in range(40)))
    assert synced.call_count == 1
    found = await file.read()
    assert found.troubles == ()
    assert found.records == tuple(numbered(number) for number in range(40))


async def test_several_consoles_write_at_once(tmp_path: Path) -> None:
    writers = [writer(tmp_path, name, 40) for name in ("a", "b", "c")]
    assert [await asyncio.to_thread(each.wait, 60) for each in writers] == [0, 0, 0]
    for each in writers:
        assert each.stdout
        each.stdout.close()
    found = await AuditFile(tmp_path).read()
    assert found.troubles == ()
    for name in ("a", "b", "c"):
        told = [record.verb for record in found.records if record.who == name]
        assert told == [str(number) for number in range(40)]


async def test_a_console_that_is_killed_leaves_a_file_that_goes_on(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        with writer(tmp_path, name, 10**6) as console:
            assert console.stdout
            await asyncio.to_thread(console.stdout.readline)
            console.send_signal(signal.SIGKILL)
    file = AuditFile(tmp_path)
    await file.note(RECORD)
    found = await file.read()
    assert found.records[-1] == RECORD
    assert not [trouble for trouble in found.troubles if "torn" not in trouble]


async def test_a_torn_tail_is_skipped(tmp_path: Path) -> None:
    file = AuditFile(tmp_path)
    await file.note(RECORD)
    with (tmp_path / "audit.jsonl").open("ab") as torn:
        torn.write(b'\n{"time":"2026')
    await file.note(numbered(2))
    found = await file.read()
    assert found.records == (RECORD, numbered(2))
    assert found.troubles == ("audit.jsonl:3: is torn or no record",)


@pytest.mark.root
async def test_a_full_disk_is_an_error_and_leaves_nothing_torn(
    tmp_path: Path, mounted: Callable[..., Path]
) -> None:
    folder = mounted("-t", "tmpfs", "-o", "size=16k", "none")
    file = AuditFile(folder)
    with pytest.raises(ConsoleError, match="No space left") as caught:
        for _ in range(99):
            await file.note(RECORD)
    assert str(folder / "audit.jsonl") in str(caught.value)
    assert caught.value.hint == "free some room on its filesystem"
    found = await file.read()
    assert found.troubles == ()
    assert found.records == (RECORD,) * len(found.records)


@pytest.mark.root
async def test_a_read_only_disk_is_an_error(tmp_path: Path, mounted: Callable[..., Path]) -> None:
    folder = mounted("-t", "tmpfs", "none")
    run("mount", "-o", "remount,ro", str(folder))
    with pytest.raises(ConsoleError, match="Read-only") as caught:
        await AuditFile(folder / "subdeck").note(RECORD)
    assert "XDG_STATE_HOME" in caught.value.hint


@pytest.mark.parametrize("name", ["audit.jsonl", "audit.lock"])
async def test_what_others_could_have_put_there_is_refused(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    place.symlink_to("/etc/passwd")
    with pytest.raises(ConsoleError, match=os.strerror(errno.ELOOP)):
        await AuditFile(tmp_path).note(RECORD)
    place.unlink()
    os.mkfifo(place)
    with pytest.raises(ConsoleError, match="no regular file"):
        await AuditFile(tmp_path).note(RECORD)
    place.unlink()
    await AuditFile(tmp_path).note(RECORD)
    if os.geteuid() == 0:
        os.chown(place, 1000, 1000)
        with pytest.raises(ConsoleError, match="belongs to user 1000"):
            await AuditFile(tmp_path).note(RECORD)


async def test_nothing_there_is_nothing_done(tmp_path: Path) -> None:
    found = await AuditFile(tmp_path / "none").read()
    assert (found.records, found.troubles) == ((), ())
    assert names(tmp_path) == set()
