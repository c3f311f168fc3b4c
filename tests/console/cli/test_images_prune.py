"""``subdeck images prune`` as an operator types it, on this machine: what goes, and what stays."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.console.cli.commands import subdeck

pytestmark = [pytest.mark.root, pytest.mark.needs("mount", "flock", "stat", "losetup")]


def brought(root: Path, version: str, end: str = "", name: str = "edge") -> Path:
    """Have a set in a folder, as ``upgrade`` brings it there."""
    folder = root / name / f"{version}-{version * 12}{end}"
    (folder / "boot").mkdir(parents=True)
    folder.chmod(0o700)
    (folder / "boot" / "kernel").write_bytes(bytes(100_000))
    os.utime(folder, (int(version), int(version)))
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "sets"
    path.mkdir()
    (path / "mine" / "photos-2024").mkdir(parents=True)
    return path


def prune(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {"XDG_CONFIG_HOME": str(root.parent), "XDG_STATE_HOME": str(root.parent / "state")}
    return subdeck("images", "prune", "local", "--stage-in", str(root), *words, env=env)


def left(root: Path) -> list[str]:
    return sorted(
        f"{folder.parent.name}/{folder.name}" for folder in root.glob("*/*") if folder.is_dir()
    )


@contextmanager
def mounted(folder: Path, place: Path) -> Iterator[None]:
    """Have an overlay that stands on it."""
    place.mkdir()
    layers = f"lowerdir={folder}:/usr/share/doc"
    subprocess.run(["mount", "-t", "overlay", "-o", layers, "none", place], check=True)
    yield
    subprocess.run(["umount", place], check=True)


def test_old_sets_go_and_nothing_else_does(root: Path) -> None:
    sets = [brought(root, version) for version in "12345"]
    brought(root, "3", ".part")
    brought(root, "7", name="web")
    with mounted(sets[0], root.parent / "over"):
        dry = prune(root, "--dry-run", "--json")
        (plan,) = json.loads(dry.stdout)["plans"]
        assert len(left(root)) == 8
        assert "prune_set" in plan["script"]
        assert "/over uses it" in str(plan["notes"])
        done = prune(root, "--yes")
    assert done.returncode == 0, done.stderr
    assert left(root) == [
        *("edge/1-111111111111", "edge/4-444444444444", "edge/5-555555555555"),
        *("mine/photos-2024", "web/7-777777777777"),
    ]


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold it as who brings a set there does."""
    file = os.open(folder, os.O_RDONLY)
    fcntl.flock(file, fcntl.LOCK_EX)
    yield
    os.close(file)


def test_what_is_being_written_to_stays(root: Path) -> None:
    brought(root, "2")
    part = brought(root, "1", ".part")
    with held(part):
        done = prune(root, "--yes")
    assert done.returncode == 1
    assert "is being written to" in done.stderr
    assert part.exists()


def test_what_others_may_write_was_not_brought_there(root: Path) -> None:
    brought(root, "2")
    other = brought(root, "1")
    other.chmod(0o755)
    done = prune(root, "--keep", "1", "--yes")
    assert done.returncode == 1
    assert "is not what was brought here" in done.stderr
    assert other.exists()
