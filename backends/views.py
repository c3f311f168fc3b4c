"""The mounts of this host and of its subhosts, and how full each is.

``await Views(asker).look([(HERE, text)])`` parses a mount table (again only when it changed) and
asks ``statvfs`` of every filesystem that fills; one that hangs costs a gap, and never more than
one outstanding question however many namespaces show it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest

from backends.digest import digest
from backends.gaps import cut_off, failed, not_said
from backends.questions import Answer, Asker, Question, suspect
from console.clean import Clean
from console.errors import Unparsable
from console.facts import View
from console.memo import equal
from console.model import Gap, Mount, Statfs
from console.mounts import fillable, may_hang, stores, visible
from console.parse.mountinfo import mounts
from console.parse.statfs import measured

_NOTHING: Mapping[bytes, bytes] = {}
_NOWHERE = b"?"
"""A path that is on no mount."""
_GONE = frozenset({2, 3, 20})
"""ENOENT, ESRCH, ENOTDIR: unmounted, or ended, since the table was read."""


@dataclass(slots=True)
class _Table:
    """A parsed mount table, what to ask about it, and what that gave last."""

    said: bytes
    """The digest of its text."""
    text: bytes
    """Of the host itself, which may be long: what did not change in it is not parsed again.
    Packed, for it seldom does."""
    outer: tuple[Mount, ...]
    mounts: tuple[Mount, ...]
    asked: tuple[Mount, ...]
    """What fills."""
    suspects: Mapping[bytes, bytes]
    gaps: tuple[Gap, ...]
    answers: tuple[bytes, ...] = ()
    """What was answered about them, in turn …"""
    seen: tuple[View, tuple[Gap, ...]] | None = None
    """… and what that meant."""


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
        self, tables: Sequence[tuple[Place, bytes]], early: Mapping[bytes, bytes] = _NOTHING
    ) -> list[tuple[View, tuple[Gap, ...]]]:
        """Return mounts and fill of each place, given its mountinfo, all asked at once.

        The host goes first: its mounts carry the others. Where ``early`` has, by path, the
        numbers of all there is to ask about and nothing is suspicious, nobody is asked.
        """
        found = [(place, self._table(place, text)) for place, text in tables]
        self._asker.suspects = {
            path: key for each in self._tables.values() for path, key in each.suspects.items()
        }
        known = self._known(found, early)
        self.asked = known is None
        if known is None:
            questions = [each for place, table in found for each in _questions(place, table)]
            known = iter(await self._asker.ask(questions))
        return [_seen(place, table, known) for place, table in found]

    def filled(self, early: Mapping[bytes, bytes]) -> Mapping[Place, View] | None:
        """Return mounts and fill of each place where they are those of the last look, but fuller.

        ``early`` is as ``look`` takes it; ``None``: it takes a look, for somebody has to be asked,
        or something was or is not to be had.
        """
        found = [*self._tables.items()]
        known = self._known(found, early)
        if known is None or any(table.seen is None or table.seen[1] for _, table in found):
            return None
        seen = {place: _seen(place, table, known) for place, table in found}
        if any(missed for _, missed in seen.values()):
            return None
        return {place: view for place, (view, _) in seen.items()}

    def calm(self, tables: Sequence[tuple[Place, bytes]]) -> tuple[bytes, ...]:
        """Return the paths that may be asked about all at once: nothing there is suspicious."""
        shunned = self._asker.shunned(_NOWHERE)
        return tuple(
            each.path
            for place, text in tables
            for each in _questions(place, self._table(place, text))
            if not each.key and not suspect(each.path, shunned)
        )

    def forget(self, living: Sequence[Place]) -> None:
        """Keep nothing but the tables of these places."""
        self._tables = {place: self._tables[place] for place in living if place in self._tables}

    def _known(
        self, found: Sequence[tuple[Place, _Table]], early: Mapping[bytes, bytes]
    ) -> Iterator[Answer] | None:
        """Return the answers of all tables in turn; ``None``: somebody has to be asked."""
        paths = [place.prefix + each.path for place, table in found for each in table.asked]
        if len(paths) != len(early) or self._asker.shunned(_NOWHERE):
            return None
        known = [Answer(0, early[path]) for path in paths if path in early]
        return iter(known) if len(known) == len(paths) else None

    def _table(self, place: Place, text: bytes) -> _Table:
        known = self._tables.get(place)
        host = next((table.mounts for at, table in self._tables.items() if at.name is None), ())
        said = digest(text)
        if known and known.said == said and (known.outer is host or not place.name):
            return known
        table = _parsed(place, text, said, host, known)
        self._tables[place] = table
        return table


def _parsed(
    place: Place, text: bytes, said: bytes, host: tuple[Mount, ...], before: _Table | None
) -> _Table:
    known: dict[bytes, Mount] = {}
    if before is not None and before.text and not before.gaps:  # a line of it for each mount
        lines = zlib.decompress(before.text).split(b"\n")
        known = dict(zip(lines, before.mounts, strict=False))
    found, wrong = mounts(text, known)
    # The layers of a subhost's overlay are named as the host names them.
    suspects = {
        place.prefix + each.path: b"%d:%d" % each.device
        for each in found
        if may_hang(each, found) or (host and may_hang(each, host))
    }
    asked = fillable(found) if place.live else ()
    gaps = tuple(cut_off(_probe("mountinfo", place), error) for error in wrong)
    packed = b""
    if not place.name:
        packed = zlib.compress(text, 1)
    else:  # of a subhost it only matters what stores something
        found = tuple(each for each in visible(found) if each.path == b"/" or stores(each))
    return _Table(said, packed, host, found, equal(asked, found), suspects or _NOTHING, gaps)


def _questions(place: Place, table: _Table) -> Iterator[Question]:
    """Yield what is to be asked about the mounts of one table, in turn."""
    for mount in table.asked:
        path = place.prefix + mount.path
        yield Question(b"statvfs", path, key=table.suspects.get(path, b""))


def _seen(place: Place, table: _Table, answers: Iterator[Answer]) -> tuple[View, tuple[Gap, ...]]:
    """Return what one table and the next answers, one for each of its mounts, tell."""
    before = table.seen[0].statfs if table.seen else {}
    statfs: dict[int, Statfs] = {}
    gaps = list(table.gaps)
    found = [*islice(answers, len(table.asked))]
    for mount, answer, last in zip_longest(table.asked, found, table.answers):
        was = before.get(mount.id)
        same = was is not None and not answer.code and answer.data == last
        said = was if same else _measured(mount, answer, place)
        if isinstance(said, Statfs):
            statfs[mount.id] = said if was != said else was
        elif said is not None:
            gaps.append(said)
    table.answers = tuple([answer.data for answer in found])
    missed = tuple(gaps)
    if table.seen is None or (statfs, missed) != (before, table.seen[1]):
        table.seen = View(table.mounts, statfs), missed
    return table.seen


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
