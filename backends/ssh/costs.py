"""What looking at another host costs it, and what its tools are worth to us."""

from __future__ import annotations

import re

from backends.ssh.shell import Shell

Cost = tuple[str, float]
"""A probe and the CPU milliseconds it takes there each time."""
Tool = tuple[str, bool, str]
"""A tool, whether it is there, and what its absence costs."""

_TIMES = 40
_PROBES = {
    "mounts and memory": b"texts",
    "fill levels": b"fill",
    "mapped devices": b"mapped",
    "processes of subhosts": b"strangers",
    "signs of change": b"signs",
}
_TIME = re.compile(rb"([0-9]{1,9})m([0-9]{1,9})[.,]([0-9]{1,9})s")
_WORTH = {
    "stat": "fill is read with df; what backing files occupy stays unknown",
    "dmsetup": "fill of snapshot stores is worked out from the stores themselves",
    "ip": "links inside network namespaces stay unseen",
    "losetup": "where the file behind a loop device lies stays unknown",
    "nsenter": "links in namespaces without a name stay unseen",
    "dmesg": "why a snapshot store was lost stays unknown",
}


async def costs(shell: Shell, seconds: float) -> tuple[Cost, ...]:
    """Return what each fast probe costs. Raises ``Unreachable``."""
    found = []
    for name, command in _PROBES.items():
        frame = await shell.ask(b"cost c %d %s" % (_TIMES, command), seconds * 4)
        times = [_milliseconds(*time) for time in _TIME.findall(frame.sections[b"c"].data)]
        if len(times) == 8:  # user and system time of the shell and of its children, twice
            found.append((name, (sum(times[4:]) - sum(times[:4])) / _TIMES))
    return tuple(found)


def tools(shell: Shell) -> tuple[Tool, ...]:
    """Return what the shell found when it began."""
    lines = shell.hello.decode("ascii", "replace").splitlines()
    there = {word for line in lines if line.startswith("tools ") for word in line.split()[1:]}
    return tuple((name, name in there, worth) for name, worth in _WORTH.items())


def _milliseconds(minutes: bytes, seconds: bytes, fraction: bytes) -> float:
    return (int(minutes) * 60 + float(b"%s.%s" % (seconds, fraction))) * 1000
