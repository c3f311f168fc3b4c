"""What the functions that grow stores say of the tables of mapped devices."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SOURCE = Path("console/shell/growing.sh").resolve()
OLD = "0 16384 thin-pool 7:5 7:6 128 0 1 skip_block_zeroing \n"
NEW = "0 32768 thin-pool 7:5 7:6 128 0 1 skip_block_zeroing \n"
PROGRAM = """
set -eu
now=$2
dmsetup() { case $1 in table) printf %s "$now" ;; clear) echo cleared ;; esac; }
. "$1"
discard pool
"""


@pytest.mark.needs("dash", "busybox")
@pytest.mark.parametrize("shell", [["dash"], ["busybox", "sh"], ["bash", "--posix"]])
@pytest.mark.parametrize(("now", "status"), [(OLD, 0), (NEW, 1)])
def test_a_table_that_is_in_use_is_not_taken_back(shell: list[str], now: str, status: int) -> None:
    argv = [*shell, "-c", PROGRAM, "sh", str(SOURCE), now]
    said = subprocess.run(argv, input=OLD.replace(" \n", "\n"), capture_output=True, text=True)
    assert (said.returncode, said.stdout) == (status, "cleared\n")
    assert ("nothing makes it smaller" in said.stderr) is bool(status)
