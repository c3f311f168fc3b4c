"""Configuration files of subhosts, the list of those started with the host, and their logs.

``await Confs(asker, b"", ["/opt/*/*.conf"]).look(running)`` reads and never runs them. A file
that others than root can change is shown with a note that says where.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache

from backends.gaps import cut_off, failed, not_said
from backends.probe_child import unpack
from backends.questions import Answer, Asker, Question
from console.clean import Clean, clean, clean_path
from console.errors import Unparsable
from console.model import Gap, SubhostConf
from console.parse.subhost_conf import conf
from console.parse.subhosts_list import autostart

LIST = b"/etc/subhosts.conf"
LOG_BYTES = 4096
LOG_LINES = 20
"""How much of the end of a log is kept."""


@dataclass(frozen=True, slots=True)
class Configured:
    """What the files of a host say about subhosts."""

    confs: tuple[SubhostConf, ...] = ()
    autostart: tuple[Clean, ...] = ()
    logs: Mapping[Clean, tuple[Clean, ...]] | None = None
    gaps: tuple[Gap, ...] = ()


class Confs:
    """Finds configuration files by patterns, by the list of the host, and by what runs."""

    def __init__(self, asker: Asker, root: bytes, globs: Sequence[str]) -> None:
        self._asker = asker
        self._root = root
        self._globs = tuple(os.fsencode(pattern) for pattern in globs)

    async def look(self, running: Iterable[Clean]) -> Configured:
        """Return every configuration; ``running`` are the paths on running command lines."""
        gaps: list[Gap] = []
        patterns = [*self._patterns()]
        asked = [Question(b"head", self._root + LIST, b"131072"), *map(self._glob, patterns)]
        answer, *answers = await self._asker.ask(asked)
        listed = _listed(answer, gaps)
        globbed = self._globbed(zip(patterns, answers, strict=True), gaps)
        named = [os.fsencode(path) for path in (*listed, *running) if path.startswith("/")]
        paths = list(dict.fromkeys((*globbed, *named)))
        answers = await self._asker.ask(
            [Question(b"conf", self._root + path, self._root or b"/") for path in paths]
        )
        found = []
        for path, answer in zip(paths, answers, strict=True):
            wanted = path in named
            said = _conf(path, answer, self._root, wanted=wanted)
            if isinstance(said, SubhostConf):
                found.append(said)
            elif said is not None:
                gaps.append(said)
        logs = await self._logs(found, gaps)
        return Configured(tuple(found), listed, logs, tuple(gaps))

    def _patterns(self) -> Iterator[bytes]:
        """Yield the patterns, and those into suspicious mounts, which are asked apart."""
        for pattern in self._globs:
            yield pattern
            yield from self._within_suspects(pattern)

    def _glob(self, pattern: bytes) -> Question:
        shunned = self._asker.shunned(self._root + pattern)
        return Question(b"glob", self._root + pattern, b"\0".join(shunned))

    def _globbed(self, said: Iterable[tuple[bytes, Answer]], gaps: list[Gap]) -> list[bytes]:
        """Return what the patterns find."""
        found: list[bytes] = []
        for pattern, answer in said:
            if answer.code:
                gaps.append(not_said(f"configurations {clean_path(pattern)}", answer))
            found += [path[len(self._root) :] for path in answer.data.split(b"\0") if path]
        return found

    def _within_suspects(self, pattern: bytes) -> Iterable[bytes]:
        """Return the pattern with its first folders spelled out, for each suspicious mount."""
        parts = pattern.split(b"/")
        for mount in self._asker.shunned(self._root + pattern):
            folders = mount.removeprefix(self._root).split(b"/")
            depth = len(folders)
            if depth < len(parts) and all(map(fnmatchcase, folders, parts)):
                yield b"/".join((*folders, *parts[depth:]))

    async def _logs(
        self, found: Iterable[SubhostConf], gaps: list[Gap]
    ) -> Mapping[Clean, tuple[Clean, ...]]:
        logged = [each for each in found if each.log.startswith("/")]
        answers = await self._asker.ask(
            [
                Question(b"tail", self._root + os.fsencode(each.log), b"%d" % LOG_BYTES)
                for each in logged
            ]
        )
        logs = {}
        for each, answer in zip(logged, answers, strict=True):
            if answer.code == errno.ELOOP:
                reason = clean("a symbolic link, which is not followed")
                gaps.append(Gap(clean_path(f"log {each.log}"), reason))
            elif answer.code and answer.code != errno.ENOENT:
                gaps.append(not_said(f"log {each.log}", answer))
            elif not answer.code:
                logs[each.path] = _lines(answer.data)
        return logs


def _listed(answer: Answer, gaps: list[Gap]) -> tuple[Clean, ...]:
    """Return the paths on the list of what is started with the host."""
    if answer.code:
        if answer.code != errno.ENOENT:
            gaps.append(not_said(f"autostart {LIST.decode()}", answer))
        return ()
    try:
        return autostart(answer.data)
    except Unparsable as error:
        gaps.append(cut_off("autostart", error))
        return ()


def _conf(path: bytes, answer: Answer, root: bytes, *, wanted: bool) -> SubhostConf | Gap | None:
    """Return a configuration; ``None`` for a file that is none and nobody named."""
    probe = f"configuration {clean_path(path)}"
    if answer.hung:
        return not_said(probe, answer)
    if answer.code == errno.ELOOP:
        return Gap(clean_path(probe), clean("a symbolic link, which is not followed"))
    if answer.code:
        return failed(probe, answer.code)
    foreign, text = unpack(answer.data)
    if not wanted and b"BASE" not in text:
        return None
    try:
        read = _read(path, text)
    except Unparsable as error:
        return cut_off(probe, error)
    if not foreign:
        return read
    note = clean_path(b"writable by others than root: " + (foreign[len(root) :] or b"/"))
    return replace(read, notes=(*read.notes, note))


_read = lru_cache(256)(conf)
"""What most looks find has not changed since the last one."""


def _lines(tail: bytes) -> tuple[Clean, ...]:
    lines = tail.split(b"\n")
    if len(tail) == LOG_BYTES:
        del lines[0]
    if lines and not lines[-1]:
        del lines[-1]
    return tuple(clean(line) for line in lines[-LOG_LINES:])
