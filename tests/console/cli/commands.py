"""Run ``subdeck`` as an operator does, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.console.cli import warm

ROOT = warm.ROOT
_MEMINFO = "MemTotal: 4194304 kB\nMemFree: 1048576 kB\nMemAvailable: 2097152 kB\n"


def subdeck(*argv: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Return what ``subdeck`` said: stdout, stderr and exit status."""
    said = run(argv, {**os.environ, **(env or {})})
    return subprocess.CompletedProcess(
        said.args, said.returncode, said.stdout.decode(), said.stderr.decode()
    )


def run(
    argv: Sequence[str], env: Mapping[str, str], given: bytes | None = None, timeout: float = 60
) -> subprocess.CompletedProcess[bytes]:
    """Return what it said in this environment, given these bytes to read."""
    if warm.alike(env):
        return warm.run(argv, env, given, timeout)
    return subprocess.run(
        [sys.executable, "-m", "console", *argv],
        cwd=ROOT,
        env=env,
        input=given,
        capture_output=True,
        timeout=timeout,
        check=False,
    )


def machine(root: Path) -> Path:
    """Fill a folder with another host: a disk, 4 GiB of memory, a stopped subhost."""
    for name, text in {
        "proc/meminfo": _MEMINFO,
        "proc/self/mountinfo": "26 1 254:0 / / rw - ext4 /dev/vda rw\n",
        "proc/uptime": "4000.00 7000.00\n",
        "proc/stat": "btime 1790000000\n",
        "proc/cmdline": "BOOT_IMAGE=/vmlinuz root=/dev/vda\n",
        "proc/version": "Linux version 6.1.0-made-up\n",
        "proc/sys/kernel/osrelease": "6.1.0-made-up\n",
        "srv/subhost/mta/mta.conf": "BASE=.\n",
        "srv/subhost/m\u00fcll/m\u00fcll.conf": "BASE=.\n",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root
