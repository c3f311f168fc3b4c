"""Running subhosts, found in a process table by the shape overlay-boot gives them.

A shell that runs ``overlay-boot /opt/mta/mta.conf`` with ``UNSHARED=yes`` is the holder; its child
``unshare`` has the subhost's pid 1 as its child. ``trees`` gives one ``Tree`` for each holder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from console.clean import Clean, shared
from console.jobs import FOLDER
from console.model import Process, Running

_SHELLS = frozenset(("sh", "dash", "bash", "ash"))
NOT_YET_INIT = _SHELLS | {"busybox", "unshare"}
"""Names of a first process that is not what it will be; between fork and exec it is unshare's."""
_ENDED = "overlay-ended"
"""What a holder of ours calls itself while it cleans up after its subhost."""
_DEAD = frozenset("ZXx")

_Children = Mapping[int, Sequence[Process]]


@dataclass(frozen=True, slots=True)
class Tree:
    """The processes that make one subhost."""

    conf: Clean
    """The configuration file as typed; it may be relative to a directory nobody knows."""
    name: Clean
    """The file's basename without ``.conf``."""
    holder: int | None
    """Pid of the shell that holds the subhost's mount namespace; ``None``: it is gone."""
    unshare: int | None
    init: int | None
    """Host pid of the subhost's pid 1."""
    state: Running
    """``STARTING``, ``RUNNING``, ``STOPPING`` or ``BROKEN``."""
    since: float
    """When its pid 1, or else its holder, was started: seconds since 1970."""


def candidate(argv: Sequence[Clean]) -> bool:
    """Return whether this command line is overlay-boot's, launcher or holder.

    Only ``UNSHARED`` in the environment tells the two apart, so that is worth reading for these.
    """
    return _conf(argv) is not None


def trees(processes: Iterable[Process]) -> tuple[Tree, ...]:
    """Return the subhosts that are running, coming up or broken, by configuration file."""
    alive = tuple(process for process in processes if process.state not in _DEAD)
    children = _children(alive)
    holders = {
        process.pid: conf
        for process in alive
        if (conf := _conf(process.argv)) is not None and _holds(process, children)
    }
    found = (
        _tree(process, holders[process.pid], children)
        for process in alive
        # A subshell of a holder looks just like it.
        if process.pid in holders and process.parent not in holders
    )
    left = (_orphan(each, children) for each in alive if each.parent not in holders)
    whole = (*found, *(tree for tree in left if tree is not None))
    return tuple(sorted(whole, key=lambda tree: (tree.conf, tree.holder or 0)))


@dataclass(frozen=True, slots=True)
class Family:
    """A process table by what makes processes belong together."""

    by_pid: Mapping[int, Process]
    children: _Children
    by_pid_ns: Mapping[int | None, Sequence[Process]]


def family(processes: Iterable[Process]) -> Family:
    """Return a process table sorted out, for the members of many subhosts to be found in."""
    known = tuple(processes)
    by_pid_ns: dict[int | None, list[Process]] = {}
    for process in known:
        by_pid_ns.setdefault(process.pid_ns, []).append(process)
    return Family({process.pid: process for process in known}, _children(known), by_pid_ns)


def members(init: Process, family: Family) -> tuple[Process, ...]:
    """Return the processes of the subhost whose pid 1 is ``init``, by pid.

    Those in its pid namespace, where that is known, and those descended from it (containers
    inside have namespaces of their own).
    """
    found = {init.pid: init}
    if init.pid_ns is not None:
        found.update((each.pid, each) for each in family.by_pid_ns.get(init.pid_ns, ()))
    waiting = list(found)
    while waiting:
        for child in family.children.get(waiting.pop(), ()):
            if child.pid not in found:
                found[child.pid] = child
                waiting.append(child.pid)
    return tuple(found[pid] for pid in sorted(found))


def starter(tree: Tree, family: Family) -> Clean:
    """Return who started a subhost: ``subdeck`` where its holder is a job of ours."""
    holder = None if tree.holder is None else family.by_pid.get(tree.holder)
    ours = holder is not None and any(word.startswith(FOLDER) for word in holder.argv)
    return Clean("subdeck" if ours else "overlay-boot")


def _conf(argv: Sequence[Clean]) -> Clean | None:
    if len(argv) < 3 or not any(word.endswith("overlay-boot") for word in argv):
        return None  # nearly always, so first
    words = list(argv)
    if words and _basename(words[0]) == "busybox":
        del words[0]
        if words and words[0] in _SHELLS:
            del words[0]
    elif words and _basename(words[0]) in _SHELLS:
        del words[0]
    else:
        return None
    while words and words[0].startswith("-"):
        option = words.pop(0)
        # "sh -c", also as in "-ec": what follows is a script, not a file to run.
        if "c" in option and not option.startswith("--"):
            return None
    if len(words) < 2 or _basename(words[0]) != "overlay-boot":
        return None
    return words[1] if _stem(words[1]) else None


def _basename(path: str) -> str:
    return path.rpartition("/")[2]


def _stem(path: Clean) -> Clean:
    """``mta`` of ``/opt/mta/mta.conf``; empty for other files."""
    name = _basename(path)
    return shared(name.removesuffix(".conf") if name.endswith(".conf") else "")


def _children(processes: Iterable[Process]) -> _Children:
    found: dict[int, list[Process]] = {}
    for process in processes:
        found.setdefault(process.parent, []).append(process)
    return found


def _holds(process: Process, children: _Children) -> bool:
    """Whether this is the long-lived half, not the launcher; unknown, its child decides."""
    if process.unshared is not None:
        return process.unshared
    return _unshare(process, children) is not None


def _unshare(holder: Process, children: _Children) -> Process | None:
    named = (each for each in children.get(holder.pid, ()) if each.name == "unshare")
    return next(named, None)


def _orphan(unshare: Process, children: _Children) -> Tree | None:
    """Return the subhost that runs on below an ``unshare`` whose holder is gone.

    Only the one argument of its pid 1 tells the name then, and nothing the configuration.
    """
    if unshare.name != "unshare" or "--kill-child" not in unshare.argv:
        return None
    below = children.get(unshare.pid, ())
    init = next((each for each in below if each.inner_pid == 1 and len(each.argv) == 2), None)
    if init is None or init.name in NOT_YET_INIT or not init.argv[0].endswith(init.name):
        return None
    name = init.argv[1]
    return Tree(
        conf=Clean(f"{name}.conf"),
        name=name,
        holder=None,
        unshare=unshare.pid,
        init=init.pid,
        state=Running.BROKEN,
        since=init.started,
    )


def _tree(holder: Process, conf: Clean, children: _Children) -> Tree:
    unshare = _unshare(holder, children)
    below = children.get(unshare.pid, ()) if unshare else ()
    init = next((each for each in below if each.inner_pid in {1, None}), None)
    if unshare is None:
        state = Running.STOPPING if holder.name == _ENDED else Running.STARTING
    elif init is None:
        state = Running.BROKEN
    else:
        state = Running.STARTING if init.name in NOT_YET_INIT else Running.RUNNING
    return Tree(
        conf=conf,
        name=_stem(conf),
        holder=holder.pid,
        unshare=unshare.pid if unshare else None,
        init=init.pid if init else None,
        state=state,
        since=(init or holder).started,
    )
