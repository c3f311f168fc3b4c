"""What a host shows, or not, of what was wished: success is what is seen, not an exit status."""

from __future__ import annotations

from collections.abc import Iterable

from console.clean import Clean, clean
from console.model import Host, Running, Subhost
from console.plan import Verb

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


def _state(name: Clean, seen: Subhost | None) -> Clean:
    if seen is None:
        return Clean(f"{name} is not there")
    return clean("; ".join((f"{name} is {seen.state}", *_remarks(seen))))


def _remarks(seen: Subhost) -> Iterable[str]:
    if seen.residue:
        yield f"left behind: {', '.join(seen.residue)}"
    elif seen.state is Running.STOPPED and seen.log:
        yield f"its log ends with: {seen.log[-1]}"
