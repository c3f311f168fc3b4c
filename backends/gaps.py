"""The gaps of this host: why something was not seen, and what would change that.

``not_said("statvfs /mnt/nfs", Answer(HUNG))`` tells that it hangs and how to get rid of it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Sequence

from backends.questions import Answer
from console.clean import clean, clean_path
from console.errors import Problem, Unparsable
from console.model import Gap

AS_ROOT = clean("run as root")
_DENIED = frozenset({errno.EACCES, errno.EPERM})
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESRCH})


def not_said(probe: str, answer: Answer, remedy: str | None = None) -> Gap:
    """Return the gap of a question that was answered with an error, or not at all."""
    if answer.hung:
        hint = clean(remedy) if remedy else None
        return Gap(clean_path(probe), clean("does not answer"), hint, Problem.HUNG)
    return failed(probe, answer.code)


def failed(probe: str, code: int) -> Gap:
    """Return the gap of a system call that failed with an errno."""
    reason = clean(os.strerror(code))
    if code in _DENIED:
        remedy = AS_ROOT if os.geteuid() != 0 else None
        return Gap(clean_path(probe), reason, remedy, Problem.DENIED)
    problem = Problem.MISSING if code in _GONE else Problem.LOST
    return Gap(clean_path(probe), reason, problem=problem)


def late(probe: str) -> Gap:
    """Return the gap of a read that did not return in time."""
    reason = clean("the kernel does not answer")
    return Gap(clean_path(probe), reason, problem=Problem.HUNG)


def folded(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """Return the gaps with everything that was not permitted told once a kind of question."""
    denied: dict[str, list[Gap]] = {}
    others: list[Gap] = []
    for gap in dict.fromkeys(gaps):
        if gap.problem is Problem.DENIED:
            denied.setdefault(gap.probe.partition(" ")[0], []).append(gap)
        else:
            others.append(gap)
    return (*others, *(_one(kind, group) for kind, group in denied.items()))


def _one(kind: str, group: Sequence[Gap]) -> Gap:
    if len(group) == 1:
        return group[0]
    first = group[0].probe.partition(" ")[2]
    reason = clean_path(f"{group[0].reason}: {first} and {len(group) - 1} more")
    return Gap(clean(kind), reason, group[0].remedy, Problem.DENIED)


def cut_off(probe: str, error: Unparsable) -> Gap:
    """Return the gap of a text that could not be understood."""
    return Gap(clean_path(probe), clean(str(error)), problem=Problem.GARBLED)
