"""A machine with a kernel of its own: ``with booted(folder) as guest: guest.check("lsmod")``.

QEMU boots the kernel that ``.ci/kernel`` laid down, with an archive of this tree, this Python and
a few commands of this host, all under the paths they have here. Nothing else of this host is
there, and nothing that is done inside is seen here.
"""

from __future__ import annotations

import base64
import json
import os
import platform
import re
import select
import shlex
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
KERNEL = ROOT / ".venv/kernel"
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
    pytest.mark.skipif(
        platform.machine() != "x86_64", reason="needs an x86_64 host: a guest runs its programs"
    ),
    pytest.mark.skipif(
        not KERNEL.exists() and os.environ.get("CI") != "true",
        reason="needs a kernel for guests: `make test` fetches one from Debian's archive",
    ),
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
    (image,) = KERNEL.glob("boot/vmlinuz-*")
    archive, log = folder / "initrd", folder / "console"
    _pack(archive, image.name.removeprefix("vmlinuz-"))
    log.touch()
    command = [
        *("setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64"),
        *("-accel", "tcg,thread=multi", "-smp", "2", "-m", str(megabytes)),
        *("-nodefaults", "-display", "none", "-nic", "none", "-no-reboot"),
        *("-chardev", "stdio,id=lab,signal=off"),
        *("-serial", f"file:{log}", "-serial", "chardev:lab"),
        *("-kernel", str(image), "-initrd", str(archive), "-append", _words()),
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
    words = ["console=ttyS0 quiet mitigations=off panic=-1", f"rdinit={INIT}"]
    return " ".join([*words, *(f'{name}="{value}"' for name, value in environ.items())])


def _pack(archive: Path, release: str) -> None:
    """Write what a guest boots from."""
    # Without what is compiled its Python would take twice as long to start, each time.
    rooms = (ROOT / "console", ROOT / "backends")
    subprocess.run([sys.executable, "-m", "compileall", "-q", *rooms], check=True)
    files = {INIT, Path("/bin/busybox"), *_modules(release), *_programs(rooms)}
    folders = {folder for file in files for folder in file.parents}
    with archive.open("wb") as out:
        subprocess.run(
            ["cpio", "--create", "--format=newc", "--dereference", "--null", "--quiet"],
            cwd="/",
            input=b"".join(b".%b\0" % os.fsencode(path) for path in sorted(files | folders)),
            stdout=out,
            check=True,
        )


def _modules(release: str) -> Iterator[Path]:
    yield from (KERNEL / "lib/modules" / release).glob("modules.*")
    command = ["modprobe", "-d", str(KERNEL), "-S", release, "-a", "-D", *MODULES]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    yield from (Path(path) for path in re.findall(r"^insmod (\S+)", said, re.MULTILINE))


def _programs(rooms: Iterable[Path]) -> Iterator[Path]:
    library = Path(sysconfig.get_path("stdlib"))
    files = [file for file in library.rglob("*") if not UNWANTED.search(str(file))]
    for folder in (*rooms, *(SITE / name for name in PACKAGES)):
        files += folder.rglob("*")
    files = [file for file in files if file.suffix in {".py", ".pyc", ".so"}]
    dynamic = [Path(found) for name in COMMANDS if (found := shutil.which(name))]
    dynamic += [PYTHON, *(file for file in files if file.suffix == ".so")]
    said = subprocess.run(["ldd", *dynamic], check=True, capture_output=True, text=True).stdout
    libraries = {Path(path) for path in re.findall(r"(/\S+) \(0x", said)}
    # The C library loads this one when a thread ends, of which ldd knows nothing.
    libraries |= {path.with_name("libgcc_s.so.1") for path in libraries if path.stem == "libc.so"}
    yield from (*files, *dynamic, *libraries)
