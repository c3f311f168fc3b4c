"""The slow questions: what a first look has, and what comes with the next."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.lab.world import World

LOOK = """
import asyncio, json, sys
from backends.local import LocalBackend

async def main():
    backend = LocalBackend(patient=sys.argv[1] == "patient")
    looks = []
    async with asyncio.timeout(20):
        while len(looks) < 2 or not facts.netns:
            if looks and not facts.netns:
                await backend.changed()  # or something else happened here
            facts = await backend.sample()
            looks.append([sorted({str(link.name) for link in facts.links}),
                          [netns.name for netns in facts.netns], "pyroute2" in sys.modules])
    await backend.close()
    print(json.dumps(looks))

asyncio.run(main())
"""


@pytest.fixture
def world() -> Iterator[World]:
    with World() as made:
        yield made


def looks(how: str) -> list[tuple[list[str], list[str], bool]]:
    """The looks of a process that has imported nothing yet."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK, how], capture_output=True, text=True, check=True, timeout=60
    )
    found: list[tuple[list[str], list[str], bool]] = json.loads(done.stdout)
    return found


@pytest.mark.root
@pytest.mark.needs("ip")
def test_a_first_look_is_early_and_namespaces_come_by_themselves(world: World) -> None:
    netns = world.netns()
    (links, names, imported), *_, (later_links, later_names, _) = looks("early")
    assert ("lo" in links, names, imported) == (True, [], False)
    assert set(links) <= set(later_links)
    assert netns in later_names


@pytest.mark.root
@pytest.mark.needs("ip")
def test_a_patient_first_look_has_everything(world: World) -> None:
    netns = world.netns()
    (links, names, imported), *_ = looks("patient")
    assert "lo" in links
    assert netns in names
    assert imported
