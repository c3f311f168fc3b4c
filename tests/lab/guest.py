"""A machine with a kernel of its own: ``with booted(folder) as guest: guest.check("lsmod")``.

QEMU boots the kernel that ``.ci/kernel`` laid down, with an archive of this tree, this Python and
a few commands of this host, all under the paths they have here. Nothing else of this host is
there, and nothing that is done inside is seen here.
"""

from __future__ import annotations

import base64
import json
import os
import re
import select
import shlex
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.lab.guests.kernel import (
    KERNEL,
    NEEDS_KERNEL,
    QEMU,
    ROOT,
    WORDS,
    archive,
    libraries,
    modules,
    program,
    release,
    vmlinuz,
)

INIT = Path(__file__).with_name("guest-init")
PYTHON = Path(sys.executable).resolve()
SITE = Path(sysconfig.get_path("purelib"))
MODULES = ("dm-snapshot", "dm-thin-pool", "loop", "veth", "8021q")
COMMANDS = ("dmsetup", "mkfs.ext4", "ip")
PACKAGES = ("pyroute2",)
"""What looking at a host takes besides the standard library."""
UNWANTED = re.compile(
    r"/(site-packages|dist-packages|test|idlelib|tkinter|ensurepip|lib2to3|pydoc_data)/"
    r"|_tkinter|_test|\.opt-"
)
"""Of the standard library, what would only make the archive larger."""
BOOT, PATIENCE = 120.0, 60.0
"""Seconds a guest may take to boot, and to run a script."""
_LOOKS = 5

NEEDS_GUEST = [
    pytest.mark.needs("qemu-system-x86_64", "busybox", "cpio", "modprobe", "setpriv", *COMMANDS),
    *NEEDS_KERNEL,
]
"""Marks of every test that boots a guest: ``pytestmark = NEEDS_GUEST``."""


class Said(NamedTuple):
    """How a script ended, and what it wrote."""

    status: int
    stdout: str
    stderr: str


class Guest:
    """A running guest, by the second serial port of its QEMU and the log of the first."""

    def __init__(self, qemu: subprocess.Popen[bytes], log: Path) -> None:
        assert qemu.stdin
        assert qemu.stdout
        self._asks, self._answers = qemu.stdin, qemu.stdout
        self._log = log

    def wait(self) -> None:
        """Return when it has booted; raise like ``run``."""
        self._line(BOOT)

    def run(self, script: str, seconds: float = PATIENCE) -> Said:
        """Run a shell script inside, as root, and return how it ended.

        Raises ``TimeoutError`` or, when the guest is no more, ``RuntimeError``.
        """
        self._asks.write(base64.b64encode(script.encode()) + b"\n")
        self._asks.flush()
        status, *texts = self._line(seconds).split(b":")
        return Said(int(status), *(base64.b64decode(text).decode() for text in texts))

    def check(self, script: str) -> str:
        """Return what a script prints; raise ``AssertionError`` if any command of it fails."""
        said = self.run(f"set -e\n{script}")
        assert said.status == 0, said.stderr
        return said.stdout

    def python(self, *arguments: str) -> str:
        """Return what this Python prints there, started in this tree."""
        return self.check(f"cd {ROOT}; {shlex.join((str(PYTHON), *arguments))}")

    def status(self) -> dict[str, Any]:
        """Return what ``subdeck status local --json`` says of the guest."""
        for _ in range(_LOOKS):
            text = self.python("-m", "console", "status", "local", "--json")
            host: dict[str, Any]
            (host,) = json.loads(text)["hosts"]
            late = [gap["probe"] for gap in host["gaps"] if gap["problem"] == "hung"]
            if not late:  # an emulated machine cannot always keep the deadlines
                return host
        raise AssertionError(f"late {_LOOKS} times: {late}")

    def _line(self, seconds: float) -> bytes:
        deadline = time.monotonic() + seconds
        line = b""
        while not line.endswith(b"\n"):
            patience = max(0.0, deadline - time.monotonic())
            if not select.select([self._answers], [], [], patience)[0]:
                raise TimeoutError(f"no answer in {seconds} s; the guest's console:{self._tail()}")
            part = os.read(self._answers.fileno(), 1 << 16)
            if not part:
                raise RuntimeError(f"the guest has ended; its console:{self._tail()}")
            line += part
        return line.strip()

    def _tail(self) -> str:
        return "\n" + self._log.read_text(errors="replace")[-2000:]


@contextmanager
def booted(folder: Path, megabytes: int = 512) -> Iterator[Guest]:
    """Boot a guest, and end it; its archive and the log of its console are in ``folder``."""
    initrd, log = folder / "initrd", folder / "console"
    _pack(initrd)
    log.touch()
    command = [
        *(
            *QEMU,
            "-accel",
            "tcg,thread=multi",
            "-smp",
            "2",
            "-m",
            str(megabytes),
            "-nic",
            "none",
            "-no-reboot",
        ),
        *("-chardev", "stdio,id=lab,signal=off"),
        *("-serial", f"file:{log}", "-serial", "chardev:lab"),
        *("-kernel", str(vmlinuz()), "-initrd", str(initrd), "-append", _words()),
    ]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as qemu:
        try:
            guest = Guest(qemu, log)
            guest.wait()
            yield guest
        finally:
            qemu.kill()


def _words() -> str:
    """Return the kernel's command line; what it does not know is the environment inside."""
    environ = {
        "KERNEL": KERNEL,
        "MODULES": ",".join(MODULES),
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "PYTHONPATH": SITE,
        "DM_DISABLE_UDEV": 1,
    }
    words = [WORDS, f"rdinit={INIT}"]
    return " ".join([*words, *(f'{name}="{value}"' for name, value in environ.items())])


def _pack(out: Path) -> None:
    """Write what a guest boots from."""
    # Without what is compiled its Python would take twice as long to start, each time.
    rooms = (ROOT / "console", ROOT / "backends")
    subprocess.run([sys.executable, "-m", "compileall", "-q", *rooms], check=True)
    files = {INIT, Path("/bin/busybox"), *modules(MODULES), *_programs(rooms)}
    files |= set((KERNEL / "lib/modules" / release()).glob("modules.*"))
    folders = {folder for file in files for folder in file.parents}
    archive(out, Path("/"), files | folders, "--dereference")


def _programs(rooms: Iterable[Path]) -> Iterator[Path]:
    library = Path(sysconfig.get_path("stdlib"))
    files = [file for file in library.rglob("*") if not UNWANTED.search(str(file))]
    for folder in (*rooms, *(SITE / name for name in PACKAGES)):
        files += folder.rglob("*")
    files = [file for file in files if file.suffix in {".py", ".pyc", ".sh", ".so"}]
    dynamic = [PYTHON, *map(program, COMMANDS)]
    dynamic += [file for file in files if file.suffix == ".so"]
    yield from (*files, *dynamic, *libraries(dynamic))
