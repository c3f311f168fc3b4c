"""Made-up hosts for tests of cabling: links in a few words, subhosts by their CABLES."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zlib import crc32

from hypothesis import strategies as st

from console.cabling import cables, network, peers
from console.clean import Clean
from console.model import Host, Link, Netns, Routing, Running, Subhost
from console.parse.subhost_conf import conf


def link(index: int, name: str, kind: str | None = "veth", **more: object) -> Link:
    """Return a link that is up; ``netns``, ``master``, ``peer`` = (index, netns) … by name."""
    netns, master, peer = more.pop("netns", None), more.pop("master", None), more.pop("peer", None)
    given: dict[str, object] = {
        "netns": None if netns is None else Clean(str(netns)),
        "index": index,
        "name": Clean(name),
        "kind": None if kind is None else Clean(kind),
        "mac": _mac(f"{netns} {index}"),
        "up": True,
        "carrier": True,
        "mtu": 1500,
        "master": None if master is None else Clean(str(master)),
    }
    if isinstance(peer, tuple):
        given["peer_index"] = peer[0]
        given["peer_netns"] = None if peer[1] is None else Clean(peer[1])
    return Link(**(given | more))  # type: ignore[arg-type]


def _mac(seed: str) -> Clean:
    digits = f"{crc32(seed.encode()):08x}"
    return Clean(":".join(("02", "00", *(digits[at : at + 2] for at in range(0, 8, 2)))))


def host(
    links: Sequence[Link],
    configured: dict[str, str],
    routing: Routing | None = None,
    *,
    state: Running = Running.RUNNING,
) -> Host:
    """Return a host with subhosts by name and CABLES, and the links there are."""
    places = dict.fromkeys(each.netns for each in links if each.netns)
    netns = tuple(
        Netns(Clean(str(name)), 100 + at, at, Clean(str(name)) if name in configured else None)
        for at, name in enumerate(places)
    )
    links = peers(links, netns)
    known = network(links, netns)
    found = tuple(_subhost(name, text, known, state) for name, text in configured.items())
    return Host(
        name=Clean("here"),
        boot=None,
        memory=None,
        levels=(),
        subhosts=found,
        links=links,
        netns=netns,
        images=(),
        gaps=(),
        time=0.0,
        at=0.0,
        routing=routing,
    )


def _subhost(name: str, text: str, known: object, state: Running) -> Subhost:
    read = conf(f"/x/{name}.conf".encode(), f"BASE=.\nCABLES={text}\n".encode())
    running = state is Running.RUNNING
    found = cables(read, Clean(name), known, running=running)  # type: ignore[arg-type]
    return Subhost(Clean(name), None, state, 1, None, None, (), found, (), None)


def cable(number: int, name: str, index: int, master: str | None = None) -> tuple[Link, Link]:
    """Return both ends of the cable ``NAMEi`` to ``ethi`` of a subhost."""
    outer = link(index, f"{name}{number}", peer=(number + 2, name), master=master)
    return outer, link(number + 2, f"eth{number}", netns=name, peer=(index, ""))


def subhosts(count: int, bridges: int) -> Host:
    """Return a host of that many subhosts with a cable each, on bridges with an uplink each."""
    links: list[Link] = [link(1, "lo", None)]
    for number in range(bridges):
        links += [
            link(10 + number, f"eth{number}", None),
            link(40 + number, f"eth{number}.7", "vlan", peer=(10 + number, ""), vlan=7,
                 master=f"br{number}"),
            link(70 + number, f"br{number}", "bridge"),
        ]  # fmt: skip
    for number in range(count):
        links += cable(0, f"sub{number}", 1000 + number, master=f"br{number % bridges}")
    configured = {f"sub{number}": f"br{number % bridges}=" for number in range(count)}
    return host(links, configured)


NAMES = ("mta0", "mta0.5", "mta1", "web0", "eth0", "eth1", "br0", "br1", "bond0")
SMALL = st.none() | st.integers(1, 6)
PLACES = (None, "mta", "web", "wire")


def _any_link(index: int, name: str, kind: str | None, more: dict[str, object]) -> Link:
    return link(index, name, kind, **more)


LINKS: st.SearchStrategy[list[Link]] = st.lists(
    st.builds(
        _any_link,
        st.integers(1, 6),
        st.sampled_from(NAMES),
        st.sampled_from([None, "veth", "vlan", "bridge", "bond", "macvlan", "tun"]),
        st.fixed_dictionaries(
            {
                "netns": st.sampled_from(PLACES),
                "master": st.sampled_from([None, "br0", "br1", "bond0"]),
                "peer": st.none()
                | st.tuples(SMALL, st.sampled_from([None, "", "mta", "web", "wire"])),
                "up": st.booleans(),
                "carrier": st.booleans(),
                "mtu": st.sampled_from([1400, 1500]),
                "vlan": st.sampled_from([None, 5]),
                "port_state": st.sampled_from([None, "blocking", "forwarding"]),
                "addresses": st.sampled_from([(), (Clean("10.0.0.2/24"),)]),
                "routes": st.sampled_from([None, (), (Clean("default via 10.0.0.1"),)]),
            }
        ),
    ),
    max_size=10,
    unique_by=(lambda each: (each.netns, each.name), lambda each: (each.netns, each.index)),
)
"""Links that hang together in whatever way, or not at all."""
CONFIGURED = st.fixed_dictionaries(
    {
        "mta": st.sampled_from(["", "br0= br0=.5 =", "=.4094 x"]),
        "web": st.sampled_from(["", "br1="]),
    }
)
ROUTINGS = st.sampled_from([None, Routing(None), Routing(True, ()), Routing(False)])
HOSTS: st.SearchStrategy[Host] = st.builds(
    host, LINKS, CONFIGURED, ROUTINGS, state=st.sampled_from(list(Running))
)


def names(links: Iterable[Link]) -> set[tuple[str, str]]:
    """Return place and name of each."""
    return {(each.netns or "", each.name) for each in links}
