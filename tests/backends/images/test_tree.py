"""A root is made below its folder, whatever links packages bring."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.images.tree import Tree
from console.errors import ConsoleError

pytestmark = pytest.mark.root  # its files are root's


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    (tmp_path / "root").mkdir()
    return Tree(tmp_path / "root")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    (folder / "gconv").mkdir(parents=True)
    (folder / "gconv/precious").write_text("precious")
    return folder


def test_no_link_leads_out(tree: Tree, outside: Path) -> None:
    (tree.root / "etc").symlink_to(outside)
    acts: list[Callable[[], None]] = [
        lambda: tree.put("etc/passwd", "x"),
        lambda: tree.link("etc/sh", "x"),
        lambda: tree.folder("etc/new"),
        lambda: tree.copy("etc/x", outside / "gconv/precious"),
    ]
    for act in acts:
        with pytest.raises(ConsoleError, match="leads out of the image"):
            act()
    assert [path.name for path in outside.iterdir()] == ["gconv"]


def test_a_file_takes_the_place_of_a_link(tree: Tree, outside: Path) -> None:
    (tree.root / "shadow").symlink_to(outside / "gconv/precious")
    tree.put("shadow", "ours", 0o600)
    assert (outside / "gconv/precious").read_text() == "precious"
    assert tree.text("shadow") == "ours"
    assert stat.S_IMODE((tree.root / "shadow").stat().st_mode) == 0o600


def test_what_is_pruned_is_told_and_lies_inside(tree: Tree, outside: Path) -> None:
    tree.merge()
    tree.put("usr/lib/x86/gconv/UTF-32.so", b"12345")
    (tree.root / "usr/lib/odd").symlink_to(outside)
    (tree.root / "usr/lib/odd2").symlink_to(outside / "gconv", target_is_directory=True)
    assert tree.prune(["usr/lib/*/gconv", "usr/lib/odd2"]) == [("usr/lib/x86/gconv/UTF-32.so", 5)]
    assert (outside / "gconv/precious").exists()
    assert tree.names() == [
        *(b"bin", b"lib", b"lib64", b"sbin", b"usr", b"usr/bin", b"usr/lib", b"usr/lib/odd"),
        *(b"usr/lib/x86", b"usr/lib64", b"usr/sbin"),
    ]


def test_files_of_the_operator_lie_on_top_as_roots(tree: Tree, tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "etc/deep").mkdir(parents=True)
    (own / "etc/rc.local").write_text("#!/bin/sh\n")
    (own / "etc/rc.local").chmod(0o750)
    (own / "etc/deep/link").symlink_to("../rc.local")
    os.chown(own / "etc/rc.local", 1234, 1234)
    tree.put("etc/rc.local", "theirs")
    (tree.root / "etc").chmod(0o711)
    tree.lay(own)
    found = (tree.root / "etc/rc.local").stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (0, 0, 0o750)
    assert (tree.root / "etc/deep/link").readlink() == Path("../rc.local")
    assert stat.S_IMODE((tree.root / "etc").stat().st_mode) == 0o711
    os.mkfifo(own / "pipe")
    with pytest.raises(ConsoleError, match="is no file, folder or link"):
        tree.lay(own)


def test_nothing_is_newer_than_it_may_be(tree: Tree) -> None:
    tree.put("old", "x")
    tree.put("new", "x")
    tree.link("dangling", "/nowhere")
    os.utime(tree.root / "old", (500, 500))
    tree.settle(1000)
    times = {path.name: path.lstat().st_mtime for path in tree.root.iterdir()}
    assert times == {"old": 500, "new": 1000, "dangling": 1000}
    assert tree.root.stat().st_mtime == 1000


def test_a_file_of_two_names_counts_once(tree: Tree) -> None:
    tree.put("usr/a", b"1234")
    (tree.root / "usr/b").hardlink_to(tree.root / "usr/a")
    assert sum(size for _, size in tree.files()) == 4
