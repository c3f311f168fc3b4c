"""What happens inside a subhost: its first process, its services, its reaper."""

from __future__ import annotations

from collections.abc import Iterator

from console.actions.values import JOINED, commands, place
from console.clean import Clean
from console.model import SubhostConf
from console.operations import Operation, Variable
from console.plan import Step, Where
from console.survey import Survey

DOOM = "setpriv --pdeathsig"
"""By which a subhost dies with its supervisor."""
_NETWORKING = frozenset(("networking", "network", "NetworkManager", "dhcpcd", "systemd-networkd"))
"""Services after which a gateway is there to be waited for."""


def apart(survey: Survey) -> tuple[str, ...]:
    """Return the options by which unshare keeps a subhost apart, as far as there are such."""
    time = "T" if "unshare --time" in survey.options else ""
    kill = ("--kill-child",) if "unshare --kill-child" in survey.options else ()
    return (f"-fpmiu{time}", *kill)


def steps(conf: SubhostConf, survey: Survey) -> tuple[Step, ...]:
    """Return the last steps in private, and those of the first process."""
    live = place(conf, "LIVE")
    bond = "bound" if DOOM in survey.options else "loose"
    return (
        Step(
            Clean("see to its reaper, its LOG, and how its first process can be spoken to"),
            (
                *([Operation(("reaper", live))] if conf.reaper == "/.reaper" else []),
                JOINED,
                Operation(("channels", live, place(conf, "LOG"), bond, *apart(survey))),
            ),
            where=Where.PRIVATE,
        ),
        Step(
            Clean("begin its first process, take the host's tree out of sight, and publish it"),
            (
                Operation(("greet", conf.name)),
                Operation(("place", live, "proc")),
                Operation(("beside", "mount", "-t", "proc", "proc", ".")),
                Operation(("beside", "ip", "link", "set", "lo", "up")),
                Operation(("place", live, "sys")),
                Operation(("mount", "-t", "sysfs", "sysfs", ".")),
                JOINED,
                Operation(("cd", live)),
                Operation(("pivot_root", ".", "dev/shm")),
                Operation(("cd", "/")),
                Operation(("close_host", conf.reaper)),
            ),
            where=Where.INSIDE,
        ),
        *_life(conf),
    )


def _life(conf: SubhostConf) -> Iterator[Step]:
    if Clean("INIT") in dict(conf.hooks):
        why = Clean("run what INIT printed, which ends in the reaper")
        yield Step(why, (Operation(("init", Variable("INIT"))),), where=Where.INSIDE)
        return
    services = tuple(_services(conf))
    if services:
        why = Clean(f"start its services: {' '.join(conf.services)}".rstrip(": "))
        yield Step(why, services, where=Where.INSIDE)
    yield Step(
        Clean("let the reaper take over, with something to wait for"),
        (Operation(("linger",)), Operation(("up", conf.reaper, conf.name))),
        where=Where.INSIDE,
    )


def _services(conf: SubhostConf) -> Iterator[Operation]:
    wait = conf.wait_online and Operation(("online", conf.wait_online))
    if "START" in commands(conf):
        if wait:
            yield wait
        yield Operation(("serve_words", Variable("START")))
        return
    network = [at for at, service in enumerate(conf.services) if service in _NETWORKING]
    ready = network[0] + 1 if network else 0
    if conf.services[:ready]:
        yield Operation(("serve", *conf.services[:ready]))
    if wait:
        yield wait
    if conf.services[ready:]:
        yield Operation(("serve", *conf.services[ready:]))
