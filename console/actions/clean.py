"""Clean: files of UPPER that say no more than LOWER's go, so that LOWER's show again.

A file goes where content, mode and owner are the same, it has no other name, and its folder is
merged with LOWER's. Whiteouts, opaque folders and copies of metadata alone stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator

from console.actions import remains
from console.actions.reading import settings, subhost
from console.actions.tools import absent, inexact, lacking
from console.clean import Clean, clean
from console.model import Host, Running, Subhost, SubhostConf
from console.operations import Operation
from console.plan import Check, Obstacle, Plan, Step, Tier, Verb, Wish
from console.survey import Found, Survey


def plan(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return what deletes them."""
    conf = settings(host, wish.subhost, survey)
    found = tuple(_obstacles(host, wish, conf, survey))
    return Plan(
        verb=wish.verb,
        host=host.name,
        subhost=wish.subhost,
        tier=Tier.INTERRUPTS,
        boot_id=survey.boot_id,
        config=conf.path if conf else None,
        checks=tuple(_checks(conf, survey)) if conf else (),
        steps=() if found or conf is None else (_step(conf, survey),),
        notes=tuple(_notes(survey)),
        obstacles=found,
    )


def hindrance(host: Host, name: Clean, verb: Verb) -> Obstacle | None:
    """Return why it cannot be cleaned, as far as the host alone tells."""
    guest = subhost(host, name)
    if guest is None:
        return absent(host, name)
    if guest.state is not Running.STOPPED:
        return Obstacle(Clean(f"{name} is {guest.state}"), Clean("stop it first"))
    if guest.config is None:
        return Obstacle(Clean(f"{name} has no configuration"))
    return None


def _obstacles(
    host: Host, wish: Wish, conf: SubhostConf | None, survey: Survey
) -> Iterator[Obstacle]:
    found = hindrance(host, wish.subhost, wish.verb)
    if found is not None:
        yield found
        return
    yield from lacking(survey, *("flock", "unshare", "mount", "stat", "find", "cmp", "rm"))
    if conf is None:
        yield Obstacle(Clean(f"the configuration of {wish.subhost} cannot be read"))
        return
    if conf.upper.startswith("!") or conf.lower.startswith("!"):
        yield Obstacle(Clean("a command decides where its layers are"))
        return
    if conf.upper == conf.lower:
        yield Obstacle(Clean("UPPER is LOWER: there is no overlay"))
        return
    yield from inexact(conf.upper, conf.lower)
    for path in (conf.upper, conf.lower):
        fact = survey.paths.get(path)
        if fact is None or fact.real is None or fact.found not in {Found.FOLDER, Found.LINK}:
            yield Obstacle(clean(f"{path} is no folder"))
    upper = survey.paths.get(conf.upper)
    for other in host.subhosts:
        if other.name != wish.subhost and upper and upper.real in _layers(other):
            yield Obstacle(clean(f"{other.name} runs on {conf.upper}"), Clean("stop it first"))


def _layers(other: Subhost) -> tuple[Clean | None, ...]:
    if other.overlay is None or other.state is Running.STOPPED:
        return ()
    return (*other.overlay.lower, other.overlay.upper)


def _checks(conf: SubhostConf, survey: Survey) -> Iterator[Check]:
    running = Clean(f"{conf.name} is running")
    yield Check(Operation(("free", conf.name)), running)
    yield Check(Operation(("idle", conf.path)), running)
    if survey.conf_digest is not None:
        yield Check(
            Operation(("same", conf.path, survey.conf_digest)),
            clean(f"{conf.path} has changed since this was planned"),
        )


def _step(conf: SubhostConf, survey: Survey) -> Step:
    layers = (survey.paths[path].real or path for path in (conf.upper, conf.lower))
    why = f"delete files of {conf.upper} that are the same in {conf.lower}"
    return Step(clean(why), (Operation(("drop_repeated", *layers)),), remains.LASTING)


def _notes(survey: Survey) -> Iterator[Clean]:
    yield Clean("the same: content, mode, owner; times do not count")
    if "getfattr" not in survey.tools:
        yield Clean("extended attributes are not compared: getfattr (package attr) is missing")
