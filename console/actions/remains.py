"""What a subhost leaves of its names and groups, and what takes that away.

Each step names the very thing that was seen: where there is another of that name by then, it is
left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from console.clean import Clean
from console.model import Host, Subhost
from console.operations import Operation
from console.plan import Step

LASTING = (Operation(("stays",)),)
"""The undo of what cannot be taken back."""


def group(guest: Subhost) -> Step:
    """Return what removes its control groups.

    Nothing tells of one that is left alone: it goes before what is offered for repair.
    """
    return Step(
        Clean("remove its control group"), (Operation(("drop_cgroup", guest.name)),), LASTING
    )


def network(host: Host, guest: Subhost, netns: int | None) -> Iterator[Step]:
    """Yield what removes its links and the network namespace of that inode."""
    known = dict(links(host, guest))
    steps = [Operation(("drop_link", name, str(index))) for name, index in known.items()]
    steps += [
        Operation(("see_link_go", cable.outer))
        for cable in guest.cables
        if cable.outer not in known and _own(guest).fullmatch(cable.outer)
    ]
    if netns is not None:
        # First: it refuses where somebody is in it, and so takes no cable from them.
        steps.insert(0, Operation(("drop_netns", guest.name, str(netns))))
    if steps:
        yield Step(
            Clean("remove what is left of its network, if nobody is in it"),
            tuple(steps),
            LASTING,
        )


def escaped(path: str) -> str:
    """Return a path as ``/proc/PID/mountinfo`` writes it."""
    return re.sub(r"[ \t\n\\]", lambda found: f"\\{ord(found[0]):03o}", path)


def links(host: Host, guest: Subhost) -> Iterator[tuple[Clean, int]]:
    """Yield name and index of each interface of the host that is an end of its cables."""
    for link in host.links:
        if link.netns is None and _own(guest).fullmatch(link.name):
            left = f"interface {link.name}" in guest.residue
            if left or link.peer_netns == guest.name:
                yield link.name, link.index


def netns(host: Host, guest: Subhost) -> int | None:
    """Return the inode of the network namespace of its name."""
    return next((each.inode for each in host.netns if each.name == guest.name), None)


def _own(guest: Subhost) -> re.Pattern[str]:
    return re.compile(re.escape(guest.name) + r"[0-9]+(\.[0-9]+)?")
