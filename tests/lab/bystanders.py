"""Programs beside what is tested: ``with running("sleep", "60") as bystander: ...``."""

from __future__ import annotations

import subprocess


def running(*argv: str) -> subprocess.Popen[bytes]:
    """Return a program that has been started on the host, saying nothing."""
    null = subprocess.DEVNULL
    return subprocess.Popen(argv, stdout=null, stderr=null, start_new_session=True)
