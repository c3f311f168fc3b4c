"""What of the JSON contract tells of cables, links and namespaces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from console.model import Cable, Link, Netns, Routing


def cable_json(cable: Cable) -> Mapping[str, object]:
    """Return one cable."""
    return asdict(cable)


def link_json(link: Link) -> Mapping[str, object]:
    """Return one interface."""
    routes = None if link.routes is None else list(link.routes)
    return {**asdict(link), "addresses": list(link.addresses), "routes": routes}


def netns_json(netns: Netns) -> Mapping[str, object]:
    """Return one namespace."""
    return asdict(netns)


def routing_json(routing: Routing) -> Mapping[str, object]:
    """Return whether and how a host passes packets on."""
    translated = routing.translated
    known = None if translated is None else list(translated)
    return {"forwards": routing.forwards, "translated": known}
