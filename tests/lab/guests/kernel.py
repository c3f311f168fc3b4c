"""The kernel that ``.ci/kernel`` laid down and what of this host's programs a guest is given."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
KERNEL = ROOT / ".venv/kernel"

NEEDS_KERNEL = [
    pytest.mark.skipif(
        platform.machine() != "x86_64", reason="needs an x86_64 host: a guest runs its programs"
    ),
    pytest.mark.skipif(
        not KERNEL.exists() and os.environ.get("CI") != "true",
        reason="needs a kernel for guests: `make test` fetches one from Debian's archive",
    ),
]
"""Marks of every test that boots a guest."""

QEMU = (
    *("setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64"),
    *("-nodefaults", "-display", "none"),
)
"""Begins the command of every guest: it has no device, and ends with whoever started it."""

# An emulated processor may hang for good in the kernel's tests of its own cryptography.
WORDS = "console=ttyS0 quiet mitigations=off cryptomgr.notests panic=-1"
"""Begins the command line of every guest's kernel."""

_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin:/sbin"


def vmlinuz() -> Path:
    """Return the kernel itself."""
    (image,) = KERNEL.glob("boot/vmlinuz-*")
    return image


def release() -> str:
    """Return what ``uname -r`` says where it runs."""
    return vmlinuz().name.removeprefix("vmlinuz-")


def modules(names: Iterable[str]) -> list[Path]:
    """Return these modules and all they need, each after what it needs."""
    command = ["modprobe", "-d", str(KERNEL), "-S", release(), "-a", "-D", *names]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [Path(path) for path in dict.fromkeys(re.findall(r"^insmod (\S+)", said, re.MULTILINE))]


def program(name: str) -> Path:
    """Return where this host keeps a program; raise ``FileNotFoundError`` when it has none."""
    found = shutil.which(name, path=_PATH)
    if found is None:
        raise FileNotFoundError(f"a guest needs {name}: `make test` as root installs it")
    return Path(found)


def libraries(programs: Sequence[Path]) -> set[Path]:
    """Return every library that these programs and libraries load."""
    # Of one that is static it says so on stderr and fails.
    said = subprocess.run(["ldd", *programs], check=False, capture_output=True, text=True).stdout
    found = {Path(path) for path in re.findall(r"(/\S+) \(0x", said)}
    # The C library loads this one when a thread ends, of which ldd knows nothing.
    return found | {path.with_name("libgcc_s.so.1") for path in found if path.stem == "libc.so"}


def archive(out: Path, folder: Path, names: Iterable[Path], *options: str) -> None:
    """Write what a kernel unpacks: these files, named as they are beneath ``folder``."""
    listed = b"".join(b"./%b\0" % os.fsencode(name.relative_to(folder)) for name in sorted(names))
    command = ["cpio", "--create", "--format=newc", "--null", "--quiet", "--owner=0:0", *options]
    with out.open("wb") as file:
        subprocess.run(command, cwd=folder, input=listed, stdout=file, check=True)
