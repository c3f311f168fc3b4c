"""Ballast: a small file and a few inodes held in a store, to be let go when it is full.

So that logins, logs and deleting go on while somebody makes room: where a lower layer has a file,
even deleting it takes an inode. It lies in the merged tree, for nothing may be written to the
upper layer of a mounted overlay behind its back (overlayfs.rst of the kernel).
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from console.actions import remains, stop
from console.actions.ground import mount_at
from console.actions.growth import left
from console.actions.reading import subhost
from console.actions.removal import layers
from console.actions.tools import absent, inexact, lacking
from console.ballast_rule import USUAL
from console.beneath import MEMORY_FILESYSTEMS
from console.clean import Clean, clean
from console.model import Host, Kind, Level, Mount
from console.mounts import holding
from console.observed import level as level_of
from console.operations import Operation
from console.parse.amount import shown, typed
from console.plan import Check, Obstacle, Plan, Step, Tier, Verb, Wish, named
from console.survey import Found, Survey

FOLDER = ".subdeck-ballast"
"""Its name, right below the mount point of the level."""
_TOOLS = ("flock", "stat", "mkdir", "dd", "rm", "rmdir")
_JOBS = Clean("/run/subdeck")
_UNIT = 1 << 16
_SPARE = 4
"""How many times what is held there must be left: else it would be what fills the store."""


def plan(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return what holds a ballast in the level, or lets it go."""
    guest = subhost(host, wish.subhost) if wish.subhost else None
    mount = _mount(host, wish, survey)
    found = tuple(_obstacles(host, wish, survey, mount))
    return Plan(
        verb=wish.verb,
        host=host.name,
        subhost=wish.subhost,
        tier=Tier.REVERSIBLE,
        boot_id=survey.boot_id,
        config=guest.config if guest else None,
        checks=tuple(_checks(wish, survey, mount)),
        steps=() if found or mount is None else (_step(wish, survey, mount),),
        notes=() if found or mount is None else tuple(_notes(wish, survey, mount)),
        obstacles=found,
        level=wish.level,
    )


def hindrance(
    host: Host, name: Clean, verb: Verb, level_id: Clean | None = None
) -> Obstacle | None:
    """Return why that level cannot have a ballast, as far as the host alone tells."""
    if name and subhost(host, name) is None:
        return absent(host, name)
    if level_id is None:
        return None if default(host, name) else Obstacle(Clean("nothing there can hold a ballast"))
    level = level_of(host, name, level_id)
    if level is None:
        return Obstacle(clean(f"there is no level {named(name, level_id)} on {host.name}"))
    return Obstacle(clean(why)) if (why := _unfit(level)) else None


def default(host: Host, name: Clean) -> Level | None:
    """Return the level of a subhost, or of the host, that is meant where none is named.

    That is its root, where that can have one; else the fullest that can.
    """
    mine = [lev for owner, lev in host.owned_levels if owner == name and not _unfit(lev)]
    return min(mine, key=lambda lev: (lev.mount != "/", -(lev.worst_fill or 0.0)), default=None)


def asked(host: Host, wish: Wish) -> tuple[Clean, ...]:
    """Return the paths that tell whether there is one."""
    level = level_of(host, wish.subhost, wish.level) if wish.level else None
    guest = subhost(host, wish.subhost) if wish.subhost else None
    if level is None or level.mount is None or (guest and guest.pid is None):
        return ()
    return (_place(level.mount, guest.pid if guest else None),)


def _place(mount: Clean, pid: int | None) -> Clean:
    """Return the way of the host to what is held."""
    return Clean(f"{f'/proc/{pid}/root' if pid else ''}{mount.rstrip('/')}/{FOLDER}")


def _unfit(level: Level) -> str:
    """Return why a level can have none; empty: it can."""
    if level.always_full:
        return f"{level.id} is a read-only image"
    if level.kind not in {Kind.TMPFS, Kind.OVERLAY, Kind.FILESYSTEM} or level.mount is None:
        return f"{level.id} holds no files of its own"
    if level.never_shrinks or (level.limit is not None and level.limit.bound_by.startswith("dm:")):
        return f"a ballast in {level.id} would be of no use: deleting it frees nothing there"
    if level.total is None:
        return f"{level.id} has no size: memory is what runs out"
    return ""


def _mount(host: Host, wish: Wish, survey: Survey) -> Mount | None:
    level = level_of(host, wish.subhost, wish.level) if wish.level else None
    if level is None or survey.stores is None:
        return None
    return mount_at(survey.stores.inner if wish.subhost else survey.stores.mounts, level.mount)


def _obstacles(host: Host, wish: Wish, survey: Survey, mount: Mount | None) -> Iterator[Obstacle]:
    why = hindrance(host, wish.subhost, wish.verb, wish.level)
    level = level_of(host, wish.subhost, wish.level) if wish.level else None
    if why is not None or level is None:
        yield why or Obstacle(Clean("no level is named"), Clean("--level ID"))
        return
    yield from lacking(survey, *_TOOLS, *(("nsenter",) if wish.subhost else ()))
    if wish.subhost and survey.lineage is None:
        yield Obstacle(clean(f"{wish.subhost} does not run"), Clean("start it, or look again"))
    elif mount is None:
        yield Obstacle(clean(f"nothing is mounted at {level.mount} any more"), Clean("look again"))
    elif wish.verb is Verb.HOLD:
        yield from _unheld(host, wish, survey, level, mount)
    elif _is_missing(host, wish, survey):
        yield Obstacle(
            clean(f"no ballast is held in {level.id}"),
            Clean("subdeck relief tells what else there is to do"),
        )


def _is_missing(host: Host, wish: Wish, survey: Survey) -> bool:
    facts = [survey.paths.get(path) for path in asked(host, wish)]
    return all(fact is None or fact.found is Found.MISSING for fact in facts)


def _unheld(
    host: Host, wish: Wish, survey: Survey, level: Level, mount: Mount
) -> Iterator[Obstacle]:
    """Yield why none is to be held there."""
    yield from inexact(mount.point)
    if mount.read_only:
        yield Obstacle(clean(f"{mount.point} is mounted read-only: nothing fills it"))
    if not wish.subhost:
        place = _place(mount.point, None)
        for layer, owner in layers(host, survey):
            if place == layer or place.startswith(f"{layer}/"):
                yield Obstacle(
                    clean(f"{mount.point} is a layer of {owner}, and nothing may change there"),
                    clean(f"hold it in {owner}"),
                )
    size, inodes = _sizes(wish)
    spare = (level.limit.total if level.limit else level.total or 0) - (level.used or 0)
    if size * _SPARE > spare:
        most = typed(max(spare // _SPARE >> 16 << 16, 0))
        yield Obstacle(
            clean(f"{level.id} has but {shown(max(spare, 0))} left: make room first"),
            clean(f"--to {most} at most"),
        )
    spare = (level.inodes_total or 0) - (level.inodes_used or 0)
    if level.inodes_total and inodes * _SPARE > spare:
        yield Obstacle(
            clean(f"{level.id} has but {spare} inodes left: make room first"),
            clean(f"--inodes {max(spare // _SPARE, 0)} at most"),
        )
    memory = survey.stores.memory if survey.stores else None
    if memory and mount.fstype in MEMORY_FILESYSTEMS and size > left(memory):
        yield Obstacle(clean(f"memory has no {shown(size)} to spare"), Clean("free memory first"))


def _checks(wish: Wish, survey: Survey, mount: Mount | None) -> Iterator[Check]:
    yield from stop.checks(wish, survey) if wish.subhost else ()
    if mount is not None:
        line = survey.lineage
        root = f"/proc/{line.first.pid}/root" if wish.subhost and line else ""
        same = Operation(("lies_on", f"{root}{mount.point}", str(os.makedev(*mount.device))))
        yield Check(same, clean(f"{mount.point} is another filesystem than it was"))


def _step(wish: Wish, survey: Survey, mount: Mount) -> Step:
    size, inodes = _sizes(wish)
    if wish.verb is Verb.RELEASE:
        why = f"let go of what is held in {mount.point}"
        return Step(clean(why), (_operation("let_go", wish, survey, mount),), remains.LASTING)
    why = f"hold {shown(size)} and {inodes} inodes in {mount.point}"
    held = _operation("hold", wish, survey, mount, str(size), str(inodes))
    return Step(clean(why), (held,), (_operation("let_go", wish, survey, mount),))


def _operation(do: str, wish: Wish, survey: Survey, mount: Mount, *words: str) -> Operation:
    line = survey.lineage
    if wish.subhost and line is not None:
        first = str(line.first.pid), str(line.first.started)
        return Operation((f"{do}_inside", *first, mount.point, *words))
    return Operation((do, mount.point, *words))


def _sizes(wish: Wish) -> tuple[int, int]:
    size = -(-(wish.size or USUAL.size) // _UNIT) * _UNIT
    return size, USUAL.inodes if wish.inodes is None else wish.inodes


def _notes(wish: Wish, survey: Survey, mount: Mount) -> Iterator[Clean]:
    if wish.verb is Verb.RELEASE:
        yield Clean("when there is room again: subdeck hold")
        return
    yield Clean("it takes that room until it is let go: subdeck release, or b beside relief")
    mounts = survey.stores.mounts if survey.stores else ()
    if not wish.subhost and holding(_JOBS, mounts) == mount:
        place = _place(mount.point, None)
        yield clean(f"jobs are kept there too: when it is full none can begin, but rm -r {place}")
