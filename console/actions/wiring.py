"""Why the cables of a subhost cannot be made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from console.actions.reading import Lines
from console.clean import clean
from console.model import Host, Running, SubhostConf
from console.parse.subhost_conf import BRIDGE_RULE
from console.plan import Obstacle


def obstacles(host: Host, conf: SubhostConf, lines: Lines) -> Iterator[Obstacle]:
    """Yield what speaks against each of ``CABLES``."""
    place = lines.at("CABLES")
    for text, remedy in _found(host, conf):
        yield Obstacle(clean(place + text, 1000), clean(remedy) if remedy else None)


def _found(host: Host, conf: SubhostConf) -> Iterator[tuple[str, str | None]]:
    outside = {link.name: link for link in host.links if link.netns is None}
    guest = next((each for each in host.subhosts if each.name == conf.name), None)
    own = frozenset(cable.outer for cable in guest.cables) if guest else frozenset()
    runs = guest is not None and guest.state is Running.RUNNING
    for spec in conf.cables:
        if spec.fault is not None:
            yield f"{spec.text}: {spec.fault}", None
            continue
        if spec.outer in outside and not (runs and spec.outer in own):
            yield (
                f"{spec.text}: there is an interface {spec.outer} already",
                f"see whose it is: ip -d link show {spec.outer}",
            )
        if spec.bridge is None:
            continue
        bridge = outside.get(spec.bridge)
        if not BRIDGE_RULE.fullmatch(spec.bridge):
            yield f"{spec.text}: {spec.bridge} is not the name of a bridge", None
        elif bridge is None or bridge.kind != "bridge":
            what = "no bridge" if bridge else "no interface"
            yield (
                f"{spec.text}: {spec.bridge} is {what} of this host",
                f"ip link add {spec.bridge} type bridge && ip link set {spec.bridge} up",
            )
    yield from _macs(host, conf)


def _macs(host: Host, conf: SubhostConf) -> Iterator[tuple[str, str | None]]:
    wanted = Counter(spec.mac for spec in conf.cables if spec.mac)
    for mac, count in wanted.items():
        if count > 1:
            yield f"the MAC address {mac} is used twice", "give each cable its own"
    taken = {
        cable.mac: guest.name
        for guest in host.subhosts
        if guest.name != conf.name and guest.state is Running.RUNNING
        for cable in guest.cables
        if cable.mac
    }
    for mac in wanted:
        if mac in taken:
            yield f"the MAC address {mac} is that of {taken[mac]}, which runs", "use another one"
