"""One target: every form of table and status a kernel prints, and half of one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import clean
from console.errors import Unparsable
from console.model import OtherTarget, Snapshot, ThinPool
from console.parse.dmsetup import target

TABLE = "7:1 7:2 PO 8"
POOL_TABLE = "7:3 7:4 1024 1024 0"
TEXT = st.text(st.characters(codec="utf-8"), max_size=200)


def snapshot(status: str, table: str = TABLE) -> Snapshot:
    found = target("snapshot", table, status)
    assert isinstance(found, Snapshot)
    return found


def pool(status: str, table: str = POOL_TABLE) -> ThinPool:
    found = target("thin-pool", table, status)
    assert isinstance(found, ThinPool)
    return found


@pytest.mark.parametrize(
    ("status", "numbers"),
    [
        ("123584/67108864 496", (123584, 67108864, 496)),
        ("0/8192 0", (0, 8192, 0)),
        ("16/8192 16", (16, 8192, 16)),
        ("16/4096 16", (16, 4096, 16)),
        ("4024/24576 24", (4024, 24576, 24)),
        ("12056/24576 56", (12056, 24576, 56)),
        ("24584/81920 104", (24584, 81920, 104)),
        ("0/16384 0", (0, 16384, 0)),
        ("5000/4096 16", (5000, 4096, 16)),
        ("0/0 0", (0, 0, 0)),
    ],
)
def test_a_snapshot_that_works_gives_its_numbers(
    status: str, numbers: tuple[int, int, int]
) -> None:
    found = snapshot(status)
    assert (found.allocated, found.total, found.metadata) == numbers
    assert found.fault is None


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        ("Invalid", "Invalid"),
        ("Invalid (cause: store full)", "Invalid"),
        ("Invalid: I/O error", "Invalid"),
        ("Overflow", "Overflow"),
        ("Merge failed", "Merge failed"),
        ("Unknown", "Unknown"),
    ],
)
def test_a_snapshot_that_failed_gives_the_word(status: str, fault: str) -> None:
    assert snapshot(status) == Snapshot(
        origin=clean("7:1"),
        cow=clean("7:2"),
        persistence="PO",
        chunk=8,
        allocated=None,
        total=None,
        metadata=None,
        fault=fault,
    )


@pytest.mark.parametrize(
    "status",
    ["", "garbage", "123584", "123584/", "123584/67108864", "16/8192 ", "16/8192 17", "-1/8192 0",
     "1.5/8192 0", "16/8192 16 16", "Inval", "Invalidated", "overflow", "Merge", "ok", "- -",
     "16/8192 16\n17/8192 16"],
)  # fmt: skip
def test_a_garbled_snapshot_is_never_taken_for_a_sound_one(status: str) -> None:
    with pytest.raises(Unparsable) as error:
        snapshot(status)
    assert error.value.line == status.strip()


@pytest.mark.parametrize(
    ("table", "persistence", "chunk"),
    [
        ("7:1 7:2 PO 8", "PO", 8),
        ("7:1 7:2 P 16", "P", 16),
        ("254:0 254:17 N 64", "N", 64),
        ("7:1 7:2 P 8 2 discard_zeroes_cow discard_passdown_origin", "P", 8),
    ],
)
def test_the_table_of_a_snapshot(table: str, persistence: str, chunk: int) -> None:
    found = snapshot("16/8192 16", table)
    assert (found.persistence, found.chunk) == (persistence, chunk)
    assert f"{found.origin} {found.cow}" == " ".join(table.split()[:2])


@pytest.mark.parametrize("table", ["", "7:1 7:2", "7:1 7:2 X 8", "7:1 7:2 PO", "/dev/a 7:2 PO 8"])
def test_a_snapshot_with_a_garbled_table(table: str) -> None:
    with pytest.raises(Unparsable):
        snapshot("16/8192 16", table)


def test_a_merging_snapshot_says_so() -> None:
    found = target("snapshot-merge", "7:1 7:2 P 8", "16/24576 16")
    assert found == Snapshot(clean("7:1"), clean("7:2"), "P", 8, 16, 24576, 16, merging=True)
    failed = target("snapshot-merge", "7:1 7:2 P 8", "Merge failed")
    assert isinstance(failed, Snapshot)
    assert (failed.fault, failed.merging) == ("Merge failed", True)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (
            "0 112/1024 11/32 - rw discard_passdown queue_if_no_space - 256",
            ThinPool(112, 1024, 11, 32, 1024, "rw"),
        ),
        (
            "0 112/1024 32/32 - out_of_data_space discard_passdown queue_if_no_space - 256 ",
            ThinPool(112, 1024, 32, 32, 1024, "out_of_data_space"),
        ),
        (
            "7 112/1024 32/32 12 out_of_data_space ignore_discard error_if_no_space - 256",
            ThinPool(112, 1024, 32, 32, 1024, "out_of_data_space", queues_when_full=False),
        ),
        (
            "0 1024/1024 8/32 - ro no_discard_passdown queue_if_no_space needs_check 256",
            ThinPool(1024, 1024, 8, 32, 1024, "ro", needs_check=True),
        ),
        ("0 112/1024 11/32 - rw discard_passdown", ThinPool(112, 1024, 11, 32, 1024, "rw")),
        ("Fail", ThinPool(0, 0, 0, 0, 1024, "Fail")),
    ],
)
def test_a_thin_pool_in_every_mode(status: str, expected: ThinPool) -> None:
    assert pool(status) == expected


@pytest.mark.parametrize(
    "status",
    ["", "Error", "0 112/1024 11/32 -", "0 112/1024 11/32 - wr x", "0 112/1024 11 - rw", "fail"],
)
def test_a_garbled_thin_pool_is_refused(status: str) -> None:
    with pytest.raises(Unparsable):
        pool(status)


def test_a_thin_pool_whose_table_cannot_be_read_has_no_block_size() -> None:
    status = "0 112/1024 11/32 - rw discard_passdown queue_if_no_space - 256"
    assert pool(status, "").block == 0
    with pytest.raises(Unparsable):
        pool(status, "what")


@pytest.mark.parametrize(
    ("kind", "table", "status"),
    [
        ("linear", "7:1 0", ""),
        ("thin", "254:3 0", "11264 13311"),
        ("thin", "254:3 0", "0 -"),
        ("thin", "254:3 0", "Fail"),
        ("snapshot-origin", "254:3", ""),
        ("crypt", "aes-xts-plain64 :64:logon:x 0 254:0 32768 1 allow_discards", ""),
    ],
)
def test_other_targets_are_kept_as_said(kind: str, table: str, status: str) -> None:
    found = target(kind, f"{table} ", f"{status} ")
    assert found == OtherTarget(clean(kind), clean(table), clean(status))


@given(TEXT)
def test_only_the_known_forms_make_a_snapshot(status: str) -> None:
    try:
        found = snapshot(status)
    except Unparsable:
        return
    assert (found.fault is None) != (found.allocated is None)
    assert status.strip().startswith(found.fault or f"{found.allocated}/{found.total}")


@given(st.text("0123456789/ -IOnvalidrw", max_size=40))
def test_near_misses_of_a_thin_pool_raise_nothing_else(status: str) -> None:
    try:
        assert pool(status).mode in {"rw", "ro", "out_of_data_space", "Fail"}
    except Unparsable as error:
        assert error.line == status.strip()
