"""The tokens of overlay-boot's CABLES: ``[bridge]=[mac | .vlan]``, split by blanks.

``cable_specs("mta", "br0=02:aa:00:00:00:01 =.5")`` gives the cable ``mta0`` to ``eth0`` in
bridge ``br0`` with that MAC inside, and the VLAN ``mta0.5`` on it; what cannot work says why.
"""

from __future__ import annotations

import re

from console.clean import Clean, clean
from console.model import CableSpec

INTERFACE_BYTES = 15
"""IFNAMSIZ of linux/if.h less the final NUL."""
CABLES_KEPT = 100
"""Tokens read; nobody configures as many, and a hostile file could hold thousands."""

_WORD = re.compile(r"[^ \t]+")
_MAC = re.compile(r"[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}")
_VLAN = re.compile(r"\.0*([0-9]{1,4})")


def cable_specs(name: Clean, text: str) -> tuple[CableSpec, ...]:
    """Return the first ``CABLES_KEPT`` cables and VLANs of subhost ``name``, in order.

    A VLAN rides on the cable before it and takes no index of its own (overlay-boot 1.6).
    """
    specs: list[CableSpec] = []
    index = 0
    for token in _WORD.findall(text)[:CABLES_KEPT]:
        # Without "=" the shell's ${token%=*} and ${token#*=} both give the whole token.
        value = token.partition("=")[2] if "=" in token else token
        if value.startswith("."):
            specs.append(_vlan(name, index - 1, token, value))
        else:
            specs.append(_veth(name, index, token, value))
            index += 1
    return tuple(specs)


def _veth(name: Clean, index: int, token: str, value: str) -> CableSpec:
    outer = f"{name}{index}"
    mac = _mac(value)
    fault = _shape_fault(token) or _length_fault(outer)
    if fault is None and value:
        fault = f"{value} is not a MAC address" if mac is None else _mac_fault(mac)
    return CableSpec(
        text=clean(token),
        outer=clean(outer),
        inner=clean(f"eth{index}"),
        bridge=_bridge(token),
        mac=mac,
        vlan=None,
        fault=None if fault is None else clean(fault),
    )


def _vlan(name: Clean, index: int, token: str, value: str) -> CableSpec:
    outer = f"{name}{index}{value}"
    number = _VLAN.fullmatch(value)
    vlan = int(number[1]) if number else None
    fault = _shape_fault(token)
    if fault is None and index < 0:
        fault = "there is no cable before this VLAN"
    if fault is None and (vlan is None or not 1 <= vlan <= 4094):
        fault = f"VLAN {value[1:]} is not a number from 1 to 4094"
    fault = fault or _length_fault(outer)
    return CableSpec(
        text=clean(token),
        outer=clean(outer),
        inner=None,
        bridge=_bridge(token),
        mac=None,
        vlan=vlan,
        fault=None if fault is None else clean(fault),
    )


def _bridge(token: str) -> Clean | None:
    return clean(token.partition("=")[0]) or None if token.count("=") == 1 else None


def _mac(value: str) -> Clean | None:
    typed = value.lower()
    if not _MAC.fullmatch(typed):
        return None
    return clean(":".join(octet.zfill(2) for octet in typed.split(":")))


def _mac_fault(mac: Clean) -> str | None:
    if int(mac[:2], 16) & 1:
        return f"{mac} is a multicast MAC address"
    return None if mac.strip("0:") else "the MAC address is all zeros"


def _shape_fault(token: str) -> str | None:
    count = token.count("=")
    if count == 1:
        return None
    return "there is more than one = in it" if count else "there is no = in it"


def _length_fault(outer: str) -> str | None:
    if len(outer.encode("utf-8", "surrogateescape")) <= INTERFACE_BYTES:
        return None
    return f"the interface name {outer} is longer than {INTERFACE_BYTES} bytes"
