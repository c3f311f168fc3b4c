"""A boot server's folder on this machine: another set is handed out, or nothing is changed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from console.clean import Clean
from console.images.staged import StagedFile, StagedImage
from console.operations import Operation
from console.plan import Plan, Verb, Wish
from tests.lab.planning import Operator, ended

pytestmark = [pytest.mark.root, pytest.mark.needs("flock", "setsid")]

SCRIPT = "#!ipxe\nkernel old/kernel quiet\ninitrd old/initrd\nboot\n"


@pytest.fixture
async def operator() -> AsyncIterator[Operator]:
    found = Operator([])
    yield found
    await found.close()


def image(folder: Path, version: str) -> StagedImage:
    """Lay a set out where it is fetched from."""
    home = folder / "edge" / version
    home.mkdir(parents=True)
    files = []
    for role in ("kernel", "initrd"):
        content = f"{role} of {version}\n".encode()
        (home / role).write_bytes(content)
        digest = Clean(sha256(content).hexdigest())
        files.append(StagedFile(Clean(role), Clean(f"{home}/{role}"), len(content), digest))
    return StagedImage(Clean("edge"), Clean(version), tuple(files), folder=Clean(str(home)))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def struck(command: str) -> None:
    subprocess.run(["sh", "-c", command], check=True)


async def planned(operator: Operator, of: StagedImage, switch: Path) -> Plan:
    wish = Wish(Verb.PUBLISH, Clean(""), image=of, switch=Clean(str(switch)))
    return await operator.planned(wish)


async def test_a_script_boots_the_new_set_and_then_the_old_one_again(
    operator: Operator, tmp_path: Path
) -> None:
    switch = tmp_path / "boot.ipxe"
    switch.write_text(SCRIPT)
    switch.chmod(0o640)
    os.chown(switch, 33, 33)
    nine, ten = image(tmp_path, "9"), image(tmp_path, "10")
    plan = await planned(operator, ten, switch)
    assert plan.title == "publish edge/10 on local"
    assert ended(plan).word == "done"
    assert f"kernel edge/10/kernel quiet subdeck.image={ten.token}\n" in switch.read_text()
    assert (tmp_path / "boot.ipxe.previous").read_text() == SCRIPT
    assert (switch.stat().st_mode & 0o777, switch.stat().st_uid) == (0o640, 33)
    assert ended(await planned(operator, nine, switch)).word == "done"
    assert f"subdeck.image={nine.token}\n" in switch.read_text()
    assert names(tmp_path) == ["boot.ipxe", "boot.ipxe.previous", "edge"]


async def test_a_symlink_leads_to_the_new_set(operator: Operator, tmp_path: Path) -> None:
    nine, ten = image(tmp_path, "9"), image(tmp_path, "10")
    switch = tmp_path / "current"
    switch.symlink_to("edge/9")
    assert ended(await planned(operator, ten, switch)).word == "done"
    assert str(switch.readlink()) == "edge/10"
    assert str((tmp_path / "current.previous").readlink()) == "edge/9"
    assert ended(await planned(operator, nine, switch)).word == "done"
    assert str(switch.readlink()) == "edge/9"


@pytest.mark.parametrize("how", ["script", "symlink"])
async def test_what_fails_later_is_taken_back(
    operator: Operator, tmp_path: Path, how: str
) -> None:
    image(tmp_path, "9")
    switch = tmp_path / "switch"
    if how == "script":
        switch.write_text(SCRIPT)
    else:
        switch.symlink_to("edge/9")
    plan = await planned(operator, image(tmp_path, "10"), switch)
    last = plan.steps[-1]
    failing = replace(last, operations=(*last.operations, Operation(("false",))))
    job = ended(replace(plan, steps=(*plan.steps[:-1], failing)))
    assert job.word == "undone"
    if how == "script":
        assert switch.read_text() == SCRIPT
    else:
        assert str(switch.readlink()) == "edge/9"


@pytest.mark.parametrize("when", ["planned", "checked"])
@pytest.mark.parametrize("how", ["tampered", "truncated", "symlink", "gone"])
async def test_files_that_change_after_they_were_looked_at_are_not_handed_out(
    operator: Operator, tmp_path: Path, when: str, how: str
) -> None:
    switch = tmp_path / "boot.ipxe"
    switch.write_text(SCRIPT)
    plan = await planned(operator, image(tmp_path, "10"), switch)
    initrd = tmp_path / "edge" / "10" / "initrd"
    other = tmp_path / "other"
    other.write_bytes(initrd.read_bytes())
    strike = {
        "tampered": f"printf I >{initrd}.new && tail -c +2 {initrd} >>{initrd}.new && "
        f"mv {initrd}.new {initrd}",
        "truncated": f"truncate -s 3 {initrd}",
        "symlink": f"ln -sf {other} {initrd}",
        "gone": f"rm {initrd}",
    }[how]
    if when == "planned":
        struck(strike)
    else:  # between the checks and the step that uses it
        first = plan.steps[0]
        early = replace(first, operations=(*first.operations, Operation(("sh", "-c", strike))))
        plan = replace(plan, steps=(early, *plan.steps[1:]))
    job = ended(plan)
    expected = f"refused {initrd} is not what was staged any more"
    assert job.word == (expected if when == "planned" else "undone")
    assert switch.read_text() == SCRIPT


async def test_a_script_that_was_changed_since_is_left_alone(
    operator: Operator, tmp_path: Path
) -> None:
    switch = tmp_path / "boot.ipxe"
    switch.write_text(SCRIPT)
    plan = await planned(operator, image(tmp_path, "10"), switch)
    switch.write_text(f"{SCRIPT}# by hand\n")
    assert ended(plan).word == f"refused {switch} was changed since this was planned"
    assert switch.read_text() == f"{SCRIPT}# by hand\n"


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "is missing"), ("kernel a\n", "#!ipxe"), ("#!ipxe\nboot\n", "0 lines kernel")],
)
async def test_what_decides_nothing_is_refused(
    operator: Operator, tmp_path: Path, content: str | None, why: str
) -> None:
    switch = tmp_path / "boot.ipxe"
    if content is not None:
        switch.write_text(content)
    plan = await planned(operator, image(tmp_path, "10"), switch)
    assert why in plan.obstacles[0].text
