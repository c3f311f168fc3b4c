"""Changes to a store: each whole or not at all."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from backends.images.parcels import Parcels
from backends.images.publish import Parcel, Publisher
from console.clean import Clean
from console.errors import ConsoleError
from console.images.manifest import NAME, SIGNATURE
from tests.backends.images.shelving import Workshop, inventory, only

pytestmark = pytest.mark.needs("mksquashfs", "ssh-keygen")

ROOT = Path(__file__).parents[3]
EVERY, ROUNDS = (1, 3) if os.environ.get("LEAKS") == "all" else (9, 1)
"""Steps between two strikes, and how often all is done: all of them are more than 300 strikes."""


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def refused(workshop: Workshop, error: pytest.ExceptionInfo[ConsoleError]) -> str:
    """Return why, having seen that nothing is left of it."""
    assert not any("web" in path or ".subdeck-" in path for path in inventory(workshop.root))
    return str(error.value).replace(str(workshop.folder), "")


async def test_what_is_published(workshop: Workshop) -> None:
    parcel = await workshop.parcel()
    assert await workshop.publisher.publish(parcel)
    folder = workshop.root / "web/1"
    assert {path.name for path in folder.iterdir()} == {NAME, SIGNATURE, *parcel.sources}
    assert {oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {"0o644"}
    assert (workshop.root / "index").read_text() == "web/1\n"
    assert not await workshop.publisher.publish(parcel)


async def test_a_folder_with_a_manifest_is_a_parcel(workshop: Workshop) -> None:
    await workshop.published()
    parcel = await Parcels().of_folder(workshop.root / "web/1")
    other = replace(workshop, folder=workshop.folder / "other")
    other.folder.mkdir()
    assert await other.publisher.publish(parcel)
    mine, theirs = (inventory(root / "web/1") for root in (workshop.root, other.root))
    assert mine == theirs
    with pytest.raises(ConsoleError, match=r"has no manifest\.json"):
        await Parcels().of_folder(workshop.folder)


async def test_a_version_is_published_once(workshop: Workshop) -> None:
    await workshop.published("1")
    before = inventory(workshop.root)
    with pytest.raises(ConsoleError, match="has another web/1, and a version is published once"):
        await workshop.publisher.publish(await workshop.parcel("1", b"other" * 999))
    assert inventory(workshop.root) == before


# What is refused, and leaves nothing


def shorter(parcel: Parcel) -> Parcel:
    path = parcel.sources["root.squashfs"]
    path.write_bytes(path.read_bytes()[:-1])
    return parcel


def longer(parcel: Parcel) -> Parcel:
    with parcel.sources["root.squashfs"].open("ab") as file:
        file.write(b"x" * 10_000_000)
    return parcel


def flipped(parcel: Parcel) -> Parcel:
    path = parcel.sources["root.squashfs"]
    content = bytearray(path.read_bytes())
    content[2000] ^= 1
    path.write_bytes(content)
    return parcel


def gone(parcel: Parcel) -> Parcel:
    parcel.sources["initrd.img"].unlink()
    return parcel


def bomb(parcel: Parcel) -> Parcel:
    entry = replace(parcel.manifest.files[2], size=1 << 49)
    files = (*parcel.manifest.files[:2], entry, *parcel.manifest.files[3:])
    return replace(parcel, manifest=replace(parcel.manifest, files=files))


def for_another(parcel: Parcel) -> Parcel:
    return replace(parcel, manifest=replace(parcel.manifest, arch=Clean("aarch64")))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (shorter, "/root.squashfs: is not what the manifest says it is"),
        (longer, "/root.squashfs: is longer than 4096 bytes"),
        (flipped, "/root.squashfs: is not what the manifest says it is"),
        (gone, "/initrd.img: No such file or directory"),
        (bomb, "/store: web/1 takes 562949953"),
        (for_another, "/vmlinuz: is a kernel for x86_64, not for aarch64"),
    ],
)
async def test_what_is_not_whole_never_gets_its_name(
    workshop: Workshop, spoil: Callable[[Parcel], Parcel], told: str
) -> None:
    parcel = spoil(await workshop.parcel())
    with pytest.raises(ConsoleError) as raised:
        await workshop.publisher.publish(parcel)
    assert refused(workshop, raised).startswith(told)


async def test_a_link_in_the_place_of_a_name_is_not_followed(workshop: Workshop) -> None:
    outside = workshop.folder / "outside"
    outside.mkdir()
    (workshop.root / "web").symlink_to(outside)
    with pytest.raises(ConsoleError, match="Not a directory"):
        await workshop.publisher.publish(await workshop.parcel())
    assert not list(outside.iterdir())


@pytest.mark.root
async def test_a_full_disk_leaves_nothing(workshop: Workshop) -> None:
    parcel = await workshop.parcel(content=os.urandom(3 << 20))
    small = ["mount", "-t", "tmpfs", "-o", "size=4M", "tmpfs", str(workshop.root)]
    subprocess.run(small, check=True)  # noqa: ASYNC221
    try:
        with pytest.raises(ConsoleError, match="are free"):
            await workshop.publisher.publish(parcel)
        tight = replace(parcel, manifest=parcel.manifest)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("backends.images.publish._refuse_the_crowded", lambda *_: None)
            with pytest.raises(ConsoleError, match="No space left on device"):
                await workshop.publisher.publish(tight)
        assert inventory(workshop.root).keys() <= {".lock", "index"}
    finally:
        subprocess.run(["umount", str(workshop.root)], check=True)  # noqa: ASYNC221


async def test_one_at_a_time(workshop: Workshop) -> None:
    parcel = await workshop.parcel()
    with (workshop.root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ConsoleError, match="somebody else is changing this store"):
            await workshop.publisher.publish(parcel)
    assert await workshop.publisher.publish(parcel)


async def test_a_store_that_is_not_there(tmp_path: Path) -> None:
    parcel = await Workshop(tmp_path).parcel()
    with pytest.raises(ConsoleError, match="/none: No such file or directory"):
        await Publisher(tmp_path / "none").publish(parcel)


# What leads to versions, and what goes


async def test_pointers_lead_to_what_is_there(workshop: Workshop) -> None:
    await workshop.published("1")
    await workshop.published("2", b"other" * 999)
    publisher = workshop.publisher
    await publisher.point("web", "current", "1")
    assert (workshop.root / "index").read_text() == "web/1\nweb/2\nweb/current 1\n"
    for which, version in (("current", "3"), ("best", "1"), ("current", "../web/1")):
        with pytest.raises(ConsoleError, match="has no web/"):
            await publisher.point("web", which, version)
    assert inventory(workshop.root)["web/current"] == "1"
    (workshop.root / "web/good").mkdir()
    with pytest.raises(ConsoleError, match="web/good: is a folder, no symlink"):
        await publisher.point("web", "good", "1")
    assert not any(".subdeck-" in path for path in inventory(workshop.root))


async def test_what_a_pointer_leads_to_is_not_deleted(workshop: Workshop) -> None:
    await workshop.published("1")
    await workshop.published("2", b"other" * 999)
    publisher = workshop.publisher
    for which in ("current", "good"):
        await publisher.point("web", which, "2")
        with pytest.raises(ConsoleError, match=f"web/2 is the {which} one of its name"):
            await publisher.delete("web/2")
        await publisher.point("web", which, "1")
    await publisher.delete("web/2")
    assert (await only(workshop.store())).title == "main:web/1"
    with pytest.raises(ConsoleError, match="No such file"):
        await publisher.delete("web/2")


async def test_the_last_version_takes_its_name_along(workshop: Workshop) -> None:
    await workshop.published("1")
    await workshop.publisher.delete("web/1")
    assert inventory(workshop.root).keys() == {".lock", "index"}
    assert (workshop.root / "index").read_text() == ""


@pytest.mark.parametrize("number", range(ROUNDS))
def test_killed_at_any_step_the_old_set_is_whole_and_the_next_try_ends_it(
    tmp_path: Path, number: int
) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.backends.images.strikes", str(tmp_path), str(EVERY)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    *faults, strikes = ran.stdout.split("\n")[:-1]
    assert (ran.returncode, faults) == (0, []), ran.stderr
    assert int(strikes) >= 60 // EVERY
