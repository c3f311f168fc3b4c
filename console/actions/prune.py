"""Prune: sets of boot images that were brought to a host go, but for those that are of use there.

Of each name the newest stay, and whatever runs, is armed, stood upon, or was said to stay: what is
known to be good, current or assigned, and what a rollout under way may still need.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from console.actions.remains import LASTING
from console.actions.tools import inexact, lacking
from console.clean import Clean, clean
from console.images.staged import booted
from console.images.supply import place
from console.model import Host
from console.operations import Operation
from console.parse.amount import shown
from console.plan import Obstacle, Plan, Step, Tier, Verb, Wish
from console.survey import Staged, StagedSet, Survey, SurveyRequest

_TOOLS = ("flock", "stat", "rm", "rmdir")
_TOLD = 12
"""Sets of which it is told why they stay."""


def asked(wish: Wish, request: SurveyRequest) -> SurveyRequest:
    """Return what has to be looked at before."""
    return replace(request, stores=True, staged_in=wish.paths)


def plan(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return what lets go all that is of no use; no step where that is nothing."""
    staged = survey.staged or Staged()
    told = tuple(_obstacles(host, wish, survey, staged))
    stay = _kept(host, wish, survey, staged)
    gone = () if told else tuple(each for each in staged.sets if each.path not in stay)
    return Plan(
        verb=wish.verb,
        host=host.name,
        subhost=wish.subhost,
        tier=Tier.REVERSIBLE,
        boot_id=survey.boot_id,
        steps=tuple(map(_step, gone)),
        consequences=tuple(_consequences(gone)),
        notes=tuple(clean(f"{path} stays: {why}") for path, why in [*stay.items()][:_TOLD]),
        obstacles=told,
        paths=tuple(each.path for each in gone),
    )


def hindrance(host: Host, name: Clean, verb: Verb) -> Obstacle | None:
    """Return why nothing is pruned there: sets are brought to hosts themselves."""
    return Obstacle(Clean("sets of boot images lie on hosts, not in subhosts")) if name else None


def _obstacles(host: Host, wish: Wish, survey: Survey, staged: Staged) -> Iterator[Obstacle]:
    if found := hindrance(host, wish.subhost, wish.verb):
        yield found
    yield from lacking(survey, *_TOOLS)
    yield from inexact(*(each.path for each in staged.sets))
    if staged.loaded:
        yield Obstacle(
            Clean("a kernel is loaded that waits to be jumped into: of which set is not known"),
            Clean("jump into it, or unload it: kexec -u"),
        )


def _kept(host: Host, wish: Wish, survey: Survey, staged: Staged) -> Mapping[Clean, str]:
    """Return the sets that stay, and why."""
    words = host.boot.cmdline if host.boot else None
    places = {where: str(why) for where, why in wish.kept}
    for line, why in ((staged.armed, "it is armed"), (words, "it runs")):
        if token := booted(line or ""):
            places[place(token)] = why
    found: dict[Clean, str] = {}
    whole: defaultdict[str, list[StagedSet]] = defaultdict(list)
    for each in staged.sets:
        if said := places.get(each.place.removesuffix(".part")):
            found[each.path] = said
        elif user := _user(host, survey, each.path):
            found[each.path] = f"{user} uses it"
        if not each.place.endswith((".part", ".gone")):
            whole[each.name].append(each)
    for name, sets in whole.items():
        newest = sorted(sets, key=lambda each: (each.modified, each.path), reverse=True)
        for each in newest[: wish.keep]:
            found.setdefault(each.path, f"it is among the newest {wish.keep} of {name}")
    return found


def _user(host: Host, survey: Survey, folder: Clean) -> str | None:
    """Return who stands on a file or folder in there."""
    stores = survey.stores
    for loop in stores.loops if stores else ():
        if loop.backing.startswith(f"{folder}/"):
            return loop.name
    for mount in stores.mounts if stores else ():
        lower = mount.overlay.lower if mount.overlay else ()
        if any(f"{each}/".startswith(f"{folder}/") for each in lower):
            return mount.point
    for guest in host.subhosts:
        lower = guest.overlay.lower if guest.overlay else ()
        named = (*lower, *filter(None, (guest.configured_lower,)))
        if any(f"{folder}/" in f"{each}/" for each in named):
            return guest.name
    return None


def _step(gone: StagedSet) -> Step:
    why = clean(f"let go {gone.place}, {shown(gone.size)}", 1000)
    return Step(why, (Operation(("prune_set", gone.path)),), LASTING)


def _consequences(gone: tuple[StagedSet, ...]) -> Iterator[Clean]:
    if gone:
        yield Clean(f"{shown(sum(each.size for each in gone))} come free")
        yield Clean("what goes would have to be brought there anew")
