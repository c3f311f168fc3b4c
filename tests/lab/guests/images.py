"""What a guest boots from, built once: ``built(style).initrd``.

Everything lies below ``.venv/lab``, under a digest of all that goes into it.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.guests.kernel import KERNEL, vmlinuz
from tests.lab.guests.parts import Parts
from tests.lab.guests.style import Style
from tests.lab.guests.tree import Image, Tree, digest, make
from tests.lab.guests.userland import Userland, programs, root
from tests.lab.sshd import keypair, public

CACHE = KERNEL.with_name("lab")


@dataclass(frozen=True, slots=True)
class Keys:
    """The private keys of a guest."""

    identity: Path
    """It is let in as root; the same for all guests."""
    host: Path


@dataclass(frozen=True, slots=True)
class Built:
    """The files of a style."""

    initrd: Path
    medium: Path | None
    disks: tuple[Path, ...]
    kernel: Path = field(default_factory=vmlinuz)


def keys(style: Style) -> Keys:
    """Return the keys of a guest, which stay the same however often it is built."""
    folder = CACHE / "keys"
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / ".lock"):
        return Keys(keypair(folder / "operator"), keypair(folder / style.name))


def built(style: Style) -> Built:
    """Return what a guest boots from, having built it unless that was done before."""
    own = keys(style)
    with _locked(CACHE / f".{style.name}"):
        parts = style.packing(_root(style, own))
        place = CACHE / style.name / _name(parts)
        if not place.exists():
            shutil.rmtree(place.parent, ignore_errors=True)
            scratch = place.with_name("scratch")
            scratch.mkdir(parents=True)
            for name, image in _files(parts).items():
                make(image, scratch / name)
            scratch.rename(place)
    files = {name: place / name for name in _files(parts)}
    medium = files.pop("medium", None)
    return Built(files.pop("initrd"), medium, tuple(files.values()))


def for_dropbear(key: Path) -> Path:
    """Return a private key of OpenSSH's as dropbear reads it."""
    converted = key.with_suffix(".dropbear")
    if not converted.exists():
        command = ["dropbearconvert", "openssh", "dropbear", str(key), str(converted)]
        subprocess.run(command, check=True, capture_output=True)
    return converted


def _files(parts: Parts) -> dict[str, Image]:
    medium = {"medium": parts.medium} if parts.medium else {}
    disks = {f"disk{at}": disk for at, disk in enumerate(parts.disks)}
    return {"initrd": parts.initrd, **medium, **disks}


def _name(parts: Parts) -> str:
    features = " ".join(digest(image) for image in _files(parts).values())
    return hashlib.sha256(features.encode()).hexdigest()[:16]


def _root(style: Style, own: Keys) -> Tree:
    release = {"NAME": "Lab Linux", "ID": "lab", **style.os_release}
    host_key = for_dropbear(own.host) if style.userland is Userland.BUSYBOX else own.host
    return {
        **root(style.userland),
        **programs(style.extra),
        "etc/hostname": f"{style.name}\n".encode(),
        "etc/os-release": "".join(f'{key}="{value}"\n' for key, value in release.items()).encode(),
        "etc/ssh/host_key": host_key,
        "root/.ssh/authorized_keys": f"{public(own.identity)}\n".encode(),
    }


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
