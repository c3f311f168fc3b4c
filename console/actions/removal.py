"""Removal: what takes room goes: named files, old entries of the journal, fetched packages.

A file goes by the name it has in the merged tree, never in the upper layer of a mounted overlay:
what happens behind an overlay's back is not defined (overlayfs.rst of the kernel).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from console.actions import remains, stop
from console.actions.reading import subhost
from console.actions.tools import absent, inexact, lacking
from console.clean import Clean, clean
from console.model import Host, Overlay, Running
from console.operations import Operation
from console.parse.amount import shown
from console.plan import Obstacle, Plan, Step, Tier, Verb, Wish
from console.survey import Found, Survey

CACHES: Mapping[str, tuple[str, ...]] = {
    "/var/cache/apt": ("apt-get", "clean"),
    "/var/cache/dnf": ("dnf", "clean", "all"),
    "/var/cache/libdnf5": ("dnf", "clean", "all"),
    "/var/cache/yum": ("yum", "clean", "all"),
    "/var/cache/zypp": ("zypper", "--non-interactive", "clean", "--all"),
    "/var/cache/pacman": ("pacman", "-Scc"),
    "/var/cache/apk": ("apk", "--purge", "cache", "clean"),
}
"""Folders of package caches, and what empties each; whatever it asks is answered with y.

With ``--noconfirm`` pacman would answer with n.
"""
JOURNALS = ("/var/log/journal", "/run/log/journal")
KEPT = 16 << 20
"""Bytes of the journal that stay, unless the wish says otherwise."""
_HELD = re.compile(r"/proc/([1-9][0-9]{0,9})/fd/([0-9]{1,9})")


def plan(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return what makes it go."""
    guest = subhost(host, wish.subhost) if wish.subhost else None
    found = tuple(_obstacles(host, wish, survey))
    lost = wish.verb is not Verb.PURGE
    return Plan(
        verb=wish.verb,
        host=host.name,
        subhost=wish.subhost,
        tier=Tier.LOSES if lost else Tier.REVERSIBLE,
        boot_id=survey.boot_id,
        config=guest.config if guest else None,
        checks=stop.checks(wish, survey),
        steps=() if found else tuple(_steps(wish, survey)),
        consequences=tuple(_consequences(wish)),
        obstacles=found,
        paths=wish.paths,
    )


def hindrance(host: Host, name: Clean, verb: Verb) -> Obstacle | None:
    """Return why nothing can be removed there, as far as the host alone tells."""
    if not name:
        return None
    guest = subhost(host, name)
    if guest is None:
        return absent(host, name)
    if guest.state is not Running.RUNNING:
        return Obstacle(Clean(f"{name} is {guest.state}"), Clean("start it, or clean it"))
    return None


def _obstacles(host: Host, wish: Wish, survey: Survey) -> Iterator[Obstacle]:
    found = hindrance(host, wish.subhost, wish.verb)
    if found is not None:
        yield found
        return
    yield from lacking(survey, "flock", "stat", *(("nsenter",) if wish.subhost else ()))
    if not wish.paths:
        yield Obstacle(Clean("nothing is named that is to go"))
    if wish.subhost and survey.lineage is None:
        yield Obstacle(Clean(f"{wish.subhost} has ended just now"), Clean("look again"))
    yield from inexact(*wish.paths)
    for path in wish.paths:
        match wish.verb:
            case Verb.VACUUM:
                yield from _program(("journalctl",) if path in JOURNALS else (), wish, survey)
            case Verb.PURGE:
                yield from _program(CACHES.get(path, ()), wish, survey)
            case _ if not (_HELD.fullmatch(path) and wish.verb is Verb.TRUNCATE):
                yield from _file(host, path, wish, survey)


def _program(command: tuple[str, ...], wish: Wish, survey: Survey) -> Iterator[Obstacle]:
    if not command:
        yield Obstacle(clean(f"it is not known what empties {', '.join(wish.paths)}"))
    elif not wish.subhost:
        yield from lacking(survey, command[0])


def _file(host: Host, path: Clean, wish: Wish, survey: Survey) -> Iterator[Obstacle]:
    if not path.startswith("/") or posixpath.normpath(path) != path or path.startswith("//"):
        yield Obstacle(clean(f"{path} is no absolute path without . and .."))
        return
    if wish.subhost:
        return
    for layer, owner in layers(host, survey):
        if path == layer or path.startswith(f"{layer}/"):
            yield Obstacle(
                clean(
                    f"{path} lies in a layer of {owner}, and nothing may change behind its back"
                ),
                clean(f"name the file as {owner} does"),
            )
            return
    fact = survey.paths.get(path)
    if fact is None or fact.found is Found.MISSING:
        yield Obstacle(clean(f"{path} does not exist"))
    elif fact.found is not Found.FILE:
        yield Obstacle(clean(f"{path} is no regular file"))
    elif fact.real != path:
        yield Obstacle(clean(f"{path} is a way to {fact.real}"), Clean("name that"))


def layers(host: Host, survey: Survey) -> Iterator[tuple[Clean, Clean]]:
    """Yield the folders that a mounted overlay writes, and whose they are."""
    for guest in host.subhosts:
        if guest.overlay is not None and guest.state is not Running.STOPPED:
            yield from ((path, guest.name) for path in _written(guest.overlay))
    for mount in survey.stores.mounts if survey.stores else ():
        if mount.overlay is not None:
            yield from ((path, mount.point) for path in _written(mount.overlay))


def _written(overlay: Overlay) -> Iterator[Clean]:
    yield from (path for path in (overlay.upper, overlay.work) if path)


def _steps(wish: Wish, survey: Survey) -> Iterator[Step]:
    line = survey.lineage
    first = (
        () if line is None or not wish.subhost else (str(line.first.pid), str(line.first.started))
    )
    for path in wish.paths:
        yield Step(
            clean(_why(wish, path), 1000), (_operation(wish, path, first),), remains.LASTING
        )


def _operation(wish: Wish, path: Clean, first: tuple[str, ...]) -> Operation:
    held = _HELD.fullmatch(path)
    if wish.verb in {Verb.VACUUM, Verb.PURGE}:
        command = _vacuum(path, wish) if wish.verb is Verb.VACUUM else CACHES[path]
        return Operation(("empty_inside" if first else "empty", *first, path, *command))
    if held and not wish.subhost:
        return Operation(("empty_held", held[1], held[2]))
    folder, _, name = path.rpartition("/")
    how = (wish.verb.value, folder or "/", name)
    return Operation(("remove_inside", *first, *how) if first else ("remove", *how))


def _vacuum(folder: Clean, wish: Wish) -> tuple[str, ...]:
    return "journalctl", f"--directory={folder}", f"--vacuum-size={wish.size or KEPT}"


def _why(wish: Wish, path: Clean) -> str:
    inside = f" in {wish.subhost}" if wish.subhost else ""
    match wish.verb:
        case Verb.VACUUM:
            return f"let go all but {shown(wish.size or KEPT)} of the journal{inside}"
        case Verb.PURGE:
            return f"let go packages in {path}{inside}"
        case Verb.TRUNCATE:
            return f"make {path}{inside} empty; who writes to it goes on"
        case _:
            return f"delete {path}{inside}"


def _consequences(wish: Wish) -> Iterator[Clean]:
    match wish.verb:
        case Verb.DELETE:
            yield Clean(
                "what is deleted is lost; while a process holds it open it takes room still"
            )
        case Verb.TRUNCATE:
            yield Clean("what was in it is lost")
        case Verb.VACUUM:
            yield Clean("older entries of the journal are lost")
        case _:
            yield Clean("what goes can be fetched again")
