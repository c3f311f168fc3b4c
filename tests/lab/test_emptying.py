"""Journals and caches of packages are emptied by the programs that fill them, as is seen."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.actions.removal import CACHES
from console.clean import Clean
from console.plan import Verb, Wish
from tests.lab.inventory import until
from tests.lab.journal import JOURNAL, JOURNALD, journald, said, say
from tests.lab.planning import Operator, ended
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("flock", "setsid")]

KEPT = 2 << 20
PACKAGES = {
    "/var/cache/apt": "archives/hello_2.10-3_amd64.deb",
    "/var/cache/dnf": "fedora-2d95c80a1fa0a67d/packages/hello-2.12-1.x86_64.rpm",
}
"""Where a package manager keeps what it has fetched."""


@pytest.fixture
def journal() -> Iterator[None]:
    yield
    shutil.rmtree(JOURNAL, ignore_errors=True)


def taken(folder: Path) -> int:
    return sum(each.stat().st_blocks * 512 for each in folder.rglob("*"))


def wish(verb: Verb, folder: Path | str, subhost: str = "") -> Wish:
    kept = KEPT if verb is Verb.VACUUM else None
    return Wish(verb, Clean(subhost), size=kept, paths=(Clean(str(folder)),))


async def emptied(ours: Operator, wished: Wish) -> str:
    """Return what the job told of it."""
    plan = await ours.planned(wished)
    assert not plan.obstacles, plan.obstacles
    job = ended(plan)
    assert job.word == "done", (job.journal, job.log)
    return "\n".join([*job.journal, job.log])


@pytest.mark.needs("journalctl")
@pytest.mark.skipif(not JOURNALD.exists(), reason="needs systemd: apt install systemd")
@pytest.mark.usefixtures("journal")
async def test_of_a_journal_the_newest_stays_whoever_writes_it(ours: Operator) -> None:
    vacuum = wish(Verb.VACUUM, JOURNAL)
    with journald():
        say(*(f"first{number}" for number in range(150)))
        until(lambda: "first149" in said(), 10, "it to be written")
        before = taken(JOURNAL)
        assert before > 2 * KEPT
        told = await emptied(ours, vacuum)
        assert f"{JOURNAL} took {before // 1024} KiB and takes " in told
        assert taken(JOURNAL) < before - KEPT
        assert "first149" in said()
        assert "first0" not in said()
        say(*(f"then{number}" for number in range(150)))
        until(lambda: "then149" in said(), 10, "it to be written on")
    told = await emptied(ours, vacuum)
    assert "nobody writes that journal" in told
    assert "then149" in said()
    assert f"{JOURNAL} gave back no room" in await emptied(ours, vacuum)


@pytest.mark.parametrize("folder", PACKAGES)
async def test_packages_go_that_a_subhost_has_fetched(
    ours: Operator, world: World, folder: str
) -> None:
    if shutil.which(CACHES[Clean(folder)][0]) is None:
        pytest.skip(f"needs {CACHES[Clean(folder)][0]}")
    store = world.tmpfs("size=64M")  # to which nobody else writes
    for each in ("upper", "work"):
        (store / each).mkdir()
    subhost = world.subhost(f"START=none\nUPPER={store}/upper\nWORK={store}/work\n").start()
    package = subhost.inside(f"{folder}/{PACKAGES[folder]}")
    package.parent.mkdir(parents=True, exist_ok=True)
    package.write_bytes(b"x" * (3 << 20))
    told = await emptied(ours, wish(Verb.PURGE, folder, subhost.name))
    assert not package.exists(), told
    given = re.search(rf"{folder} took \d+ KiB and takes \d+: (\d+) KiB more are left", told)
    assert given
    assert int(given[1]) >= 3 << 10
    told = await emptied(ours, wish(Verb.PURGE, folder, subhost.name))
    assert f"{folder} gave back no room" in told
