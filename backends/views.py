"""The mounts of this host and of its subhosts, and how full each is.

``await Views(asker).look([(HERE, text)])`` parses a mount table (again only when it changed) and
asks ``statvfs`` of every filesystem that fills; one that hangs costs a gap, and never more than
one outstanding question however many namespaces show it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from backends.gaps import cut_off, failed, not_said
from backends.questions import Answer, Asker, Question, suspect
from console.clean import Clean
from console.errors import Unparsable
from console.facts import View
from console.memo import Kept
from console.model import Gap, Mount, Statfs
from console.mounts import fillable, may_hang, stores, visible
from console.parse.mountinfo import mounts
from console.parse.statfs import measured

_NOTHING: Mapping[bytes, Answer] = {}
_NOWHERE = b"?"
"""A path that is on no mount."""
_GONE = frozenset({2, 3, 20})
"""ENOENT, ESRCH, ENOTDIR: unmounted, or ended, since the table was read."""


@dataclass(frozen=True, slots=True)
class _Asked:
    mount: Mount
    question: Question


@dataclass(frozen=True, slots=True)
class _Table:
    """A parsed mount table and what to ask about it."""

    digest: bytes
    text: bytes
    """Of the host itself, which may be long: what did not change in it is not parsed again."""
    outer: tuple[Mount, ...]
    mounts: tuple[Mount, ...]
    asked: tuple[_Asked, ...]
    suspects: Mapping[bytes, bytes]
    gaps: tuple[Gap, ...]
    known: dict[int, tuple[bytes, Statfs]] = field(default_factory=dict)
    """By mount id what was answered last, and what that meant."""
    seen: Kept[tuple[View, tuple[Gap, ...]]] = field(default_factory=Kept)
    """What all answers meant."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mount table applies."""

    prefix: bytes = b""
    """What leads to its root: ``/proc/17623/root`` for a subhost."""
    name: Clean | None = None
    """Of the subhost; ``None`` is the host."""
    pid: int | None = None
    live: bool = True
    """``False``: the table is a file in a folder, and its mounts are not there to be measured."""


HERE = Place()


class Views:
    """Mount tables by place, parsed when they change."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._tables: dict[Place, _Table] = {}
        self.asked = False
        """Whether anybody had to be asked at the last look."""

    async def look(
        self, tables: Sequence[tuple[Place, bytes]], early: Mapping[bytes, Answer] = _NOTHING
    ) -> list[tuple[View, tuple[Gap, ...]]]:
        """Return mounts and fill of each place, given its mountinfo, all asked at once.

        The host goes first: its mounts carry the others. Where ``early``, by path, answers all
        there is to ask and nothing is suspicious, nobody is asked.
        """
        found = [(place, self._table(place, text)) for place, text in tables]
        self._asker.suspects = {
            path: key for each in self._tables.values() for path, key in each.suspects.items()
        }
        questions = [each.question for _, table in found for each in table.asked]
        known = [early[each.path] for each in questions if each.path in early]
        whole = len(known) == len(questions) == len(early) and not self._asker.shunned(_NOWHERE)
        self.asked = not whole
        answers = iter(known if whole else await self._asker.ask(questions))
        return [_seen(place, table, answers) for place, table in found]

    def calm(self, tables: Sequence[tuple[Place, bytes]]) -> tuple[bytes, ...]:
        """Return the paths that may be asked about all at once: nothing there is suspicious."""
        asked = [each for place, text in tables for each in self._table(place, text).asked]
        shunned = self._asker.shunned(_NOWHERE)
        questions = (each.question for each in asked)
        return tuple(
            each.path for each in questions if not each.key and not suspect(each.path, shunned)
        )

    def forget(self, living: Sequence[Place]) -> None:
        """Keep nothing but the tables of these places."""
        self._tables = {place: self._tables[place] for place in living if place in self._tables}

    def _table(self, place: Place, text: bytes) -> _Table:
        known = self._tables.get(place)
        host = next((table.mounts for at, table in self._tables.items() if at.name is None), ())
        digest = blake2b(text, digest_size=16).digest()
        if known and known.digest == digest and (known.outer is host or not place.name):
            return known
        table = _parsed(place, text, digest, host, known)
        self._tables[place] = table
        return table


def _parsed(
    place: Place, text: bytes, digest: bytes, host: tuple[Mount, ...], before: _Table | None
) -> _Table:
    known: dict[bytes, Mount] = {}
    if before is not None and before.text and not before.gaps:  # a line of it for each mount
        known = dict(zip(before.text.split(b"\n"), before.mounts, strict=False))
    found, wrong = mounts(text, known)
    # The layers of a subhost's overlay are named as the host names them.
    suspects = {
        each: b"%d:%d" % each.device
        for each in found
        if may_hang(each, found) or (host and may_hang(each, host))
    }
    asked = tuple(
        _Asked(each, Question(b"statvfs", place.prefix + each.path, key=suspects.get(each, b"")))
        for each in (fillable(found) if place.live else ())
    )
    paths = {place.prefix + each.path: key for each, key in suspects.items()}
    gaps = tuple(cut_off(_probe("mountinfo", place), error) for error in wrong)
    if not place.name:
        return _Table(digest, text, host, found, asked, paths, gaps)
    # Of a subhost it only matters what stores something.
    found = tuple(each for each in visible(found) if each.path == b"/" or stores(each))
    return _Table(digest, b"", host, found, asked, paths, gaps)


def _seen(place: Place, table: _Table, answers: Iterator[Answer]) -> tuple[View, tuple[Gap, ...]]:
    """Return what one table and the next answers, one for each of its questions, tell."""
    statfs: dict[int, Statfs] = {}
    gaps = list(table.gaps)
    for each in table.asked:
        answer = next(answers)
        before = table.known.get(each.mount.id)
        if before is not None and not answer.code and before[0] == answer.data:
            statfs[each.mount.id] = before[1]
            continue
        said = _measured(each.mount, answer, place)
        if isinstance(said, Statfs):
            statfs[each.mount.id] = said
            table.known[each.mount.id] = answer.data, said
        elif said is not None:
            gaps.append(said)
    return table.seen.of((statfs, gaps), lambda: (View(table.mounts, statfs), tuple(gaps)))


def _measured(mount: Mount, answer: Answer, place: Place) -> Statfs | Gap | None:
    probe = _probe(f"statvfs {mount.point}", place)
    if answer.hung:
        enter = f"nsenter -t {place.pid} -m " if place.pid else ""
        return not_said(probe, answer, f"{enter}umount -l {mount.point}, or restore its server")
    if answer.code in _GONE:
        return None
    if answer.code:
        return failed(probe, answer.code)
    try:
        return measured(*(int(word) for word in answer.data.split()))
    except Unparsable as error:
        return cut_off(probe, error)


def _probe(question: str, place: Place) -> str:
    return f"{question} in {place.name}" if place.name else question
