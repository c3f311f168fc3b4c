"""Start and restart: a subhost built in private, and published when it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from console.actions import (
    cables,
    devices,
    folders,
    layers,
    obstacles,
    services,
    stop,
    values,
)
from console.actions.reading import settings, subhost
from console.blast import ending, tier
from console.clean import Clean, clean
from console.errors import Unparsable
from console.model import Host, Running, SubhostConf
from console.operations import Operation, Word
from console.plan import Check, Obstacle, Plan, Step, Tier, Verb, Wish
from console.survey import Survey

paths = folders.paths


def plan(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return what makes the subhost run, or makes it run anew."""
    again = wish.verb is Verb.RESTART
    guest = subhost(host, wish.subhost)
    unread = f"{guest.config} cannot be read" if guest else ""
    try:
        conf = settings(host, wish.subhost, survey)
    except Unparsable as wrong:
        conf, unread = None, str(wrong)
    before = stop.steps(host, guest, wish, survey) if again and guest else ()
    return Plan(
        verb=wish.verb,
        host=host.name,
        subhost=wish.subhost,
        tier=tier(host, guest, survey) if again and guest else Tier.REVERSIBLE,
        boot_id=survey.boot_id,
        config=guest.config if guest else None,
        checks=() if conf is None else (*checks(conf, survey, again=again),),
        steps=() if conf is None else (*before, *steps(conf, survey, values.steps(conf))),
        consequences=(
            *(ending(host, guest, survey) if again and guest else ()),
            *(consequences(conf) if conf else ()),
        ),
        notes=() if conf is None else (*notes(conf, survey),),
        obstacles=tuple(_obstacles(host, wish, survey, conf, unread)),
    )


def hindrance(host: Host, name: Clean, verb: Verb) -> Obstacle | None:
    """Return why it cannot be started or restarted, as far as the host alone tells."""
    if verb is Verb.RESTART:
        found = next(_unrunning(host, name), None)
        return found or stop.hindrance(host, name, Verb.STOP)
    return next(obstacles.state(host, name), None)


def _unrunning(host: Host, name: Clean) -> Iterator[Obstacle]:
    guest = subhost(host, name)
    if guest is not None and guest.state is Running.STOPPED:
        yield obstacles.obstacle(f"{name} is not running", "start it instead")
    if guest is not None and guest.config is None:
        yield obstacles.obstacle(f"{name} has no configuration that is known")


def _obstacles(
    host: Host, wish: Wish, survey: Survey, conf: SubhostConf | None, unread: str
) -> Iterator[Obstacle]:
    guest = subhost(host, wish.subhost)
    if wish.verb is Verb.RESTART:
        yield from _unrunning(host, wish.subhost)
        yield from stop.obstacles(host, guest, wish, survey)
    else:
        yield from obstacles.state(host, wish.subhost)
    if conf is not None:
        yield from obstacles.settings(host, conf, survey)
        yield from obstacles.tools(survey, conf)
    elif guest is not None and guest.config is not None:
        yield obstacles.obstacle(unread)


def steps(conf: SubhostConf, survey: Survey, asked: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return what builds and publishes it, after ``asked`` has filled the variables."""
    wiring = cables.steps(conf, ifupdown="ifup" in survey.tools)
    begin = services.begin(conf, survey, early=not conf.hooks)
    built = (*layers.after(conf), services.reaper(conf))
    if conf.hooks:
        # They may do what they like to a network that has its name, and INIT prints a program.
        init = layers.hook(conf, "INIT")
        made = (*wiring, *layers.steps(conf), *devices.steps(conf), *built, *init, begin)
    else:
        made = (begin, *layers.steps(conf), *devices.steps(conf), *wiring, *built)
    first, *rest = (*asked, *made)
    undone = replace(first, undo=(Operation(("bury",)),))
    return (undone, *rest, *services.steps(conf))


def check(refusal: str, *words: Word) -> Check:
    """Return one that an operation of these words holds."""
    return Check(Operation(words), clean(refusal, 1000))


def checks(conf: SubhostConf, survey: Survey, *, again: bool) -> Iterator[Check]:
    """Yield what must hold before; ``again``: while it still runs."""
    held = f"{conf.name} is running already, under another job"
    if not again:
        yield check(held, "reach", "1")
    if survey.conf_digest is not None:
        yield check(f"{conf.path} cannot be read", "weigh", conf.path, survey.conf_digest)
    if not again:
        yield check(held, "claim")
        yield from _absences(conf)
    if survey.conf_digest is not None:
        yield check(f"{conf.path} was changed since this was planned", "joined")


def _absences(conf: SubhostConf) -> Iterator[Check]:
    name = f"/run/netns/{conf.name}"
    yield check(f"there is a network namespace {conf.name} already", "test", "!", "-e", name)
    for spec in conf.cables:
        there = f"there is an interface {spec.outer} already"
        yield check(there, "test", "!", "-e", f"/sys/class/net/{spec.outer}")
        if spec.bridge is not None:
            gone = f"there is no bridge {spec.bridge}"
            yield check(gone, "test", "-d", f"/sys/class/net/{spec.bridge}/bridge")


def consequences(conf: SubhostConf) -> Iterator[Clean]:
    """Yield what the configuration has run as root."""
    for key, text in conf.commands:
        yield clean(f"{key} runs a command as root: {text[1:].strip()}", 1000)
    for key, text in conf.hooks:
        yield clean(f"{key} runs a program as root: {text}", 1000)
    for service in conf.services:
        if service.startswith("/"):
            yield clean(f"START runs a program inside: {service}", 1000)


def notes(conf: SubhostConf, survey: Survey) -> Iterator[Clean]:
    """Yield what the host cannot do as well as others."""
    if services.DOOM not in survey.options:
        yield Clean(f"there is no {services.DOOM}: if the job is killed, repair may be needed")
    if "unshare --kill-child" not in survey.options:
        yield Clean("unshare knows no --kill-child: if the job is killed, repair may be needed")
    if "unshare --time" not in survey.options:
        yield Clean("it shares the host's time namespace: unshare there knows none")
    for host, inside in conf.shares:
        if host == conf.lower:
            yield clean(f"SHARE {inside} is left out: it is LOWER itself", 1000)
