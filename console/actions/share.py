"""Share, unshare: a folder of the host inside a running subhost.

Only ours have a supervisor whose mounts they follow; overlay-boot's see nothing of the host.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from console.actions import stop
from console.actions.reading import subhost
from console.actions.remains import escaped
from console.actions.tools import inexact, lacking
from console.clean import Clean, clean
from console.model import Host, Running
from console.operations import Operation
from console.plan import Obstacle, Plan, Step, Tier, Verb, Wish
from console.survey import Found, Lineage, Survey

_OWN = ("/proc", "/sys", "/dev")
"""Where the kernel shows itself, or every start makes all anew."""


def plan(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return what mounts a folder inside, or takes it away again."""
    guest = subhost(host, wish.subhost)
    found = tuple(_obstacles(host, wish, survey))
    adds = wish.verb is Verb.SHARE
    return Plan(
        verb=wish.verb,
        host=host.name,
        subhost=wish.subhost,
        tier=Tier.REVERSIBLE if adds else Tier.INTERRUPTS,
        boot_id=survey.boot_id,
        config=guest.config if guest else None,
        checks=stop.checks(wish, survey),
        steps=() if found else _steps(host, wish, survey),
        notes=tuple(_notes(wish)),
        obstacles=found,
    )


def hindrance(host: Host, name: Clean, verb: Verb) -> Obstacle | None:
    """Return why nothing can be shared, as far as the host alone tells."""
    guest = subhost(host, name)
    found = stop.hindrance(host, name, Verb.STOP)
    if found is not None or guest is None or guest.state is Running.RUNNING:
        return found
    return Obstacle(Clean(f"{name} is {guest.state}"))


def live(host: Host, name: Clean, survey: Survey) -> Clean | None:
    """Return where the host's own side of the subhost's root is, symlinks resolved."""
    guest = subhost(host, name)
    place = guest.overlay.live if guest and guest.overlay else None
    fact = survey.paths.get(place) if place else None
    return fact.real if fact else None


def _obstacles(host: Host, wish: Wish, survey: Survey) -> Iterator[Obstacle]:
    found = hindrance(host, wish.subhost, wish.verb)
    if found is not None:
        yield found
        return
    yield from lacking(survey, "flock", "nsenter", "mount", "umount", "mkdir", "stat")
    if wish.share is None:
        yield Obstacle(Clean("no folder is named"), Clean("name one as FOLDER or FOLDER:INSIDE"))
        return
    yield from _supervised(survey.lineage)
    if live(host, wish.subhost, survey) is None:
        yield Obstacle(Clean(f"it is not known where the root of {wish.subhost} is mounted"))
    folder, inside = wish.share
    yield from inexact(folder, inside)
    yield from _folder(folder, wish.verb, survey)
    yield from _inside(inside)


def _supervised(line: Lineage | None) -> Iterator[Obstacle]:
    if line is None or line.holder is None:
        yield Obstacle(Clean("its supervisor is gone"), Clean("stop and start it"))
    elif not line.supervised:
        yield Obstacle(
            Clean("it was started by overlay-boot, and cannot be shared into while it runs"),
            Clean("write SHARE= into its configuration, then restart it"),
        )


def _folder(folder: Clean, verb: Verb, survey: Survey) -> Iterator[Obstacle]:
    fact = survey.paths.get(folder)
    if folder == "/":
        yield Obstacle(Clean("that would show it the whole host"))
    elif not _is_plain(folder):
        yield Obstacle(clean(f"{folder} is no absolute path without . and .."))
    elif fact is None or fact.found is Found.MISSING:
        yield Obstacle(clean(f"{folder} does not exist"))
    elif fact.found is not Found.FOLDER:
        yield Obstacle(clean(f"{folder} is no folder"))
    elif fact.real != folder:
        yield Obstacle(clean(f"{folder} is a way to {fact.real}"), Clean("name that"))


def _inside(inside: Clean) -> Iterator[Obstacle]:
    if not _is_plain(inside) or inside == "/":
        yield Obstacle(clean(f"{inside} is no absolute path below / without . and .."))
    elif any(inside == own or inside.startswith(f"{own}/") for own in _OWN):
        yield Obstacle(clean(f"{inside} is the kernel's"), Clean("choose another place inside"))


def _is_plain(path: Clean) -> bool:
    return path.startswith("/") and not path.startswith("//") and posixpath.normpath(path) == path


def _steps(host: Host, wish: Wish, survey: Survey) -> tuple[Step, ...]:
    line, place = survey.lineage, live(host, wish.subhost, survey)
    if line is None or line.holder is None or wish.share is None or place is None:
        return ()
    folder, inside = wish.share
    holder = (str(line.holder.pid), str(line.holder.started))
    option = "-c" if "mount --no-canonicalize" in survey.options else ""
    first, seen = str(line.first.pid), escaped(inside)
    give = Operation(("share", *holder, folder, place, inside, option))
    words = (*holder, folder, place, inside, option, first)
    take = Operation(("take_share", *words))
    back = Operation(("take_back_share", escaped(f"{place}{inside}"), *words))
    if wish.verb is Verb.SHARE:
        why = f"mount {folder} at {inside} where its supervisor has its root, and see it inside"
        return (Step(clean(why), (give, Operation(("shared", first, seen))), (back,)),)
    why = f"unmount {inside} where its supervisor has its root, and see it gone inside"
    return (Step(clean(why), (take, Operation(("not_shared", first, seen))), (give,)),)


def _notes(wish: Wish) -> Iterator[Clean]:
    if wish.share is not None and wish.verb is Verb.SHARE:
        folder, inside = wish.share
        yield clean(f"whoever is root inside may write all of {folder}")
        yield clean(f"it lasts until the next stop; SHARE={folder}:{inside} makes it stay")
