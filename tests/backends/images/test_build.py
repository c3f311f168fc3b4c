"""A build is refused before it begins, or tells in one line why it could not go on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backends.images.build import build
from backends.images.commands import Commands
from console.errors import ConsoleError
from console.images.recipe import Form, Recipe

RECIPE = Recipe("edge", "7", Form.SQUASHFS, ("deb [trusted=yes] copy:/nowhere ./",), epoch=1)


def refused(output: Path, recipe: Recipe = RECIPE) -> ConsoleError:
    told: list[str] = []
    with pytest.raises(ConsoleError) as found:
        build(recipe, None, output, told.append)
    assert not told, "nothing was begun"
    assert found.value.hint
    return found.value


def test_it_takes_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "needs root" in str(refused(tmp_path))


@pytest.mark.root
def test_it_names_the_commands_and_packages_that_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = refused(tmp_path, replace(RECIPE, packed="xz"))
    assert "mmdebstrap" in str(found) and "mksquashfs" in str(found) and "xz" in str(found)
    assert (
        "mmdebstrap" in found.hint and "squashfs-tools" in found.hint and "xz-utils" in found.hint
    )


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1M", "small", tmp_path], check=True)
    yield tmp_path
    subprocess.run(["umount", "-l", tmp_path], check=True)


@pytest.mark.root
@pytest.mark.needs("mmdebstrap", "mksquashfs", "zstd")
def test_it_takes_room(small: Path) -> None:
    assert "1 MiB free, 512 are needed" in str(refused(small))


@pytest.mark.root
@pytest.mark.needs("mmdebstrap", "mksquashfs", "zstd")
def test_no_set_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "edge-7").symlink_to("/nowhere")
    assert "edge-7: is there already" in str(refused(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["edge-7"]


@pytest.mark.needs("setpriv")
@pytest.mark.parametrize(
    ("complaint", "told"),
    [
        ("W: x\nE: Unable to locate package nix\nE: more", "nix: no such package"),
        ("cp: error writing 'x': No space left on device", "no space left"),
        ("I: some\nE: its \x1b[31m reason\nmore", "sh failed: its ␛[31m reason"),
        ("usage\nlast words\n", "sh failed: last words"),
        ("", "sh failed: it said nothing of why"),
    ],
)
def test_what_a_command_complained_about_is_one_line(
    tmp_path: Path, complaint: str, told: str
) -> None:
    commands = Commands(tmp_path, {"PATH": os.environ["PATH"], "SAID": complaint})
    with pytest.raises(ConsoleError) as found:
        commands.run("sh", "-c", 'printf %s "$SAID" >&2; exit 3')
    assert told in str(found.value)
    assert "\n" not in str(found.value)


@pytest.mark.needs("setpriv", "cpio")
def test_a_packer_that_fails_is_named_though_the_archive_went_well(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    commands = Commands(tmp_path, {"PATH": os.environ["PATH"]})
    with pytest.raises(ConsoleError, match="false failed"):
        commands.pack([b"a"], tmp_path, tmp_path / "out", ("false",))
    commands.pack([b"a"], tmp_path, tmp_path / "plain", ())
    assert (tmp_path / "plain").read_bytes().startswith(b"070701")
