"""A Debian archive on this machine, from which images are made without a network.

``entry(folder)`` lays one with a kernel of its own and returns its line of a sources.list(5).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.lab.guests.kernel import KERNEL, modules, release, vmlinuz

ARCHIVE = KERNEL.with_name("archive")
"""Laid down by ``.ci/archive``: the packages that every image has."""
META = "linux-image-amd64"
"""A package that depends on the one with the kernel, as Debian's do."""

NEEDS_ARCHIVE = [
    pytest.mark.root,
    pytest.mark.needs("mmdebstrap", "cpio", "depmod", "mksquashfs", "zstd", "unshare", "setpriv"),
    pytest.mark.skipif(
        not ARCHIVE.exists() and os.environ.get("CI") != "true",
        reason="needs packages for images: `make test` fetches them from Debian's archive",
    ),
]
"""Marks of every test that makes an image."""

_MODULES = ("virtio_pci", "virtio_net", "loop", "squashfs", "overlay", "veth", "bridge")


def entry(folder: Path) -> str:
    """Lay an archive in a new folder."""
    folder.mkdir()
    for package in ARCHIVE.glob("*.deb"):
        (folder / package.name).symlink_to(package)
    real = f"linux-image-{release()}"
    _package(folder, real, "", _kernel(folder / "kernel"))
    _package(folder, META, f"Depends: {real}\n", folder / "meta")
    stanzas = [_stanza(package) for package in sorted(folder.glob("*.deb"))]
    (folder / "Packages").write_text("\n".join(stanzas))
    return f"deb [trusted=yes] copy:{folder} ./"


def _kernel(tree: Path) -> Path:
    """Lay what a package of the lab's kernel has, of its modules a few."""
    place = KERNEL / "lib/modules" / release()
    lists = [place / name for name in ("modules.order", "modules.builtin")]
    for path in (vmlinuz(), *modules(_MODULES), *lists):
        target = tree / path.relative_to(KERNEL)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return tree


def _package(folder: Path, name: str, more: str, tree: Path) -> None:
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: 1\nArchitecture: amd64\nMaintainer: Lab\n{more}"
        "Description: for images of the lab\n"
    )
    command = ["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(tree), str(folder)]
    subprocess.run(command, check=True, capture_output=True)


def _stanza(package: Path) -> str:
    command = ["dpkg-deb", "--field", str(package)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    with package.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = package.stat().st_size
    return f"{said}Filename: ./{package.name}\nSize: {size}\nSHA256: {digest}\n"
