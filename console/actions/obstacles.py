"""Why a subhost cannot be started, as far as host, survey and configuration tell beforehand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from console.actions import folders, wiring
from console.actions.reading import Lines, subhost
from console.actions.tools import lacking
from console.actions.values import ANSWERABLE, partitioned
from console.clean import Clean, clean
from console.model import Host, Running, Subhost, SubhostConf
from console.parse.subhost_conf import NAME_RULE, NAME_SHAPE, TMPFS_SIZE
from console.plan import Obstacle
from console.survey import Found, Survey

_NEEDED = (
    *("flock", "ip", "mount", "nsenter", "pivot_root", "umount", "unshare"),
    *("cp", "env", "mkdir", "mkfifo", "mv", "rm", "rmdir", "sha256sum"),
)
_OPTIONS = {"ip -b[atch]": "iproute2", "flock -w": "util-linux", "mount -T": "util-linux"}
"""What busybox's programs of these names lack, and where there are others."""
_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]*")
_SECONDS = re.compile(r"[1-9][0-9]{0,2}")


def obstacle(text: str, remedy: str | None = None) -> Obstacle:
    """Return an obstacle of any text."""
    return Obstacle(clean(text, 1000), None if remedy is None else clean(remedy, 1000))


def state(host: Host, name: Clean) -> Iterator[Obstacle]:
    """Yield why a subhost of that name cannot be started at all, from what the host shows."""
    guest = subhost(host, name)
    if guest is None:
        yield obstacle(f"there is no subhost {name}", "its .conf must be where subdeck looks")
        return
    if guest.config is None:
        yield obstacle(f"{name} has no configuration that is known", "put its .conf back")
    yield from _busy(guest)
    if guest.residue:
        left = ", ".join(guest.residue)
        yield obstacle(f"an earlier run left behind: {left}", f"repair {name} first")
    elif guest.state is Running.STOPPED and any(each.name == name for each in host.netns):
        yield obstacle(
            f"there is a network namespace {name} already, not known to be its own",
            f"look at /run/netns/{name}: it may be another program's",
        )


def _busy(guest: Subhost) -> Iterator[Obstacle]:
    match guest.state:
        case Running.RUNNING:
            yield obstacle(f"{guest.name} is running", "restart it instead")
        case Running.STARTING:
            yield obstacle(f"{guest.name} is starting already")
        case Running.STOPPING:
            yield obstacle(f"{guest.name} is stopping", "wait until it has ended")
        case Running.BROKEN if not guest.residue:
            yield obstacle(f"{guest.name} runs in part only", f"repair {guest.name} first")
        case _:
            pass


def tools(survey: Survey, conf: SubhostConf) -> Iterator[Obstacle]:
    """Yield what the host lacks."""
    if survey.root and not survey.may_mount:
        yield obstacle("root there has no right to mount", "log in to the host itself")
    yield from lacking(survey, *_NEEDED, *(("partx",) if partitioned(conf) else ()))
    for option, package in _OPTIONS.items():
        program = option.split()[0]
        if program in survey.tools and option not in survey.options:
            yield obstacle(f"{program} there is one that does too little", f"install {package}")


def settings(host: Host, conf: SubhostConf, survey: Survey) -> Iterator[Obstacle]:
    """Yield what is wrong with the configuration, each with its place there."""
    lines = Lines(survey.conf or b"")
    yield from _file(conf, survey)
    for number in lines.inexact:
        yield obstacle(
            f"line {number}: its value cannot be shown exactly, so it is not run either",
            "use printable characters in UTF-8",
        )
    yield from _name(conf, lines)
    yield from _commands(conf, lines)
    yield from _values(conf, lines)
    yield from wiring.obstacles(host, conf, lines)
    yield from folders.obstacles(host, conf, survey, lines)


def _file(conf: SubhostConf, survey: Survey) -> Iterator[Obstacle]:
    fact = survey.paths.get(conf.path)
    if fact is None:
        yield obstacle(f"it is not known who may write {conf.path}")
    elif fact.found is not Found.FILE:
        yield obstacle(f"{conf.path} is not a regular file", "name the file itself, no symlink")
    elif fact.foreign:
        yield obstacle(
            f"others than root may write {fact.foreign}, and the configuration is run as root",
            f"chown root {fact.foreign} && chmod go-w {fact.foreign}",
        )
    if conf.base is None:
        yield obstacle(f"{conf.path} has no BASE", "add a line BASE=.")


def _name(conf: SubhostConf, lines: Lines) -> Iterator[Obstacle]:
    stem = conf.path.rpartition("/")[2].removesuffix(".conf")
    if not NAME_RULE.fullmatch(conf.name):
        yield obstacle(
            f"{lines.at('NAME')}the name {conf.name} is not {NAME_SHAPE}",
            "rename the .conf, begin with a letter or digit",
        )
    elif conf.name != stem:
        yield obstacle(
            f"{lines.at('NAME')}NAME is {conf.name}, but the file is {stem}.conf",
            "the two must be the same, or nothing finds it running",
        )


def _commands(conf: SubhostConf, lines: Lines) -> Iterator[Obstacle]:
    for key, text in conf.commands:
        if key not in ANSWERABLE:
            yield obstacle(
                f"{lines.at(key)}{key} cannot be decided by a command: {text}",
                f"write what it prints as {key}=",
            )


def _values(conf: SubhostConf, lines: Lines) -> Iterator[Obstacle]:
    for service in conf.services:
        if not service.startswith("/") and not _SERVICE.fullmatch(service):
            yield obstacle(
                f"{lines.at('START')}{service} is not the name of a service",
                "name services by letters, digits and @ . _ -, programs by their absolute path",
            )
    if not conf.ram_size.startswith("!") and not TMPFS_SIZE.fullmatch(conf.ram_size):
        yield obstacle(
            f"{lines.at('RAM_SIZE')}RAM_SIZE {conf.ram_size} is not a size that tmpfs takes",
            "write it like 50M, 10%, or none",
        )
    if conf.wait_online is not None and not _SECONDS.fullmatch(conf.wait_online):
        yield obstacle(
            f"{lines.at('WAIT_ONLINE')}WAIT_ONLINE {conf.wait_online} is not 1 to 999 seconds"
        )
    if not conf.reaper.startswith("/"):
        yield obstacle(
            f"{lines.at('REAPER')}REAPER {conf.reaper} is not an absolute path in the subhost"
        )
