"""IPv4 routes by interface, from ``/proc/net/route`` (the kernel's main table).

``routes(b"Iface\\tDestination\\tGateway ...\\neth0\\t00000000\\t010200C0\\t0003\\t...\\n")`` gives
``{"eth0": ("default via 192.0.2.1",)}``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Address

from console.clean import Clean, clean

LINES = 200
"""Lines that are read of one table at most: a router may have a million."""
_ROUTE = re.compile(
    rb"(\S+)\s+([0-9A-F]{8})\s+([0-9A-F]{8})\s+([0-9A-F]{4})\s+\S+\s+\S+\s+\S+\s+([0-9A-F]{8})\s.*"
)
_RTF_UP, _RTF_GATEWAY = 0x1, 0x2
_FILE = re.compile(rb"/proc/(?:([0-9]{1,10})/)?(net/route|sys/net/ipv4/ip_forward):(.*)")


def routes(text: bytes) -> Mapping[Clean, tuple[Clean, ...]]:
    """Return the routes over each interface, in the table's order; other lines are passed over.

    Addresses are as a little-endian machine prints them (``fib_route_seq_show`` of the kernel's
    net/ipv4/fib_trie.c prints the bytes of the network as one number of the machine).
    """
    found: dict[Clean, list[Clean]] = {}
    for line in text.split(b"\n")[:LINES]:
        match = _ROUTE.fullmatch(line)
        if match is None or not int(match[4], 16) & _RTF_UP:
            continue
        target, gateway, mask = (int(match[place], 16) for place in (2, 3, 5))
        length = mask.bit_count()
        words = f"{_address(target)}/{length}" if length else "default"
        if int(match[4], 16) & _RTF_GATEWAY:
            words += f" via {_address(gateway)}"
        found.setdefault(clean(match[1]), []).append(clean(words))
    return {name: tuple(told) for name, told in found.items()}


def tables(text: bytes) -> tuple[Mapping[int, bytes], bool | None]:
    """Return tables by process id (0: the host's own), and whether the host forwards IPv4.

    Each line is ``PATH:LINE``, as grep tells those of ``/proc/net/route``, ``/proc/PID/net/route``
    and ``/proc/sys/net/ipv4/ip_forward``.
    """
    lines: dict[int, list[bytes]] = {}
    forwards = None
    for line in text.split(b"\n"):
        match = _FILE.fullmatch(line)
        if match is None:
            continue
        if match[2] == b"net/route":
            lines.setdefault(int(match[1] or 0), []).append(match[3])
        elif not match[1]:
            forwards = match[3].strip() == b"1"
    return {pid: b"\n".join(told) for pid, told in lines.items()}, forwards


def _address(number: int) -> IPv4Address:
    return IPv4Address(number.to_bytes(4, "little"))
