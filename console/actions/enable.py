"""Enable, disable: whether overlay-boot's init script starts a subhost with the host."""

from __future__ import annotations

from collections.abc import Iterator

from console.actions.reading import subhost
from console.actions.tools import absent, inexact, lacking
from console.clean import Clean, clean
from console.model import Host, Subhost
from console.operations import Operation
from console.parse.subhosts_list import autostart
from console.plan import Obstacle, Plan, Step, Tier, Verb, Wish
from console.survey import Found, Survey

LIST = Clean("/etc/subhosts.conf")


def plan(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return what edits the list, of which all else stays as it is."""
    guest = subhost(host, wish.subhost)
    found = tuple(_obstacles(host, guest, wish, survey))
    return Plan(
        verb=wish.verb,
        host=host.name,
        subhost=wish.subhost,
        tier=Tier.REVERSIBLE,
        boot_id=survey.boot_id,
        config=guest.config if guest else None,
        steps=() if found or guest is None else (_step(wish.verb, guest),),
        obstacles=found,
    )


def hindrance(host: Host, name: Clean, verb: Verb) -> Obstacle | None:
    """Return why that cannot be changed, as far as the host alone tells."""
    guest = subhost(host, name)
    if guest is None:
        return absent(host, name)
    if guest.config is None:
        return Obstacle(Clean(f"{name} has no configuration that is known"))
    if guest.autostart is (verb is Verb.ENABLE):
        return Obstacle(Clean(f"{name} is {verb}d already"))
    return None


def _obstacles(
    host: Host, guest: Subhost | None, wish: Wish, survey: Survey
) -> Iterator[Obstacle]:
    found = hindrance(host, wish.subhost, wish.verb)
    if found is not None or guest is None or guest.config is None:
        yield from (found,) if found else ()
        return
    yield from lacking(survey, *("flock", "cp", "rm", "sync"))
    yield from inexact(guest.config)
    fact = survey.paths.get(LIST)
    if fact is not None and fact.found not in {Found.FILE, Found.MISSING}:
        yield Obstacle(clean(f"{LIST} is no regular file"), Clean("edit what it stands for"))
    elif survey.autostart is None and fact is not None and fact.found is Found.FILE:
        yield Obstacle(Clean(f"{LIST} cannot be read, or is too long"))
    text = survey.autostart or b""
    if b"\0" in text:
        yield Obstacle(Clean(f"{LIST} holds NUL bytes"), Clean("edit it by hand"))
    elif (guest.config in autostart(text)) is (wish.verb is Verb.ENABLE):
        yield Obstacle(Clean(f"{guest.name} is {wish.verb}d already"))
    if wish.verb is Verb.ENABLE:
        yield from _unfit(guest.config, survey)


def _unfit(config: Clean, survey: Survey) -> Iterator[Obstacle]:
    if "#" in config or len(config.split()) != 1:
        yield Obstacle(
            clean(f"{config} cannot stand in {LIST}, which parts words at blanks and heeds #"),
            Clean("move it to a path without those"),
        )
    fact = survey.paths.get(config)
    if fact is None or fact.found is not Found.FILE:
        yield Obstacle(clean(f"{config} is no regular file"))
    elif fact.foreign is not None:
        yield Obstacle(
            clean(f"others than root may write {fact.foreign}, and root would run {config}"),
            clean(f"chown root {fact.foreign}; chmod go-w {fact.foreign}"),
        )


def _step(verb: Verb, guest: Subhost) -> Step:
    words = (LIST, guest.config or "")
    add, drop = Operation(("list_add", *words)), Operation(("list_drop", *words))
    if verb is Verb.ENABLE:
        return Step(clean(f"add {guest.config} to {LIST}"), (add,), (drop,))
    return Step(clean(f"take {guest.config} out of {LIST}"), (drop,), (add,))
