"""Files of ``/sys`` gathered for the parsers: loop devices, links, mapped devices.

``loop_attributes("/sys")`` is ``{"loop2": {"size": b"67108864\\n", ...}}`` of the bound ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from backends.proc import content
from console.parse.loops import ATTRIBUTES

LINK_FILES = (
    "ifindex",
    "iflink",
    "flags",
    "carrier",
    "address",
    "mtu",
    "uevent",
    "master/ifindex",
    "statistics/rx_bytes",
    "statistics/tx_bytes",
    "statistics/rx_packets",
    "statistics/tx_packets",
    "statistics/rx_errors",
    "statistics/tx_errors",
    "statistics/rx_dropped",
    "statistics/tx_dropped",
    "brport/state",
)
"""Files of ``/sys/class/net/NAME`` that tell of a link where rtnetlink does not."""


def loop_attributes(sys: str) -> Mapping[str, Mapping[str, bytes]]:
    """Return the attributes of every bound loop device by its name."""
    found = {}
    for name in _names(f"{sys}/block"):
        if name.startswith("loop"):
            attributes = dict(_contents(f"{sys}/block/{name}", ATTRIBUTES))
            if "loop/backing_file" in attributes:
                found[name] = attributes
    return found


def mapped(sys: str) -> bool:
    """Return whether there is any mapped device."""
    return any(name.startswith("dm-") for name in _names(f"{sys}/block"))


def link_lines(sys: str) -> bytes:
    """Return what ``grep -s '' /sys/class/net/*/...`` would print."""
    lines = []
    for name in _names(f"{sys}/class/net"):
        for file, text in _contents(f"{sys}/class/net/{name}", LINK_FILES):
            prefix = os.fsencode(f"/sys/class/net/{name}/{file}:")
            lines += [prefix + line + b"\n" for line in text.splitlines()]
    return b"".join(lines)


def _names(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries)
    except OSError:
        return []


def _contents(folder: str, files: Iterable[str]) -> Iterable[tuple[str, bytes]]:
    for file in files:
        try:
            yield file, content(f"{folder}/{file}")
        except OSError:
            continue  # of a link that is down the carrier cannot be read
