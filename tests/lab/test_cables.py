"""Cables on real namespaces, with each fault, followed to the hop that has it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backends.cabling import Cabling
from backends.netlink import Namespaces
from console.cables.faults import Fault, Role, Trace
from console.cables.trace import trace
from console.cabling import cables, network, peers
from console.clean import Clean
from console.model import Host, Running, Subhost
from console.parse import dnat
from console.parse import links as told
from console.parse.subhost_conf import conf
from tests.lab.inventory import until
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("bridge")]

MAC = "02:aa:00:00:00:01"


class Site:
    """A subhost cabled to a bridge, and the bridge to another namespace, which is the wire."""

    def __init__(self, world: World) -> None:
        self.name, self.wire, self.bridge = world.netns(), world.netns(), world.bridge()
        self.outer, self.uplink = f"{self.name}0", world.name()
        self.configured = f"{self.bridge}={MAC}"
        self.ip(f"link add {self.outer} type veth peer name eth0 address {MAC} netns {self.name}")
        self.ip(f"link add {self.uplink} type veth peer name far netns {self.wire}")
        for port in (self.outer, self.uplink):
            self.ip(f"link set {port} up master {self.bridge}")
        self.ip(f"-n {self.name} addr add 192.0.2.5/24 dev eth0")
        self.ip(f"-n {self.wire} addr add 192.0.2.1/24 dev far")
        self.ip(f"-n {self.name} link set eth0 up")
        self.ip(f"-n {self.wire} link set far up")

    def ip(self, words: str) -> None:
        """Run ``ip`` with names of this site: NAME, OUTER, BRIDGE, UPLINK, WIRE."""
        run(["ip", *self.spelled(words)])

    def spelled(self, words: str) -> list[str]:
        names = vars(self)
        return [
            names.get(word.lower(), word) if word.isupper() else word for word in words.split()
        ]

    def host(self, seen: Cabling) -> Host:
        """Return the host as derived from what was seen of its links."""
        links = peers(seen.links, seen.netns)
        name = Clean(self.name)
        text = f"BASE=.\nCABLES={self.configured}\n".encode()
        found = cables(conf(f"/x/{name}.conf".encode(), text), name, network(links, seen.netns))
        guest = Subhost(name, None, Running.RUNNING, 1, None, None, (), found, (), None)
        shape = dict.fromkeys(("levels", "images", "gaps"), ())
        return Host(
            **{"name": Clean("here"), "boot": None, "memory": None, **shape},  # type: ignore[arg-type]
            subhosts=(guest,), links=links, netns=seen.netns,
            time=0.0, at=0.0, routing=seen.routing,
        )  # fmt: skip


def run(argv: list[str]) -> bytes:
    return subprocess.run(argv, check=True, capture_output=True).stdout


def by_netlink() -> Cabling:
    return Namespaces(Path("/run/netns")).look()


def forwarding() -> tuple[Cabling, ...]:
    """Return what is told once every port of a bridge forwards, which takes a moment."""
    seen = by_netlink()
    states = {link.port_state for link in seen.links}
    return (seen,) if states <= {None, "forwarding"} else ()


def by_ip() -> Cabling:
    """Return what a host tells that is looked at over SSH."""
    spaces = told.netns(run(["ip", "-j", "netns", "list"]))
    show = ["-j", "-d", "-s", "addr", "show"]
    links = [*told.links(run(["ip", *show]))]
    for each in spaces:
        links += told.links(run(["ip", "-n", each.name, *show]), each.name)
    return Cabling(tuple(links), spaces)


@pytest.fixture
def site() -> Iterator[Site]:
    with World() as world:
        yield Site(world)


def traced(site: Site, seen: Cabling, interface: str = "eth0") -> Trace:
    found = trace(site.host(seen), site.name, interface)
    assert found is not None
    return found


@pytest.mark.parametrize("look", [by_netlink, by_ip])
def test_a_sound_cable_is_followed_to_the_wire(site: Site, look: Callable[[], Cabling]) -> None:
    seen = look()
    found = traced(site, seen)
    assert not found.breaks
    assert [(hop.role, hop.place, hop.name) for hop in found.hops] == [
        (Role.INNER, site.name, "eth0"),
        (Role.OUTER, "", site.outer),
        (Role.BRIDGE, "", site.bridge),
        (Role.LINK, "", site.uplink),
        (Role.FAR, site.wire, "far"),
    ]
    assert traced(site, seen, site.outer) == found
    assert trace(site.host(seen), "", site.outer) == found


FAULTS: dict[str, tuple[tuple[str, ...], int, Fault]] = {
    "the inner end is elsewhere": (("-n NAME link set eth0 netns WIRE",), 0, Fault.PEER_MISSING),
    "there is no cable": (("link del OUTER",), 1, Fault.MISSING),
    "not in the bridge": (("link set OUTER nomaster",), 1, Fault.NOT_IN_BRIDGE),
    "in another bridge": (
        ("link add OTHER type bridge", "link set OTHER up", "link set OUTER master OTHER"),
        1,
        Fault.OTHER_BRIDGE,
    ),
    "the bridge is gone": (("link del BRIDGE",), 2, Fault.BRIDGE_MISSING),
    "no uplink": (("link set UPLINK nomaster",), 2, Fault.NO_UPLINK),
    "the inner end is down": (("-n NAME link set eth0 down",), 0, Fault.DOWN),
    "the outer end is down": (("link set OUTER down",), 1, Fault.DOWN),
    "the bridge is down": (("link set BRIDGE down",), 2, Fault.DOWN),
    "the uplink is down": (("link set UPLINK down",), 3, Fault.DOWN),
    "the far end is down": (("-n WIRE link set far down",), 4, Fault.DOWN),
    "the uplink has no carrier": (
        ("link del UPLINK", "tuntap add UPLINK mode tap", "link set UPLINK up master BRIDGE"),
        3,
        Fault.NO_CARRIER,
    ),
    "what the uplink rides on is down": (
        (
            "link set UPLINK nomaster",
            "link add OTHER link UPLINK type macvlan mode passthru",
            "link set OTHER up master BRIDGE",
            "link set UPLINK down",
        ),
        4,
        Fault.PARENT_DOWN,
    ),
    "the outer end is narrower": (("link set OUTER mtu 1400",), 1, Fault.MTU),
    "the inner end is narrower": (("-n NAME link set eth0 mtu 1400",), 0, Fault.MTU),
    "the uplink is narrower": (
        ("link set UPLINK mtu 1400", "-n WIRE link set far mtu 1400"),
        3,
        Fault.MTU,
    ),
    "the far end has its MAC": ((f"-n WIRE link set far address {MAC}",), 0, Fault.DUPLICATE_MAC),
    "its own outer end has its MAC": (
        (f"link set OUTER address {MAC}",),
        0,
        Fault.DUPLICATE_MAC,
    ),
    "the far end has its address": (
        ("-n WIRE addr add 192.0.2.5/24 dev far",),
        0,
        Fault.DUPLICATE_ADDRESS,
    ),
    "the bridge has its address": (
        ("addr add 192.0.2.5/24 dev BRIDGE",),
        0,
        Fault.DUPLICATE_ADDRESS,
    ),
    "another MAC than CABLES asks for": (
        ("-n NAME link set eth0 address 02:aa:00:00:00:99",),
        0,
        Fault.OTHER_MAC,
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_traced_to_its_hop(site: Site, case: str) -> None:
    commands, hop, fault = FAULTS[case]
    vars(site)["other"] = f"{site.bridge}o"
    for command in commands:
        site.ip(command)
    for look in (by_netlink, by_ip):
        found = traced(site, look())
        assert found.broken is not None
        assert (found.broken.hop, found.broken.fault) == (hop, fault), found
        assert found.hops[hop].name in found.broken.told


def test_a_port_that_spanning_tree_keeps_waiting(site: Site) -> None:
    run(["bridge", "link", "set", "dev", site.uplink, "state", "1"])
    for look in (by_netlink, by_ip):
        found = traced(site, look())
        assert [(each.hop, each.fault) for each in found.breaks] == [(3, Fault.BLOCKED)]
        assert "is listening in" in found.breaks[0].told
    # where there is another way out, that is the way
    vars(site)["other"] = f"{site.bridge}o"
    site.ip("link add OTHER type veth peer name far2 netns WIRE")
    site.ip("-n WIRE link set far2 up")
    site.ip("link set OTHER up master BRIDGE")
    assert [hop.name for hop in traced(site, by_netlink()).hops][-1] == "far2"


def test_of_two_bridges_that_form_a_loop_spanning_tree_blocks_one_port(site: Site) -> None:
    vars(site)["other"] = other = f"{site.bridge}o"
    site.ip("link add OTHER type bridge stp_state 1 forward_delay 200")
    site.ip("link set BRIDGE type bridge stp_state 1 forward_delay 200")
    site.ip("link set OTHER up")
    for number in range(2):
        site.ip(f"link add {other}{number} type veth peer name {other}{number}p")
        site.ip(f"link set {other}{number} up master BRIDGE")
        site.ip(f"link set {other}{number}p up master OTHER")
    site.ip("link set UPLINK nomaster")
    site.ip("link set UPLINK master OTHER")
    seen = by_netlink()
    states = {link.port_state for link in seen.links if link.master in {other, site.bridge}}
    assert states & {"listening", "learning", "blocking"}
    found = traced(site, seen)
    assert Fault.BLOCKED in {each.fault for each in found.breaks}


def test_a_name_that_no_interface_can_have(site: Site) -> None:
    site.configured = f"{site.bridge}= {site.bridge}=.4094"
    outer = f"{site.name}0.4094"
    found = traced(site, by_netlink(), outer)
    if len(outer) > 15:
        assert [each.fault for each in found.breaks] == [Fault.NAME_TOO_LONG]
    else:
        assert [each.fault for each in found.breaks] == [Fault.MISSING]
    assert [hop.name for hop in found.hops] == [outer, site.bridge, site.uplink, "far"]


@pytest.mark.parametrize("forwards", [True, False])
def test_where_the_host_routes(site: Site, *, forwards: bool) -> None:
    site.configured = f"={MAC}"
    site.ip("link set OUTER nomaster")
    site.ip("addr add 198.51.100.1/24 dev OUTER")
    site.ip("addr add 203.0.113.2/24 dev BRIDGE")
    site.ip("route add default via 203.0.113.1 dev BRIDGE")
    (seen,) = until(forwarding, 10, "the ports of bridges to forward")
    assert seen.routing
    site_seen = replace(seen, routing=replace(seen.routing, forwards=forwards))
    found = traced(site, site_seen)
    assert [hop.role for hop in found.hops] == [
        *(Role.INNER, Role.OUTER, Role.ROUTER, Role.BRIDGE, Role.LINK, Role.FAR)
    ]
    assert [(each.hop, each.fault) for each in found.breaks] == [(2, Fault.NOT_FORWARDED)] * (
        not forwards
    )


def test_what_is_not_there_has_no_trace(site: Site) -> None:
    host = site.host(by_netlink())
    assert trace(host, site.name, "eth7") is None
    assert trace(host, "nobody", "eth0") is None
    assert trace(host, "", "lo") is None


@pytest.mark.needs("iptables")
@pytest.mark.parametrize("tool", ["iptables-legacy", "iptables-nft"])
def test_rules_that_send_packets_elsewhere_are_read(tool: str) -> None:
    rule = "-t nat -A PREROUTING -p tcp --dport 25 -j DNAT --to-destination 10.0.0.2:25"
    apart = ["unshare", "-n", "sh", "-c", f"{tool} {rule} && exec sh"]
    said = subprocess.run(apart, input=dnat.ASK, capture_output=True, check=True)
    assert dnat.translated(said.stdout) == ("10.0.0.2",)
    bare = subprocess.run(["unshare", "-n", "sh"], input=dnat.ASK, capture_output=True, check=True)
    assert dnat.translated(bare.stdout) == ()
