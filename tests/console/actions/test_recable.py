"""Plans that change a cable: exact commands, what speaks against it, and our own way there."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.actions.verbs import hindrance, planned
from console.clean import Clean, clean
from console.model import Host, Link, Running
from console.operations import Operation, line
from console.plan import Plan, Tier, Verb, Wish
from console.recabling import Change, Recabling, recabling
from console.shell import script
from console.survey import Survey
from tests.console.actions.ground import CONF, NAME, survey
from tests.console.actions.test_stop import LINEAGE
from tests.console.cables.sites import HOSTS, cable, host, link

CABLES = "br0= ="
INNER_MAC = "02:00:00:00:00:01"
VLAN = link(60, "mta0.5", "vlan", peer=(50, ""), vlan=5, master="br1")
LINKS = (
    link(2, "up0", None, master="br0"),
    link(10, "br0", "bridge"),
    link(11, "br1", "bridge"),
    *(replace(each, mac=clean(INNER_MAC)) if each.netns else each
      for each in cable(0, "mta", 50, master="br0")),
    *cable(1, "mta", 51),
    *cable(0, "web", 52, master="br0"),
    *cable(0, "db", 53, master="br1"),
    replace(
        VLAN,
        addresses=(Clean("10.0.5.1/24"), Clean("fe80::1/64")),
        routes=(Clean("default via 10.0.5.2"), Clean("10.0.5.0/24")),
    ),
)  # fmt: skip
AWAY = (Clean("eth9"), None)
ABOVE = replace(
    survey(f"BASE=.\nCABLES={CABLES}\n"), lineage=LINEAGE, way=AWAY, sessions=(Clean("pts/1: sh"),)
)


def site(links: tuple[Link, ...] = LINKS) -> Host:
    found = host(links, {"mta": CABLES, "web": "br0=", "db": "br1="})
    (mta, *others) = found.subhosts
    return replace(found, subhosts=(replace(mta, config=CONF, pid=70), *others))


def plan(
    words: str, end: str = "eth0", looked: Survey = ABOVE, links: tuple[Link, ...] = LINKS
) -> Plan:
    wanted = recabling(end, words.split())
    return planned(site(links), Wish(Verb.CABLE, NAME, recabling=wanted), looked)


def commands(operations: tuple[Operation, ...]) -> list[str]:
    return [line(each) for each in operations]


CHANGES = {
    "bridge br1": (
        ["while_there mta0 50 plug mta0 br1", "link_is mta0 50"],
        ["while_there mta0 50 plug mta0 br0"],
    ),
    "no-bridge": (
        ["while_there mta0 50 unplug mta0", "link_is mta0 50"],
        ["while_there mta0 50 plug mta0 br0"],
    ),
    "vlan 7": (["put_vlan mta0 50 7 mta0.7"], ["take_vlan mta0.7 50"]),
    "vlan 7 br1": (["put_vlan mta0 50 7 mta0.7 br1"], ["take_vlan mta0.7 50"]),
    "no-vlan 5": (
        ["keep_routes mta0.5 50", "take_vlan mta0.5 50"],
        [
            "while_there mta0 50 put_vlan mta0 50 5 mta0.5 br1",
            "while_there mta0 50 ip address add 10.0.5.1/24 dev mta0.5",
            "while_there mta0 50 give_routes mta0.5",
        ],
    ),
    "mac 2:0:0:0:0:9": (
        [
            "inside 70 500 eth0 2 address 02:00:00:00:00:09",
            "has_inside 70 500 eth0 2 ' 02:00:00:00:00:09 '",
        ],
        [f"inside 70 500 eth0 2 address {INNER_MAC}"],
    ),
}


@pytest.mark.parametrize("words", CHANGES)
def test_one_step_that_can_be_taken_back(words: str) -> None:
    made = plan(words)
    assert not made.obstacles
    (step,) = made.steps
    assert (commands(step.operations), commands(step.undo)) == CHANGES[words]
    assert made.title == f"cable mta/eth0 {recabling('', words.split()).words} on here"
    checks = [line(each.operation) for each in made.checks]
    assert checks[:3] == ["alive 70 500", "link_is mta0 50", "has_inside 70 500 eth0 2 @if50:"]
    assert len(checks) > 3
    assert made.awaited is None


def test_what_is_down_is_set_up_from_the_outside_inwards() -> None:
    down = {"br0", "mta0", "eth0"}
    links = tuple(replace(each, up=each.name not in down) for each in LINKS)
    made = plan("up", links=links)
    assert [step.why for step in made.steps] == [
        *("set br0 up", "set mta0 up", "set eth0 inside up")
    ]
    assert commands(made.steps[1].undo) == ["while_there mta0 50 ip link set dev mta0 down"]
    assert commands(made.steps[2].operations)[0] == "inside 70 500 eth0 2 up"
    assert made.tier is Tier.REVERSIBLE
    below = plan("up", "mta0.5", links=tuple(
        replace(each, up=each.name not in {"mta0", "mta0.5"}) for each in LINKS
    ))  # fmt: skip
    assert [step.why for step in below.steps] == ["set mta0 up", "set mta0.5 up"]


def test_how_it_is_confirmed_and_who_else_feels_it() -> None:
    tiers = {
        "no-bridge": Tier.INTERRUPTS,
        "bridge br1": Tier.INTERRUPTS,
        "mac 2:0:0:0:0:9": Tier.INTERRUPTS,
        "no-vlan 5": Tier.INTERRUPTS,
        "vlan 7": Tier.REVERSIBLE,
    }
    assert {words: plan(words).tier for words in tiers} == tiers
    assert plan("bridge br1", "eth1").tier is Tier.REVERSIBLE
    assert plan("bridge br1").consequences == (
        "in use at pts/1: sh",
        "web will not reach it any more through br0",
        "it and db will reach each other through br1",
    )
    lost = plan("no-vlan 5").consequences
    assert "mta0.5 goes with its addresses: 10.0.5.1/24, fe80::1/64" in lost
    assert "mta0.5 goes with its routes: default via 10.0.5.2" in lost


@pytest.mark.parametrize(
    ("words", "end", "note"),
    [
        ("bridge br1", "eth0", "CABLES in /opt/mta/mta.conf says br0= and is left as it is: the"),
        ("bridge br1", "mta0.5", ""),
        ("no-vlan 5", "eth0", "that is as CABLES in /opt/mta/mta.conf says: it is so after the"),
        ("vlan 7", "eth0", "CABLES in /opt/mta/mta.conf knows nothing of it and is left as it is"),
        ("mac 2:0:0:0:0:9", "eth0", "CABLES in /opt/mta/mta.conf says br0= and is left as it is"),
    ],
)
def test_it_says_what_the_next_start_does(words: str, end: str, note: str) -> None:
    assert any(each.startswith(note) for each in plan(words, end).notes) or not note
    decided = replace(ABOVE, conf=b"BASE=.\nCABLES=!echo br0=\n")
    assert "a command decides its CABLES" in plan("vlan 7", looked=decided).notes[-1]
    assert "could not be read" in plan("vlan 7", looked=replace(ABOVE, conf=None)).notes[-1]


@pytest.mark.parametrize(
    ("words", "end", "told"),
    [
        ("bridge br0", "eth0", "mta0 is in br0 already"),
        ("bridge br9", "eth0", "br9 is no interface of this host"),
        ("bridge web0", "eth0", "web0 is no bridge of this host"),
        ("no-bridge", "eth1", "mta1 is in no bridge"),
        ("up", "eth0", "all on the way of eth0 is up"),
        ("up", "eth7", "mta has no cable eth7"),
        ("vlan 5", "eth0", "mta0.5 exists already"),
        ("vlan 7", "mta0.5", "mta0.5 is a VLAN itself"),
        ("no-vlan 7", "eth0", "there is no VLAN 7 on mta0"),
        ("mac 2:0:0:0:0:1", "mta0.5", "the end of mta0.5 inside is not seen"),
        (f"mac {INNER_MAC}", "eth1", f"{INNER_MAC} is the MAC of mta:eth0 already"),
    ],
)
def test_what_stands_in_its_way(words: str, end: str, told: str) -> None:
    made = plan(words, end)
    assert [each.text for each in made.obstacles] == [told]
    assert not made.steps


def test_more_that_stands_in_its_way() -> None:
    gone = tuple(each for each in LINKS if each.name != "mta1")
    assert [each.text for each in plan("up", "eth1", links=gone).obstacles] == [
        "mta1 does not exist"
    ]
    bonded = tuple(
        replace(each, kind=Clean("bond")) if each.name == "br0" else each for each in LINKS
    )
    assert "which is no bridge" in plan("no-bridge", links=bonded).obstacles[0].text
    here = site()
    assert planned(here, Wish(Verb.CABLE, NAME), ABOVE).obstacles
    ended = plan("up", looked=replace(ABOVE, lineage=None)).obstacles
    assert [each.text for each in ended][:1] == ["mta has ended just now"]
    assert hindrance(here, NAME, Verb.CABLE) is None
    found = hindrance(replace(here, subhosts=()), NAME, Verb.CABLE)
    assert found
    assert found.text == "there is no subhost mta on here"
    (mta, *_) = here.subhosts
    broken = replace(here, subhosts=(replace(mta, state=Running.BROKEN),))
    found = hindrance(broken, NAME, Verb.CABLE)
    assert found
    assert found.text == "mta is broken"
    assert "longer than 15 bytes" in _long().obstacles[0].text


def _long() -> Plan:
    links = cable(0, "abcdefghijkl", 50)
    found = host(links, {"abcdefghijkl": "="})
    wanted = recabling("eth0", ("vlan", "4094"))
    return planned(found, Wish(Verb.CABLE, Clean("abcdefghijkl"), recabling=wanted), ABOVE)


@pytest.mark.parametrize("way", ["br0", "br0.9", "mta0", "mta0.5", None])
def test_where_it_may_cut_our_own_way_it_waits_for_us(way: str | None) -> None:
    above = link(70, "br0.9", "vlan", peer=(10, ""), vlan=9)
    looked = replace(ABOVE, way=(Clean(way), None) if way else None)
    made = plan("no-bridge", looked=looked, links=(*LINKS, above))
    through = way or "links that are not known"
    assert made.consequences[0] == (
        f"our own way to this host, by {through}, may be cut: all is taken back unless we have "
        "reached it anew within 30 s"
    )
    assert (made.tier, made.awaited, len(made.steps)) == (Tier.LOSES, 30, 2)
    assert commands(made.steps[0].operations)[0] == "guard"
    assert commands(made.steps[1].operations) == ["heard 30"]
    assert b"\nguard() {" in script(made)
    assert b"\nguard() {" not in script(plan("no-bridge"))
    here = replace(site(), name=Clean("local"))
    wish = Wish(Verb.CABLE, NAME, recabling=recabling("eth0", ("no-bridge",)))
    assert planned(here, wish, replace(ABOVE, way=None)).awaited is None


RECABLINGS = st.builds(
    Recabling,
    st.sampled_from(["eth0", "eth1", "mta0", "mta1", "mta0.5"]).map(Clean),
    st.sampled_from(Change),
    st.sampled_from(["br0", "br1", "bond0"]).map(Clean),
    st.integers(1, 4094),
    st.just(Clean("02:00:00:00:00:09")),
)


@given(HOSTS, RECABLINGS)
def test_whatever_hangs_together_is_planned_in_words_or_refused(
    here: Host, wanted: Recabling
) -> None:
    made = planned(here, Wish(Verb.CABLE, NAME, recabling=wanted), ABOVE)
    assert bool(made.steps) is not bool(made.obstacles)
    for step in made.steps:
        for each in (*step.operations, *step.undo):
            assert shlex.split(line(each)) == list(each.argv)
    if made.steps:
        assert script(made)


@given(st.text(max_size=15), st.text(max_size=15))
def test_hostile_names_of_links_are_one_word_or_an_obstacle(outer: str, bridge: str) -> None:
    names = {"mta0": clean(outer), "br0": clean(bridge)}
    links = tuple(
        replace(
            each,
            name=names.get(each.name, each.name),
            master=names.get(each.master, each.master) if each.master else None,
        )
        for each in LINKS
    )
    made = planned(
        site(links),
        Wish(Verb.CABLE, NAME, recabling=recabling(names["mta0"], ("no-bridge",))),
        ABOVE,
    )
    for each in (each for step in made.steps for each in (*step.operations, *step.undo)):
        assert shlex.split(line(each)) == list(each.argv)
