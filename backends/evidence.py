"""How a host booted and what it runs, as its files tell.

``await Evidences(asker, b"").look(mounts, loops)`` asks for all of it at once, because over SSH
each asking is a round trip.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from backends.digest import digest
from backends.gaps import cut_off, not_said
from backends.questions import Answer, Asker, Question
from console.clean import Clean, clean, clean_path
from console.errors import Unparsable
from console.facts import Evidence, Superblock
from console.identity import ROFS, STAMPS, TRIGGERS, topmost
from console.memo import Kept
from console.model import Gap, LoopDevice, Mount
from console.parse import bzimage, squashfs
from console.parse.cmdline import arguments
from console.parse.os_release import os_release

OS_RELEASE = (b"/etc/os-release", b"/usr/lib/os-release")
"""Where os-release(5) says to look; the first is often a link to the second."""
_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
_CMDLINE = 4096
_DIGITS = 20
_TEXTS = (
    "sys/kernel/osrelease",
    "version",
    "cmdline",
    "sys/kernel/random/boot_id",
    "1/comm",
    "1/cmdline",
    "sys/kernel/bootloader_type",
)
"""Files of ``/proc``; whichever cannot be read is not known."""
_MOST = b"%d" % (1 << 16)


class Evidences:
    """Gathers the evidence below one root."""

    def __init__(self, asker: Asker, root: bytes) -> None:
        self._asker = asker
        self._root = root
        self._kept: Kept[tuple[Evidence, tuple[Gap, ...]]] = Kept()

    async def look(
        self, mounts: Sequence[Mount], loops: Sequence[LoopDevice]
    ) -> tuple[Evidence, tuple[Gap, ...]]:
        """Return the evidence."""
        images, home = _images(mounts, loops), self._root + _home(mounts)
        questions = _questions(self._root, tuple(loop.name for loop in images), home)
        answers = await self._asker.ask(questions)
        said = digest(*(b"%d %s" % (each.code, each.data) for each in answers))
        evidence, missed = self._kept.of(
            (said, images, home), lambda: self._found(iter(answers), images, home)
        )
        if "/kernel" not in evidence.present:
            return evidence, missed
        gaps = [*missed]
        evidence = replace(evidence, armed_kernel=await self._armed(gaps))
        return evidence, tuple(gaps)

    def _found(
        self, answers: Iterator[Answer], images: Sequence[LoopDevice], home: bytes
    ) -> tuple[Evidence, tuple[Gap, ...]]:
        gaps: list[Gap] = []
        texts = [b"" if (said := next(answers)).code else said.data for _ in _TEXTS]
        exe = next(answers)
        evidence = Evidence(
            kernel=_line(texts[0]) or Clean(""),
            version=_line(texts[1], _CMDLINE),
            cmdline=_line(texts[2], _CMDLINE),
            boot_id=_line(texts[3]),
            init_name=_line(texts[4]),
            init_exe=None if exe.code else clean_path(exe.data),
            init_argv=arguments(texts[5]),
            loader=_number(texts[6]),
            present=_present(answers, gaps),
            stamps=_stamps(answers, gaps),
            os_release=_release([next(answers) for _ in OS_RELEASE], home, gaps),
            squashfs=_superblocks(images, answers, gaps),
        )
        return evidence, tuple(gaps)

    async def _armed(self, gaps: list[Gap]) -> Clean | None:
        question = Question(b"head", self._root + b"/kernel", b"%d" % bzimage.HEAD)
        (answer,) = await self._asker.ask([question])
        if answer.code:
            gaps.append(not_said("kernel /kernel", answer))
            return None
        try:
            return bzimage.version(answer.data, "/kernel")
        except Unparsable as error:
            gaps.append(cut_off("kernel /kernel", error))
            return None


@lru_cache(64)
def _questions(root: bytes, images: tuple[Clean, ...], home: bytes) -> tuple[Question, ...]:
    """Return what is asked; of most hosts of a fleet that is the same."""
    return (
        *(Question(b"head", root + b"/proc/" + os.fsencode(text), _MOST) for text in _TEXTS),
        Question(b"link", root + b"/proc/1/exe"),
        *(Question(b"exists", root + os.fsencode(path)) for path in TRIGGERS),
        *(Question(b"head", root + os.fsencode(path), b"512") for path in STAMPS),
        *_release_questions(home),
        *(
            Question(b"block", root + os.fsencode(f"/dev/{name}"), b"%d" % squashfs.SIZE)
            for name in images
        ),
    )


def _home(mounts: Sequence[Mount]) -> bytes:
    """Return where the system is that a host runs; Autoserver's root has but copies of it."""
    image = topmost(mounts, ROFS)
    return os.fsencode(ROFS) if image and image.fstype == "squashfs" else b""


def _release_questions(root: bytes) -> Iterator[Question]:
    return (Question(b"beneath", root + path, root or b"/") for path in OS_RELEASE)


def _release(answers: Sequence[Answer], root: bytes, gaps: list[Gap]) -> Mapping[str, Clean]:
    for answer in answers:
        if not answer.code:
            return os_release(answer.data)
    if answers[0].code not in _ABSENT:
        gaps.append(not_said(f"os-release {clean_path(root)}", answers[0]))
    return {}


def _images(mounts: Sequence[Mount], loops: Sequence[LoopDevice]) -> tuple[LoopDevice, ...]:
    """Return the loop devices of which a squashfs is mounted."""
    devices = {mount.device for mount in mounts if mount.fstype == "squashfs"}
    return tuple(loop for loop in loops if loop.device in devices)


def _present(answers: Iterator[Answer], gaps: list[Gap]) -> frozenset[str]:
    found = set()
    for path, answer in zip(TRIGGERS, answers, strict=False):
        if not answer.code:
            found.add(path)
        elif answer.code not in _ABSENT:
            gaps.append(not_said(f"trigger {path}", answer))
    return frozenset(found)


def _stamps(answers: Iterator[Answer], gaps: list[Gap]) -> Mapping[str, Clean]:
    found = {}
    for path, answer in zip(STAMPS, answers, strict=False):
        if not answer.code:
            found[path] = clean(answer.data.partition(b"\n")[0])
        elif answer.code not in _ABSENT | {errno.EINVAL}:
            gaps.append(not_said(f"stamp {path}", answer))
    return found


def _superblocks(
    images: Sequence[LoopDevice], answers: Iterator[Answer], gaps: list[Gap]
) -> Mapping[Clean, Superblock]:
    found = {}
    for loop, answer in zip(images, answers, strict=True):
        if answer.code:
            gaps.append(not_said(f"squashfs {loop.name}", answer))
            continue
        try:
            found[loop.name] = squashfs.superblock(answer.data)
        except Unparsable as error:
            gaps.append(cut_off(f"squashfs {loop.name}", error))
    return found


def _number(text: bytes) -> int | None:
    return int(text) if text.strip().isdigit() and len(text) < _DIGITS else None


def _line(text: bytes, limit: int = 256) -> Clean | None:
    return clean(text.rstrip(b"\n"), limit) or None
