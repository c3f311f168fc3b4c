"""Upgrade by a reboot, at which the host fetches what its boot server hands out by then."""

from __future__ import annotations

from collections.abc import Iterator

from console.actions import booting
from console.actions.tools import lacking
from console.blast import rebooting
from console.clean import Clean
from console.model import Host, Style
from console.operations import Operation
from console.plan import Check, Method, Obstacle, Plan, Step, Tier, Wish
from console.survey import Found, Survey

SYSTEMD = Clean("/run/systemd/system")
"""The folder that is there where systemd is the first process."""

_TOOLS = ("flock", "sleep", "rm")
_AUTOSERVER = ("kill", "-TERM", "1")
"""What its first process takes for the wish to reboot; the usual programs ask it otherwise."""


def plan(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return what reboots the host."""
    told = tuple(_obstacles(host, wish, survey))
    init = _by_init(host)
    armed = Check(Operation(("absent", "/kernel")), Clean("/kernel is armed, and would win"))
    return Plan(
        verb=wish.verb,
        host=host.name,
        subhost=wish.subhost,
        tier=Tier.LOSES,
        boot_id=survey.boot_id,
        checks=(armed,) if init and not told else (),
        steps=() if told else tuple(leaving(host, survey)),
        consequences=rebooting(host, survey),
        notes=(
            Clean("what it fetches is what its boot server hands out then"),
            Clean("a boot that fails may wait for minutes, or for a key: then power cycle it"),
        ),
        obstacles=told,
        image=wish.image,
        method=Method.NETWORK,
    )


def hindrance(host: Host, name: Clean) -> Obstacle | None:
    """Return why it is of no use on that host."""
    return None


def _obstacles(host: Host, wish: Wish, survey: Survey) -> Iterator[Obstacle]:
    yield from booting.unfit(wish, survey)
    yield from lacking(survey, *_TOOLS, *program(host, survey)[:1])


def program(host: Host, survey: Survey) -> tuple[str, ...]:
    """Return the command that has the host reboot; nothing where a file does."""
    if _by_init(host) or _style(host) is Style.AUTOSERVER:
        return ()
    fact = survey.paths.get(SYSTEMD)
    if fact is not None and fact.found is Found.FOLDER:
        return ("systemctl", "reboot")
    return ("reboot",)


def leaving(host: Host, survey: Survey) -> Iterator[Step]:
    """Yield what has the host reboot, from cold."""
    if not _by_init(host):
        command = program(host, survey) or _AUTOSERVER
        yield Step(Clean("reboot"), (Operation(("leave", *command)),))
        return
    yield Step(
        Clean("have /init reboot at its end, from cold"),
        (Operation(("touch", "/reboot")),),
        (Operation(("rm", "-f", "/reboot")),),
    )
    yield Step(
        Clean("end /etc/boot: /init ends all that runs and reboots"),
        (Operation(("end_boot", str(booting.PATIENCE))),),
    )


def _by_init(host: Host) -> bool:
    return _style(host) is Style.SLASHINIT


def _style(host: Host) -> Style | None:
    return host.boot.style if host.boot else None
