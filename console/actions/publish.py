"""Publish: what a boot server hands out becomes another set, by one rename of what decides it.

That is an iPXE script, or a symlink to the folder of the set. What it was is kept beside it, as
``NAME.previous``; publishing the older set again is the way back.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from console.actions import booting
from console.actions.tools import inexact, lacking
from console.clean import Clean, clean
from console.images.ipxe import Unclear, handing_out
from console.images.staged import StagedImage
from console.model import Host
from console.operations import Operation
from console.plan import Check, Obstacle, Plan, Step, Tier, Verb, Wish
from console.survey import Found, PathFact, Survey

_TOOLS = ("flock", "sha256sum", "stat", "cp", "rm", "readlink", "sync")


def plan(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return what has the set handed out from now on."""
    fact = survey.paths.get(wish.switch) if wish.switch else None
    told = list(_obstacles(wish, survey, fact))
    steps: tuple[Step, ...] = ()
    checks: tuple[Check, ...] = ()
    if not told and wish.image and wish.switch and fact:
        try:
            made = _made(wish.image, wish.switch, survey, fact)
            checks, steps = (*booting.staged(wish.image), made[0]), made[1:]
        except (Unclear, UnicodeDecodeError) as error:
            told.append(Obstacle(clean(f"{wish.switch}: {error}", 1000), _BY_HAND))
    return Plan(
        verb=wish.verb,
        host=host.name,
        subhost=wish.subhost,
        tier=Tier.INTERRUPTS,
        boot_id=survey.boot_id,
        checks=checks,
        steps=steps,
        consequences=(clean(f"every host that boots by {wish.switch} gets it at its next boot"),),
        notes=(clean(f"what is handed out now is kept as {wish.switch}.previous", 1000),),
        obstacles=tuple(told),
        image=wish.image,
    )


_BY_HAND = Clean("write one script by hand that boots one kernel, or name a symlink to a folder")


def hindrance(host: Host, name: Clean, verb: Verb) -> Obstacle | None:
    """Return why nothing can be published there: it is for hosts themselves."""
    return Obstacle(Clean("a subhost hands out no boot images")) if name else None


def _obstacles(wish: Wish, survey: Survey, fact: PathFact | None) -> Iterator[Obstacle]:
    yield from booting.unfit(wish, replace(survey, machine=None))  # others boot what it hands out
    yield from lacking(survey, *_TOOLS)
    if wish.switch is None or fact is None:
        yield Obstacle(Clean("nothing is named that decides what is fetched"), Clean("--switch"))
        return
    yield from inexact(wish.switch)
    if fact.found not in {Found.LINK, Found.FILE}:
        told = f"{wish.switch} is {fact.found}"
        yield Obstacle(clean(told), Clean("it must be an iPXE script, or a symlink to a folder"))
    elif fact.found is Found.FILE and survey.conf is None:
        yield Obstacle(clean(f"{wish.switch} cannot be read"))


def _made(
    image: StagedImage, switch: Clean, survey: Survey, fact: PathFact
) -> tuple[Check, Step, Step]:
    """Return what must be as it was seen, what keeps that, and what puts the new in its place."""
    if fact.found is Found.LINK:
        return _pointed(image, switch, fact)
    script = (survey.conf or b"").decode().rstrip("\n")
    text = handing_out(script, posixpath.dirname(switch), image) + "\n"
    return (
        Check(Operation(("same", switch, survey.conf_digest or "")), _changed(switch)),
        Step(_keep(switch), (Operation(("keep_script", switch)),)),
        Step(
            clean(f"have {switch} boot {image.title}", 1000),
            (
                *_looked_at(image),
                Operation(("hand_out", switch), stdin=text),
            ),
            (Operation(("take_script_back", switch)),),
        ),
    )


def _pointed(image: StagedImage, switch: Clean, fact: PathFact) -> tuple[Check, Step, Step]:
    target = posixpath.relpath(image.folder, posixpath.dirname(switch))
    return (
        Check(Operation(("leads", switch, fact.real or "")), _changed(switch)),
        Step(_keep(switch), (Operation(("keep_link", switch)),)),
        Step(
            clean(f"have {switch} lead to {image.title}", 1000),
            (*_looked_at(image), Operation(("point", switch, target))),
            (Operation(("point_back", switch)),),
        ),
    )


def _looked_at(image: StagedImage) -> Iterator[Operation]:
    for file in image.files:
        yield Operation(("is_staged", *booting.words(file)))


def _keep(switch: Clean) -> Clean:
    return clean(f"keep what it is now as {switch}.previous", 1000)


def _changed(switch: Clean) -> Clean:
    return clean(f"{switch} was changed since this was planned", 1000)
