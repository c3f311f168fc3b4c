"""Answers of the survey program: what a plan on one host is made from.

Records ``KEY LENGTH``, so many bytes and a newline, the last one ``end``; ``backends/survey.sh``
makes them. ``hosts(b"boot 3\\nabc\\nsubhost 0\\n\\nend 0\\n\\n")`` is one survey, of the boot
``abc``.
"""

from __future__ import annotations

import posixpath
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise

from console.clean import Clean, clean, clean_path
from console.errors import Unparsable
from console.parse.proc_stat import proc_stat
from console.parse.subhost_conf import SIZE_KEPT
from console.survey import Found, Kin, Lineage, PathFact, Staged, StagedSet, Survey, User

_Record = tuple[bytes, bytes]

_HEAD = re.compile(rb"([a-z]{1,16}) ([0-9]{1,8})\n")
_OCTAL = re.compile(rb"\\([0-7]{3})")
_HEX = re.compile(rb"[0-9a-f]{1,16}")
_JOB = re.compile(rb"/run/subdeck/jobs/[^/]+/overlay-boot")
_SET = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._+-]*/)?[A-Za-z0-9][A-Za-z0-9._+-]*-[0-9a-f]{12}")
_ENDS = re.compile(r"\.(?:part|gone)$")
"""What is on its way to become a set, or to be one no more."""
_SHOWN = 5
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_PTS, _VT, _CONSOLE = 136, 4, (5, 1)


def hosts(answer: bytes) -> tuple[Survey, ...]:
    """Return what it tells of the machine and each subhost. Raises ``Unparsable``."""
    shared: list[_Record] = []
    told: list[list[_Record]] = []
    for record in records(answer):
        if record[0] == b"subhost":
            told.append([])
        else:
            (told[-1] if told else shared).append(record)
    machine = _machine(shared)
    return tuple(_of_subhost(machine, each) for each in told)


def paths(answer: bytes) -> Mapping[Clean, PathFact]:
    """Return what it tells of each path. Raises ``Unparsable``."""
    mounts: frozenset[bytes] = frozenset()
    told: dict[Clean, list[_Record]] = {}
    about: list[_Record] = []
    lines: list[bytes] = []
    for key, value in records(answer):
        if key == b"mounts":
            mounts = frozenset(_OCTAL.sub(_byte, line) for line in value.split(b"\n"))
        elif key == b"lines":
            lines += value.split(b"\n")
        elif key == b"path":
            about = told.setdefault(clean_path(value), [])
        about.append((key, value))
    led = sum(key == b"through" for each in told.values() for key, _ in each)
    if led != len(lines):
        raise Unparsable("survey", clean(f"{led} paths and {len(lines)} facts"), "one of each")
    facts = iter(lines)
    return {path: _fact(path, records, facts, mounts) for path, records in told.items()}


def users(answer: bytes) -> tuple[User, ...]:
    """Return who uses the filesystem that was asked about. Raises ``Unparsable``."""
    told: list[dict[bytes, bytes]] = []
    for key, value in records(answer):
        if key == b"user":
            told.append({})
        if told:
            told[-1][key] = value
    return tuple(map(_user, told))


def staged(answer: bytes) -> Staged:
    """Return what sets a host holds. Raises ``Unparsable``.

    Only what is called like one: whatever else lies in those folders is not ours.
    """
    sets: dict[Clean, StagedSet] = {}
    armed, loaded, root = None, False, Clean("")
    for key, value in records(answer):
        match key:
            case b"armed":
                armed = clean(value, 4096)
            case b"loaded":
                loaded = value.strip() == b"1"
            case b"root":
                root = clean_path(value)
            case b"set":
                numbers, _, path = value.partition(b"\n")
                modified, kilobytes = _numbers(numbers, 2)
                found = _set(root, clean_path(path), kilobytes << 10, modified)
                if found is not None and posixpath.dirname(found.path) not in sets:
                    sets[found.path] = found
    return Staged(tuple(sets.values()), armed, loaded)


def records(answer: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield key and value of each. Raises ``Unparsable`` where one is cut off or odd."""
    at = 0
    while head := _HEAD.match(answer, at):
        begin = head.end()
        at = begin + int(head[2])
        if answer[at : at + 1] != b"\n":
            break
        if head[1] == b"end":
            return
        yield head[1], answer[begin:at]
        at += 1
    raise Unparsable("survey", clean(answer[at : at + 80]), "records up to the last one")


def _machine(told: Sequence[_Record]) -> Survey:
    first = dict(reversed(told))
    return Survey(
        boot_id=clean(first[b"boot"]) if b"boot" in first else None,
        root=first.get(b"uid") == b"0",
        may_mount=_admin(first.get(b"rights", b"")),
        machine=clean(first[b"machine"]) if first.get(b"machine") else None,
        tools=frozenset(clean(value) for key, value in told if key == b"tool"),
        options=frozenset(clean(value) for key, value in told if key == b"option"),
        autostart=_content(first.get(b"autostart")),
        way=_way(first.get(b"way", b"")),
    )


def _admin(rights: bytes) -> bool:
    """Return whether CAP_SYS_ADMIN is among these capabilities (proc(5), CapEff)."""
    return bool(int(rights, 16) >> 21 & 1) if _HEX.fullmatch(rights) else False


def _of_subhost(machine: Survey, told: Sequence[_Record]) -> Survey:
    first = dict(reversed(told))
    conf = _content(first.get(b"conf"))
    return replace(
        machine,
        conf=conf,
        conf_digest=None if conf is None else sha256(conf).hexdigest(),
        sessions=_sessions(value for key, value in told if key == b"terminal"),
        lineage=_lineage([value for key, value in told if key == b"kin"], first),
    )


def _set(root: Clean, path: Clean, size: int, modified: int) -> StagedSet | None:
    place = path.removeprefix(f"{root}/")
    if not _SET.fullmatch(_ENDS.sub("", place)):
        return None
    return StagedSet(path, place, size, modified)


def _byte(escape: re.Match[bytes]) -> bytes:
    return bytes([int(escape[1], 8) & 0xFF])


def _content(dump: bytes | None) -> bytes | None:
    """Return a file from its hexadecimal dump; ``None`` for one that is too long to be read."""
    if dump is None:
        return None
    content = _bytes(dump)
    return content if len(content) <= SIZE_KEPT else None


def _bytes(dump: bytes) -> bytes:
    try:
        return bytes.fromhex(dump.decode("ascii"))
    except ValueError as error:
        raise Unparsable("survey", clean(dump[:80]), "bytes in hexadecimal") from error


def _numbers(text: bytes, count: int) -> tuple[int, ...]:
    words = text.split()
    if len(words) != count or not all(re.fullmatch(rb"[0-9]{1,20}", word) for word in words):
        raise Unparsable("survey", clean(text[:80]), f"{count} numbers")
    return tuple(map(int, words))


def _lineage(stats: list[bytes], first: Mapping[bytes, bytes]) -> Lineage | None:
    if not stats or b"spaces" not in first:
        return None
    kin = [Kin(each.pid, each.started, clean(each.name)) for each in map(proc_stat, stats)]
    argv = _bytes(first.get(b"argv", b"")).rstrip(b"\0").split(b"\0")
    is_holder = any(word.rpartition(b"/")[2] == b"overlay-boot" for word in argv)
    net_ns, pid_ns, mount_ns = (space or None for space in _numbers(first[b"spaces"], 3))
    return Lineage(
        first=kin[0],
        unshare=kin[1] if len(kin) > 1 else None,
        holder=kin[2] if len(kin) > 2 and is_holder else None,
        supervised=is_holder and any(map(_JOB.fullmatch, argv)),
        net_ns=net_ns,
        pid_ns=pid_ns,
        mount_ns=mount_ns,
    )


def _user(told: Mapping[bytes, bytes]) -> User:
    process = proc_stat(told[b"user"])
    parent = proc_stat(told[b"parent"]) if told.get(b"parent") else None
    script, pid_file = told.get(b"script"), told.get(b"file")
    return User(
        process=Kin(process.pid, process.started, clean(process.name)),
        parent=process.parent,
        parent_name=clean(parent.name) if parent else Clean(""),
        parent_started=parent.started if parent else 0,
        script=clean_path(script) if script else None,
        pid_file=clean_path(pid_file) if pid_file else None,
    )


def _sessions(lines: Iterable[bytes]) -> tuple[Clean, ...]:
    users: dict[str, list[str]] = {}
    for line in lines:
        number, _, rest = line.partition(b" ")
        process = proc_stat(rest)
        users.setdefault(_terminal(_numbers(number, 1)[0]), []).append(
            f"{clean(process.name)} ({process.pid})"
        )
    return tuple(
        clean(f"{terminal}: {', '.join(names[:_SHOWN])}{' …' if len(names) > _SHOWN else ''}")
        for terminal, names in users.items()
    )


def _terminal(number: int) -> str:
    """Return the name of a terminal from its number in ``/proc/PID/stat`` (proc_pid_stat(5))."""
    major, minor = number >> 8 & 0xFFF, number & 0xFF | number >> 12 & 0xFFF00
    if major == _PTS:
        return f"pts/{minor}"
    if major == _VT:
        return f"tty{minor}"
    return "console" if (major, minor) == _CONSOLE else f"terminal {major}:{minor}"


def _way(route: bytes) -> tuple[Clean, Clean | None] | None:
    words = route.split()
    after = dict(pairwise(words))
    if b"dev" not in after:
        return None
    return clean(after[b"dev"]), clean(after[b"via"]) if b"via" in after else None


def _fact(
    path: Clean, records: list[_Record], lines: Iterator[bytes], mounts: frozenset[bytes]
) -> PathFact:
    known = dict(records)
    try:
        found = Found(known[b"found"].decode("ascii"))
    except (KeyError, ValueError) as error:
        raise Unparsable("survey", path, "what there is") from error
    through = [value for key, value in records if key == b"through"]
    try:
        facts = [_owned(next(lines)) for _ in through]
    except ValueError as error:
        raise Unparsable("survey", path, "device, owner and mode") from error
    real = known.get(b"real")
    return PathFact(
        found=found,
        real=None if real is None else clean_path(real),
        device=None if real is None else facts[-1][0],
        executable=b"executable" in known,
        mount_point=real in mounts,
        foreign=next(
            (
                clean_path(name)
                for at, (name, (_, uid, mode)) in enumerate(zip(through, facts, strict=True), 1)
                if _is_foreign(uid, mode, last=at == len(facts))
            ),
            None,
        ),
    )


def _owned(line: bytes) -> tuple[int, int, int]:
    device, owner, mode = line.split()
    return int(device), int(owner), int(mode, 16)


def _is_foreign(uid: int, mode: int, *, last: bool) -> bool:
    """Whether others than root may put something else there.

    In a sticky folder nobody may move or remove what root owns, hence not what follows.
    """
    if uid != 0:
        return True
    if stat.S_ISLNK(mode) or (mode & stat.S_ISVTX and not last):
        return False
    return bool(mode & _OTHERS_WRITE)
