"""A store in a directory here, of real images: what is tampered with shows."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from random import Random

import pytest

from backends.images.store import catalogue, opened
from console.clean import Clean
from console.images.manifest import NAME, SIGNATURE, rendered
from console.images.places import StorePlace
from console.images.signature import Vouched
from tests.backends.images.shelving import SIGNER, Workshop, inventory, only, reaching, read

pytestmark = pytest.mark.needs("mksquashfs", "ssh-keygen")


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


async def test_a_set_is_seen_whole_and_signed(workshop: Workshop) -> None:
    parcel = await workshop.published()
    store = workshop.store()
    known = await only(store)
    assert known.manifest == parcel.manifest
    assert (known.title, known.signature.signer) == ("main:web/1", SIGNER)
    assert known.faults == ()
    assert await store.check(known) == ()
    squashfs = workshop.folder / "root.squashfs"
    assert known.identity.squashfs == (
        (1_700_000_000, int.from_bytes(squashfs.read_bytes()[40:48], "little")),
    )
    assert known.identity.cmdline == ("quiet", "boot=live")
    assert known.identity.kernel
    assert await read(store, known, "root.squashfs") == squashfs.read_bytes()
    assert await read(store, known, "root.squashfs", 1000) == squashfs.read_bytes()[1000:]


async def test_several_sets_and_what_their_names_mean(workshop: Workshop) -> None:
    await workshop.published("1")
    await workshop.published("2", b"other" * 999)
    await workshop.publisher.point("web", "current", "1")
    await workshop.publisher.point("web", "good", "1")
    await workshop.publisher.point("web", "current", "2")
    found = await catalogue([workshop.store()], {})
    assert {known.title: known.pointers for known in found.sets} == {
        "main:web/1": {"good"},
        "main:web/2": {"current"},
    }
    assert found.find("web").title == "main:web/2"


# Tampering, all of it with the store's files after they were published


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def appended(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


def gone(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def zero_tail(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2].ljust(len(content), b"\0"))


def error_page(path: Path) -> None:
    path.write_bytes(b"<html>404".ljust(path.stat().st_size, b" "))


def linked(path: Path) -> None:
    other = path.with_name("elsewhere")
    path.rename(other)
    path.symlink_to(other)


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (truncated, "root.squashfs: has 4095 bytes, not 4096"),
        (appended, "root.squashfs: has 4097 bytes, not 4096"),
        (gone, "root.squashfs: is not there, or cannot be read"),
        (empty, "root.squashfs: has 0 bytes, not 4096"),
        (error_page, "root.squashfs: is a web page, perhaps an error of the server"),
        (linked, "root.squashfs: is not there, or cannot be read"),
        (piped, "root.squashfs: is not there, or cannot be read"),
    ],
)
async def test_what_shows_without_reading_all(
    workshop: Workshop, tamper: Callable[[Path], None], told: str
) -> None:
    await workshop.published()
    tamper(workshop.root / "web/1/root.squashfs")
    store = workshop.store()
    known = await only(store)
    (fault,) = known.faults
    assert fault.startswith(told)
    assert await store.check(known)


async def test_every_flipped_bit_is_found(workshop: Workshop) -> None:
    await workshop.published()
    store, chance = workshop.store(), Random(1)  # noqa: S311
    known = await only(store)
    for _ in range(40):
        entry = chance.choice(known.manifest.files)
        path = workshop.root / "web/1" / entry.path
        content = path.read_bytes()
        at = chance.randrange(len(content) * 8)
        flipped = bytearray(content)
        flipped[at // 8] ^= 1 << at % 8
        path.write_bytes(flipped)
        (fault,) = await store.check(known)
        assert fault.startswith(f"{entry.path}: ")
        path.write_bytes(content)
    assert await store.check(known) == ()


async def test_a_torn_tail_is_found(workshop: Workshop) -> None:
    await workshop.published()
    zero_tail(workshop.root / "web/1/initrd.img")
    store = workshop.store()
    (fault,) = await store.check(await only(store))
    assert fault.startswith("initrd.img: its SHA-256 is ")


async def test_parts_of_two_releases_do_not_make_one(workshop: Workshop) -> None:
    await workshop.published("1")
    await workshop.published("2", os.urandom(3000))
    (workshop.root / "web/2/root.squashfs").rename(workshop.root / "web/1/root.squashfs")
    store = workshop.store()
    for known in (await store.shelf()).sets:
        assert known.signature.good
        assert any(each.startswith("root.squashfs: ") for each in await store.check(known))


async def test_swapped_between_listing_and_use(workshop: Workshop) -> None:
    await workshop.published("1")
    store = workshop.store()
    known = await only(store)
    other = await workshop.parcel("1", b"other" * 999)
    for path, source in other.sources.items():
        (workshop.root / "web/1" / path).write_bytes(source.read_bytes())
    (workshop.root / "web/1" / NAME).write_bytes(rendered(other.manifest))
    faults = await store.check(known)
    assert faults[0] == "manifest.json: is not what it was when the store was listed"
    assert len(faults) == 3


async def test_signatures(workshop: Workshop) -> None:
    await workshop.publisher.publish(await workshop.parcel("1", sign=False))
    store = workshop.store()
    assert (await only(store)).signature.word is Vouched.UNSIGNED
    assert not await workshop.publisher.publish(await workshop.parcel("1"))
    assert (await only(store)).signature.good
    assert list(inventory(workshop.root)).count(f"web/1/{SIGNATURE}") == 1

    manifest = workshop.root / "web/1" / NAME
    manifest.write_bytes(manifest.read_bytes().replace(b'"built": 17', b'"built": 18'))
    known = await only(store)
    assert (known.signature.word, known.manifest.built) == (Vouched.ALTERED, 1_800_000_000)


# What is none of a set's


async def test_what_is_in_the_way_is_passed_over_or_told(workshop: Workshop) -> None:
    await workshop.published()
    root = workshop.root
    outside = workshop.folder / "outside"
    outside.mkdir()
    (outside / NAME).write_bytes((root / "web/1" / NAME).read_bytes())
    (root / "web/link").symlink_to(outside)
    (root / "climbs").symlink_to(outside)
    (root / "web/current").symlink_to("../../outside")
    (root / "web/good").symlink_to("9")
    (root / "loop").symlink_to("loop")
    (root / "file").write_text("x")
    (root / "web/2").mkdir()
    (root / "web/2" / NAME).write_text("{}")
    (root / "web/3").mkdir()
    (root / "web/3" / NAME).write_bytes((root / "web/1" / NAME).read_bytes())
    shelf = await workshop.store().shelf()
    assert [known.title for known in shelf.sets] == ["main:web/1"]
    told = [each.removeprefix("main: ").replace(f"{root}: ", "") for each in shelf.troubles]
    assert told == [
        "web/current is no symlink to a version beside it",
        "web/good leads to 9, which is not there",
        "web/2/manifest.json: expected the keys of a manifest, got 'no arch'",
        "web/3/manifest.json: is the manifest of web/1",
    ]


async def test_a_store_that_is_not_there(workshop: Workshop) -> None:
    place = StorePlace(Clean("x"), PurePosixPath(workshop.folder, "none"))
    elsewhere = StorePlace(Clean("y"), PurePosixPath("/x"), Clean("boot9"))
    found = await catalogue(opened([place, elsewhere], reaching(None)), {})
    assert found.sets == ()
    assert found.troubles == (
        f"x: {workshop.folder}/none: No such file or directory",
        "y: boot9: no such host",
    )
