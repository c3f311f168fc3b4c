"""Questions as words for the probe program, and its sections as their answers.

``request(Question(b"head", b"/etc/issue", b"512"), b"q1")`` is ``b"head q1 /etc/issue 512"``.
Every operation of ``backends.questions`` but ``ioctl`` is here, and says the same as on this host.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from backends.probe_child import READ, pack
from backends.questions import Answer, Question
from console.parse.decimal import decimal
from console.parse.df import statfs_words
from console.parse.probe_frames import Section
from console.quoting import pattern, word

_WHOLE = b"%d" % READ
_SILENT = Section(b"", errno.EIO)
_LISTED = re.compile(rb"[-bcdlps][-rwxsStT]{9}")
_FOUND = 500
"""Paths a pattern may find."""

Sections = Mapping[bytes, Section]


@dataclass(frozen=True, slots=True)
class _Operation:
    words: Callable[[Question, bytes], bytes]
    """What to send; the second is the name of the section to be answered."""
    answer: Callable[[Question, bytes, Sections], Answer]


def request(question: Question, name: bytes) -> bytes:
    """Return one command of the probe program."""
    return _OPERATIONS[question.operation].words(question, name)


def answer(question: Question, name: bytes, sections: Sections) -> Answer:
    """Return what the sections say to a question that was sent under ``name``."""
    return _OPERATIONS[question.operation].answer(question, name, sections)


def target(listing: bytes) -> bytes:
    """Return where the symbolic link leads that ``ls -ldn`` printed."""
    return listing.rstrip(b"\n").partition(b" -> ")[2]


def _plain(command: bytes, *, counted: bool = False) -> _Operation:
    """A command that takes the path, perhaps a count, and answers with the data itself."""

    def words(question: Question, name: bytes) -> bytes:
        said = b"%s %s %s" % (command, name, word(question.path))
        return said + b" " + question.argument if counted else said

    return _Operation(words, _data)


def _data(_: Question, name: bytes, sections: Sections) -> Answer:
    section = sections.get(name, _SILENT)
    return Answer(section.status, b"" if section.status else section.data)


def _full(question: Question, name: bytes, sections: Sections) -> Answer:
    said = _data(question, name, sections)
    if said.code:
        return said
    words = statfs_words(said.data.splitlines())
    return Answer(0, words[0]) if len(words) == 1 else Answer(errno.EIO)


def _node(question: Question, name: bytes, sections: Sections) -> Answer:
    said = _data(question, name, sections)
    numbers = [number for each in said.data.split() if (number := decimal(each)) is not None]
    if said.code or len(numbers) != 4:
        return Answer(said.code or errno.EIO)
    device, inode, size, blocks = numbers
    parts = (os.major(device), os.minor(device), inode, size, blocks * 512)
    return Answer(0, b" ".join(b"%d" % part for part in parts))


def _link(question: Question, name: bytes, sections: Sections) -> Answer:
    said = _data(question, name, sections)
    return Answer(said.code, target(said.data))


def _beneath(question: Question, name: bytes) -> bytes:
    path, root = word(question.path), word(question.argument)
    return b"beneath %s %s %s %s" % (name, path, root, _WHOLE)


def _conf(question: Question, name: bytes) -> bytes:
    path = word(question.path)
    ways = b" ".join(word(each) for each in _ways(question.path))
    return b"head %s %s %s; owners %s.ways %s; real %s.real %s" % (
        name,
        path,
        _WHOLE,
        name,
        ways,
        name,
        path,
    )


def _conf_said(question: Question, name: bytes, sections: Sections) -> Answer:
    said = _data(question, name, sections)
    if said.code:
        return said
    lines = sections.get(name + b".ways", _SILENT).data.splitlines()
    foreign = _foreign(_ways(question.path), lines)
    real, *lines = sections.get(name + b".real", _SILENT).data.splitlines() or (b"",)
    if real and not foreign:
        foreign = _foreign(_ways(real), lines)
    return Answer(0, pack([foreign, said.data]))


def _ways(path: bytes) -> list[bytes]:
    """Return the folders that lead to a file, and the file, as ``ls`` sorts them."""
    parts = path.split(b"/")
    return [b"/".join(parts[:count]) or b"/" for count in range(1, len(parts) + 1)]


def _foreign(ways: list[bytes], lines: list[bytes]) -> bytes:
    """Return the innermost that others than root can change, by ``ls -ldn``; or nothing."""
    lines = [line for line in lines if _LISTED.match(line)]  # a name may hold a newline
    if len(ways) != len(lines):
        return ways[-1]
    for way, line in zip(reversed(ways), reversed(lines), strict=True):
        mode, _, owner, *_ = (*line.split(None, 3), b"", b"", b"")
        writable = mode[5:6] == b"w" or mode[8:9] == b"w"
        if owner != b"0" or (writable and mode[:1] != b"l"):
            return way
    return b""


def _glob(question: Question, name: bytes) -> bytes:
    avoid = b"|".join(word(each) for each in question.argument.split(b"\0") if each)
    if not avoid:
        return b"found %s %s" % (name, pattern(question.path))
    return b"begin %s; flush; %s finish 0" % (
        name,
        _wander(question.path.strip(b"/").split(b"/"), avoid),
    )


def _wander(parts: list[bytes], avoid: bytes) -> bytes:
    """Return loops that expand one part after the other and never go into what is to be avoided.

    A shell would look into every folder that a pattern finds on its way.
    """
    at, loops, done = b"", b"", b""
    for number, part in enumerate(parts):
        if b"*" not in part and b"?" not in part:
            at += b"/" + word(part)
            continue
        each = b"each%d" % number
        loops += b"for %s in %s/%s; do " % (each, at, pattern(part))
        loops += b"case $%s in %s) continue ;; esac; " % (each, avoid)
        done += b"done; "
        at = b'"$%s"' % each
    there = b"[ -e %s ] || [ -L %s ]" % (at, at)
    return loops + b"if %s; then printf '%%s\\0' %s; fi; %s" % (there, at, done)


def _globbed(question: Question, name: bytes, sections: Sections) -> Answer:
    said = _data(question, name, sections)
    paths = [path for path in said.data.split(b"\0") if path]
    return Answer(said.code, b"\0".join(paths[:_FOUND]))


_OPERATIONS = {
    b"statvfs": _Operation(_plain(b"full").words, _full),
    b"stat": _Operation(_plain(b"node").words, _node),
    b"exists": _plain(b"exists"),
    b"head": _plain(b"head", counted=True),
    b"tail": _plain(b"tail", counted=True),
    b"block": _plain(b"block", counted=True),
    b"link": _Operation(_plain(b"link").words, _link),
    b"beneath": _Operation(_beneath, _data),
    b"conf": _Operation(_conf, _conf_said),
    b"glob": _Operation(_glob, _globbed),
}
