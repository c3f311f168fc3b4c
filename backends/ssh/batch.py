"""Many questions as one request, and its sections as their answers.

``batched(questions).request`` names the sections by the questions: ``q0``, ``q1`` … Files whose
beginnings are asked for one after the other are read by one process there.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby

from backends.questions import Answer, Question
from backends.ssh import operations
from backends.ssh.operations import Sections
from console.parse.decimal import decimal
from console.quoting import word

_AT_ONCE = 64
"""Files that one process reads at most."""
_LEAST = 256
"""Bytes of each, at least: the mark is cut off like the files, and must stay whole."""
_Numbered = tuple[int, Question]


class Batch:
    """Some questions, in their order."""

    def __init__(self, questions: Sequence[Question]) -> None:
        numbered = groupby(enumerate(questions), _kind)
        self._groups = [tuple(group) for _, group in numbered]
        self.request = b"; ".join(map(_request, self._groups))
        """What to send."""

    def answers(self, sections: Sections, mark: bytes) -> list[Answer]:
        """Return an answer for each question; ``mark`` stands before each file that was read."""
        return [answer for group in self._groups for answer in _answers(group, sections, mark)]


batched = lru_cache(64)(Batch)
"""Most batches are asked of many hosts, again and again."""


def first_of(name: bytes) -> int | None:
    """Return the number of the question that a section belongs to; ``None``: to none."""
    number = name[1:].partition(b".")[0]
    return decimal(number) if name[:1] == b"q" else None


def _kind(numbered: _Numbered) -> tuple[bytes, int]:
    """Return what those have in common that are asked together: others than files, nothing."""
    number, question = numbered
    if question.operation == b"head" and int(question.argument) >= _LEAST:
        return question.argument, number // _AT_ONCE
    return b"", number


def _request(group: Sequence[_Numbered]) -> bytes:
    number, question = group[0]
    if len(group) == 1:
        return operations.request(question, b"q%d" % number)
    paths = b" ".join(word(each.path) for _, each in group)
    return b"heads q%d %s %s" % (number, question.argument, paths)


def _answers(group: Sequence[_Numbered], sections: Sections, mark: bytes) -> Iterator[Answer]:
    number, question = group[0]
    name = b"q%d" % number
    if len(group) == 1:
        yield operations.answer(question, name, sections)
        return
    section = sections.get(name)
    line, _, rest = (section.data if section else b"").partition(b"\n")
    codes, texts = line.split(), iter(rest.split(mark)[1:])
    if len(codes) != len(group):
        yield from [Answer(errno.EIO)] * len(group)
        return
    for code in map(int, codes):
        text = b"" if code else next(texts, None)
        yield Answer(errno.EIO) if text is None else Answer(code, text)
