"""No test sees the operator's own files; what a test needs of its host is a marker."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this host cannot run, saying how to enable it."""
    if item.get_closest_marker("root") and os.geteuid() != 0:
        pytest.skip("needs root: run `make test` as root")
    if os.environ.get("CI") == "true":
        return
    for marker in item.iter_markers("needs"):
        for command in marker.args:
            if shutil.which(command) is None:
                pytest.skip(f"needs the command {command}: `make test` as root installs it")


@pytest.fixture(autouse=True)
def no_files_of_the_operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point every per-user folder into the test's own."""
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / f"xdg-{name.lower()}"))
