"""Auto-relief: which levels are to grow by themselves, as configured; pure, and off by default.

As LVM's dmeventd does for its snapshots (``snapshot_autoextend_threshold`` of lvm.conf(5)): by a
step, from a threshold on, up to a cap, and not too often.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from console.actions import grow
from console.clean import Clean
from console.model import Host, Level
from console.plan import Verb, Wish
from console.relief_rule import ReliefRule

HOUR = 3600.0
Store = tuple[Clean, Clean, Clean]
"""Host, subhost and level."""


@dataclass(frozen=True, slots=True)
class Due:
    """A level that is to grow now."""

    host: Clean
    wish: Wish

    @property
    def store(self) -> Store:
        """What is to grow."""
        return self.host, self.wish.subhost, self.wish.level or Clean("")


def due(
    rules: Sequence[ReliefRule],
    host: Host,
    tags: Collection[str],
    tried: Mapping[Store, Sequence[float]],
    now: float,
) -> Iterator[Due]:
    """Yield the levels of a host that are to grow at the moment ``now``.

    The last rule that matches a level holds. ``tried`` tells when each was tried, on any clock of
    which ``now`` is a moment too.
    """
    for owner, level in host.owned_levels:
        rule = next(
            (each for each in reversed(rules) if each.matches(host.name, tags, level)), None
        )
        if rule is None or not rule.wants(level):
            continue
        store = host.name, Clean(owner), level.id
        recent = [moment for moment in tried.get(store, ()) if now - moment < HOUR]
        size = _size(rule, level)
        if size is None or len(recent) >= rule.per_hour:
            continue
        if grow.hindrance(host, Clean(owner), Verb.GROW, level.id) is None:
            yield Due(host.name, Wish(Verb.GROW, Clean(owner), level=level.id, size=size))


def _size(rule: ReliefRule, level: Level) -> int | None:
    """Return what a level is to hold; ``None``: it may not grow any more."""
    base = grow.size_of(level)
    if base is None or base >= rule.cap:
        return None
    return min(rule.step.of(base), rule.cap)
