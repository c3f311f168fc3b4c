"""What is shipped is what is in the tree, and what is locked is what is asked for."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
ROOMS = ("console", "screens", "backends")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = {
    "requirements.txt": ["build"],
    "requirements-test.txt": ["test"],
}


def asked_for(groups: list[str]) -> list[Requirement]:
    """Return the project's direct requirements, with those of dependency groups."""
    asked = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
    for group in groups:
        for line in PROJECT["dependency-groups"][group]:
            if isinstance(line, str):
                asked.append(Requirement(line))
            else:
                asked += asked_for([line["include-group"]])
    return asked


def locked(lock: str) -> dict[str, str]:
    """Return name to version of a lock."""
    pins = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / ".ci" / lock).read_text(), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pins}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.iterdir()
    with zipfile.ZipFile(path) as archive:
        return archive


def test_wheel_carries_every_source_and_style_sheet_and_nothing_else(
    wheel: zipfile.ZipFile,
) -> None:
    tree = {
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.suffix in {".py", ".sh", ".tcss"}
    }
    shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert shipped == tree


def test_wheel_carries_the_licence_and_the_command(wheel: zipfile.ZipFile) -> None:
    about = {name.partition(".dist-info/")[2] for name in wheel.namelist()}
    assert {"licenses/LICENSE", "entry_points.txt"} <= about


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_answers_what_is_asked_for(lock: str) -> None:
    versions = locked(lock)
    for requirement in asked_for(LOCKS[lock]):
        version = versions[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} but {version}: make lock"


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_place(lock: str) -> None:
    text = (ROOT / ".ci" / lock).read_text()
    assert not re.findall(r"\S+://\S+|^--.*|.* @ .*", text, re.MULTILINE)


def test_tests_run_with_the_versions_that_are_run() -> None:
    assert locked("requirements.txt").items() <= locked("requirements-test.txt").items()
