"""A fleet moved by a rollout: staged, upgraded by a job that begins once, looked at anew."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from console import config
from console.clean import Clean
from console.cli.reach import Reach
from console.cli.rollout_mover import Field, FleetMover
from console.cli.shelves import Shelves
from console.errors import ConsoleError, Unreachable
from console.facts import Facts
from console.fleet import Fleet
from console.images.catalogue import Catalogue, Known
from console.images.drift import Identity
from console.images.manifest import Entry, Manifest, Role
from console.images.places import StorePlace
from console.images.signature import Signature, Vouched
from console.jobs import JobState
from console.model import Style
from console.plan import Method
from console.rollout.gates import Runs
from console.rollout.mover import Ticket
from console.rollout.records import Begun, Rules
from tests.console.clockwork import WEB, watching
from tests.console.handwork import ALICE, BOOT, Workable, play, seen, working
from tests.console.hosts import facts
from tests.console.identity.worlds import ROOTFS, SLASHINIT

JOB = Clean("20261126T082700Z-0a1b2c")
NEXT = Clean("boot-2")


def runs(version: str, boot_id: Clean = BOOT, cmdline: str = "") -> Facts:
    """Return a host that runs that version of golf."""
    release = {"IMAGE_ID": Clean("golf"), "IMAGE_VERSION": Clean(version)}
    shown = replace(SLASHINIT, boot_id=boot_id, os_release=release, cmdline=Clean(cmdline))
    return replace(facts(ROOTFS, {}), evidence=shown)


def known(version: str) -> Known:
    """Return a set of a store."""
    files = (Entry(Role.INITRD, Clean("initrd"), 7, Clean(version * 64)),)
    styles = (Style.SLASHINIT,)
    built = 1_700_000_000 + int(version)
    return Known(
        Clean("main"),
        Manifest(*(Clean("golf"), Clean(version), built, None, Clean("x86_64"), styles, 0, files)),
        digest=Clean(version * 64),
        signature=Signature(Vouched.SIGNED, Clean("release@example")),
        identity=Identity(None, (), ()),
    )


OLD, NEW = known("3"), known("4")
BEGUN = Begun(0.0, Clean("r1"), ALICE, NEW.title, NEW.digest, ((WEB,),), Rules(most=1))
TICKET = Ticket(JOB, BOOT, NEW.title, back=False)


def moving(
    fleet: Fleet, folder: Path, begun: Begun = BEGUN, sets: tuple[Known, ...] = (OLD, NEW)
) -> FleetMover:
    """Return the mover of a console."""
    store = StorePlace(Clean("main"), PurePosixPath(folder))
    settings = replace(config.default(), stores=(store,))
    reach = Reach(Namespace(), settings, patient=True)
    shelves = Shelves(Namespace(), settings, reach)
    field = Field(fleet, shelves, Catalogue(sets), settings)
    return FleetMover(field, begun, lambda target: OLD.title)


def on(shows: Facts, story: Callable[[Workable, Fleet], Awaitable[None]]) -> None:
    """Play a story about a host that shows this at first."""

    async def told() -> None:
        web = Workable(shows=shows)
        fleet = working(web)
        async with watching(fleet):
            await seen(fleet)
            await story(web, fleet)

    play(told())


def test_a_host_is_seen_to_run_the_old_set_and_then_the_new_one(tmp_path: Path) -> None:
    async def story(web: Workable, fleet: Fleet) -> None:
        mover = moving(fleet, tmp_path)
        assert (await mover.look(WEB)).runs is Runs.OLD
        web.shows = runs("4")
        assert (await mover.look(WEB)).runs is Runs.NEW
        web.shows = runs("5")
        assert (await mover.look(WEB)).runs is Runs.OTHER
        await web.work.cut()
        lost = await mover.look(WEB)
        assert (lost.host, lost.trouble) == (None, "the link was lost")

    on(runs("3"), story)


def test_what_it_is_like_before_names_the_way_back_and_what_is_to_be_staged(
    tmp_path: Path,
) -> None:
    async def story(web: Workable, fleet: Fleet) -> None:
        mover = moving(fleet, tmp_path)
        assert await mover.stage(WEB) is None
        web.work.unfetched = Clean("curl is not there")
        elsewhere = moving(fleet, tmp_path, replace(BEGUN, stage_in=Clean("/data")))
        assert await elsewhere.stage(WEB) == "sent, not fetched: curl is not there"
        first, second = web.work.staged
        assert (first.title, second.title) == ("golf/4", "golf/4")
        assert first.folder.startswith("/var/lib/subdeck/images/golf/4-")
        assert second.folder.startswith("/data/golf/4-")
        was = await mover.before(WEB)
        assert (was.image, was.boot_id, was.style) == ("main:golf/3", BOOT, "slashinit")

    on(runs("3"), story)


@pytest.mark.parametrize(
    ("shows", "begun", "sets", "told"),
    [
        (runs("7"), BEGUN, (OLD, NEW), "no store has what it runs, so there is no way back"),
        (
            runs("3"),
            replace(BEGUN, method=Clean(Method.NETWORK)),
            (OLD, NEW),
            "its boot server hands out one image to all",
        ),
        (
            runs("3"),
            BEGUN,
            (OLD, replace(NEW, signature=Signature(Vouched.UNSIGNED))),
            "main:golf/4: unsigned",
        ),
    ],
)
def test_hosts_that_are_unfit_are_not_begun(
    tmp_path: Path, shows: Facts, begun: Begun, sets: tuple[Known, ...], told: str
) -> None:
    async def story(web: Workable, fleet: Fleet) -> None:
        mover = moving(fleet, tmp_path, begun, sets)
        for asked in (mover.stage, mover.before):
            with pytest.raises(ConsoleError, match=told):
                await asked(WEB)
        assert not web.work.staged
        assert not web.work.launched

    on(shows, story)


def test_a_reason_lets_an_unsigned_set_be_rolled_out(tmp_path: Path) -> None:
    async def story(web: Workable, fleet: Fleet) -> None:
        sets = (OLD, replace(NEW, signature=Signature(Vouched.UNSIGNED)))
        mover = moving(fleet, tmp_path, replace(BEGUN, reason=Clean("a trial")), sets)
        assert (await mover.before(WEB)).image == OLD.title

    on(runs("3"), story)


def test_a_set_that_was_published_anew_is_not_what_was_begun(tmp_path: Path) -> None:
    async def story(web: Workable, fleet: Fleet) -> None:
        with pytest.raises(ConsoleError, match="another set than when the rollout began"):
            moving(fleet, tmp_path, sets=(OLD, replace(NEW, digest=Clean("f" * 64))))

    on(runs("3"), story)


def test_a_job_begins_once_whoever_asks_for_it(tmp_path: Path) -> None:
    async def story(web: Workable, fleet: Fleet) -> None:
        first = asyncio.create_task(moving(fleet, tmp_path).change(WEB, TICKET))
        await asyncio.sleep(10)
        first.cancel()  # its console is killed
        second = asyncio.create_task(moving(fleet, tmp_path).change(WEB, TICKET))
        await asyncio.sleep(5)
        assert not second.done()
        web.shows = runs("4")
        await web.work.tell(JOB, JobState.DONE)
        await second
        assert [order.id for order in web.work.launched] == [JOB]

    on(runs("3"), story)


def test_nothing_begins_on_a_host_that_was_booted_anew_since(tmp_path: Path) -> None:
    async def story(web: Workable, fleet: Fleet) -> None:
        await moving(fleet, tmp_path).change(WEB, TICKET)
        assert not web.work.launched

    on(runs("3", NEXT), story)


def test_a_job_that_is_refused_is_told_and_a_lost_link_is_no_end(tmp_path: Path) -> None:
    async def story(web: Workable, fleet: Fleet) -> None:
        mover = moving(fleet, tmp_path)
        going = asyncio.create_task(mover.change(WEB, TICKET))
        await asyncio.sleep(10)
        await web.work.tell(JOB, JobState.REFUSED, told=Clean("it is armed"))
        with pytest.raises(ConsoleError, match=f"job {JOB} was refused: it is armed"):
            await going
        await web.work.cut()
        with pytest.raises(Unreachable):
            await mover.change(WEB, replace(TICKET, job=Clean("another")))

    on(runs("3"), story)
