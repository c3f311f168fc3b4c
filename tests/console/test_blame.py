"""Who is blamed: those that can reach the store, for what they wrote meanwhile."""

from __future__ import annotations

from dataclasses import replace

from console.blame import blamed
from console.clean import Clean
from console.derive import derive
from console.holdings import Holdings
from console.model import Host, Mount, Running, Subhost
from console.parse.mountinfo import mounts
from console.tracing import OpenFile, Rates, Scan, Spaces, Terrain, Traced, Written
from console.writers import Writers
from tests.console.hosts import NAME, facts, judge, statfs

HOST, MTA, WEB = Clean(""), Clean("mta"), Clean("web")
TABLE = "20 1 0:20 / / rw - tmpfs none rw\n"
INSIDE = "40 1 0:40 / / rw - overlay mta rw,lowerdir=/,upperdir=/u,workdir=/w\n"
BARE = "50 1 0:50 / / rw - tmpfs web rw\n"


def table(text: str) -> tuple[Mount, ...]:
    return mounts(text.encode())[0]


SPACES = Spaces(
    root=True,
    own=1,
    mount={1: 1, 9: 1, 10: 1, 100: 2, 101: 2, 200: 3, 201: 3},
    pid={1: 11, 9: 11, 10: 11, 100: 12, 101: 12, 200: 13, 201: 13},
    tables={0: table(TABLE), 100: table(INSIDE), 200: table(BARE)},
)
TERRAIN = Terrain(frozenset({20, 40}), frozenset(), (), ())


def running(name: Clean, pid: int) -> Subhost:
    return Subhost(name, None, Running.RUNNING, pid, 0.0, None, (), (), (), None)


def world() -> Host:
    host = derive(NAME, facts(TABLE, {"/": statfs(1 << 20, 0)}), None, judge)
    return replace(host, subhosts=(running(MTA, 100), running(WEB, 200)))


def report(
    before: dict[int, Written],
    after: dict[int, Written],
    *,
    terrain: Terrain = TERRAIN,
    written: tuple[OpenFile, ...] = (),
    deleted: tuple[OpenFile, ...] = (),
) -> Writers:
    rates = Rates(2.0, 9, before, after, written, deleted)
    traced = Traced(7.0, SPACES, terrain, rates, Scan(), (Clean("this"),))
    return blamed(world(), HOST, Clean("tmpfs:/"), traced, Holdings(terrain, Scan(), None, 60.0))


def told(found: Writers) -> list[tuple[int, str, float]]:
    return [(each.pid, each.subhost, each.rate) for each in found.writers]


def test_by_namespace_and_by_kin() -> None:
    before = {pid: Written(1000) for pid in (10, 101, 201)}
    after = {
        10: Written(1200, name=Clean("cron"), parent=1),
        101: Written(9000, name=Clean("smtpd"), parent=100),
        201: Written(90_000, parent=200),  # it cannot reach the store
        102: Written(500, parent=101),  # began meanwhile, so its namespaces were not told
    }
    found = report(before, after)
    assert told(found) == [(101, MTA, 4000.0), (102, MTA, 250.0), (10, "", 100.0)]
    assert found.writers[0].name == "smtpd"
    assert not found.writers[0].sure
    assert found.unseen == ("this",)


def test_what_was_seen_comes_before_what_may_be_elsewhere() -> None:
    after = {10: Written(60_000, parent=1), 101: Written(20_000, parent=100)}
    held = (OpenFile(101, 3, Clean("/var/log/x")),)
    found = report({10: Written(1), 101: Written(1)}, after, written=held)
    assert [each.pid for each in found.writers] == [101, 10]
    assert found.writers[0].files == ("/var/log/x",)


def test_one_who_holds_a_file_reaches_the_store_from_anywhere() -> None:
    held = (OpenFile(201, 3, Clean("/x")),)
    found = report({201: Written(0)}, {201: Written(50, parent=200)}, written=held)
    assert told(found) == [(201, WEB, 25.0)]


def test_what_went_to_a_disk_did_not_fill_memory() -> None:
    after = {10: Written(10_000, 8192, parent=1)}
    assert told(report({10: Written()}, after)) == [(10, "", 904.0)]
    disk = replace(TERRAIN, memory=frozenset(), block=frozenset({20}))
    found = report({10: Written()}, after, terrain=disk)
    assert (told(found), found.writers[0].counter) == ([(10, "", 4096.0)], "write_bytes")


def test_what_a_child_wrote_before_is_not_told_again_as_its_parents() -> None:
    before = {10: Written(100, parent=1), 50: Written(5000, parent=10)}
    assert told(report(before, {10: Written(5300, parent=1)})) == [(10, "", 100.0)]


def test_a_number_that_went_to_another_process() -> None:
    assert told(report({10: Written(9000)}, {10: Written(40, parent=1)})) == [(10, "", 20.0)]


def test_who_looks_is_not_told() -> None:
    after = {9: Written(500, parent=1), 99: Written(500, parent=9), 10: Written(2, parent=1)}
    assert told(report({}, after)) == [(10, "", 1.0)]


def test_services_by_control_group() -> None:
    slices = "/system.slice/cron.service/child"
    after = {
        10: Written(10, parent=1, group=Clean(slices)),
        101: Written(5, parent=1, group=Clean("/mta")),
    }
    found = report({}, after)
    assert [each.service for each in found.writers] == ["cron.service", None]


def test_deleted_files_with_one_holder_each() -> None:
    gone = Clean("/var/gone")
    held = (OpenFile(101, 3, gone, 8192), OpenFile(101, 4, gone, 8192), OpenFile(10, 1, gone, 0))
    known = {101: Written(name=Clean("smtpd"), parent=100)}
    (found,) = report(known, known, deleted=held).deleted
    assert (found.pid, found.name, found.subhost, found.size) == (101, "smtpd", MTA, 8192)
