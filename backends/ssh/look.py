"""One look at another host: a frame of fast answers, and the slow ones when they are due.

``await Look(globs, 6.0).facts(shell)`` is one round trip while nothing changes there. The frame
brings mount tables, memory, fill levels and mapped devices, and the signs of change: processes
outside the host's own namespaces, links, named namespaces, devices. When a sign changes, and every
half minute, the slow questions are asked as well.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from math import inf

from backends.answers import Fast, Joined, Now, networks
from backends.memory import measured, uptime
from backends.ssh.asker import RemoteProber
from backends.ssh.joint import Joint
from backends.ssh.processes import RemoteProcesses, pids
from backends.ssh.shell import Shell
from backends.ssh.slow import RemoteSlow
from backends.views import HERE, Place, Views
from console.clean import clean
from console.errors import Problem
from console.facts import Facts, View
from console.memo import Kept
from console.model import DmDevice, Gap, Memory, Process
from console.parse.df import statfs_words
from console.parse.probe_frames import Lines, Section
from console.quoting import word
from console.trees import Tree, trees

_NONE = Section(b"", 0)
_ANEW = b"foreign= young= pids=; fast"
"""Looks into every process again: one that was not a stranger may have become one late."""
_RAW = {b"tables": "mountinfo", b"now": "meminfo", b"dm": "dmsetup-status", b"fill": "statfs"}
"""Answers that tell people something, and what they are called."""
_LONG = frozenset({b"tables"})
"""Answers that are kept packed: they are long, much the same all over, and seldom looked into."""
_SHORT = frozenset({b"boot", b"strangers"})
"""Answers that are kept as they came; of others only the lines or how they ended matter."""
_SIGNS = frozenset({b"signs", b"tables"})
_PASSING = frozenset({b"now", b"dm"})
"""What may be another without anything following from it but what it says."""
_FILLING = _PASSING | {b"fill"}
"""So may these, but for the numbers of stores."""
_AS_ROOT = clean("log in as root, or set sudo = true for this host")


class Look:
    """What is known of one host from look to look."""

    def __init__(self, globs: Sequence[str], seconds: float, name: str = "") -> None:
        self._seconds = seconds
        self._prober = RemoteProber(seconds)
        self._trees: Kept[tuple[tuple[Tree, ...], tuple[Place, ...]]] = Kept()
        self._now: Kept[Now] = Kept()
        self._numbers: Kept[tuple[Sequence[bytes], Sequence[bytes]]] = Kept()
        self._memory: Kept[tuple[Memory | None, tuple[Gap, ...]]] = Kept()
        self._slow = RemoteSlow(self._prober, globs, seconds, name)
        self.begin(None)

    def begin(
        self, shell: Shell | None, another: Callable[[], Awaitable[Shell]] | None = None
    ) -> None:
        """Look through a new shell, which knows nothing of what was told before."""
        self._said: dict[bytes, Section] = {}
        self._lines = {name: Lines() for name in (b"now", b"fill", b"dm")}
        self._about: tuple[tuple[bytes, ...], tuple[int, ...]] | None = None
        self._fresh = True
        self._guests: tuple[int, ...] = ()
        self._views = Views(self._prober)
        self._table = RemoteProcesses()
        self._whole_at = -inf
        self._root = shell is not None and b"uid 0\n" in shell.hello
        self._joined = Joined(self._remedied)
        self._view, self._inside, self._gaps = View(), dict[int, View](), tuple[Gap, ...]()
        self._there = Now((), (), {})
        self._calm = False
        self._slow.stale()  # it may have been booted anew
        if shell is not None and another is not None:
            self._joint = Joint(shell)
            self._prober.use(self._joint, another)

    def end(self) -> None:
        """Let go of what hangs on the connection."""
        self._prober.drop()

    def blame(self, begun: bytes) -> None:
        """Remember what hung, so that it is asked apart from now on."""
        self._prober.blame(begun)

    @property
    def raw(self) -> Mapping[str, bytes]:
        """The newest answers as they came, by what they are."""
        return {name: self._data(said) for said, name in _RAW.items() if said in self._said}

    def refresh(self) -> None:
        """Ask the slow questions again at the next look, and read every process once more."""
        self._slow.stale()
        self._whole_at = -inf

    async def facts(self, shell: Shell) -> Facts:
        """Return what one look sees. Raises ``Unreachable``; then the shell is of no use."""
        whole = time.monotonic() - self._whole_at >= self._slow.period
        news = await self._frame(shell, _ANEW if whole else b"fast")
        if whole or not self._goes_on(news):
            news |= await self._anew(shell, news, whole=whole)
        slow = await self._slow.look(self._joint, self._there, changed=bool(news & _SIGNS))
        dm, missed = await self._mapped(shell)
        now = self._lines[b"now"].told
        up, rest = b"".join(now[:1]), now[1:]
        memory, garbled = self._memory.of(rest, lambda: _memory(b"\n".join(rest)))
        return self._joined.facts(
            Fast(
                view=self._view,
                inside=self._inside,
                dm=dm,
                memory=memory,
                uptime=uptime(up),
                processes=self._table.found,
                gaps=(*self._gaps, *garbled, *missed),
            ),
            slow,
        )

    def _goes_on(self, news: set[bytes]) -> bool:
        """Whether all is as at the last look but for memory, and how full stores are."""
        return self._calm and (news <= _PASSING or self._filled(news))

    def _filled(self, news: set[bytes]) -> bool:
        """Whether stores are merely fuller than at the last look; that is taken note of."""
        views = self._views.filled(self._prober.early) if news <= _FILLING else None
        if views is None:
            return False
        self._show(views)
        return True

    def _show(self, views: Mapping[Place, View]) -> None:
        """Have these be what is mounted, and how full that is."""
        self._view = views[HERE]
        self._inside = {at.pid or 0: view for at, view in views.items() if at is not HERE}

    async def _anew(self, shell: Shell, news: set[bytes], *, whole: bool) -> set[bytes]:
        """Find out what more than memory may be another; return what else is news then."""
        known, also = self._table.found, set[bytes]()
        processes = await self._processes(shell, news, whole=whole)
        if whole and processes is known and not self._table.unsettled() and self._goes_on(news):
            return also
        self._calm = False
        found, inside = self._trees.of((processes,), lambda: _found(processes))
        if (guests := tuple(place.pid or 0 for place in inside)) != self._guests:
            self._guests = guests
            also = await self._frame(shell)
        gaps = self._own_gaps(shell)
        views = await self._seen(shell, inside, gaps)
        self._show(views)
        self._there = self._now.of(
            (self._view.mounts, processes),
            lambda: Now(self._view.mounts, found, networks(processes, inside)),
        )
        self._gaps = tuple(gaps)
        failed = self._said.get(b"texts", _NONE).status
        self._calm = not (self._views.asked or failed or self._table.unsettled())
        return also

    async def _frame(self, shell: Shell, questions: bytes = b"fast") -> set[bytes]:
        """Take a frame of fast answers; return the names of those that changed."""
        about = stores, _ = self._prober.stores, self._guests
        request = questions if about == self._about else _asking(*about) + questions
        frame = await shell.ask(request, self._seconds, unsaid=b"fill")
        self._about = about
        for name, section in frame.sections.items():
            self._said[name] = self._whole(name, section)
        fill = self._lines[b"fill"].told if not self._said.get(b"fill", _NONE).status else ()
        self._prober.numbers = self._numbers.of((stores, fill), lambda: _numbers(stores, fill))
        return set(frame.sections)

    def _whole(self, name: bytes, section: Section) -> Section:
        if name in _LONG:
            return Section(zlib.compress(section.data, 1), section.status)
        if name in _SHORT:
            return section
        if name in self._lines:
            self._lines[name].take(section.data)
        return Section(b"", section.status)

    async def _processes(
        self, shell: Shell, news: set[bytes], *, whole: bool
    ) -> tuple[Process, ...]:
        strangers = pids(self._data(b"strangers"))
        again = self._table.unsettled()
        if whole:
            self._whole_at = time.monotonic()
            again = strangers
        if again or b"strangers" in news:
            up = uptime(self._data(b"now"))
            await self._table.look(
                shell, strangers, again, inf if up is None else up, self._seconds
            )
        return self._table.found

    async def _seen(
        self, shell: Shell, inside: Sequence[Place], gaps: list[Gap]
    ) -> Mapping[Place, View]:
        places = (HERE, *inside)
        self._views.forget(places)
        boot, tables = self._data(b"boot"), self._data(b"tables")
        told = _told(places, boot, tables)
        if self._fresh:  # one process for all is cheaper than one for each
            self._fresh = False
            self._prober.stores = self._views.calm(told)
            await self._frame(shell, b"fill")
        views = await self._views.look(told, self._prober.early)
        found = dict(zip((at for at, _ in told), views, strict=True))
        gaps += [gap for _, missed in found.values() for gap in missed]
        return {place: found[place][0] if place in found else View() for place in places}

    async def _mapped(self, shell: Shell) -> tuple[tuple[DmDevice, ...], tuple[Gap, ...]]:
        status = Section(self._data(b"dm"), self._said.get(b"dm", _NONE).status)
        found, missed = await self._slow.storage.mapped(status, shell, self._seconds)
        if missed:
            self._slow.soon()  # a table may have changed since it was read
        return found, missed

    def _own_gaps(self, shell: Shell) -> list[Gap]:
        """Return what the frame itself tells of what could not be seen."""
        gaps: list[Gap] = []
        if self._said.get(b"texts", _NONE).status:
            reason = clean(shell.complaint or "programs cannot be started there")
            remedy = clean("the root's store may be lost: look at its levels, then power cycle")
            gaps.append(Gap(clean("programs"), reason, remedy, Problem.LOST))
        if not self._root:
            reason = clean("not root: subhosts and mapped devices stay hidden")
            gaps.append(Gap(clean("processes of others"), reason, _AS_ROOT, Problem.DENIED))
        return gaps

    def _data(self, name: bytes) -> bytes:
        if name in self._lines:
            return b"".join([line + b"\n" for line in self._lines[name].told])
        data = self._said.get(name, _NONE).data
        return zlib.decompress(data) if data and name in _LONG else data

    def _remedied(self, gap: Gap) -> Gap:
        """Return the gap with a remedy that is one there, where we may be root and it not."""
        if gap.problem is not Problem.DENIED:
            return gap
        return replace(gap, remedy=None if self._root else _AS_ROOT)


def _found(processes: Sequence[Process]) -> tuple[tuple[Tree, ...], tuple[Place, ...]]:
    """Return the running subhosts and where they are seen from outside."""
    found = trees(processes)
    places = (
        Place(b"/proc/%d/root" % tree.init, tree.name, tree.init)
        for tree in found
        if tree.init is not None
    )
    return found, tuple(places)


def _asking(stores: Sequence[bytes], guests: Sequence[int]) -> bytes:
    """Return what sets what is asked about."""
    return b"stores=%s guests=%s; " % (
        word(b" ".join(map(word, stores))),
        word(b" ".join(b"%d" % pid for pid in guests)),
    )


def _numbers(
    stores: Sequence[bytes], fill: Sequence[bytes]
) -> tuple[Sequence[bytes], Sequence[bytes]]:
    """Return stores and the numbers of each; none where they are not theirs."""
    numbers = statfs_words(fill)
    return (stores, numbers) if len(numbers) == len(stores) else ((), ())


def _told(places: Sequence[Place], boot: bytes, tables: bytes) -> Sequence[tuple[Place, bytes]]:
    """Return the mount tables by the places they are of."""
    texts = (b"\n" + tables).split(b"\n" + boot)[1:]
    return [(at, text[1:] + b"\n") for at, text in zip(places, texts, strict=False) if text]


def _memory(text: bytes) -> tuple[Memory | None, tuple[Gap, ...]]:
    gaps: list[Gap] = []
    memory = measured(text, text if b"some " in text else b"", gaps)
    return memory, tuple(gaps)
