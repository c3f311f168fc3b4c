from __future__ import annotations

import errno
import os

import pytest

from backends.gaps import failed, folded, not_said
from backends.probe_child import HUNG
from backends.questions import Answer
from console.errors import Problem


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        (errno.EACCES, Problem.DENIED),
        (errno.EPERM, Problem.DENIED),
        (errno.ENOENT, Problem.MISSING),
        (errno.EIO, Problem.LOST),
        (HUNG, Problem.HUNG),
    ],
)
def test_every_failure_has_its_word(code: int, problem: Problem) -> None:
    gap = not_said("statvfs /mnt", Answer(code), "umount -l /mnt")
    assert gap.problem is problem
    assert (gap.remedy == "umount -l /mnt") == (problem is Problem.HUNG)


def test_root_is_not_told_to_become_root() -> None:
    remedy = failed("loop loop0", errno.EACCES).remedy
    assert remedy == (None if os.geteuid() == 0 else "run as root")


def test_what_is_not_permitted_is_told_once_a_kind() -> None:
    denied = [failed(f"statvfs /run/user/{number}", errno.EACCES) for number in range(1000)]
    other = [failed("squashfs loop0", errno.EACCES), failed("log /x\x1b", errno.EIO)]
    found = folded([*denied, *other, *other])
    assert {gap.probe for gap in found} == {"statvfs", "squashfs loop0", "log /x␛"}
    (statvfs,) = (gap for gap in found if gap.probe == "statvfs")
    assert "/run/user/0 and 999 more" in statvfs.reason
