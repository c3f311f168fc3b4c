"""Where jobs lie: nobody else's, never half written, and not for ever."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from tests.backends.secluded import LAST
from tests.lab.apart import apart

pytestmark = [pytest.mark.root, pytest.mark.needs("unshare", "flock", "setsid")]


@pytest.fixture(scope="module", params=["dash", "busybox", "bash"])
def found(request: pytest.FixtureRequest) -> Any:  # noqa: ANN401 JSON is anything
    shell = shutil.which(request.param)
    if shell is None:
        pytest.skip(f"{request.param} is not installed: as root `make test` installs it")
    return apart("tests.backends.secluded", shell, seconds=120)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("link", "local: /run/subdeck is no folder: see who put it there, and remove it"),
        ("file", "local: /run/subdeck is no folder: see who put it there, and remove it"),
        ("foreign", "local: /run/subdeck belongs to user 1000, not to root: remove it"),
        ("read_only", "local: /run/subdeck/jobs cannot be made: is /run full or read-only?"),
        ("full", "local: /run/subdeck/jobs cannot be written: is /run full?"),
        ("without_inodes", "local: /run/subdeck/jobs cannot be written: is /run full?"),
    ],
)
def test_a_launch_is_refused_whole(found: Any, state: str, told: str) -> None:  # noqa: ANN401
    assert found[state]["told"] == told
    assert found[state]["left"] == []


def test_what_others_could_look_into_is_closed(found: Any) -> None:  # noqa: ANN401
    assert found["open_to_all"] == {"told": "done", "modes": ["0o700", "0o700"], "left": []}


def test_old_jobs_go_but_none_that_was_killed(found: Any) -> None:  # noqa: ANN401
    assert found["crowded"]["told"] == "done"
    killed = [f"20000101T00000{number}Z-a" for number in range(3)]
    kept = [f"20000101T0000{number:02}Z-a" for number in range(63 - LAST, 63)]
    assert found["crowded"]["left"] == [killed[0], "20000101T000000Z-link", *killed[1:], *kept]


def test_only_root_sees_and_begins_jobs(found: Any) -> None:  # noqa: ANN401
    assert found["nothing"] == {"jobs": []}
    denied = "Denied: local: jobs are for root alone"
    assert found["nobody"] == dict.fromkeys(("jobs", "launch", "output"), denied)


def test_a_flooding_job_is_killed_and_taken_back(found: Any) -> None:  # noqa: ANN401
    assert found["settled"]["states"] == ["killed", "undone"]
    assert found["settled"]["log"] < 2.1 * 2**20
    assert found["settled"]["last"] == "all after this was dropped"
