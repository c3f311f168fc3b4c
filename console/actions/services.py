"""The first process of a subhost, and what happens inside: its services, its reaper."""

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


def begin(conf: SubhostConf, survey: Survey, *, early: bool) -> Step:
    """Return the step after which its first process may begin, with its say going to LOG.

    ``early``: it begins at once, beside what follows, and waits for that.
    """
    bond = "bound" if DOOM in survey.options else "loose"
    channels = Operation(("channels", place(conf, "LOG"), bond, *apart(survey)))
    if early:
        why = Clean(
            "begin its first process, which waits for what follows and tells it to a new LOG"
        )
        return Step(why, (channels, Operation(("begin_first",))), where=Where.PRIVATE)
    why = Clean("see to a new LOG, and how its first process can be spoken to")
    return Step(why, (channels,), where=Where.PRIVATE)


def reaper(conf: SubhostConf) -> Step:
    """Return the step that gives it a reaper."""
    live = place(conf, "LIVE")
    made = (Operation(("reaper", live)),) if conf.reaper == "/.reaper" else ()
    return Step(
        Clean("see to its reaper, and to where its tree is entered"),
        (*made, JOINED, Operation(("place", live, "dev/shm"))),
        where=Where.PRIVATE,
    )


def steps(conf: SubhostConf) -> tuple[Step, ...]:
    """Return the steps of the first process."""
    live = place(conf, "LIVE")
    kernels = ("proc ./proc proc defaults", "sysfs ./sys sysfs defaults")
    return (
        Step(
            Clean("take the host's tree out of sight of its first process, and publish it"),
            (
                Operation(("call", conf.name)),
                Operation(("answered",)),
                Operation(("place", live, "proc")),
                Operation(("place", live, "sys")),
                Operation(("mounts", live, *kernels)),
                Operation(("told", "mounted")),
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
