"""Network interfaces and named namespaces, from iproute2's JSON or from ``/sys/class/net``.

``links(b'[{"ifindex":6,"link_index":2,"ifname":"mta0","link_netnsid":0,...}]')`` gives the link
``mta0`` whose peer has index 2 in the namespace that is number 0 to the namespace that looked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final, NoReturn

from console.clean import Clean, clean
from console.errors import Unparsable
from console.model import Link, Netns

SIZE_LIMIT = 4 * 1024 * 1024
"""Bytes of the largest answer that is read."""

_LARGEST = 2**64 - 1
PORT_STATES = ("disabled", "listening", "learning", "forwarding", "blocking")
"""Of a port of a bridge, by number (``BR_STATE_*`` of linux/if_bridge.h)."""

_IFF_UP = 0x1
_SYSFS = re.compile(rb"/sys/class/net/([^/:\s]+)/([a-z_/]+):(.*)")
_LOST = ("errors", "dropped")
_DECIMAL = re.compile(rb"[0-9]{1,20}")

_Object = Mapping[str, object]


def links(text: bytes, netns: Clean | None = None) -> tuple[Link, ...]:
    """Return the interfaces that ``ip -j -d -s addr show`` (or ``link show``) listed.

    ``netns`` names the namespace that was asked; ``None`` is the host's own. Fields as iproute2's
    ``ip/ipaddress.c`` prints them. Raises ``Unparsable``.
    """
    source = "ip -j addr show"
    # Some versions print {} for each interface that a filter leaves out.
    entries = tuple(entry for entry in _objects(text, source) if entry)
    indexes = {_text(entry, "ifname", source): entry.get("ifindex") for entry in entries}
    return tuple(_link(entry, indexes, netns, source) for entry in entries)


def netns(names: bytes, ids: bytes = b"") -> tuple[Netns, ...]:
    """Return the namespaces of ``ip -j netns list``, numbered by it or ``ip -j netns list-id``.

    Raises ``Unparsable``.
    """
    numbers = {
        entry["name"]: _number(entry.get("nsid"))
        for entry in _objects(ids, "ip -j netns list-id")
        if isinstance(entry.get("name"), str)
    }
    source = "ip -j netns list"
    found = {_text(entry, "name", source): entry for entry in _objects(names, source) if entry}
    return tuple(
        Netns(clean(name), inode=None, nsid=numbers.get(name, _number(entry.get("id"))))
        for name, entry in found.items()
    )


def sysfs(text: bytes, netns: Clean | None = None) -> tuple[Link, ...]:
    """Return the interfaces of ``grep -s '' /sys/class/net/*/{ifindex,iflink,...}``.

    Each line is ``/sys/class/net/NAME/ATTRIBUTE:VALUE``; used are ``ifindex iflink flags carrier
    address mtu uevent master/ifindex brport/state`` and those of ``statistics`` (kernel
    Documentation/ABI/testing/sysfs-class-net). A veth's peer index is not kept: sysfs does not
    tell whose namespace it counts in. Raises ``Unparsable``.
    """
    if len(text) > SIZE_LIMIT:
        raise Unparsable("/sys/class/net", "", f"at most {SIZE_LIMIT} bytes")
    found: dict[bytes, dict[bytes, bytes]] = {}
    for line in text.split(b"\n"):
        if match := _SYSFS.fullmatch(line):
            name, attribute, value = match.groups()
            if attribute == b"uevent":
                attribute, _, value = value.partition(b"=")
            found.setdefault(name, {})[attribute] = value
    indexed = {name: entry for name, entry in found.items() if _decimal(entry, b"ifindex")}
    if text.strip() and not indexed:
        head = text[:80].decode("utf-8", "replace")
        raise Unparsable("/sys/class/net", head, "lines /sys/class/net/NAME/ifindex:NUMBER")
    names = {_decimal(entry, b"ifindex"): clean(name) for name, entry in indexed.items()}
    return tuple(_sysfs_link(name, entry, names, netns) for name, entry in indexed.items())


def _link(entry: _Object, indexes: Mapping[str, object], netns: Clean | None, source: str) -> Link:
    index = _number(entry.get("ifindex"))
    if not index or index < 0:
        raise Unparsable(source, ", ".join(entry), "an ifindex above 0")
    detail = _object(entry.get("linkinfo"))
    kind = detail.get("info_kind")
    flags = entry.get("flags")
    flags = flags if isinstance(flags, list) else []
    counters = _object(entry.get("stats64") or entry.get("stats"))
    received, sent = _object(counters.get("rx")), _object(counters.get("tx"))
    # A peer in the same namespace is told by name alone.
    peer = entry.get("link_index", indexes.get(str(entry.get("link"))))
    return Link(
        netns=netns,
        index=index,
        name=clean(_text(entry, "ifname", source)),
        kind=_clean(kind),
        mac=_clean(entry.get("address")),
        up="UP" in flags,
        carrier="LOWER_UP" in flags,
        mtu=_count(entry.get("mtu")),
        master=_clean(entry.get("master")),
        peer_index=_count(peer) or None,
        peer_nsid=_number(entry.get("link_netnsid")),
        peer_netns=_clean(entry.get("link_netns")),
        vlan=_number(_object(detail.get("info_data")).get("id")) if kind == "vlan" else None,
        addresses=_addresses(entry.get("addr_info")),
        rx_bytes=_count(received.get("bytes")),
        tx_bytes=_count(sent.get("bytes")),
        rx_packets=_count(received.get("packets")),
        tx_packets=_count(sent.get("packets")),
        dropped=sum(_count(way.get(why)) for way in (received, sent) for why in _LOST),
        port_state=_port_state(detail),
    )


def _port_state(detail: _Object) -> Clean | None:
    if detail.get("info_slave_kind") != "bridge":
        return None
    return _clean(_object(detail.get("info_slave_data")).get("state"))


def _addresses(info: object) -> tuple[Clean, ...]:
    entries = [_object(entry) for entry in info] if isinstance(info, list) else []
    return tuple(
        clean(f"{entry['local']}/{_count(entry.get('prefixlen'))}")
        for entry in entries
        if isinstance(entry.get("local"), str)
    )


def _sysfs_link(
    name: bytes, entry: Mapping[bytes, bytes], names: Mapping[int, Clean], netns: Clean | None
) -> Link:
    index = _decimal(entry, b"ifindex")
    parent = _decimal(entry, b"iflink")
    # A veth names no DEVTYPE and points elsewhere; a tunnel points to 0, hardware to itself.
    veth = b"DEVTYPE" not in entry and parent not in {0, index}
    kind = clean(entry[b"DEVTYPE"]) if b"DEVTYPE" in entry else Clean("veth") if veth else None
    flags = entry.get(b"flags", b"")
    up = re.fullmatch(rb"0x[0-9a-f]{1,8}", flags) is not None and bool(int(flags, 16) & _IFF_UP)
    return Link(
        netns=netns,
        index=index,
        name=clean(name),
        kind=kind,
        mac=clean(entry[b"address"]) if entry.get(b"address") else None,
        up=up,
        carrier=entry.get(b"carrier") == b"1",
        mtu=_decimal(entry, b"mtu"),
        master=names.get(_decimal(entry, b"master/ifindex")),
        peer_index=parent if kind == "vlan" and parent else None,
        rx_bytes=_decimal(entry, b"statistics/rx_bytes"),
        tx_bytes=_decimal(entry, b"statistics/tx_bytes"),
        rx_packets=_decimal(entry, b"statistics/rx_packets"),
        tx_packets=_decimal(entry, b"statistics/tx_packets"),
        dropped=sum(
            _decimal(entry, b"statistics/%s_%s" % (way, why.encode()))
            for way in (b"rx", b"tx")
            for why in _LOST
        ),
        port_state=port_state(_decimal(entry, b"brport/state"))
        if b"brport/state" in entry
        else None,
    )


def port_state(number: int) -> Clean | None:
    """Return the state of a port of a bridge by its number; ``None`` for one that is none."""
    return Clean(PORT_STATES[number]) if 0 <= number < len(PORT_STATES) else None


def _objects(text: bytes, source: str) -> tuple[_Object, ...]:
    if len(text) > SIZE_LIMIT:
        raise Unparsable(source, "", f"at most {SIZE_LIMIT} bytes")
    if not text.strip():
        return ()
    # iproute2 prints the bytes of a name raw: neither UTF-8 nor free of control characters.
    body = text.decode("utf-8", "surrogateescape")
    try:
        value = _DECODER.decode(body)
    except (ValueError, RecursionError):
        raise Unparsable(source, body[:200], "JSON") from None
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise Unparsable(source, body[:200], "a JSON array of objects")
    return tuple(value)


def _refused(constant: str) -> NoReturn:
    message = f"{constant} is not JSON"
    raise ValueError(message)


_DECODER: Final = json.JSONDecoder(strict=False, parse_constant=_refused)


def _object(value: object) -> _Object:
    return value if isinstance(value, dict) else {}


def _text(entry: _Object, key: str, source: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise Unparsable(source, ", ".join(entry), f"a {key}")
    return value


def _clean(value: object) -> Clean | None:
    return clean(value) if isinstance(value, str) and value else None


def _number(value: object) -> int | None:
    """A whole number the kernel could have printed; -1 is its "no such namespace"."""
    return value if type(value) is int and -1 <= value <= _LARGEST else None


def _count(value: object) -> int:
    return max(_number(value) or 0, 0)


def _decimal(entry: Mapping[bytes, bytes], key: bytes) -> int:
    value = entry.get(key, b"")
    return int(value) if _DECIMAL.fullmatch(value) else 0
