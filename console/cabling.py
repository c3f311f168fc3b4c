"""The cables of a subhost: what its configuration asks for against what the kernel has.

``cables(conf, "mta", network(peers(links, netns), netns))`` gives for ``CABLES= br0=`` the pair
``mta0`` to ``eth0``, with ``fault`` "not in bridge br0" where the host's end is not a port of it.
The two ends of a veth name each other by index, each in the other's namespace.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter, sub

from console.clean import Clean, clean
from console.model import Cable, CableSpec, Link, Netns, Rates, Subhost, SubhostConf
from console.renewed import renewing

HOST = Clean("")
"""What ``Link.peer_netns`` calls the host's own namespace."""
_COUNTERS = tuple(field.name for field in fields(Rates))
_counted: Callable[[Link], tuple[int, ...]] = attrgetter(*_COUNTERS)
_STILL = Rates(*(0.0,) * len(_COUNTERS))
_with_peer = renewing(Link, "peer_netns")
_with_rates = renewing(Link, "rates")


@dataclass(frozen=True, slots=True)
class _Site:
    """The interfaces of the host and those inside one subhost."""

    name: Clean
    outside: Mapping[Clean, Link]
    inside: tuple[Link, ...]
    """Empty where the namespace could not be looked into: even an idle one has ``lo``."""


@dataclass(frozen=True, slots=True)
class Network:
    """The interfaces of a host by where they are, for many subhosts to be looked up in."""

    netns: tuple[Clean, ...]
    """Names of the namespaces."""
    outside: dict[Clean, Link]
    """The host's own by name."""
    inside: Mapping[Clean, Sequence[Link]]
    """Those in each namespace."""
    cables: Mapping[Clean, Sequence[Link]]
    """The host's ends of cables by the namespace of the other end."""
    unclaimed: tuple[Link, ...]
    """The host's cables and VLANs that only their names give to anybody."""


def network(links: Sequence[Link], netns: Sequence[Netns]) -> Network:
    """Return what one look at the links of a host gave, each with its peer, sorted out."""
    inside: dict[Clean, list[Link]] = {}
    cables: dict[Clean, list[Link]] = {}
    unclaimed: list[Link] = []
    for link in links:
        if link.netns is not None:
            inside.setdefault(link.netns, []).append(link)
        elif link.kind == "veth" and link.peer_netns:
            cables.setdefault(link.peer_netns, []).append(link)
        elif link.kind in {"veth", "vlan"}:
            unclaimed.append(link)
    outside = {link.name: link for link in links if link.netns is None}
    names = tuple(each.name for each in netns)
    return Network(names, outside, _lean(inside), _lean(cables), tuple(unclaimed))


def _lean(found: Mapping[Clean, Sequence[Link]]) -> Mapping[Clean, Sequence[Link]]:
    """Return the same in tuples: this is kept from look to look, and lists take twice as much."""
    return {name: tuple(links) for name, links in found.items()}


def cables(
    conf: SubhostConf | None, name: Clean, network: Network, *, running: bool = True
) -> tuple[Cable, ...]:
    """Return the configured cables in their order, then those nobody configured.

    While the subhost is not running its cables are told as configured: down, and with no fault
    but the configuration's own. Without a configuration every cable found is simply listed.
    """
    specs = conf.cables if conf else ()
    if not running:
        return tuple(_planned(spec, spec.fault) for spec in specs)
    site = _Site(name, network.outside, tuple(network.inside.get(name, ())))
    expected = tuple(_expected(spec, site) for spec in specs)
    configured = {spec.outer for spec in specs}
    fault = clean("not in the configuration") if conf else None
    return expected + tuple(
        _found(link, site, fault) for link in _own(name, network) if link.name not in configured
    )


def cable(subhost: Subhost, end: str) -> Cable | None:
    """Return the cable of which an interface is an end, by either name; or that VLAN."""
    return next((each for each in subhost.cables if end in {each.outer, each.inner}), None)


def rider(links: Sequence[Link], on: Link, vlan: int) -> Link | None:
    """Return the interface of that VLAN on one of the host's."""
    for link in links:
        if link.netns is None and link.vlan == vlan and link.peer_index == on.index:
            return link
    return None


def residue(name: Clean, network: Network) -> tuple[Clean, ...]:
    """Return what of a stopped subhost still stands: ``netns mta``, ``interface mta0`` …"""
    return (
        *(clean(f"netns {each}") for each in network.netns if each == name),
        *(clean(f"interface {link.name}") for link in _own(name, network)),
    )


def peers(links: Sequence[Link], netns: Sequence[Netns]) -> tuple[Link, ...]:
    """Return the links with ``peer_netns`` filled in as far as it can be known.

    A namespace's number counts for the observer alone, and ``Netns.nsid`` is the host's. So a
    link elsewhere is known to end in the host only when a link of the host answers to it.
    """
    names = {each.nsid: each.name for each in netns if each.nsid is not None}
    answers = {
        (names[link.peer_nsid], link.peer_index, link.index)
        for link in links
        if link.netns is None and link.peer_nsid in names
    }

    def peer_netns(link: Link) -> Clean | None:
        if link.peer_netns is not None or link.peer_index is None:
            return link.peer_netns
        if link.peer_nsid is None:
            return link.netns or HOST
        if link.netns is None:
            return names.get(link.peer_nsid)
        return HOST if (link.netns, link.index, link.peer_index) in answers else None

    return tuple(
        link if (found := peer_netns(link)) == link.peer_netns else _with_peer(link, found)
        for link in links
    )


def rated(
    links: Sequence[Link], at: float, before: Sequence[Link], then: float
) -> tuple[Link, ...]:
    """Return links with what passed them a second since ``then``, where they were seen before.

    Both times are seconds of one monotonic clock.
    """
    known = {(each.netns, each.index, each.name): each for each in before}

    def newer(link: Link) -> Link:
        was = known.get((link.netns, link.index, link.name))
        return link if was is None else _with_rates(link, _rates(link, was, at - then))

    return tuple(map(newer, links))


def _rates(link: Link, was: Link, seconds: float) -> Rates | None:
    passed = [*map(sub, _counted(link), _counted(was))]
    if seconds <= 0 or min(passed) < 0:  # counted from zero again: another interface
        return None
    return Rates(*(amount / seconds for amount in passed)) if any(passed) else _STILL


def _own(name: Clean, network: Network) -> list[Link]:
    """The host's ends of cables of ``name``: by their peer, or else by overlay-boot's naming."""
    # "a11" is cable 11 of "a" or cable 1 of "a1": a namespace of the other's name decides.
    named = [
        link
        for link in network.unclaimed
        if _named_after(name, link.name)
        and not any(_named_after(rival, link.name) for rival in network.netns if rival != name)
    ]
    found = [*network.cables.get(name, ()), *named]
    return sorted(found, key=lambda link: link.index)


def _named_after(name: Clean, interface: Clean) -> bool:
    rest = interface.removeprefix(name)
    return rest != interface and re.fullmatch(r"[0-9]+(\.[0-9]+)?", rest) is not None


def _planned(spec: CableSpec, fault: Clean | None) -> Cable:
    return Cable(
        *(spec.outer, spec.inner, spec.bridge, spec.mac, spec.vlan),
        up=False,
        fault=fault,
        asked=spec.bridge,
    )


def _expected(spec: CableSpec, site: _Site) -> Cable:
    outer = site.outside.get(spec.outer)
    if outer is None:
        return _planned(spec, spec.fault or clean("missing"))
    inner = None if spec.inner is None else _inner(outer, spec.inner, site)
    found = _cable(outer, inner)
    fault = spec.fault or clean("; ".join(_faults(spec, outer, inner, site))) or None
    return replace(
        found,
        inner=found.inner or spec.inner,
        mac=found.mac or spec.mac,
        vlan=found.vlan or spec.vlan,
        fault=fault,
        asked=spec.bridge,
    )


def _found(outer: Link, site: _Site, fault: Clean | None) -> Cable:
    return replace(_cable(outer, _inner(outer, None, site)), fault=fault)


def _cable(outer: Link, inner: Link | None) -> Cable:
    return Cable(
        outer=outer.name,
        inner=inner.name if inner else None,
        bridge=outer.master,
        mac=inner.mac if inner else None,
        vlan=outer.vlan,
        up=outer.up and outer.carrier and (inner is None or inner.up),
        outer_mac=outer.mac,
        rx_bytes=outer.rx_bytes,
        tx_bytes=outer.tx_bytes,
    )


def _inner(outer: Link, named: Clean | None, site: _Site) -> Link | None:
    """The subhost's end: by both indexes, or by name where an index or namespace is unknown."""
    fitting = [
        inner
        for inner in site.inside
        if outer.peer_netns in {site.name, None}
        and outer.peer_index in {inner.index, None}
        and inner.peer_index in {outer.index, None}
    ]
    for inner in fitting:
        if None not in {outer.peer_netns, outer.peer_index, inner.peer_index}:
            return inner
    return next((inner for inner in fitting if inner.name == named), None)


def _faults(spec: CableSpec, outer: Link, inner: Link | None, site: _Site) -> Iterator[str]:
    if not outer.up:
        yield "down"
    if spec.inner is not None:
        yield from _inner_faults(spec, outer, inner, site)
    elif spec.vlan is not None and outer.vlan not in {None, spec.vlan}:
        yield f"VLAN is {outer.vlan}, not {spec.vlan}"
    if spec.bridge is not None and outer.master != spec.bridge:
        if spec.bridge not in site.outside:
            yield f"bridge {spec.bridge} does not exist"
        elif outer.master is None:
            yield f"not in bridge {spec.bridge}"
        else:
            yield f"in bridge {outer.master} instead of {spec.bridge}"


def _inner_faults(spec: CableSpec, outer: Link, inner: Link | None, site: _Site) -> Iterator[str]:
    if outer.kind not in {"veth", None}:
        yield f"a {outer.kind}, not a cable"
    elif inner is not None:
        if not inner.up:
            yield "inner end down"
        if spec.mac is not None and inner.mac is not None and inner.mac.lower() != spec.mac:
            yield f"MAC is {inner.mac}, not {spec.mac}"
    elif outer.peer_netns == HOST:
        yield "peer still in the host"
    elif outer.peer_netns not in {None, site.name}:
        yield f"peer in netns {outer.peer_netns}"
    elif site.inside:
        yield "peer missing"
    elif outer.up and not outer.carrier:
        yield "inner end down"
