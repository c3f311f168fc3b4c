"""Plans as text: nothing left out, nothing changed on the way, and what says yes to them."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean, clean
from console.operations import Operation
from console.plan import Obstacle, Plan, Step, Tier, Verb, Wish
from console.shell import script
from screens.consent import Consent
from screens.doing import Target
from screens.page import Line, Words
from screens.pages.planned import Planned, consent, program, text
from screens.paragraph import flowed
from screenshots.deeds import made


def plan(host: str = "web1", subhost: str = "mta", tier: Tier = Tier.INTERRUPTS) -> Plan:
    return replace(made(Clean(host), Wish(Verb.STOP, Clean(subhost))), tier=tier)


def one(of: Plan) -> Planned:
    return Planned(Target(of.host, of.subhost), of, of.obstacles)


def said(line: Line) -> str:
    return "".join(piece.text for piece in line.pieces if isinstance(piece, Words))


@pytest.mark.parametrize(
    ("plans", "hosts", "words"),
    [
        ([plan(tier=Tier.REVERSIBLE)], 1, ()),
        ([plan()], 1, ("yes", "1")),
        ([plan(tier=Tier.LOSES)], 1, ("mta", "web1")),
        ([plan(tier=Tier.REVERSIBLE), plan("web2", tier=Tier.REVERSIBLE)], 9, ("yes", "2")),
        ([plan(), plan("web2", tier=Tier.LOSES)], 9, ("mta",)),
        ([plan(), plan(subhost="dns", tier=Tier.LOSES)], 9, ("web1",)),
        ([plan(), plan("web2", "dns", tier=Tier.LOSES)], 9, ("stop 2",)),
        ([plan(), plan("web2"), plan("web3", "dns")], 3, ("stop 3",)),
        ([plan(), plan("web2")], 2, ("yes", "2")),
    ],
)
def test_what_says_yes(plans: list[Plan], hosts: int, words: tuple[str, ...]) -> None:
    given = consent([one(each) for each in plans], hosts)
    assert given
    assert given.words == words


def test_nothing_that_can_be_done_is_nothing_to_say_yes_to() -> None:
    hindered = replace(plan(), obstacles=(Obstacle(Clean("no")),))
    unasked = Planned(Target(Clean("web9"), Clean("mta")))
    assert consent([one(hindered), unasked], 1) is None
    assert consent([one(hindered), one(plan("web2"))], 9) == Consent("stops it", ("yes", "1"))


def test_an_obstacle_is_told_with_its_remedy_and_the_steps_can_still_be_read() -> None:
    hindered = replace(plan(), obstacles=(Obstacle(Clean("no bridge"), Clean("add br0")),))
    lines = [said(line).strip() for line in text([one(hindered)], 0)]
    assert "- no bridge" in lines
    assert "add br0" in lines
    assert "1  stop the service postfix" in lines
    assert not [line for line in lines if "sha256" in line]
    assert "nothing would run" in said(program([one(hindered)], 0)[0])


def test_the_program_shown_is_the_program_that_runs() -> None:
    shown = program([one(plan())], 0)
    assert [said(line)[:-1] for line in shown[1:]] == [
        clean(line, 1 << 16) for line in script(plan()).decode().rstrip("\n").split("\n")
    ]


@given(
    st.lists(
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60),
        min_size=1,
        max_size=6,
    )
)
def test_a_command_reads_as_it_runs_however_narrow_the_screen(words: list[str]) -> None:
    command = Operation(("printf", "%s", *words))
    shown = [one(replace(plan(), steps=(Step(Clean("why"), (command,)),)))]
    whole = next(line for line in text(shown, 0) if said(line).lstrip().startswith("printf"))
    assert shlex.split(said(whole)) == [*command.argv]
    for width in (20, 66):
        parts = flowed([whole], width)
        marks = "".join(said(part) for part in parts).replace(" ", "")
        assert marks == said(whole).replace(" ", "")
