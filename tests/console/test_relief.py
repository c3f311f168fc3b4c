"""What is proposed for a level that fills, and what is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.clean import Clean
from console.derive import derive
from console.model import Host, Level, Overlay, Running
from console.plan import Verb
from console.relief import options
from console.relief_option import Option
from console.writers import Counter, Deleted, FileUse, FolderUse, Origin, Writer, Writers
from tests.console.actions.ground import subhost
from tests.console.hosts import GIB, MIB, NAME, facts, judge, statfs

HOST, MTA = Clean(""), Clean("mta")
SRV = Clean("tmpfs:/srv")
TABLE = "20 1 0:20 / /srv rw - tmpfs srv rw,size=1048576k\n"


def world(*, used: int = 512 * MIB, inodes: int = 10, running: bool = True) -> tuple[Host, Level]:
    fill = {"/srv": statfs(GIB, used, inodes=1000, inodes_used=inodes)}
    host = derive(NAME, facts(TABLE, fill, available=8 * GIB), None, judge)
    guest = subhost(
        state=Running.RUNNING if running else Running.STOPPED,
        pid=70 if running else None,
        overlay=Overlay((Clean("/"),), Clean("/srv/u"), Clean("/srv/w"), Clean("/opt/mta/live")),
    )
    level = next(each for each in host.levels if each.id == SRV)
    return replace(host, subhosts=(guest,)), level


def file(
    merged: str | None,
    size: int = 10 * MIB,
    growth: int = 0,
    origin: Origin = Origin.NEW,
    subhost: Clean = MTA,
) -> FileUse:
    called = None if merged is None else Clean(merged)
    return FileUse(Clean(f"/srv/u{merged}"), called, subhost, size, growth, origin)


def report(
    *files: FileUse,
    folders: tuple[FolderUse, ...] = (),
    deleted: tuple[Deleted, ...] = (),
    writers: tuple[Writer, ...] = (),
) -> Writers:
    return Writers(
        NAME, HOST, SRV, 1.0, 2.0, 60.0, False, writers, files, folders, deleted, (), 9, True
    )


def offered(told: Writers | None, **about: object) -> list[Option]:
    host, level = world(**about)  # type: ignore[arg-type]
    return list(options(host, HOST, level, told))


def by_verb(found: list[Option], verb: Verb) -> list[Option]:
    return [each for each in found if each.verb is verb]


def test_more_room_comes_first() -> None:
    first = offered(report(file("/var/crash/x")))[0]
    assert (first.verb, first.why_not) == (Verb.GROW, None)
    assert first.wish is not None
    assert first.wish.level == SRV


@pytest.mark.parametrize(("available", "size"), [(8 * GIB, 1536 * MIB), (GIB, 1331 * MIB)])
def test_no_more_room_is_offered_than_memory_can_promise(available: int, size: int) -> None:
    host, level = world()
    assert host.memory is not None
    host = replace(host, memory=replace(host.memory, available=available))
    first = options(host, HOST, level)[0]
    assert first.wish is not None
    assert first.wish.size == pytest.approx(size, abs=2 * MIB)


def test_where_memory_can_promise_nothing_that_is_said() -> None:
    host, level = world()
    assert host.memory is not None
    host = replace(host, memory=replace(host.memory, available=512 * MIB))
    (grow,) = by_verb(list(options(host, HOST, level)), Verb.GROW)
    assert grow.wish is None
    assert "stays in reserve" in (grow.why_not or "")


def test_new_files_go_by_what_their_subhost_calls_them() -> None:
    found = offered(report(file("/data/new", growth=MIB), file("/data/old"), file("/var/crash/x")))
    deletes = by_verb(found, Verb.DELETE)
    assert [(each.title, each.gain) for each in deletes] == [
        ("/data/new in mta", 10 * MIB),
        ("/var/crash/x in mta", 10 * MIB),
    ]
    wish = deletes[0].wish
    assert wish is not None
    assert (wish.subhost, wish.paths) == (MTA, ("/data/new",))


def test_what_somebody_writes_is_emptied_and_not_deleted() -> None:
    writer = Writer(7, Clean("smtpd"), MTA, None, 9.0, Counter.WCHAR, (Clean("/data/new"),))
    files = (file("/data/new", growth=MIB), file("/var/log/mail.log"), file("/var/log/old.1"))
    found = offered(report(*files, writers=(writer,)))
    assert {each.title for each in by_verb(found, Verb.TRUNCATE)} == {
        "/data/new in mta",
        "/var/log/mail.log in mta",
    }
    assert "smtpd (7) writes to it" in by_verb(found, Verb.TRUNCATE)[0].risk
    assert [each.title for each in by_verb(found, Verb.DELETE)] == ["/var/log/old.1 in mta"]


@pytest.mark.parametrize("origin", [Origin.COPY_UP, Origin.UNKNOWN])
def test_nothing_that_a_lower_layer_may_have_is_deleted(origin: Origin) -> None:
    found = offered(report(file("/var/log/x", growth=MIB, origin=origin)))
    assert not by_verb(found, Verb.DELETE)
    assert not by_verb(found, Verb.TRUNCATE)


def test_never_in_a_layer_itself() -> None:
    found = offered(report(file(None, growth=MIB)))
    assert not [each for each in found if each.wish and each.wish.paths]


@pytest.mark.parametrize(
    "path",
    ["/static/busybox", "/bin/new", "/usr/lib/so/new.so", "/lib64/new", "/boot/new", "/init"],
)
def test_what_the_system_lives_by_is_only_told(path: str) -> None:
    (told,) = by_verb(offered(report(file(path, growth=MIB, subhost=HOST))), Verb.DELETE)
    assert (told.title, told.wish) == (path, None)
    assert "the system may live by it" in (told.why_not or "")


def test_what_a_process_runs_or_maps_is_only_told_and_after_all_that_may_go() -> None:
    mine = replace(file("/opt/server", 900 * MIB, growth=MIB), user=Clean("server (77)"))
    loop = replace(file("/srv/store.cow", 800 * MIB, growth=MIB), user=Clean("loop3"))
    found = offered(report(mine, loop, *(file(f"/data/{each}", growth=9) for each in range(9))))
    deletes = by_verb(found, Verb.DELETE)
    assert [each.why_not for each in deletes] == [
        *[None] * 6,
        "it is in use by server (77)",
        "it is in use by loop3",
    ]


def test_where_inodes_run_out_files_are_not_proposed_for_their_size() -> None:
    folders = (
        FolderUse(Clean("/srv/u/q"), Clean("/q"), MTA, MIB, 900, 0),
        FolderUse(Clean("/srv/u/big"), Clean("/big"), MTA, 90 * MIB, 2, 0),
    )
    found = offered(report(file("/var/crash/x", growth=MIB), folders=folders), inodes=990)
    assert found[0].wish is not None
    assert [each.wish.inodes for each in found if each.wish and each.wish.inodes] == [1500]
    deletes = by_verb(found, Verb.DELETE)
    assert deletes[0].title == "900 entries below /q in mta"
    assert all(each.why_not and each.wish is None for each in deletes)


def test_a_store_that_never_shrinks_is_not_relieved_by_deleting() -> None:
    host, level = world()
    snapshot = replace(level, never_shrinks=True)
    told = report(file("/var/crash/x", growth=MIB))
    (delete,) = by_verb(list(options(host, HOST, snapshot, told)), Verb.DELETE)
    assert (delete.gain, delete.wish) == (0, None)
    assert delete.why_not is not None
    assert "frees nothing" in delete.why_not


def test_deleted_files_by_their_holders() -> None:
    gone = (
        Deleted(7, Clean("smtpd"), MTA, None, 3, Clean("/var/gone"), 9 * MIB),
        Deleted(8, Clean("cron"), HOST, Clean("cron.service"), 4, Clean("/x"), MIB),
    )
    found = offered(report(deleted=gone))
    held = by_verb(found, Verb.TRUNCATE)
    assert [each.wish.paths for each in held if each.wish] == [
        ("/proc/7/fd/3",),
        ("/proc/8/fd/4",),
    ]
    restart, by_hand = by_verb(found, Verb.RESTART)
    assert restart.wish is not None
    assert (restart.wish.subhost, restart.gain) == (MTA, 9 * MIB)
    assert by_hand.why_not is not None
    assert "systemctl restart cron.service" in by_hand.why_not


def test_journal_and_package_cache() -> None:
    folders = (
        FolderUse(Clean("/srv/u/c"), Clean("/var/cache/apt"), MTA, 80 * MIB, 9, 0),
        FolderUse(Clean("/srv/u/j"), Clean("/var/log/journal"), MTA, 100 * MIB, 9, 0),
    )
    found = offered(report(folders=folders))
    (purge,), (vacuum,) = by_verb(found, Verb.PURGE), by_verb(found, Verb.VACUUM)
    assert (purge.gain, vacuum.gain) == (80 * MIB, 84 * MIB)
    assert found.index(purge) < found.index(vacuum)
    assert vacuum.wish is not None
    assert (vacuum.wish.paths, vacuum.wish.size) == (("/var/log/journal",), 16 * MIB)


def test_a_ballast_is_let_go_of_in_need_and_held_before() -> None:
    tight, easy = offered(None, used=1000 * MIB), offered(None, used=100 * MIB)
    (release,), (hold,) = by_verb(tight, Verb.RELEASE), by_verb(easy, Verb.HOLD)
    assert release.wish is not None
    assert (release.wish.level, hold.why_not) == (SRV, None)
    assert not by_verb(tight, Verb.HOLD)
    assert not by_verb(easy, Verb.RELEASE)
    assert [each for each in easy if each.why_not is None][-1] == hold


def test_copies_that_repeat_their_lower_go_when_it_is_stopped() -> None:
    (option,) = by_verb(offered(None), Verb.CLEAN)
    assert option.why_not == "mta is running; stop it first"
    (option,) = by_verb(offered(None, running=False), Verb.CLEAN)
    assert option.wish is not None
    assert option.wish.subhost == MTA


def test_before_anybody_looked() -> None:
    (option,) = by_verb(offered(None), Verb.DELETE)
    assert option.why_not is not None
    assert "not known yet" in option.why_not


def test_what_cannot_be_named_exactly_is_only_told() -> None:
    (option,) = by_verb(offered(report(file("/var/crash/a␊b", growth=MIB))), Verb.DELETE)
    assert option.wish is None
    assert option.why_not is not None
    assert "cannot be shown exactly" in option.why_not
