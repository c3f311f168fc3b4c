"""A folder that stands for a host: what is read below it, and what makes no sense there."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from backends.local import LocalBackend
from console.errors import Problem
from tests.lab.hung_fuse import hung_mounts
from tests.lab.world import World

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="makes mounts: run pytest as root")
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files of another host below a folder."""
    texts = {
        "proc/self/mountinfo": "21 1 0:20 / / rw - tmpfs none rw\n22 21 0:21 / /half rw - tmpf",
        "proc/meminfo": "MemTotal: 1000 kB\nMemFree: 500 kB\nMemAvailable: 600 kB\n",
        "proc/uptime": "100.5 1.0\n",
        "proc/stat": "btime 1700000000\n",
        "proc/version": "Linux version 9\n",
        "proc/sys/kernel/osrelease": "9.9\n",
        "proc/1/comm": "init\n",
        "sys/class/net/lan0/ifindex": "7\n",
        "sys/class/net/lan0/iflink": "7\n",
        "sys/block/loop1/size": "8\n",
        "sys/block/loop1/ro": "1\n",
        "sys/block/loop1/dev": "7:1\n",
        "sys/block/loop1/loop/backing_file": "/images/a (deleted)\n",
        "sys/block/loop1/loop/offset": "0\n",
        "etc/os-release": "PRETTY_NAME=Elsewhere\n",
        "etc/subhosts.conf": "/srv/a/a.conf /srv/gone.conf\n",
        "srv/a/a.conf": "BASE=.\nCABLES=br0=\n",
        "kernel": "no kernel",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


async def test_a_folder_can_stand_for_a_host(folder: Path) -> None:
    backend = LocalBackend(folder)
    facts = await backend.sample()
    await backend.close()
    assert [mount.point for mount in facts.view.mounts] == ["/"]
    assert not facts.view.statfs
    assert facts.memory is not None
    assert facts.memory.available == 600 * 1024
    assert facts.evidence is not None
    assert facts.evidence.kernel == "9.9"
    assert facts.uptime == 100.5
    assert facts.evidence.os_release == {"PRETTY_NAME": "Elsewhere"}
    assert facts.evidence.present == {"/kernel"}
    assert [link.name for link in facts.links] == ["lan0"]
    assert [(loop.name, loop.deleted) for loop in facts.loops] == [("loop1", True)]
    assert [conf.path for conf in facts.confs] == ["/srv/a/a.conf"]
    assert facts.autostart == ("/srv/a/a.conf", "/srv/gone.conf")


@pytest.mark.root
async def test_a_folder_is_not_woken_by_what_happens_here(folder: Path) -> None:
    there, here = LocalBackend(folder), LocalBackend()
    await there.sample()
    await here.sample()
    woken = [asyncio.ensure_future(each.changed()) for each in (there, here)]
    with World() as world:
        world.tmpfs()
        done, _ = await asyncio.wait(woken, timeout=20, return_when="FIRST_COMPLETED")
    assert done == {woken[1]}
    woken[0].cancel()
    await there.close()
    await here.close()


async def test_what_makes_no_sense_is_told_and_harms_no_other(folder: Path) -> None:
    (folder / "proc/meminfo").write_text("MemTotal: much\n")
    (folder / "proc/stat").unlink()
    backend = LocalBackend(folder)
    facts = await backend.sample()
    await backend.close()
    problems = {str(gap.probe): gap.problem for gap in facts.gaps}
    assert problems["mountinfo"] is Problem.GARBLED, "its last line was cut off"
    assert problems["memory"] is Problem.GARBLED
    assert problems["kernel /kernel"] is Problem.GARBLED
    assert problems["processes"] is Problem.MISSING
    assert problems["configuration /srv/gone.conf"] is Problem.MISSING
    assert facts.memory is None
    assert len(facts.confs) == 1


@root_only
async def test_a_process_that_cannot_be_read_is_lost_once(folder: Path, tmp_path: Path) -> None:
    """Its command line waits for ever, as behind a stuck lock of its memory."""
    place = folder / "proc/7"
    place.mkdir()
    (place / "stat").write_text("7 (sh) S 1 1 1 0 -1 0 0 0 0 0 1 0 0 0 20 0 1 0 9 0 5 0 0 0 8\n")
    (place / "status").write_text("NSpid:\t7\n")
    with hung_mounts(tmp_path, 1, "silent") as (hung,):
        (place / "cmdline").symlink_to(hung / "cmdline")
        backend = LocalBackend(folder, deadline=0.3)
        first = await backend.sample()
        second = await backend.sample()
        await backend.close()
    assert [gap.problem for gap in first.gaps if "processes" in gap.probe] == [Problem.HUNG]
    assert not first.processes
    assert [(process.pid, process.argv) for process in (second.processes or ())] == [(7, ())]
    assert not [gap for gap in second.gaps if gap.problem is Problem.HUNG]
