from __future__ import annotations

import re
from dataclasses import replace

import pytest

from console.actions import grow
from console.actions.verbs import planned
from console.beneath import RAM
from console.clean import Clean
from console.plan import HOST_LOCK, Plan, Tier, Verb, Wish
from console.shell import script
from tests.console.actions.stores import Ground
from tests.console.hosts import MIB


def commands(plan: Plan) -> list[str]:
    assert not plan.obstacles
    return [str(each.argv[0]) for step in plan.steps for each in step.operations]


def undone(plan: Plan) -> list[str]:
    return [str(each.argv[0]) for step in plan.steps for each in step.undo]


def refusal(plan: Plan) -> str:
    assert not plan.steps
    (told,) = plan.obstacles
    return told.text


REACHED = Ground(file="/run/x/overlay", file_device=(0, 21))


@pytest.mark.parametrize("kind", ["N", "P", "PO"])
def test_a_store_whose_file_can_be_reached_grows_in_it(kind: str) -> None:
    plan = replace(REACHED, type=kind).planned()
    assert commands(plan) == ["enlarge", "widen", "store_holds"]
    assert plan.steps[0].operations[0].argv[1:] == (
        "/run/x/overlay",
        "25165824",
        "50331648",
        "loop2",
    )
    assert (plan.total, plan.lock) == (48 * MIB, HOST_LOCK)
    assert plan.title == "grow dm:live-rw on web1"


def test_what_is_beneath_grows_first_where_it_binds() -> None:
    plan = REACHED.planned(size=200 * MIB)
    assert commands(plan) == ["size", "enlarge", "widen", "store_holds"]
    # 100 MiB of which 10 are used, and the file has some of its own.
    assert int(str(plan.steps[0].operations[0].argv[3])) >= 200 * MIB


def test_a_disk_that_lacks_the_room_is_named() -> None:
    ground = Ground(file="/srv/x/overlay", file_device=(8, 1))
    assert "which holds it, has but" in refusal(ground.planned())


def test_a_deleted_store_goes_on_in_another_file() -> None:
    plan = Ground().planned()
    assert commands(plan) == ["make_room", "concatenate", "swap", "store_holds"]
    assert undone(plan) == ["drop_room", "part", "swap"]
    assert plan.steps[1].operations[0].stdin == "0 49152 linear 7:2 0\n"
    assert plan.steps[2].undo[0].argv == ("swap", "live-rw", "7:2", "49152")
    text = script(plan).decode()
    assert "--nolockfs" in text
    assert "loop_of() {" in text


def test_one_of_type_n_would_lose_all() -> None:
    assert "discards all changes at once" in refusal(Ground(type="N").planned())


def test_one_on_a_disk_that_was_let_go_of_grows_where_it_is() -> None:
    plan = Ground(type="P", file="/LiveOS/overlay", file_device=(8, 2)).planned()
    assert commands(plan) == ["enlarge", "widen", "store_holds"]
    assert plan.steps[0].operations[0].argv[-1] == "8:2"
    assert any("mounted for a moment" in note for note in plan.notes)


@pytest.mark.parametrize(
    ("device", "said"),
    [((0, 45), "to which no path leads"), (None, "cannot be told")],
)
def test_one_that_might_outlive_the_boot_takes_no_second_file(
    device: tuple[int, int] | None, said: str
) -> None:
    assert said in refusal(Ground(file_device=device).planned())


def test_one_that_goes_on_elsewhere_already_gets_a_longer_table() -> None:
    reached = Ground(wrapped=True, file="/run/x/store", file_device=(0, 21), type="N")
    plan = reached.planned()
    assert commands(plan) == ["enlarge", "widen", "exchange", "store_holds"]
    assert plan.steps[2].operations[0].stdin == "0 16384 linear 7:3 0\n16384 81920 linear 7:2 0\n"
    plan = Ground(wrapped=True).planned()
    assert commands(plan) == ["make_room", "exchange", "store_holds"]


def test_one_that_overflowed_gets_a_fresh_device() -> None:
    plan = Ground(status="Overflow").planned()
    assert commands(plan) == ["make_room", "concatenate", "swap", "store_holds", "write_again"]
    assert undone(plan)[-1] == "not_swapped"
    assert any("fsck" in each for each in plan.consequences)
    (told,) = (each for each in plan.consequences if "given up for good" in each)
    assert told.endswith(
        "a root is unmounted only by a reboot, which forgets all changes: copy off first what "
        "matters, which can be read"
    )
    plan = replace(REACHED, status="Overflow").planned()
    assert commands(plan) == [
        "enlarge",
        "widen",
        "concatenate",
        "swap",
        "store_holds",
        "write_again",
    ]
    plan = Ground(status="Overflow", wrapped=True).planned()
    assert commands(plan)[-3:] == ["part", "store_holds", "write_again"]
    assert "it takes more" in refusal(Ground(status="Overflow").planned(size=24 * MIB))


@pytest.mark.parametrize(
    ("kind", "why"), [("N", "kernel's memory"), ("P", "after a reboot"), ("PO", "was full")]
)
def test_nothing_brings_an_invalid_one_back(kind: str, why: str) -> None:
    plan = Ground(type=kind, status="Invalid").planned()
    assert why in refusal(plan)
    assert "brings nothing back" in refusal(plan)
    assert "reboot" in (plan.obstacles[0].remedy or "")


def test_nothing_is_suspended_that_is_swapped_to() -> None:
    assert "/swap is swapped to" in refusal(Ground(swap="/swap").planned())
    assert not Ground(swap="/srv/swap").planned().obstacles


def test_it_never_becomes_smaller() -> None:
    assert "none is cut off" in refusal(Ground().planned(size=20 * MIB))


def test_no_store_is_promised_the_reserve() -> None:
    plan = Ground(available=80 * MIB).planned()
    assert "stay in reserve" in refusal(plan)
    (check, _) = Ground().planned().checks
    assert check.operation.argv[0] == "affords"


def test_of_more_than_memory_that_is_promised_is_told_what_it_interrupts() -> None:
    plan = Ground(available=110 * MIB).planned()
    assert plan.tier is Tier.INTERRUPTS
    assert plan.consequences[0].startswith("if everything fills: 890 MiB in use, ")
    assert Ground().planned().tier is Tier.REVERSIBLE


def test_a_pool_grows_in_its_file_and_is_told() -> None:
    plan = Ground().planned("dm:thin", 16 * MIB)
    assert commands(plan) == ["enlarge", "widen", "exchange", "pool_holds"]
    exchange = plan.steps[2].operations[0]
    assert exchange.stdin == "0 32768 thin-pool 7:5 7:6 128 0 1 skip_block_zeroing\n"
    failed = Ground(pool="0 20/512 100/128 - ro discard_passdown queue_if_no_space - 256")
    assert "in mode ro" in refusal(failed.planned("dm:thin", 16 * MIB))


def test_a_tmpfs_gets_another_size_and_keeps_its_options() -> None:
    plan = Ground().planned("tmpfs:/run", 200 * MIB)
    (step,) = plan.steps
    assert step.operations[0].argv == ("size", "/run", "nosuid,nodev", str(200 * MIB))
    assert step.undo[0].argv == ("size", "/run", "nosuid,nodev", str(100 * MIB))
    assert "--to 100M makes it so again" in plan.notes[0]


def test_inodes_alone_leave_the_size() -> None:
    plan = Ground().planned("tmpfs:/var", None, inodes=400)
    assert plan.steps[0].operations[0].argv == ("size", "/var", "", str(40 * MIB), "400")
    assert plan.steps[0].undo[0].argv[-1] == "200"
    assert "fewer it cannot have" in refusal(Ground().planned("tmpfs:/var", None, inodes=10))


def test_an_overlay_grows_by_what_its_upper_is_on() -> None:
    assert Ground().planned("overlay:/o", 80 * MIB).steps[0].operations[0].argv[1] == "/var"


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("overlay:/p", "is on fs:/srv"),
        ("overlay:/q", "no path leads any more"),
        ("tmpfs:/ram", "has no size"),
        ("fs:/srv", "as large as its device"),
        ("fs:/", "as large as its device"),
        ("mem", "cannot be made larger"),
        ("dm:none", "there is no level dm:none on web1"),
    ],
)
def test_what_does_not_grow_is_refused(level: str, said: str) -> None:
    assert said in refusal(Ground().planned(level))


def test_an_upper_layer_in_memory_that_is_out_of_reach_is_named() -> None:
    ground = Ground()
    levels = (replace(each, on=RAM) for each in ground.host.levels if each.id == "overlay:/q")
    host = replace(ground.host, levels=tuple(levels))
    wish = Wish(Verb.GROW, Clean(""), level=Clean("overlay:/q"), size=80 * MIB)
    told = refusal(planned(host, wish, ground.survey))
    assert "its upper layer /cow/u lies in memory where no path leads any more" in told


def test_of_a_program_that_is_lacking_the_package_is_told() -> None:
    ground = Ground()
    wish = Wish(Verb.GROW, Clean(""), level=Clean("tmpfs:/run"), size=200 * MIB)
    without = replace(ground.survey, tools=ground.survey.tools - {"flock"})
    (told,) = planned(ground.host, wish, without).obstacles
    assert (told.text, told.remedy) == ("flock is not installed", "install util-linux")


def test_what_is_full_soonest_is_grown_where_none_is_named() -> None:
    found = grow.default(Ground().host, Clean(""))
    assert found
    assert found.id == "dm:thin"
    assert grow.hindrance(Ground().host, Clean(""), Verb.GROW, Clean("mem"))
    assert grow.hindrance(Ground().host, Clean(""), Verb.GROW, Clean("tmpfs:/run")) is None
    assert grow.suggestions(Ground().host, Clean(""), Clean("tmpfs:/run")) == (
        *("+25%", "+50%", "+100%"),
        "200M",
    )


def test_every_plan_is_a_program() -> None:
    for plan in (
        Ground().planned(),
        REACHED.planned(size=200 * MIB),
        Ground(status="Overflow").planned(),
        Ground().planned("dm:thin", 16 * MIB),
    ):
        assert script(plan).startswith(b"#!/bin/sh\n")


@pytest.mark.parametrize(
    "plan",
    [
        Ground().planned(),
        REACHED.planned(size=200 * MIB),
        Ground(file="/overlay", file_device=(8, 1)).planned(),
        Ground(status="Overflow").planned(),
        Ground(wrapped=True).planned(),
        Ground(status="Overflow", wrapped=True).planned(),
        Ground().planned("dm:thin", 16 * MIB),
        Ground().planned("tmpfs:/run", 150 * MIB),
        Ground().planned("tmpfs:/var", 80 * MIB, inodes=400),
    ],
    ids=lambda plan: ",".join(commands(plan)),
)
def test_every_function_is_given_the_words_that_it_takes(plan: Plan) -> None:
    """One that lacks a word ends its shell, and an undo is seldom done."""
    operations = [check.operation for check in plan.checks]
    operations += [each for step in plan.steps for each in (*step.operations, *step.undo)]
    for operation in operations:
        name, *words = operation.argv
        usage = re.search(rf"^{name}\(\) {{ #([^:\n]*)", script(plan).decode(), re.MULTILINE)
        assert usage, name
        taken = re.findall(r"\[?[A-Z][A-Z-]+\]?", usage[1])
        least = len([each for each in taken if not each.startswith("[")])
        assert least <= len(words) <= len(taken), f"{name} {words}: {usage[1]}"
