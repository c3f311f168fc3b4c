"""A ballast is held where letting go of it helps, and only while there is room for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.actions import ballast
from console.actions.verbs import hindrance, planned, request
from console.clean import Clean
from console.model import Level, Limit
from console.plan import Plan, Tier, Verb, Wish
from console.shell import script
from console.survey import Found, PathFact
from tests.console.actions.stores import Ground

MIB = 1 << 20
RUN = Clean("tmpfs:/run")


def made(
    verb: Verb = Verb.HOLD,
    level: str = RUN,
    held: Found = Found.FOLDER,
    size: int | None = None,
    inodes: int | None = None,
) -> Plan:
    ground = Ground()
    wish = Wish(verb, Clean(""), level=Clean(level), size=size, inodes=inodes)
    paths = {path: PathFact(held) for path in request(ground.host, wish).extra}
    return planned(ground.host, wish, replace(ground.survey, paths=paths))


def commands(plan: Plan) -> list[str]:
    operations = (each for step in plan.steps for each in step.operations)
    return [" ".join(map(str, each.argv)) for each in operations]


def refusal(plan: Plan) -> str:
    assert not plan.steps
    return "; ".join(each.text for each in plan.obstacles)


def test_it_is_held_in_the_merged_tree_and_taken_back_whole() -> None:
    plan = made(level="overlay:/o", size=100_000, inodes=10)
    assert commands(plan) == ["hold /o 131072 10"]
    assert [str(word) for word in plan.steps[0].undo[0].argv] == ["let_go", "/o"]
    assert (plan.tier, plan.title) == (Tier.REVERSIBLE, "hold overlay:/o on web1")
    assert plan.checks[0].operation.argv[:2] == ("lies_on", "/o")
    assert b"hold() {" in script(plan)


def test_where_jobs_are_kept_another_way_is_told() -> None:
    assert any("rm -r /run/.subdeck-ballast" in each for each in made().notes)
    assert not any("rm -r" in each for each in made(level="overlay:/o").notes)


def test_without_more_words_it_is_the_usual_one() -> None:
    assert commands(made()) == [f"hold /run {2 * MIB} 64"]


def test_it_is_let_go_of_where_one_is_held() -> None:
    assert commands(made(Verb.RELEASE)) == ["let_go /run"]
    assert "no ballast is held in tmpfs:/run" in refusal(made(Verb.RELEASE, held=Found.MISSING))


@pytest.mark.parametrize(
    ("level", "size", "inodes", "why"),
    [
        ("fs:/", None, None, "deleting it frees nothing there"),
        ("dm:live-rw", None, None, "holds no files of its own"),
        ("mem", None, None, "holds no files of its own"),
        ("tmpfs:/ram", None, None, "has no size"),
        ("tmpfs:/none", None, None, "there is no level tmpfs:/none on web1"),
        ("fs:/srv", 2 * MIB, None, "has but 4 MiB left: make room first"),
        ("tmpfs:/var", MIB, 50, "has but 180 inodes left"),
    ],
)
def test_none_is_held_where_it_is_of_no_use(
    level: str, size: int | None, inodes: int | None, why: str
) -> None:
    assert why in refusal(made(level=level, size=size, inodes=inodes))


def test_what_is_allowed_at_most_is_told() -> None:
    (told,) = made(level="fs:/srv", size=2 * MIB).obstacles
    assert told.remedy == "--to 1M at most"
    assert not made(level="fs:/srv", size=MIB).obstacles


def test_the_root_is_meant_before_all_others() -> None:
    host = Ground().host
    found = ballast.default(host, Clean(""))
    assert found
    assert found.id != "fs:/", "that is on a snapshot"
    assert hindrance(host, Clean(""), Verb.HOLD) is None
    assert "no subhost mta" in str(hindrance(host, Clean("mta"), Verb.RELEASE))
    root = next(each for each in host.levels if each.id == "overlay:/o")
    plain = Level(**{each: getattr(root, each) for each in Level.__slots__})
    rooted = replace(plain, mount=Clean("/"), limit=Limit(root.total or 0, Clean("own size")))
    chosen = ballast.default(replace(host, levels=(*host.levels, rooted)), Clean(""))
    assert chosen
    assert chosen.mount == "/"
