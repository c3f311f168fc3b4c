"""The tree is clean by the linter, the formatter and the type checker."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("lint")  # what is of a group begins first: it takes long

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "check",
    ["ruff check", "ruff format --check --diff", "mypy"],
)
def test_is_clean(check: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", *check.split()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
