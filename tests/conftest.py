"""No test sees the operator's own files; what a test needs of its host is a marker."""

from __future__ import annotations

import gc
import itertools
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

for _number in signal.valid_signals() - {signal.SIGPIPE, signal.SIGXFSZ}:  # Python's own
    if signal.getsignal(_number) is signal.SIG_IGN:  # as nohup and the background of a script do
        signal.signal(_number, signal.SIG_DFL)

EXAMPLES = 1000 if "LEAKS" in os.environ else 25 if os.environ.get("CI") == "true" else 100
"""Of each property: a sample in CI, many by ``make leaks``."""

hypothesis.settings.register_profile("shared machine", deadline=None, max_examples=EXAMPLES)
hypothesis.settings.load_profile("shared machine")

pytest_plugins = ["tests.again"]
HERE = Path(__file__).parent
WHOLE_MACHINE = (
    "backends/",
    "console/cli/",
    "entering/",
    "lab/",
    "test_device_mapper.py",
    "test_terminal_life.py",
    "test_this_host.py",
)
"""Tests that make mounts, namespaces and servers here, or count what there is of them."""


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over the thousands of tests, again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 50, 100)


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


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return folders without end, each new; ``tmp_path`` looks at all there are to number one."""
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def no_files_of_the_operator(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Point every per-user folder into the test's own."""
    home = next(homes)
    home.mkdir()
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what looks at this machine as a whole on one worker: two would see each other.

    Unless each has a machine of its own (``.ci/apart``).
    """
    if os.environ.get("ALONE"):
        return
    for item in items:
        place = item.path.relative_to(HERE).as_posix()
        if place.startswith(WHOLE_MACHINE) and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group("machine"))
