"""Hosts that come back from an upgrade are believed what they show, not what was wished."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from console.arrival import lacking, stayed
from console.clean import Clean
from console.facts import Evidence, Facts
from console.fleet import Fleet
from console.images.staged import StagedFile, StagedImage
from console.jobs import Job, JobState
from console.model import Boot, Image, Style
from console.plan import Method, Plan, Verb
from tests.console.actions.ground import host
from tests.console.clockwork import watching
from tests.console.handwork import (
    STOPPED,
    Book,
    Workable,
    at_work,
    booted,
    plan,
    play,
    seen,
    working,
)

KERNEL = StagedFile(Clean("kernel"), Clean("/x/kernel"), 1, Clean("0" * 64))
EDGE = StagedImage(Clean("edge"), Clean("10"), (KERNEL,), Clean("6.1.1"))
NAMELESS = replace(EDGE, kernel=None)
MARKED = f"quiet subdeck.image={EDGE.token}"


def shown(
    kernel: str = "6.1.0",
    cmdline: str | None = "quiet",
    called: str | None = None,
    made: tuple[int, int] | None = None,
) -> Boot:
    name, _, version = (called or "").partition("/")
    image = Image(Clean(name), Clean(version), None) if called or made else None
    if image and made:
        image = replace(image, built=made[0], size=made[1])
    line = Clean(cmdline) if cmdline is not None else None
    return Boot(Style.INITRAMFS, Clean(kernel), None, line, 9.0, Clean("boot-2"), image)


@pytest.mark.parametrize(
    ("boot", "of", "told"),
    [
        (shown(cmdline=MARKED), EDGE, None),
        (shown(cmdline=MARKED), replace(EDGE, version=Clean("11")), "was booted with edge/10:"),
        (shown("6.1.1"), EDGE, None),
        (shown("6.1.1", None), EDGE, None),
        (shown("6.1.0"), EDGE, "it runs the kernel 6.1.0, not 6.1.1"),
        (shown("6.1.1", called="edge/10"), EDGE, None),
        (shown("6.1.1", called="edge/9"), EDGE, "it runs edge/9, not edge/10"),
        (shown("6.1.1", called="golf/9"), EDGE, None),
        (shown(called="edge/10"), NAMELESS, None),
        (shown(called="golf/10"), NAMELESS, "nothing it shows tells whether that is edge/10"),
        (shown(), NAMELESS, "nothing it shows tells whether that is edge/10"),
        (shown(called="live/x", made=(9, 4096)), replace(NAMELESS, made=(9, 4096)), None),
        (shown(made=(8, 4096)), replace(NAMELESS, made=(9, 4096)), "it runs a squashfs made"),
        (None, EDGE, "it is not known how it booted"),
    ],
)
def test_what_a_host_shows_of_its_image(
    boot: Boot | None, of: StagedImage, told: str | None
) -> None:
    found = lacking(of, replace(host(), boot=boot))
    assert found is None if told is None else found is not None and told in found


def test_a_host_that_its_firmware_booted_did_not_jump() -> None:
    alike = replace(host(), boot=replace(shown("6.1.1"), kexec=False))
    told = lacking(EDGE, alike, Method.KEXEC)
    assert told == "its firmware booted it, not kexec: the new kernel did not come up"
    assert lacking(EDGE, alike, Method.NETWORK) is None
    for kexec in (True, None):
        unknown = replace(host(), boot=replace(shown("6.1.1"), kexec=kexec))
        assert lacking(EDGE, unknown, Method.KEXEC) is None


def test_a_kernel_that_did_not_load_stays_armed() -> None:
    armed = replace(shown(), armed=(Clean("/kernel armed: 6.1.1; next stop kexecs into it"),))
    assert "armed still" in stayed(replace(host(), boot=armed))
    assert "in the same boot" in stayed(replace(host(), boot=shown()))


def back(cmdline: str, boot_id: str = "boot-2") -> Facts:
    evidence = Evidence(Clean("6.1"), None, Clean(cmdline), Clean(boot_id), Clean("i"), None)
    return replace(booted(STOPPED), evidence=evidence, uptime=9.0)


def upgrade() -> Plan:
    return replace(plan(Verb.UPGRADE), subhost=Clean(""), image=EDGE, method=Method.KEXEC)


async def gone(web: Workable, one: Fleet) -> Clean:
    """Begin an upgrade, and lose the host by it."""
    await seen(one)
    job_id = await one.deeds.begin(upgrade())
    await web.work.cut()
    assert (await one.deeds.ended(job_id)).state is JobState.UNKNOWN
    return job_id


async def later(one: Fleet) -> Job:
    await asyncio.sleep(60)
    (job,) = one.view.jobs
    return job


@pytest.mark.parametrize(
    ("cmdline", "state"), [(MARKED, JobState.DONE), ("quiet", JobState.MISSED)]
)
def test_a_host_that_is_back_in_another_boot_is_judged_by_what_it_runs(
    cmdline: str, state: JobState
) -> None:
    async def story() -> None:
        web, book = Workable(), Book()
        one = working(web, book=book)
        async with watching(one):
            await gone(web, one)
            web.work.there.clear()
            web.shows, web.work.lost = back(cmdline), None
            job = await later(one)
            assert job.state is state
            assert book.outcomes[-1] == ("upgrade", state.value)
            assert job.seconds is not None

    play(story())


def test_a_host_that_only_began_anew_in_the_same_boot_was_not_upgraded() -> None:
    async def story() -> None:
        web = Workable()
        one = working(web)
        async with watching(one):
            job_id = await gone(web, one)
            await web.work.tell(job_id, JobState.KILLED)
            web.shows, web.work.lost = booted(STOPPED), None
            job = await later(one)
            assert job.state is JobState.KILLED
            assert job.told is not None
            assert "in the same boot" in job.told

    play(story())


def test_why_an_image_is_taken_in_spite_of_something_is_written_down() -> None:
    async def story() -> None:
        async with at_work() as (_, one, book):
            await one.deeds.begin(replace(upgrade(), waived=Clean("the lab's")))
            first = book.records[0]
            assert (first.verb, first.told, first.image) == ("upgrade", "the lab's", "edge/10")

    play(story())
