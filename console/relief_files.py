"""Files that may go where a level fills: such as nobody misses, and such as are new and grew.

None that a lower layer has, and none that the system lives by: what a process runs, and what it
boots from. On a root in memory those are new files that grew, as all others are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from console.actions import removal
from console.actions.tools import inexact
from console.clean import Clean, clean
from console.model import Host, Level
from console.plan import Verb, Wish
from console.relief_option import Option
from console.writers import FileUse, Origin, Writers

LEAST = 1 << 20
"""Bytes that something must take to be worth a proposal."""
_FILES = 6
_KEPT = 2
"""Files that are told at most, such as may go and such as may not."""
_EXPENDABLE = re.compile(r"/(tmp|log|cache|crash)/|\.log$|/core(\.[0-9]+)?$|/nohup\.out$")
"""Files that nobody misses, as a rule; others are proposed where they grew."""
_LOG = re.compile(
    r"/log/.*(?<!\.[0-9])(?<!\.gz)(?<!\.xz)(?<!\.zst)(?<!\.old)$|\.log$|/nohup\.out$"
)
"""Files that somebody will go on writing to."""
_SYSTEM = re.compile(
    r"/(usr/)?(s?bin|lib(exec|x?32|64)?)/"  # hier(7)
    r"|/(boot|static|__autoserver__|cdrom|(run|lib)/(live|initramfs|archiso))/"
    r"|/run/subdeck/|/(init|linuxrc|vmlinuz|initrd)[^/]*$"
)
"""Begins the names of programs, and of what a system boots from and lives by in memory."""


def options(host: Host, level: Level, writers: Writers) -> Iterator[Option]:
    """Yield files that may go, and some that may not, with the reason."""
    least = max(LEAST, (level.total or 0) // 200)
    worth = [
        each
        for each in writers.files
        if each.size >= least
        and each.merged is not None
        and each.origin in {Origin.NEW, Origin.PLAIN}
        and (each.growth or _EXPENDABLE.search(each.merged))
    ]
    worth.sort(key=lambda each: (-(each.growth or 0), -each.size))
    writing: dict[tuple[Clean, Clean | None], str] = {
        (w.subhost, path): f"{w.name} ({w.pid})" for w in writers.writers for path in w.files
    }
    found = [_option(host, each, writing.get((each.subhost, each.merged))) for each in worth]
    yield from islice((each for each in found if each.wish is not None), _FILES)
    yield from islice((each for each in found if each.wish is None), _KEPT)


def _option(host: Host, file: FileUse, writer: str | None) -> Option:
    path = file.merged or file.path
    empties = writer is not None or _LOG.search(path) is not None
    verb = Verb.TRUNCATE if empties else Verb.DELETE
    inside = f" in {file.subhost}" if file.subhost else ""
    title = clean(f"{path}{inside}", 1000)
    why_not = _why_not(host, file, path, verb)
    if why_not is not None:
        return Option(verb, title, file.size, Clean("-"), why_not)
    risk = "what is in it is lost" if empties else "it is lost"
    if writer is not None:
        risk += f"; {writer} writes to it, and goes on"
    wish = Wish(verb, file.subhost, paths=(path,))
    return Option(verb, title, file.size, clean(risk), wish=wish)


def _why_not(host: Host, file: FileUse, path: Clean, verb: Verb) -> Clean | None:
    if file.user is not None:
        return clean(f"it is in use by {file.user}")
    if _SYSTEM.match(path):
        return Clean("the system may live by it: what is there only who put it there may remove")
    obstacle = removal.hindrance(host, file.subhost, verb) or next(inexact(path), None)
    return None if obstacle is None else obstacle.text
