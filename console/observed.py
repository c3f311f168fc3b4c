"""What a host shows, or not, of what was wished: success is what is seen, not an exit status."""

from __future__ import annotations

from collections.abc import Iterable

from console.cabling import cable, rider
from console.clean import Clean, clean
from console.jobs import Job
from console.model import Host, Level, Running, Subhost
from console.plan import Verb
from console.recabling import Change, Recabling

_PROCESSES = "processes"
"""The gap of a process table: where it stands, subhosts are told as at an earlier look."""


def subhost(host: Host, name: Clean, config: Clean | None = None) -> Subhost | None:
    """Return the subhost of that name, and, where two are called so, of that configuration."""
    named = [each for each in host.subhosts if each.name == name]
    exact = [each for each in named if each.config == config]
    return next(iter(exact or named), None)


def blind(host: Host) -> Clean | None:
    """Return why the state of its subhosts may be that of an earlier look; ``None``: it is not."""
    return next((gap.reason for gap in host.gaps if gap.probe == _PROCESSES), None)


def level(host: Host, subhost: Clean, level_id: Clean) -> Level | None:
    """Return a level of the host, or of that subhost, by its id."""
    return next(
        (lev for owner, lev in host.owned_levels if (owner, lev.id) == (subhost, level_id)), None
    )


def ungrown(job: Job, host: Host) -> Clean | None:
    """Return how the level of a job is smaller than it was to become; ``None``: it is not.

    A mount that does not grow says no word of it.
    """
    if job.level is None or (job.total is None and job.inodes is None):
        return None
    seen = level(host, job.subhost, job.level)
    if seen is None:
        return Clean(f"{job.target} is not there")
    if job.total is not None and (seen.total is None or seen.total < job.total):
        return clean("; ".join((f"{job.target} holds {seen.total} bytes in all", *seen.notes)))
    if job.inodes is not None and (seen.inodes_total or 0) < job.inodes:
        return Clean(f"{job.target} holds {seen.inodes_total} inodes in all")
    return None


def missing(
    verb: str, name: Clean, host: Host, *, config: Clean | None = None, before: int | None = None
) -> Clean | None:
    """Return what is not as the verb was to make it; ``None``: all that can be seen is.

    ``before`` is the host's pid of the subhost's first process before that.
    """
    seen = subhost(host, name, config)
    match verb:
        case Verb.START | Verb.RESTART:
            if seen is None or seen.state is not Running.RUNNING:
                return _state(name, seen)
            same = verb == Verb.RESTART and seen.pid == before
            return Clean(f"{name} is still the one that ran before") if same else None
        case Verb.UPGRADE if seen is not None and seen.next_lower is not None:
            return Clean(f"{name} does not run on {seen.next_lower}")
        case Verb.UPGRADE if name and before is not None:
            if seen is None or seen.state is not Running.RUNNING:
                return _state(name, seen)
            same = seen.pid == before
            return Clean(f"{name} is still the one that ran before") if same else None
        case Verb.STOP | Verb.REPAIR:
            alive = seen is not None and seen.state is not Running.STOPPED
            running = verb == Verb.REPAIR and seen is not None and seen.state is Running.RUNNING
            return _state(name, seen) if alive and not running else None
        case Verb.ENABLE | Verb.DISABLE:
            wanted = verb == Verb.ENABLE
            if seen is None or seen.autostart is wanted:
                return None
            return Clean(f"{name} is {'not ' * wanted}among those started at boot")
        case _:
            return None


def miscabled(name: Clean, wanted: Recabling | None, host: Host) -> Clean | None:
    """Return how a cable is not as it was to become; ``None``: it is, or it is about none."""
    seen = subhost(host, name) if wanted is not None else None
    found = cable(seen, wanted.end) if wanted and seen else None
    if wanted is None or found is None:
        return None
    links = [link for link in host.links if link.netns is None]
    outer = next((link for link in links if link.name == found.outer), None)
    if outer is None:
        return Clean(f"{found.outer} is not there")
    riding = rider(links, outer, wanted.vlan) if wanted.vlan is not None else None
    match wanted.change:
        case Change.BRIDGE | Change.NO_BRIDGE if outer.master != wanted.bridge:
            return Clean(f"{outer.name} is in {outer.master or 'no bridge'}")
        case Change.VLAN if riding is None or wanted.bridge not in {None, riding.master}:
            where = f" in {wanted.bridge}" if wanted.bridge else ""
            return Clean(f"there is no VLAN {wanted.vlan} on {outer.name}{where}")
        case Change.NO_VLAN if riding is not None:
            return Clean(f"{riding.name} is still there")
        case Change.MAC if found.mac is not None and found.mac.lower() != wanted.mac:
            return Clean(f"the MAC address of {found.inner} is {found.mac}")
        case Change.UP if not outer.up:
            return Clean(f"{outer.name} is down")
        case _:
            return None


def _state(name: Clean, seen: Subhost | None) -> Clean:
    if seen is None:
        return Clean(f"{name} is not there")
    return clean("; ".join((f"{name} is {seen.state}", *_remarks(seen))))


def _remarks(seen: Subhost) -> Iterable[str]:
    if seen.residue:
        yield f"left behind: {', '.join(seen.residue)}"
    elif seen.state is Running.STOPPED and seen.log:
        yield f"its log ends with: {seen.log[-1]}"
