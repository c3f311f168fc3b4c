"""The way from an interface to the wire; what this machine cannot make is made up here."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from console.cables.faults import Fault, Role, Trace
from console.cables.trace import interfaces, trace
from console.clean import Clean
from console.model import Host, Link, Routing, Running
from tests.console.cables.sites import HOSTS, cable, host, link, subhosts

LO = link(1, "lo", None)
ETH0 = link(2, "eth0", None, master="bond0")
ETH1 = link(3, "eth1", None, master="bond0")
BOND = link(4, "bond0", "bond")
VLAN = link(5, "bond0.7", "vlan", peer=(4, ""), vlan=7, master="br7")
BR7 = link(6, "br7", "bridge")
OUTER, INNER = cable(0, "mta", 20, master="br7")
TAGGED = link(21, "mta0.5", "vlan", peer=(20, ""), vlan=5, master="br7")
INNER_TAGGED = link(9, "eth0.5", "vlan", netns="mta", peer=(2, "mta"), vlan=5)
WORLD = (LO, ETH0, ETH1, BOND, VLAN, BR7, OUTER, INNER)


def of(links: tuple[Link, ...], interface: str = "eth0", text: str = "br7=") -> Trace:
    found = trace(host(links, {"mta": text}), "mta", interface)
    assert found is not None
    return found


def changed(name: str, **more: object) -> tuple[Link, ...]:
    return tuple(
        replace(each, **more) if each.name == name and each.netns is None else each  # type: ignore[arg-type]
        for each in WORLD
    )


def without(*names: str) -> tuple[Link, ...]:
    return tuple(each for each in WORLD if each.name not in names or each.netns)


def said(found: Trace) -> list[tuple[int, Fault]]:
    return [(each.hop, each.fault) for each in found.breaks]


def test_over_bridge_vlan_and_bond_to_the_wire() -> None:
    found = of(WORLD)
    assert not found.breaks
    assert [(hop.role, hop.name) for hop in found.hops] == [
        (Role.INNER, "eth0"),
        (Role.OUTER, "mta0"),
        (Role.BRIDGE, "br7"),
        (Role.VLAN, "bond0.7"),
        (Role.BOND, "bond0"),
        (Role.UPLINK, "eth0"),
    ]


@pytest.mark.parametrize(
    ("links", "breaks"),
    [
        (changed("bond0", up=False, carrier=False), [(4, Fault.PARENT_DOWN)]),
        (
            tuple(replace(each, up=False) if each in {BOND, VLAN} else each for each in WORLD),
            [(4, Fault.PARENT_DOWN)],
        ),
        (changed("bond0.7", up=False), [(3, Fault.DOWN)]),
        (changed("eth0", up=False), []),
        (without("bond0"), [(3, Fault.PARENT_MISSING)]),
        (without("eth0", "eth1"), [(4, Fault.NO_UPLINK)]),
        (changed("bond0.7", mtu=1496), [(3, Fault.MTU)]),
        (changed("bond0", mtu=9000), []),
        (changed("br7", mtu=1400), []),
        (changed("bond0.7", port_state=Clean("blocking")), [(3, Fault.BLOCKED)]),
        (changed("br7", carrier=False), []),
    ],
)
def test_breaks_on_the_way(links: tuple[Link, ...], breaks: list[tuple[int, Fault]]) -> None:
    assert said(of(links)) == breaks


def test_a_bond_goes_by_the_port_that_carries() -> None:
    assert of(changed("eth0", carrier=False)).hops[-1].name == "eth1"
    both = [replace(each, carrier=False) if each in {ETH0, ETH1} else each for each in WORLD]
    assert said(of(tuple(both))) == [(5, Fault.NO_CARRIER)]


def test_a_tag_put_on_inside_is_taken_off_outside() -> None:
    outer = replace(OUTER, master=None)
    links = (*without("mta0"), outer, TAGGED, INNER_TAGGED)
    tagged = of(links, "eth0.5", "= br7=.5")
    assert [hop.name for hop in tagged.hops][:5] == ["eth0.5", "eth0", "mta0", "mta0.5", "br7"]
    assert not tagged.breaks
    assert [hop.name for hop in of(links, "mta0.5", "= br7=.5").hops][:2] == ["mta0.5", "br7"]
    assert [hop.name for hop in of(links, "eth0", "= br7=.5").hops][:3] == [
        *("eth0", "mta0", "mta0.5")
    ]


def test_what_is_in_no_bridge_and_has_no_address_leads_nowhere() -> None:
    assert said(of(changed("mta0", master=None), text="=")) == [(1, Fault.NOWHERE)]


def test_a_way_that_comes_back_is_a_loop() -> None:
    a, b = link(30, "a", master="br7", peer=(31, "")), link(31, "b", master="br7", peer=(30, ""))
    assert said(of((*without("bond0.7"), a, b))) == [(4, Fault.LOOP)]


def test_a_cable_of_a_stopped_subhost_is_followed_as_it_will_be() -> None:
    stopped = host(without("mta0")[:-1], {"mta": "br7="}, state=Running.STOPPED)
    found = trace(stopped, "mta", "eth0")
    assert found is not None
    assert said(found) == [(0, Fault.STOPPED)]
    assert [hop.name for hop in found.hops][:4] == ["eth0", "mta0", "br7", "bond0.7"]


@pytest.mark.parametrize("state", [Running.RUNNING, Running.STOPPED])
def test_a_name_too_long_for_the_kernel(state: Running) -> None:
    long = "a-subhost-with-a-name"
    found = trace(host(WORLD[:-2], {long: "br7="}, state=state), long, "eth0")
    assert found is not None
    assert (1, Fault.NAME_TOO_LONG) in said(found)


def test_what_cannot_be_configured_says_why() -> None:
    found = of(WORLD[:-2], text="br7=junk")
    assert found.broken is not None
    assert (found.broken.fault, found.broken.hop) == (Fault.CONFIGURED, 1)
    assert "junk is not a MAC address" in found.broken.told


def test_two_subhosts_of_one_mac_or_address_are_told_of_each_other() -> None:
    twin = cable(0, "web", 40, master="br7")
    shared = Clean("10.0.0.2/24")
    mine = replace(INNER, addresses=(shared, Clean("fe80::1/64")))
    theirs = replace(twin[1], mac=INNER.mac, addresses=(Clean("10.0.0.2/8"), Clean("fe80::1/64")))
    found = of((*WORLD[:-1], mine, twin[0], theirs))
    assert said(found) == [(0, Fault.DUPLICATE_MAC), (0, Fault.DUPLICATE_ADDRESS)]
    assert all("web:eth0" in each.told for each in found.breaks)
    apart = (link(50, "br8", "bridge"), replace(twin[0], master=Clean("br8")))
    assert not of((*WORLD[:-1], mine, *apart, theirs)).breaks


@pytest.mark.parametrize(
    ("routing", "breaks"),
    [
        (None, []),
        (Routing(True), []),
        (Routing(False), [(2, Fault.NOT_FORWARDED)]),
        (Routing(True, (Clean("10.0.0.2"),)), []),
        (Routing(True, (Clean("10.0.0.9"),)), [(2, Fault.NO_DNAT)]),
    ],
)
def test_behind_a_router(routing: Routing | None, breaks: list[tuple[int, Fault]]) -> None:
    outer = replace(OUTER, master=None, addresses=(Clean("10.0.0.1/24"),))
    inner = replace(INNER, addresses=(Clean("10.0.0.2/24"),))
    uplink = replace(ETH0, master=None, routes=(Clean("default via 192.0.2.1"),))
    found = trace(host((outer, inner, uplink), {"mta": "="}, routing), "mta", "eth0")
    assert found is not None
    assert [hop.role for hop in found.hops] == [Role.INNER, Role.OUTER, Role.ROUTER, Role.UPLINK]
    assert said(found) == breaks


def test_public_addresses_need_no_dnat() -> None:
    outer = replace(OUTER, master=None, addresses=(Clean("8.8.8.1/24"),))
    inner = replace(INNER, addresses=(Clean("8.8.8.2/24"),))
    found = trace(host((outer, inner, ETH0), {"mta": "="}, Routing(True, ())), "mta", "eth0")
    assert found is not None
    assert not found.breaks


def test_where_nobody_may_look_the_way_is_not_called_broken_but_unseen() -> None:
    blind = replace(INNER, peer_netns=None, peer_nsid=5)
    assert said(of((*WORLD[:-2], blind))) == [(0, Fault.UNSEEN)]


def test_interfaces_that_can_be_traced() -> None:
    here = host(WORLD, {"mta": "br7= ="})
    assert interfaces(here, "mta") == ("eth0", "eth1")
    assert "lo" not in interfaces(here, "")
    assert "bond0.7" in interfaces(here, "")


@given(HOSTS)
def test_every_trace_ends_and_every_break_has_its_hop(here: Host) -> None:
    for where in ("", "mta", "web", "wire"):
        for name in interfaces(here, where):
            found = trace(here, where, name)
            assert found is not None
            seen = [(hop.place, hop.name) for hop in found.hops if hop.role is not Role.ROUTER]
            assert len(set(seen)) == len(seen)
            assert all(0 <= each.hop < len(found.hops) for each in found.breaks)
            assert [*found.breaks] == sorted(found.breaks, key=lambda each: each.hop)
            present = [hop.link for hop in found.hops if hop.link is not None]
            assert all(each in here.links for each in present)
            assert found.breaks or all(each.up for each in present)


def test_two_hundred_on_eight_bridges_are_whole() -> None:
    here = subhosts(200, 8)
    assert not any(found.breaks for at in range(200) if (found := trace(here, f"sub{at}", "eth0")))
