"""What exception stores and thin pools tell of themselves, and of what is on them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.beneath import Ground
from console.clean import Clean
from console.facts import Facts, View
from console.levels import snapshot_level
from console.model import (
    DmDevice,
    Kind,
    Level,
    LoopDevice,
    Snapshot,
    State,
    ThinPool,
)
from tests.console.hosts import (
    GIB,
    KIB,
    MIB,
    binding,
    facts,
    host,
    judge,
    level,
    loop,
    memory,
    statfs,
)

DISK = "26 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
LOST = ("Invalid", "Overflow", "Merge failed", "Unknown")

numbers = st.integers(-(2**70), 2**70)


# Snapshots


def live(
    status: str = "81920/409600 16", kind: str = "PO", cow: LoopDevice | None = None
) -> Facts:
    """Return an ext4 root on a snapshot whose store is the loop device given."""
    return facts(
        "26 1 254:0 / / rw - ext4 /dev/mapper/live-rw rw\n"
        "28 26 8:1 / /srv rw - ext4 /dev/sda1 rw\n",
        {"/": statfs(GIB, 100 * MIB), "/srv": statfs(8 * GIB, GIB)},
        dm=(
            f"live-rw: 0 409600 snapshot 7:1 7:2 {kind} 8\n",
            f"live-rw: 0 409600 snapshot {status}\n",
            "live-rw::254:0:1:0\n",
        ),
        loops=() if cow is None else (cow,),
    )


def store(backing: str, device: tuple[int, int]) -> LoopDevice:
    return loop(2, backing, size=200 * MIB, allocated=40 * MIB, file_device=device)


REACHABLE = store("/srv/cow", (8, 1))
DELETED = store("/overlay (deleted)", (0, 2))
DETACHED = store("/LiveOS/overlay-x", (8, 17))


def test_the_store_of_a_snapshot_is_measured_in_sectors() -> None:
    found = level(live(), "dm:live-rw")
    assert (found.used, found.total) == (40 * MIB, 200 * MIB)
    assert (found.kind, found.mount, found.device) == (
        Kind.DM_SNAPSHOT,
        "/",
        "/dev/mapper/live-rw",
    )
    assert found.never_shrinks
    assert (found.inode_fill, found.backs) == (None, ("fs:/",))


@pytest.mark.parametrize("fault", [*LOST, "Invalid (no space left)"])
def test_a_store_that_is_lost_says_so_whatever_it_held(fault: str) -> None:
    found = level(live(fault), "dm:live-rw")
    assert found.state is State.LOST
    assert (found.used, found.total, found.limit, found.worst_fill) == (None,) * 4
    assert fault.split(" (")[0] in found.notes[0]


@pytest.mark.parametrize("fault", LOST)
def test_a_filesystem_on_a_lost_store_takes_nothing_more(fault: str) -> None:
    found = level(live(fault), "fs:/")
    assert (found.state, binding(found)) == (State.FULL, (100 * MIB, "dm:live-rw"))
    assert host(live(fault)).state is State.LOST


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("16/409600 16", State.OK),
        ("286720/409600 16", State.WATCH),
        ("409592/409600 16", State.ACT),
        ("409600/409600 16", State.FULL),
        ("5000/4096 16", State.FULL),
        ("0/0 0", State.FULL),
    ],
)
def test_states_of_a_store(status: str, state: State) -> None:
    assert level(live(status), "dm:live-rw").state is state


@pytest.mark.parametrize(
    ("kind", "cow", "relief"),
    [
        ("N", DELETED, ("reboot",)),
        ("P", DELETED, ("concatenate", "reboot")),
        ("PO", DELETED, ("concatenate", "reboot")),
        ("PO", DETACHED, ("concatenate", "reboot")),
        ("N", DETACHED, ("reboot",)),
        ("PO", None, ("concatenate", "reboot")),
        ("N", REACHABLE, ("grow", "reboot")),
        ("P", REACHABLE, ("grow", "reboot")),
        ("PO", REACHABLE, ("grow", "reboot")),
    ],
)
def test_what_helps_a_store(kind: str, cow: LoopDevice | None, relief: tuple[str, ...]) -> None:
    assert level(live(kind=kind, cow=cow), "dm:live-rw").relief == relief


@pytest.mark.parametrize("fault", ["Invalid", "Merge failed", "Unknown"])
@pytest.mark.parametrize("cow", [DELETED, REACHABLE])
def test_nothing_but_a_reboot_helps_an_invalid_store(fault: str, cow: LoopDevice) -> None:
    assert level(live(fault, cow=cow), "dm:live-rw").relief == ("reboot",)


def test_an_overflow_can_be_mended() -> None:
    assert level(live("Overflow", cow=REACHABLE), "dm:live-rw").relief == ("grow", "reboot")
    assert level(live("Overflow", cow=DELETED), "dm:live-rw").relief == ("concatenate", "reboot")


def test_deleting_does_not_help_a_filesystem_that_its_store_binds() -> None:
    assert binding(level(live(), "fs:/"))[1] == "dm:live-rw"
    assert level(live(), "fs:/").relief == ()
    assert level(live("16/8388608 16"), "fs:/").relief == ("delete",)


@pytest.mark.parametrize(
    ("kind", "word"), [("N", "Invalid"), ("P", "also after a reboot"), ("PO", "Overflow")]
)
def test_what_happens_when_a_store_is_full(kind: str, word: str) -> None:
    assert word in level(live(kind=kind), "dm:live-rw").on_full


def test_any_store_becomes_invalid_when_what_holds_its_file_is_full() -> None:
    scarce = replace(live(cow=DELETED), memory=memory(MIB))
    found = level(scarce, "dm:live-rw")
    assert binding(found)[1] == "mem"
    assert found.on_full.startswith("Invalid")


@given(numbers, numbers, st.sampled_from(["N", "P", "PO"]))
def test_no_numbers_of_a_snapshot_make_it_fail(allocated: int, total: int, kind: str) -> None:
    snapshot = Snapshot(Clean("7:1"), Clean("7:2"), kind, 8, allocated, total, 16)
    device = DmDevice(Clean("live-rw"), (254, 0), (snapshot,))
    assert snapshot_level(device, snapshot, Ground(View()), judge).state in State


# Thin pools


def pool(
    mode: str = "rw",
    *,
    data: str = "11/32",
    metadata: str = "112/1024",
    policy: str = "queue_if_no_space",
    check: str = "-",
) -> Level:
    status = f"0 {metadata} {data} - {mode} discard_passdown {policy} {check} 256"
    seen = facts(
        DISK,
        {"/": statfs(GIB, MIB)},
        dm=(
            "pool: 0 32768 thin-pool 254:4 254:5 128 0 1 skip_block_zeroing\n",
            f"pool: 0 32768 thin-pool {status if mode != 'Fail' else 'Fail'}\n",
            "pool::254:2:1:0\n",
        ),
    )
    return level(seen, "dm:pool")


def test_a_pool_is_measured_in_its_blocks() -> None:
    found = pool()
    assert (found.used, found.total) == (11 * 64 * KIB, 32 * 64 * KIB)
    assert found.metadata_fill == pytest.approx(112 / 1024)
    assert (found.kind, found.state, found.notes) == (Kind.THIN_POOL, State.OK, ())
    assert found.relief == ("grow", "trim")
    assert "block" in found.on_full


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (pool("out_of_data_space", data="32/32"), State.FULL),
        (pool("out_of_data_space", data="11/32"), State.FULL),
        (pool("Fail"), State.LOST),
        (pool("ro"), State.ACT),
        (pool(check="needs_check"), State.ACT),
        (pool(data="32/32"), State.FULL),
        (pool(data="28/32"), State.ACT),
        (pool(metadata="1024/1024"), State.FULL),
        (pool(metadata="1024/1024", check="needs_check"), State.FULL),
        (pool(data="0/0", metadata="0/0"), State.FULL),
    ],
)
def test_states_of_a_pool(found: Level, state: State) -> None:
    assert found.state is state


def test_a_pool_tells_what_is_wrong_with_it() -> None:
    assert pool("ro").notes == ("pool mode is ro",)
    assert pool(check="needs_check").notes == ("metadata needs checking",)
    assert "block" not in pool(policy="error_if_no_space").on_full


def test_a_pool_whose_table_is_not_known_still_tells_its_metadata() -> None:
    target = ThinPool(900, 1000, 11, 32, 0, "rw")
    seen = replace(
        facts(DISK, {"/": statfs(GIB, MIB)}),
        dm=(DmDevice(Clean("pool"), (254, 2), (target,)),),
    )
    found = level(seen, "dm:pool")
    assert (found.used, found.limit, found.state) == (None, None, State.ACT)


@given(numbers, numbers, numbers, numbers, numbers)
def test_no_numbers_of_a_pool_make_it_fail(a: int, b: int, c: int, d: int, block: int) -> None:
    device = DmDevice(Clean("pool"), (254, 2), (ThinPool(a, b, c, d, block, "rw"),))
    seen = replace(facts(DISK, {"/": statfs(GIB, MIB)}), dm=(device,))
    assert level(seen, "dm:pool").state in State
