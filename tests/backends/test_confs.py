from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backends.confs import LOG_LINES, Configured, Confs
from backends.prober import Prober
from console.clean import clean_path
from console.errors import Problem
from console.model import Gap
from tests.lab.hung_fuse import hung_mounts

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs files of root: run pytest as root")


@pytest.fixture
async def prober() -> AsyncIterator[Prober]:
    prober = Prober(deadline=0.3)
    yield prober
    prober.close()


def gap_about(seen: Configured, text: str) -> Gap:
    (found,) = (gap for gap in seen.gaps if text in gap.probe)
    return found


@root_only
async def test_a_configuration_others_may_write_is_shown_and_noted(
    prober: Prober, tmp_path: Path
) -> None:
    for name in ("mta", "web"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.conf").write_text("BASE=.\n")
    (tmp_path / "web").chmod(0o777)
    mta, web = (await Confs(prober, bytes(tmp_path), ["/*/*.conf"]).look([])).confs
    assert (mta.path, web.path) == ("/mta/mta.conf", "/web/web.conf")
    assert "writable by others than root: /web" in web.notes
    assert not [note for note in mta.notes if "writable" in note]


async def test_files_of_other_programs_are_no_subhosts(prober: Prober, tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text("listen 80\n")
    seen = await Confs(prober, b"", [f"{tmp_path}/*.conf"]).look([])
    assert not seen.confs
    assert not seen.gaps


async def test_what_runs_or_is_listed_counts_wherever_it_lies(
    prober: Prober, tmp_path: Path
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/subhosts.conf").write_text("/listed.conf relative.conf\n# /not.conf\n")
    for name in ("listed", "running", "not"):
        (tmp_path / f"{name}.conf").write_text("BASE=.\n")
    confs = Confs(prober, bytes(tmp_path), [])
    seen = await confs.look([clean_path("/running.conf"), clean_path("x.conf")])
    assert seen.autostart == ("/listed.conf", "relative.conf")
    assert [conf.name for conf in seen.confs] == ["listed", "running"]


async def test_a_file_that_is_none_harms_no_other(prober: Prober, tmp_path: Path) -> None:
    (tmp_path / "good.conf").write_text("BASE=.\n")
    (tmp_path / "link.conf").symlink_to("good.conf")
    (tmp_path / "binary.conf").write_bytes(b"BASE\0\1\2")
    os.mkfifo(tmp_path / "pipe.conf")
    seen = await Confs(prober, b"", [f"{tmp_path}/*.conf"]).look([clean_path("/gone/x.conf")])
    assert [conf.name for conf in seen.confs] == ["good"]
    assert "symbolic link" in gap_about(seen, "link.conf").reason
    assert gap_about(seen, "binary.conf").problem is Problem.GARBLED
    assert gap_about(seen, "/gone/x.conf").problem is Problem.MISSING
    assert gap_about(seen, "pipe.conf")


async def test_the_end_of_a_log_is_kept_clean_and_short(prober: Prober, tmp_path: Path) -> None:
    for name in ("mta", "web", "new"):
        (tmp_path / f"{name}.conf").write_text(f"BASE=.\nLOG={tmp_path}/{name}.log\n")
    lines = [f"line {number} \x1b[31m".encode() for number in range(3000)]
    (tmp_path / "mta.log").write_bytes(b"\n".join(lines) + b"\n")
    (tmp_path / "web.log").symlink_to("/etc/passwd")
    seen = await Confs(prober, b"", [f"{tmp_path}/*.conf"]).look([])
    assert seen.logs is not None
    (kept,) = seen.logs.values()
    assert len(kept) == LOG_LINES
    assert kept[-1] == "line 2999 ␛[31m"
    assert "symbolic link" in gap_about(seen, "log ").reason


@root_only
async def test_a_hung_folder_hides_only_its_own(prober: Prober, tmp_path: Path) -> None:
    (tmp_path / "mta").mkdir()
    (tmp_path / "mta/mta.conf").write_text("BASE=.\n")
    with hung_mounts(tmp_path, 1, "silent") as (hung,):
        prober.suspects = {bytes(hung): b"0:99", b"/elsewhere": b"0:98"}
        seen = await Confs(prober, b"", [f"{tmp_path}/*/*.conf"]).look([])
    assert [conf.name for conf in seen.confs] == ["mta"]
    (gap,) = seen.gaps
    assert (gap.probe, gap.problem) == (f"configurations {hung}/*.conf", Problem.HUNG)
