from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.cabling import Network, cables, network, peers, rated, residue
from console.clean import Clean
from console.model import Cable, Link, Netns, Rates, SubhostConf
from console.parse.links import links as parsed_links
from console.parse.subhost_conf import conf as parsed_conf

MTA = Clean("mta")
NETNS = (Netns(Clean("rwA"), 11, nsid=3), Netns(MTA, 12, nsid=0))
INNER_MAC = "02:aa:00:00:00:01"


def configured(cables: str, name: str = "mta") -> SubhostConf:
    return parsed_conf(f"/opt/{name}/{name}.conf".encode(), f"BASE=.\nCABLES={cables}\n".encode())


def link(
    index: int,
    name: str,
    netns: str | None = None,
    *,
    kind: str | None = "veth",
    up: bool = True,
    master: str | None = None,
    peer: tuple[int | None, int | None] = (None, None),
) -> Link:
    """A link whose peer is (index, number of its namespace)."""
    return Link(
        netns=None if netns is None else Clean(netns),
        index=index,
        name=Clean(name),
        kind=None if kind is None else Clean(kind),
        mac=Clean(INNER_MAC if netns else "e2:e2:1f:37:61:4c"),
        up=up,
        carrier=up,
        mtu=1500,
        master=None if master is None else Clean(master),
        peer_index=peer[0],
        peer_nsid=peer[1],
    )


LO = link(1, "lo", "mta", kind=None)
BR0 = link(3, "br0", kind="bridge")
MTA0 = link(6, "mta0", master="br0", peer=(2, 0))
ETH0 = link(2, "eth0", "mta", peer=(6, 0))
WORLD = (BR0, MTA0, LO, ETH0)


def known(links: Sequence[Link], netns: Sequence[Netns]) -> Network:
    return network(peers(links, netns), netns)


def only(text: str, *links: Link, netns: tuple[Netns, ...] = NETNS) -> Cable:
    (cable,) = cables(configured(text), MTA, known(links, netns))
    return cable


def test_a_sound_cable() -> None:
    found = only(f"br0={INNER_MAC}", *WORLD[:1], replace(MTA0, rx_bytes=9, tx_bytes=8), *WORLD[2:])
    assert found == Cable(
        outer=Clean("mta0"),
        inner=Clean("eth0"),
        bridge=Clean("br0"),
        mac=Clean(INNER_MAC),
        vlan=None,
        up=True,
        fault=None,
        outer_mac=Clean("e2:e2:1f:37:61:4c"),
        rx_bytes=9,
        tx_bytes=8,
        asked=Clean("br0"),
    )


@pytest.mark.parametrize(
    ("text", "links", "fault"),
    [
        ("br0=", (BR0, LO), "missing"),
        ("br0=", (BR0, MTA0, LO), "peer missing"),
        ("br0=", (BR0, replace(MTA0, up=False), LO, ETH0), "down"),
        ("br0=", (BR0, replace(MTA0, master=None), LO, ETH0), "not in bridge br0"),
        ("br0=", (BR0, replace(MTA0, master=Clean("br1")), ETH0), "in bridge br1 instead of br0"),
        ("br7=", (BR0, replace(MTA0, master=None), LO, ETH0), "bridge br7 does not exist"),
        ("br0=02:00:00:00:00:09", WORLD, f"MAC is {INNER_MAC}, not 02:00:00:00:00:09"),
        ("br0=", (BR0, MTA0, LO, replace(ETH0, up=False)), "inner end down"),
        ("br0=", (BR0, replace(MTA0, carrier=False)), "inner end down"),
        ("br0=", (BR0, replace(MTA0, peer_nsid=3), LO), "peer in netns rwA"),
        ("br0=", (BR0, replace(MTA0, peer_nsid=None), LO), "peer still in the host"),
        ("br0=", (BR0, link(6, "mta0", kind="tun", master="br0"), LO), "a tun, not a cable"),
        ("br0=junk", WORLD, "junk is not a MAC address"),
        (
            "br0=",
            (BR0, replace(MTA0, master=None, up=False), LO, replace(ETH0, up=False)),
            "down; inner end down; not in bridge br0",
        ),
    ],
)
def test_faults_in_words(text: str, links: tuple[Link, ...], fault: str) -> None:
    assert only(text, *links).fault == fault


def test_no_bridge_asked_for_is_no_fault_in_one() -> None:
    found = only("=", *WORLD)
    assert (found.fault, found.bridge) == (None, "br0")


def test_a_missing_cable_is_shown_as_configured() -> None:
    found = only(f"br0={INNER_MAC}")
    assert (found.bridge, found.mac, found.inner, found.up) == ("br0", INNER_MAC, "eth0", False)


def test_the_inner_end_is_found_by_its_index_whatever_its_name() -> None:
    decoy = link(5, "eth0", "mta", peer=(77, 0))
    assert only("br0=", BR0, MTA0, LO, decoy, replace(ETH0, name=Clean("lan0"))).inner == "lan0"
    assert only("br0=", BR0, MTA0, LO, decoy).fault == "peer missing"


@pytest.mark.parametrize(
    ("outer", "inner", "netns"),
    [
        (replace(MTA0, peer_index=None, peer_nsid=None), ETH0, NETNS),
        (MTA0, replace(ETH0, peer_index=None, peer_nsid=None), NETNS),
        (MTA0, ETH0, ()),
    ],
)
def test_where_an_index_or_number_is_unknown_the_name_decides(
    outer: Link, inner: Link, netns: tuple[Netns, ...]
) -> None:
    found = only("br0=", BR0, outer, LO, inner, netns=netns)
    assert (found.inner, found.mac, found.fault) == ("eth0", INNER_MAC, None)
    renamed = replace(inner, name=Clean("lan0"))
    assert only("br0=", BR0, outer, LO, renamed, netns=netns).fault == "peer missing"


def test_a_namespace_nobody_could_enter_is_not_called_a_fault() -> None:
    found = only("br0=", BR0, MTA0)
    assert (found.up, found.fault, found.inner) == (True, None, "eth0")


def test_a_vlan_on_a_cable() -> None:
    vlan = replace(link(9, "mta0.5", kind="vlan", master="br0", peer=(6, None)), vlan=5)
    specs = configured("br0= br0=.5")
    assert [cable.fault for cable in cables(specs, MTA, known(WORLD, NETNS))] == [
        None,
        "missing",
    ]
    cable = cables(specs, MTA, known((*WORLD, vlan), NETNS))[1]
    assert (cable.outer, cable.inner, cable.vlan, cable.up) == ("mta0.5", None, 5, True)
    assert cable.fault is None
    wrong = replace(vlan, vlan=6, master=None)
    cable = cables(specs, MTA, known((*WORLD, wrong), NETNS))[1]
    assert cable.fault == "VLAN is 6, not 5; not in bridge br0"


def test_cables_nobody_configured_come_last() -> None:
    extra = (link(8, "mta1", peer=(4, 0)), link(4, "eth1", "mta", peer=(8, 0)))
    vlan = link(9, "mta1.7", kind="vlan", peer=(8, None))
    found = cables(configured("br0="), MTA, known((*extra, vlan, *WORLD), NETNS))
    assert [(cable.outer, cable.inner, cable.fault) for cable in found] == [
        ("mta0", "eth0", None),
        ("mta1", "eth1", "not in the configuration"),
        ("mta1.7", None, "not in the configuration"),
    ]


def test_an_extra_cable_is_known_by_its_peer_not_its_name() -> None:
    renamed = (link(8, "odd", peer=(4, 0)), link(4, "eth1", "mta", peer=(8, 0)))
    foreign = link(9, "mta9", peer=(4, 3))
    found = cables(configured(""), MTA, known((*renamed, foreign), NETNS))
    assert [(cable.outer, cable.inner) for cable in found] == [("odd", "eth1")]


def test_without_a_configuration_cables_are_listed_without_a_fault() -> None:
    (cable,) = cables(None, MTA, known(WORLD, NETNS))
    assert (cable.outer, cable.inner, cable.bridge, cable.fault) == ("mta0", "eth0", "br0", None)


def test_a_stopped_subhost_shows_its_configuration() -> None:
    found = cables(configured("br0= =.5 x"), MTA, known(WORLD, NETNS), running=False)
    assert [(cable.outer, cable.bridge, cable.vlan, cable.up) for cable in found] == [
        ("mta0", "br0", None, False),
        ("mta0.5", None, 5, False),
        ("mta1", None, None, False),
    ]
    assert [cable.fault for cable in found] == [None, None, "there is no = in it"]
    assert cables(None, MTA, known(WORLD, NETNS), running=False) == ()


def test_residue_of_a_crash() -> None:
    vlan = link(9, "mta0.5", kind="vlan", peer=(6, None))
    assert residue(MTA, known((*WORLD, vlan), NETNS)) == (
        "netns mta",
        "interface mta0",
        "interface mta0.5",
    )
    assert residue(MTA, known((BR0,), NETNS[:1])) == ()


def test_residue_is_not_what_only_looks_like_it() -> None:
    hardware = link(2, "mta0", kind=None)
    words = (link(3, "mta"), link(4, "mta0x"), link(5, "mtax0"), link(6, "xmta0"))
    assert residue(MTA, known((hardware, *words, link(7, "mta1", peer=(2, 3))), ())) == (
        "interface mta1",
    )
    assert residue(MTA, known((link(7, "mta1", peer=(2, 3)),), NETNS[:1])) == ()


def test_a11_belongs_to_a1_where_there_is_a_namespace_a1() -> None:
    a, a1, a11 = Clean("a"), Clean("a1"), link(4, "a11")
    both = (Netns(a, 1), Netns(a1, 2))
    assert residue(a, known((a11,), both)) == ("netns a",)
    assert residue(a1, known((a11,), both[1:])) == ("netns a1", "interface a11")
    assert residue(a, known((a11,), both[:1])) == ("netns a", "interface a11")


def test_peers_are_named_as_far_as_they_can_be_known() -> None:
    stray = link(9, "eth9", "mta", peer=(6, 5))
    vlan = link(4, "eth0.2", "mta", kind="vlan", peer=(2, None))
    local = link(20, "v0", peer=(21, None))
    unknown = link(22, "docker0", peer=(2, 7))
    told = replace(unknown, peer_netns=Clean("told"))
    found = peers((MTA0, ETH0, LO, stray, vlan, local, unknown, told), NETNS)
    assert [each.peer_netns for each in found] == [
        "mta", "", None, None, "mta", "", None, "told",
    ]  # fmt: skip
    assert peers(found, NETNS) == found


def test_what_iproute2_prints_makes_a_cable() -> None:
    host = parsed_links(
        b'[{"ifindex":6,"link_index":2,"ifname":"mta0","flags":["UP","LOWER_UP"],"master":"br-lan",'
        b'"address":"e2:e2:1f:37:61:4c","link_netnsid":0,"linkinfo":{"info_kind":"veth"}},'
        b'{"ifindex":5,"ifname":"br-lan","flags":["UP"],"linkinfo":{"info_kind":"bridge"}}]'
    )
    inside = parsed_links(
        b'[{"ifindex":2,"link_index":6,"ifname":"eth0","flags":["UP","LOWER_UP"],'
        b'"address":"02:aa:00:00:00:01","link_netnsid":0,"linkinfo":{"info_kind":"veth"}}]',
        MTA,
    )
    found = only(f"br-lan={INNER_MAC}", *host, *inside)
    assert (found.outer, found.inner, found.up, found.fault) == ("mta0", "eth0", True, None)


def test_rates_are_what_passed_since_the_look_before() -> None:
    counted = replace(MTA0, rx_bytes=3000, tx_bytes=10, rx_packets=30, tx_packets=1, dropped=5)
    new = link(40, "new")
    later, fresh = rated((counted, new), 12.0, (MTA0,), 2.0)
    assert later.rates == Rates(300.0, 1.0, 3.0, 0.1, 0.5)
    assert fresh.rates is None
    assert rated((MTA0,), 22.0, (later,), 12.0)[0].rates is None, "its counters began again"


SMALL = st.none() | st.integers(0, 3)
LINKS = st.lists(
    st.builds(
        link,
        st.integers(1, 3),
        st.sampled_from(["mta0", "mta0.5", "mta1", "eth0", "eth1", "br0", "lo"]),
        st.sampled_from([None, "mta", "rwA"]),
        kind=st.sampled_from([None, "veth", "vlan", "bridge", "tun"]),
        up=st.booleans(),
        master=st.sampled_from([None, "br0", "br1"]),
        peer=st.tuples(SMALL, SMALL),
    ),
    max_size=8,
)


@given(LINKS, st.sampled_from(["", "=", "br0= =.5", "br0=02:00:00:00:00:01 = x"]))
def test_every_configured_cable_is_told_once_and_first(links: list[Link], text: str) -> None:
    specs = configured(text)
    found = cables(specs, MTA, known(links, NETNS))
    assert [c.outer for c in found[: len(specs.cables)]] == [s.outer for s in specs.cables]
    assert all(c.fault == "not in the configuration" for c in found[len(specs.cables) :])
    assert all(c.fault or spec.fault is None for c, spec in zip(found, specs.cables, strict=False))
    assert not any(c.up and c.fault == "missing" for c in found)
