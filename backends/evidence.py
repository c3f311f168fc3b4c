"""How this host booted and what it runs, as its files tell.

``await Evidences(prober, lane, "").look()`` reads ``/proc`` in the lane, and files that may lie
on a medium that is gone in the probe process.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.gaps import cut_off, not_said
from backends.lane import Lane
from backends.prober import Answer, Prober, Question
from backends.proc import content
from console.clean import Clean, clean, clean_path
from console.errors import Unparsable
from console.facts import Evidence, Superblock
from console.identity import STAMPS, TRIGGERS
from console.model import Gap, LoopDevice, Mount
from console.parse import bzimage, squashfs
from console.parse.cmdline import environ
from console.parse.os_release import os_release

OS_RELEASE = (b"/etc/os-release", b"/usr/lib/os-release")
"""Where os-release(5) says to look; the first is often a link to the second."""
_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
_CMDLINE = 4096
_WORDS = 64


@dataclass(frozen=True, slots=True)
class _Init:
    name: Clean | None
    exe: Clean | None
    argv: tuple[Clean, ...]
    environ: Mapping[str, Clean]


@dataclass(frozen=True, slots=True)
class _Texts:
    kernel: Clean
    version: Clean | None
    cmdline: Clean | None
    boot_id: Clean | None
    init: _Init


class Evidences:
    """Gathers the evidence below one root."""

    def __init__(self, prober: Prober, lane: Lane, root: bytes) -> None:
        self._prober = prober
        self._lane = lane
        self._root = root

    async def look(
        self, mounts: Sequence[Mount], loops: Sequence[LoopDevice]
    ) -> tuple[Evidence, tuple[Gap, ...]]:
        """Return the evidence; its uptime is left unset. Raises ``TimeoutError``."""
        texts = await self._lane.run(_texts, f"{os.fsdecode(self._root)}/proc")
        gaps: list[Gap] = []
        present = await self._present(gaps)
        return (
            Evidence(
                kernel=texts.kernel,
                version=texts.version,
                cmdline=texts.cmdline,
                boot_id=texts.boot_id,
                uptime=None,
                init_name=texts.init.name,
                init_exe=texts.init.exe,
                init_argv=texts.init.argv,
                init_environ=texts.init.environ,
                os_release=await os_releases(self._prober, self._root, gaps),
                stamps=await self._stamps(gaps),
                present=present,
                armed_kernel=await self._armed(gaps) if "/kernel" in present else None,
                squashfs=await self._superblocks(mounts, loops, gaps),
            ),
            tuple(gaps),
        )

    async def _present(self, gaps: list[Gap]) -> frozenset[str]:
        answers = await self._ask(b"exists", TRIGGERS)
        found = set()
        for path, answer in zip(TRIGGERS, answers, strict=True):
            if not answer.code:
                found.add(path)
            elif answer.code not in _ABSENT:
                gaps.append(not_said(f"trigger {path}", answer))
        return frozenset(found)

    async def _stamps(self, gaps: list[Gap]) -> Mapping[str, Clean]:
        answers = await self._ask(b"head", STAMPS, b"512")
        found = {}
        for path, answer in zip(STAMPS, answers, strict=True):
            if not answer.code:
                found[path] = clean(answer.data.partition(b"\n")[0])
            elif answer.code not in _ABSENT | {errno.EINVAL}:
                gaps.append(not_said(f"stamp {path}", answer))
        return found

    async def _armed(self, gaps: list[Gap]) -> Clean | None:
        (answer,) = await self._ask(b"head", ["/kernel"], b"%d" % bzimage.HEAD)
        if answer.code:
            gaps.append(not_said("kernel /kernel", answer))
            return None
        try:
            return bzimage.version(answer.data, "/kernel")
        except Unparsable as error:
            gaps.append(cut_off("kernel /kernel", error))
            return None

    async def _superblocks(
        self, mounts: Sequence[Mount], loops: Sequence[LoopDevice], gaps: list[Gap]
    ) -> Mapping[Clean, Superblock]:
        images = {mount.device for mount in mounts if mount.fstype == "squashfs"}
        asked = [loop for loop in loops if loop.device in images]
        paths = [f"/dev/{loop.name}" for loop in asked]
        answers = await self._ask(b"block", paths, b"%d" % squashfs.SIZE)
        found = {}
        for loop, answer in zip(asked, answers, strict=True):
            if answer.code:
                gaps.append(not_said(f"squashfs {loop.name}", answer))
                continue
            try:
                found[loop.name] = squashfs.superblock(answer.data)
            except Unparsable as error:
                gaps.append(cut_off(f"squashfs {loop.name}", error))
        return found

    async def _ask(
        self, operation: bytes, paths: Sequence[str], argument: bytes = b""
    ) -> list[Answer]:
        return await self._prober.ask(
            [Question(operation, self._root + os.fsencode(path), argument) for path in paths]
        )


async def os_releases(prober: Prober, root: bytes, gaps: list[Gap]) -> Mapping[str, Clean]:
    """Return os-release below a root, without following a link out of it."""
    answers = await prober.ask(
        [Question(b"beneath", root + path, root or b"/") for path in OS_RELEASE]
    )
    for answer in answers:
        if not answer.code:
            return os_release(answer.data)
    if answers[0].code not in _ABSENT:
        gaps.append(not_said(f"os-release {clean_path(root)}", answers[0]))
    return {}


def _texts(proc: str) -> _Texts:
    return _Texts(
        kernel=_line(f"{proc}/sys/kernel/osrelease") or Clean(""),
        version=_line(f"{proc}/version", _CMDLINE),
        cmdline=_line(f"{proc}/cmdline", _CMDLINE),
        boot_id=_line(f"{proc}/sys/kernel/random/boot_id"),
        init=_Init(
            name=_line(f"{proc}/1/comm"),
            exe=_target(f"{proc}/1/exe"),
            argv=_words(_content(f"{proc}/1/cmdline")),
            environ=environ(_content(f"{proc}/1/environ")),
        ),
    )


def _words(cmdline: bytes) -> tuple[Clean, ...]:
    words = cmdline.removesuffix(b"\0").split(b"\0", _WORDS)[:_WORDS] if cmdline else ()
    return tuple(clean_path(word) for word in words)


def _content(path: str) -> bytes:
    try:
        return content(path)
    except OSError:
        return b""


def _line(path: str, limit: int = 256) -> Clean | None:
    return clean(_content(path).rstrip(b"\n"), limit) or None


def _target(path: str) -> Clean | None:
    try:
        return clean_path(os.fsencode(Path(path).readlink()))
    except OSError:
        return None
