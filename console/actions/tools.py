"""Programs and rights that a plan needs on its host."""

from __future__ import annotations

import re
from collections.abc import Iterator

from console.clean import Clean, clean
from console.model import Host
from console.parse.subhost_conf import NAME_RULE, NAME_SHAPE
from console.plan import Obstacle
from console.survey import Survey

_REPLACED = re.compile("[\ufffd\u2400-\u2421]")
_UTIL_LINUX = ("flock", "losetup", "mount", "nsenter", "partx", "setpriv", "setsid", "umount",
               "unshare")  # fmt: skip
_PACKAGES = {"ip": "iproute2", "getfattr": "attr", "cmp": "diffutils", "find": "findutils",
             "sed": "sed", **dict.fromkeys(_UTIL_LINUX, "util-linux")}  # fmt: skip


def absent(host: Host, name: Clean) -> Obstacle:
    """Return what is told of a subhost that is not there."""
    return Obstacle(Clean(f"there is no subhost {name} on {host.name}"))


def misnamed(name: Clean, remedy: str) -> Obstacle | None:
    """Return what is told of a subhost whose name no plan can go by; ``None``: it can."""
    if NAME_RULE.fullmatch(name):
        return None
    return Obstacle(Clean(f"the name {name} is not {NAME_SHAPE}"), Clean(remedy))


def lacking(survey: Survey, *programs: str) -> Iterator[Obstacle]:
    """Yield what stands in the way of a plan that runs these as root."""
    if not survey.root:
        yield Obstacle(
            Clean("we are not root there"), Clean("log in as root, or allow sudo without asking")
        )
    for program in programs:
        if program not in survey.tools:
            package = _PACKAGES.get(program, "coreutils, or busybox")
            yield Obstacle(Clean(f"{program} is not installed"), Clean(f"install {package}"))


def inexact(*paths: Clean | None) -> Iterator[Obstacle]:
    """Yield what cannot be named to a shell: paths of which not every byte can be shown."""
    for path in paths:
        if path is not None and _REPLACED.search(path):
            yield Obstacle(
                clean(f"{path} cannot be shown exactly", 1000),
                Clean("use printable characters in UTF-8"),
            )
