"""Entering: which subhost or host is entered, with what command, and the words that do it.

``argv(entering(host, Clean("mta"), ("ls", "-l")))`` is to be run on the target as root. A subhost
is its first process, known by pid, start and namespace; its name is only for messages.
"""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from console.clean import Clean, clean
from console.errors import ConsoleError
from console.model import Host, Running, Subhost
from console.quoting import word
from console.terminal import Size, Terminal

PROGRAM = Path(__file__).with_name("enter.sh").read_bytes()
"""Enters; it takes the words that ``argv`` puts before a command."""

_TERM = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}")
_NOT_YET = "it is only just starting"
_WHY = {
    Running.STOPPED: ("it is stopped", "subdeck start {} starts it"),
    Running.STARTING: (_NOT_YET, "try again in a moment"),
    Running.STOPPING: ("it has just ended", "subdeck start {} starts it"),
}
"""Why one in that state cannot be entered, and what would help."""


@dataclass(frozen=True, slots=True)
class First:
    """The first process of a subhost, in words that no later process answers to."""

    pid: int
    ticks: int
    """Its start, after boot."""
    space: int | None
    """Inode of its pid namespace; ``None``: not seen."""


@dataclass(frozen=True, slots=True)
class Entering:
    """One session."""

    subhost: Clean | None
    """``None``: on the host itself."""
    argv: tuple[str, ...] = ()
    """Empty: a login shell, bash where there is one."""
    first: First | None = None
    """Of the subhost."""
    term: str = "dumb"
    """The kind of terminal, as TERM is to say."""
    utf8: bool = True
    """Whether that takes UTF-8."""

    def on(self, term: str, *, utf8: bool) -> Entering:
        """Return it for a terminal of this kind; a name that is none counts as ``dumb``."""
        known = term if _TERM.fullmatch(term) else "dumb"
        return replace(self, term=known, utf8=utf8)


Opener = Callable[[Clean, Entering, Size | None], Awaitable[Terminal]]
"""Opens a terminal on a host, of no size on pipes; raises ``ConsoleError``."""


def entering(host: Host, subhost: Clean | None, argv: Sequence[str] = ()) -> Entering:
    """Return how to enter; raises ``ConsoleError`` for a subhost that does not run."""
    if subhost is None:
        return Entering(None, tuple(argv))
    found = next((each for each in host.subhosts if each.name == subhost), None)
    where = clean(f"{host.name}/{subhost}")
    if found is None:
        raise ConsoleError(f"{where}: no such subhost", "subdeck status lists them")
    if found.pid is None or found.state in _WHY:
        why, hint = _WHY.get(found.state, ("none of its processes is left", "subdeck repair {}"))
        raise ConsoleError(f"{where}: {why}", hint.format(where))
    return Entering(found.name, tuple(argv), _first(found, found.pid, where))


def argv(entry: Entering, token: str = "") -> tuple[bytes, ...]:
    """Return the command line for the target, to be run as root there.

    With a ``token`` its first line on stderr is that and the process group it runs in.
    Raises ``ConsoleError`` for a word that no command line can hold.
    """
    first = entry.first or First(0, 0, None)
    lang = "C.UTF-8" if entry.utf8 else "C"
    whom = (str(first.pid), str(first.ticks), str(first.space or ""), entry.subhost or "")
    words = (*whom, token, entry.term, lang, *entry.argv)
    try:
        quoted = b" ".join(word(os.fsencode(each)) for each in words)
    except ValueError as error:
        raise ConsoleError(f"the command cannot be run: {error}") from None
    # One line, whatever the words are: not every login shell takes more inside quotes.
    line = b"nl=$(printf '\\n.') nl=${nl%%.}; set -- %s; eval %s" % (quoted, word(PROGRAM))
    return b"/bin/sh", b"-c", line


def hanging_up(group: int) -> tuple[bytes, ...]:
    """Return the command that waits for its input to end, and then hangs up on a process group.

    The group is left alone when its leader has ended. Raises ``ValueError`` for what is no group.
    """
    if group <= 1:
        raise ValueError(f"{group} is no process group")
    line = b"cd /proc/%d || exit; read -r _; read -r _ 2>/dev/null <stat && kill -HUP -%d"
    return b"/bin/sh", b"-c", line % (group, group)


def _first(subhost: Subhost, pid: int, where: Clean) -> First:
    process = next((each for each in subhost.processes if each.pid == pid), None)
    if process is None or process.ticks is None:
        raise ConsoleError(f"{where}: when its first process started is not known", "look again")
    return First(pid, process.ticks, process.pid_ns)
