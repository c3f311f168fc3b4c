"""Grow: more room for a store that fills, while it is in use."""

from __future__ import annotations

from collections.abc import Callable

from console.actions import grow_pool, grow_snapshot, grow_tmpfs
from console.actions.growth import Asked, Growth, refused
from console.actions.tools import absent, lacking
from console.beneath import RAM
from console.clean import Clean, clean
from console.model import Host, Kind, Level
from console.observed import level as level_of
from console.observed import subhost
from console.parse.amount import typed
from console.plan import Obstacle, Plan, Verb, Wish, named
from console.survey import Survey

_GROWTHS: dict[Kind, Callable[[Asked], Growth]] = {
    Kind.TMPFS: grow_tmpfs.growth,
    Kind.OVERLAY: grow_tmpfs.growth,
    Kind.DM_SNAPSHOT: grow_snapshot.growth,
    Kind.THIN_POOL: grow_pool.growth,
}
_MORE = (25, 50, 100)
"""Percents more that are suggested."""


def plan(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return what makes the level larger."""
    found = _growth(host, wish, survey)
    guest = subhost(host, wish.subhost)
    told = (*found.obstacles, *lacking(survey, "flock", *found.tools))
    return Plan(
        verb=wish.verb,
        host=host.name,
        subhost=wish.subhost,
        tier=found.tier,
        boot_id=survey.boot_id,
        config=guest.config if guest else None,
        checks=found.checks,
        steps=() if told else found.steps,
        consequences=found.consequences,
        notes=found.notes,
        obstacles=told,
        level=wish.level,
        total=found.total,
        inodes=wish.inodes,
    )


def hindrance(
    host: Host, name: Clean, verb: Verb, level_id: Clean | None = None
) -> Obstacle | None:
    """Return why that level cannot be grown, as far as the host alone tells."""
    if name and subhost(host, name) is None:
        return absent(host, name)
    if level_id is None:
        return None if default(host, name) else Obstacle(Clean("nothing there can be grown"))
    level = level_of(host, name, level_id)
    if level is None:
        return Obstacle(clean(f"there is no level {named(name, level_id)} on {host.name}"))
    return Obstacle(clean(why)) if (why := _fixed(level)) else None


def default(host: Host, name: Clean) -> Level | None:
    """Return the level of a subhost, or of the host, that is grown where none is named.

    That is, of those that can be, the one that is full soonest, else the fullest.
    """
    mine = [lev for owner, lev in host.owned_levels if owner == name and not _fixed(lev)]
    return min(mine, key=_urgency, default=None)


def suggestions(host: Host, name: Clean, level_id: Clean) -> tuple[str, ...]:
    """Return sizes that may be wished for, as they are typed."""
    level = level_of(host, name, level_id)
    base = None if level is None else size_of(level)
    if base is None:
        return ()
    return (*(f"+{percent}%" for percent in _MORE), typed(base * 2))


def size_of(level: Level) -> int | None:
    """Return the bytes from which a relative size counts: those that can ever be used there."""
    return level.limit.total if level.limit else level.total


def _growth(host: Host, wish: Wish, survey: Survey) -> Growth:
    why = hindrance(host, wish.subhost, wish.verb, wish.level)
    level = level_of(host, wish.subhost, wish.level) if wish.level else None
    if why is not None:
        upper = grow_tmpfs.upper(survey.stores, wish, level) if survey.stores and level else None
        return Growth(obstacles=(Obstacle(clean(_fixed(level, upper))) if level else why,))
    if level is None or survey.stores is None:
        return refused("no level is named", "--level ID; subdeck status lists them")
    size = wish.size
    if size is None and wish.inodes is not None:
        size = level.total
    if size is None:
        return refused("no size is named", "--to SIZE")
    if wish.inodes is not None and level.kind not in {Kind.TMPFS, Kind.OVERLAY}:
        return refused(f"the inodes of {level.id} cannot be changed")
    return _GROWTHS[level.kind](Asked(host, wish, survey, survey.stores, level, size))


def _fixed(level: Level, upper: Clean | None = None) -> str:
    """Return why a level can never be grown; empty: perhaps it can."""
    layer = f"its upper layer {upper}" if upper else "its upper layer"
    if level.always_full:
        return f"{level.id} is a read-only image"
    if level.kind is Kind.MEMORY:
        return "memory cannot be made larger here"
    if level.kind is Kind.TMPFS and level.total is None:
        return f"{level.id} has no size: memory is what runs out, and that is the same for all"
    if level.kind is Kind.OVERLAY and level.on is not None and level.on.startswith("fs:"):
        return (
            f"{layer} is on {level.on}, which is as large as its device; mounting the "
            "overlay itself anew says that all is well and does nothing"
        )
    if level.kind is Kind.OVERLAY and level.on == RAM:
        return (
            f"{layer} lies in memory where no path leads any more, or on what has no size; "
            "mounting the overlay itself anew says that all is well and does nothing"
        )
    if level.kind is Kind.FILESYSTEM:
        store = f": {level.limit.bound_by} may be" if _is_bound(level) and level.limit else ""
        return f"{level.id} is as large as its device, and cannot be grown while mounted{store}"
    return ""


def _is_bound(level: Level) -> bool:
    return level.limit is not None and level.limit.bound_by.startswith(("dm:", "tmpfs:"))


def _urgency(level: Level) -> tuple[float, float]:
    forecast = level.forecast
    soon = forecast.seconds if forecast and forecast.seconds is not None else float("inf")
    return soon, -(level.worst_fill or 0.0)
