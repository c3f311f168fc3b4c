"""The page of who fills a level."""

from __future__ import annotations

from dataclasses import replace

from console.clean import Clean
from console.derive import derive
from console.writers import (
    Counter,
    Deleted,
    FileUse,
    FolderUse,
    Origin,
    Writer,
    Writers,
)
from screens.filter import row_text
from screens.page import Page, Words
from screens.pages import writers
from tests.console.hosts import MIB, NAME, facts, judge, statfs

MTA, RUN = Clean("mta"), Clean("tmpfs:/run")
FILES = (
    FileUse(Clean("/s/u/a"), Clean("/a"), MTA, 600_064, 0, Origin.COPY_UP, 600_000, 5.0),
    FileUse(Clean("/s/u/b"), Clean("/b"), MTA, 4096, 4096, Origin.NEW, None, 61.0),
    FileUse(Clean("/s/w/c"), None, MTA, 512, 0, Origin.UNKNOWN),
)
REPORT = Writers(
    host=NAME,
    subhost=Clean(""),
    level=RUN,
    time=1.0,
    seconds=2.0,
    since=600.0,
    compared=False,
    writers=(
        Writer(7, Clean("smtpd"), MTA, None, 2.0 * MIB, Counter.WCHAR, (Clean("/var/log/x"),)),
        Writer(8, Clean("cron"), Clean(""), Clean("cron.service"), 100.0, Counter.WCHAR),
    ),
    files=FILES,
    folders=(FolderUse(Clean("/s/u"), Clean("/"), MTA, 604_672, 1200, 4096),),
    deleted=(Deleted(7, Clean("smtpd"), MTA, None, 3, Clean("/var/gone"), 3 * MIB),),
    unseen=(Clean("/s: what is left of it: a look ends after 8 s"),),
    inodes=1200,
    complete=False,
)


def page(report: Writers | None, trouble: str = "") -> Page:
    table = "20 1 0:20 / /run rw - tmpfs run rw,size=1024k\n"
    host = derive(NAME, facts(table, {"/run": statfs(MIB, 0)}), None, judge)
    level = next(each for each in host.levels if each.id == RUN)
    return writers.page(report, host, "", level, trouble)


def rows(found: Page, number: int) -> list[str]:
    return [row_text(row) for row in found.tables[number].rows]


def lines(found: Page) -> str:
    pieces = (piece for line in found.lines for piece in line.pieces)
    said = "".join(f"{piece.text} " for piece in pieces if isinstance(piece, Words))
    return " ".join(said.split())


def test_who_writes_and_where() -> None:
    first, second = rows(page(REPORT), 0)
    assert first.split() == ["2.0M/s", "smtpd", "7", "mta", "-", "/var/log/x"]
    assert "cron.service" in second
    assert "perhaps elsewhere" in second


def test_files_as_their_subhost_calls_them_those_without_a_name_first() -> None:
    gone, new, copied, work = rows(page(REPORT), 1)
    assert "deleted, open" in gone
    assert "/var/gone  held by smtpd (7) in mta" in gone
    assert "new mta:/b" in new
    assert "+4.0K" in new
    assert "copy-up of 586K mta:/a" in copied
    assert "/s/w/c" in work


def test_what_was_not_looked_at_is_said() -> None:
    said = lines(page(REPORT))
    assert "1,200 entries, the rest follows" in said
    assert "a look ends after 8 s" in said
    assert "all of it" in lines(page(replace(REPORT, complete=True)))


def test_before_the_first_report_and_without_one() -> None:
    found = page(None, "the link is lost")
    assert {table.empty for table in found.tables} == {"looking…"}
    assert "the link is lost" in lines(found)


def test_every_row_is_its_own() -> None:
    keys = [row.key for row in page(REPORT).tables[1].rows]
    assert len(set(keys)) == len(keys)
