"""A small Debian for subhosts: ``LOWER`` is its tree here, ``image()`` the same for a guest."""

from __future__ import annotations

import os

import pytest

from tests.lab.guests.kernel import KERNEL, libraries
from tests.lab.guests.tree import Folder, Leaf, Link, Squashfs, Tree, merged

LOWER = KERNEL.with_name("lower")
"""Laid down by ``.ci/lower``: nginx, ifupdown and what they take, no package of it configured."""
MODULES = ("squashfs", "loop")
"""Of the kernel, what it takes to mount an image of it."""

NEEDS_LOWER = pytest.mark.skipif(
    not LOWER.exists() and os.environ.get("CI") != "true",
    reason="needs a small Debian: `make test` fetches one from Debian's archive",
)


def image() -> Squashfs:
    """Return it as one file."""
    tree: dict[str, Leaf] = {}
    for path in LOWER.rglob("*"):
        name = str(path.relative_to(LOWER))
        if path.is_symlink():
            tree[name] = Link(str(path.readlink()))
        elif path.is_dir():
            tree[name] = Folder(path.stat().st_mode & 0o7777)
        elif path.is_file():
            tree[name] = path
    return Squashfs(dict(sorted(tree.items())))


def busybox() -> Tree:
    """Return a busybox whose shell, unlike the static one's, prefers what PATH leads to."""
    program = LOWER / "usr/bin/busybox"
    found = {merged(path): path for path in libraries([program])}
    return {**found, "usr/bin/busybox": program}
