"""Values of a configuration that a ``!command`` decides: run on the target, by the plan, once.

``place(conf, "UPPER")`` is the word for that path in an argv: literal, or the variable ``$UPPER``
that a step of ``steps`` has filled.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from console.clean import Clean
from console.model import SubhostConf
from console.operations import Operation, Variable, Word
from console.plan import Step, Where

JOINED = Operation(("joined",))
"""Waits for what was begun beside the steps before."""
PATHS = ("BASE", "LOWER", "UPPER", "WORK", "LIVE", "LOG")
"""Variables of paths."""
ANSWERABLE = frozenset((*PATHS, "CABLES", "RAM_SIZE", "START", "SHARE"))
"""Variables of which a command may decide: what it prints can be checked before it is used."""

_DISK_FILE = re.compile(r"overlay-diskfile((?: +[A-Za-z0-9@%+=:,./_-]+){1,3})")


def commands(conf: SubhostConf) -> dict[str, Clean]:
    """Return the command lines by variable; of several ``SHARE``, ``SHARE1`` is the first."""
    found: dict[str, Clean] = {}
    shares = 0
    for key, value in conf.commands:
        shares += key == "SHARE"
        found[f"SHARE{shares}" if key == "SHARE" else key] = Clean(value[1:].strip())
    return found


def words(command: str) -> list[str]:
    """Return a command line split at blanks, and only there."""
    return [word for word in command.split(" ") if word]


def place(conf: SubhostConf, key: str) -> Word:
    """Return the word for the path ``key``."""
    return under(conf, _typed(conf, key), key)


def under(conf: SubhostConf, path: str, key: str = "") -> Word:
    """Return the word for a path of the configuration, which counts from BASE."""
    asked = commands(conf)
    if key in asked:
        return Variable(key)
    if path.startswith("/"):
        return path
    return Variable("BASE", after=f"/{path}") if "BASE" in asked else _joined(conf, path)


def literal(conf: SubhostConf, *keys: str) -> bool:
    """Return whether no command decides any of these."""
    return all(isinstance(place(conf, key), str) for key in keys)


def partitioned(conf: SubhostConf) -> bool:
    """Return whether a disk file's partition is to be found."""
    disks = (_DISK_FILE.fullmatch(command) for command in commands(conf).values())
    return any(len(words(disk[1])) > 2 for disk in disks if disk)


def same_tree(conf: SubhostConf) -> bool:
    """Return whether UPPER is LOWER, or the same command prints both."""
    return conf.upper == conf.lower


def steps(conf: SubhostConf) -> tuple[Step, ...]:
    """Return the step that asks the commands, if there are any."""
    operations = tuple(
        operation for key, command in _ordered(conf) for operation in _asked(conf, key, command)
    )
    if not operations:
        return ()
    why = Clean("run the commands that the configuration names, as root, for their values")
    return (Step(why, operations, where=Where.PRIVATE),)


def _ordered(conf: SubhostConf) -> list[tuple[str, Clean]]:
    known = ((key, text) for key, text in commands(conf).items() if _answerable(key))
    # The others count from BASE.
    return sorted(known, key=lambda each: each[0] != "BASE")


def _answerable(key: str) -> bool:
    return key.rstrip("0123456789") in ANSWERABLE


def _asked(conf: SubhostConf, key: str, command: Clean) -> Iterator[Operation]:
    folder = _folder(conf)
    base: Word = folder if key == "BASE" else place(conf, "BASE")
    disk = _DISK_FILE.fullmatch(command)
    if disk:
        yield Operation(("disk_file", base, *words(disk[1])), into=key)
    else:
        yield Operation(("value", base, command), into=key)
    if key in PATHS:
        yield Operation(("under", base, Variable(key)), into=key)
    elif key == "RAM_SIZE":
        yield Operation(("memory", Variable(key)))
    elif key == "START":
        yield Operation(("services", Variable(key)))


def _folder(conf: SubhostConf) -> str:
    return posixpath.dirname(conf.path) or "/"


def _typed(conf: SubhostConf, key: str) -> str:
    if key == "BASE":
        return conf.base or ""
    values = (conf.lower, conf.upper, conf.work, conf.live, conf.log)
    return values[PATHS.index(key) - 1]


def _joined(conf: SubhostConf, path: str) -> str:
    return posixpath.normpath(posixpath.join(conf.base or "/", path))
