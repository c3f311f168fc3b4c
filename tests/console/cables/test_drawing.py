"""The cabling as a drawing: every link in it, the same for the same host."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.cables.drawing import Rung, drawing
from console.cables.strokes import CROSS, Mark, in_ascii
from console.cables.trace import trace
from console.model import Host, Link
from tests.console.cables.sites import HOSTS, cable, host, link, names, subhosts
from tests.console.cables.test_trace import OUTER, TAGGED, WORLD

WEB = cable(0, "web", 40)
MORE = (
    *WEB,
    TAGGED,
    link(50, "tap0", "tun", master="br7"),
    link(61, "eth2", None),
    link(62, "eth2.9", "vlan", peer=(61, ""), vlan=9),
    link(9, "tun0", "tun", netns="web"),
)
CONFIGURED = {"mta": "br7= br7=.5 br9= =", "web": "br7="}


def text(*links: Link, **configured: str) -> list[str]:
    return [in_ascii(rung.text) for rung in drawing(host(links, configured or CONFIGURED))]


def test_all_there_is() -> None:
    assert text(*WORLD, *MORE) == [
        "eth0 -+",
        "eth1 -+- bond0 -- bond0.7 -- br7",
        "  |- mta0 ----- mta:eth0",
        "  |- mta0.5 --- mta:eth0",
        "  |- tap0",
        "  `X web0 ----- web:eth0",
        "X br9",
        "  `X mta1 X-- mta:eth1",
        "mta2 X-- mta:eth2",
        "eth2 -- eth2.9",
        "web:tun0",
    ]


def test_unicode_has_the_same_cells() -> None:
    first, second, *_ = drawing(host((*WORLD, *MORE), CONFIGURED))
    assert (first.text, second.text) == ("eth0 ─┐", "eth1 ─┴─ bond0 ── bond0.7 ── br7")


def test_several_ways_out_of_several_kinds_meet() -> None:
    vlan = link(70, "eth3.9", "vlan", peer=(71, ""), vlan=9, master="br7")
    assert text(*WORLD, vlan, link(71, "eth3", None), link(72, "x", None, master="br7"))[:4] == [
        "eth0 -+",
        "eth1 -+- bond0 -- bond0.7 -+",
        "eth3 -- eth3.9 ------------+",
        "x -------------------------+- br7",
    ]


def test_a_bridge_that_is_patched_to_another() -> None:
    patch = (
        link(80, "a", master="br7", peer=(81, "")),
        link(81, "b", master="br8", peer=(80, "")),
        link(82, "br8", "bridge"),
    )
    assert text(*patch, link(6, "br7", "bridge"), mta="") == ["b -- a -- br7", "a -- b -- br8"]


def test_a_rung_says_whose_it_is_and_what_is_wrong() -> None:
    rungs = {str(rung.name): rung for rung in drawing(host((*WORLD, *MORE), CONFIGURED))}
    web = rungs["web0"]
    assert (web.place, web.fault, web.link) == ("web", "not in bridge br7", WEB[1])
    assert [part.mark for part in web.parts if CROSS in part.text] == [Mark.BROKEN]
    assert rungs["br9"].fault == "bridge br9 does not exist"
    assert (rungs["br7"].place, rungs["br7"].fault) == ("", None)


@pytest.mark.parametrize(
    ("up", "carrier", "mark"),
    [(False, False, Mark.DOWN), (True, False, Mark.SILENT), (True, True, Mark.UP)],
)
def test_state_is_a_mark(up: bool, carrier: bool, mark: Mark) -> None:
    now = replace(OUTER, up=up, carrier=carrier)
    changed = [now if each is OUTER else each for each in WORLD]
    rungs = drawing(host(changed, {"mta": "br7="}))
    assert [part.mark for rung in rungs for part in rung.parts if part.text == "mta0"] == [mark]


def test_numbers_are_in_the_order_of_numbers() -> None:
    drawn = [rung.name for rung in drawing(subhosts(12, 1)) if rung.place]
    assert drawn == sorted(drawn, key=lambda name: int(name.removeprefix("sub")))


@given(HOSTS)
def test_every_link_is_drawn_and_every_rung_can_be_followed(here: Host) -> None:
    rungs = drawing(here)
    drawn = {name for rung in rungs for name in names(rung.drawn)}
    assert drawn == {each for each in names(here.links) if each[1] != "lo"}
    for rung in rungs:
        assert len(in_ascii(rung.text)) == len(rung.text)
        assert in_ascii(rung.text).isascii()
        assert rung.link is None or rung.link in rung.drawn
        if rung.drawn:
            assert trace(here, rung.place, rung.name) is not None


@given(HOSTS, st.randoms(use_true_random=False))
def test_the_order_in_which_links_are_told_does_not_matter(
    here: Host, chance: random.Random
) -> None:
    links = [*here.links]
    chance.shuffle(links)
    assert _shape(drawing(replace(here, links=tuple(links)))) == _shape(drawing(here))


def _shape(rungs: tuple[Rung, ...]) -> list[str]:
    return [rung.text for rung in rungs]
