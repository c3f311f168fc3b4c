"""Which sets of boot images a host may let go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.actions.verbs import hindrance, planned, request
from console.clean import Clean
from console.images.supply import HOME
from console.model import Host, LoopDevice, Memory, Overlay, Running, Style, Subhost
from console.plan import Plan, Verb, Wish
from console.survey import Staged, StagedSet, Stores, Survey
from tests.console.actions.test_upgrade import booted

MEMORY = Memory(1 << 30, 1 << 29, 0, 0, 0, 0)
TOOLS = frozenset(("flock", "stat", "rm", "rmdir"))
PRUNE = Wish(Verb.PRUNE, Clean(""), paths=(HOME,), keep=1)
PLAIN = booted(Style.SLASHINIT)


def one(version: str, end: str = "", name: str = "edge") -> StagedSet:
    place = f"{name}/{version}-{version * 12}{end}"
    return StagedSet(Clean(f"{HOME}/{place}"), place, 5 << 20, int(version))


ALL = tuple(map(one, "123456"))


def looked(*sets: StagedSet, armed: Clean | None = None, loaded: bool = False) -> Survey:
    return Survey(
        *(Clean("boot-1"), True, TOOLS),
        stores=Stores(MEMORY, ()),
        staged=Staged(sets, armed, loaded),
    )


def pruned(survey: Survey, on: Host = PLAIN, wish: Wish = PRUNE) -> Plan:
    plan = planned(on, wish, survey)
    assert [step.operations[0].argv[1] for step in plan.steps] == list(plan.paths)
    return plan


def gone(plan: Plan) -> list[str]:
    """Return the versions that would go."""
    return [path.rpartition("/")[2].partition("-")[0] for path in plan.paths]


def test_the_newest_of_each_name_stay() -> None:
    other = one("1", name="web")
    plan = pruned(looked(*ALL, other), wish=replace(PRUNE, keep=2))
    assert gone(plan) == ["1", "2", "3", "4"]
    assert plan.steps[0].why == "let go edge/1-111111111111, 5 MiB"
    assert "20 MiB come free" in str(plan.consequences)
    assert any(
        note == f"{other.path} stays: it is among the newest 2 of web" for note in plan.notes
    )
    assert not pruned(looked(other)).steps
    assert request(PLAIN, PRUNE).staged_in == (HOME,)


def test_what_runs_is_armed_or_was_said_to_be_good_stays() -> None:
    on = booted(Style.SLASHINIT, f"quiet subdeck.image=edge/1:{'1' * 32}")
    armed = Clean(f"root=/dev/ram0 subdeck.image=edge/2:{'2' * 32}")
    wish = replace(PRUNE, kept=(("edge/3-333333333333", Clean("it is known to be good")),))
    plan = pruned(looked(*ALL, armed=armed), on, wish)
    assert gone(plan) == ["4", "5"]
    told = [note.rpartition(": ")[2] for note in plan.notes]
    assert told[:3] == ["it runs", "it is armed", "it is known to be good"]


def test_what_something_stands_upon_stays() -> None:
    survey = looked(*ALL)
    file = f"{ALL[0].path}/root.squashfs"
    loop = LoopDevice(
        *(Clean("loop3"), (7, 3), Clean(file), file.encode(), False, None, 1, 0, True)
    )
    assert survey.stores is not None
    survey = replace(survey, stores=replace(survey.stores, loops=(loop,)))
    guest = Subhost(
        *(Clean("mta"), Clean("/opt/mta/mta.conf"), Running.STOPPED, None, None),
        overlay=Overlay((Clean(f"{ALL[1].path}/tree"),), None, None),
        levels=(),
        cables=(),
        services=(),
        started_by=None,
    )
    on_image = replace(
        guest, overlay=None, configured_lower=Clean(f"!overlay-diskfile low {ALL[2].path}/root")
    )
    plan = pruned(survey, replace(PLAIN, subhosts=(guest, on_image)))
    assert gone(plan) == ["4", "5"]
    assert f"{ALL[0].path} stays: loop3 uses it" in plan.notes


def test_what_never_became_a_set_goes_unless_it_may_still_be_one() -> None:
    half, dead = one("5", ".part"), one("1", ".gone")
    assert gone(pruned(looked(half, dead, one("6")))) == ["5", "1"]
    wish = replace(PRUNE, kept=(("edge/5-555555555555", Clean("it is current")),))
    assert gone(pruned(looked(half, dead, one("6")), wish=wish)) == ["1"]


@pytest.mark.parametrize(
    ("survey", "why"),
    [
        (looked(*ALL, loaded=True), "waits to be jumped into"),
        (replace(looked(*ALL), tools=frozenset()), "flock"),
    ],
)
def test_what_is_not_known_stops_it(survey: Survey, why: str) -> None:
    plan = pruned(survey)
    assert why in str(plan.obstacles)
    assert not plan.steps


def test_sets_lie_on_hosts() -> None:
    assert hindrance(PLAIN, Clean("mta"), Verb.PRUNE)
    assert hindrance(PLAIN, Clean(""), Verb.PRUNE) is None
