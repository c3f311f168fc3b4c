"""The catalogue: the sets of all stores, who is to boot which, and who runs which, by content."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from console.clean import Clean, clean
from console.errors import ConsoleError
from console.images.assigned import Assignments, image_of, named
from console.images.drift import Alike, Drift, Known, Trait, compared, shown, traits
from console.images.manifest import Role
from console.listed import listed
from console.model import Host, Image

__all__ = ["Alike", "Catalogue", "Drift", "Known", "compared"]

CURRENT: Final = "current"
GOOD: Final = "good"
_PADDING: Final = 1 << 20
"""Bytes by which a file is larger than the squashfs in it, at most (mksquashfs pads to 4 KiB)."""
_NONE: Final[Assignments] = MappingProxyType({})

_SOME: Final = 3
"""Hosts that are named."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What all stores hold at one moment."""

    sets: tuple[Known, ...] = ()
    assigned: Assignments = field(default_factory=lambda: _NONE)
    troubles: tuple[Clean, ...] = ()
    """What could not be read of stores and sets, in a line each."""
    _by_trait: Mapping[Trait, Sequence[Known]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )
    _meant: Mapping[Clean, Known] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )
    """What assigned words mean."""
    _held: Mapping[Clean, Sequence[Clean]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )
    """To what sets are assigned, by their titles."""

    def find(self, word: str) -> Known:
        """Return the set that ``[STORE:]NAME[/VERSION]`` means.

        Without a version it is the current one, else the one built last. Raises ``ConsoleError``
        where there is none, or several that are not the same.
        """
        wanted = named(word)
        found = [
            known
            for known in self.sets
            if known.manifest.name == wanted.name
            and wanted.store in {None, known.store}
            and wanted.version in {None, known.manifest.version}
        ]
        if not found:
            hint = self.troubles[0] if self.troubles else "subdeck images list shows them"
            raise ConsoleError(f"{word}: there is no such image in any store", hint)
        if wanted.version is None:
            found = [known for known in found if CURRENT in known.pointers] or _newest(found)
        if len({known.digest for known in found}) > 1:
            which = ", ".join(known.title for known in found)
            raise ConsoleError(f"{word} may be {which}", "say which: STORE:NAME/VERSION")
        return found[0]

    def wanted(self, host: str, tags: Collection[str]) -> Known | None:
        """Return what a host is to boot; ``None``: nothing is assigned to it.

        Raises ``ConsoleError`` where that is not to be found, or is not one thing.
        """
        word = image_of(self.assigned, host, tags)
        return None if word is None else self._meant.get(word) or self.find(word)

    def __post_init__(self) -> None:
        """Find once what is asked for each of many hosts."""
        found: dict[Trait, list[Known]] = {}
        for known in self.sets:
            for trait in traits(known):
                found.setdefault(trait, []).append(known)
        object.__setattr__(self, "_by_trait", found)
        meant: dict[Clean, Known] = {}
        held: dict[Clean, list[Clean]] = {}
        for target, word in self.assigned.items():
            with suppress(ConsoleError):
                known = meant.get(word) or self.find(word)
                meant[word] = known
                held.setdefault(known.title, []).append(target)
        object.__setattr__(self, "_meant", meant)
        object.__setattr__(self, "_held", held)

    def runs(self, host: Host) -> tuple[Known, ...]:
        """Return the sets a host runs: several where they are alike."""
        if host.boot is None:
            return ()
        likely = {
            known.title: known
            for trait in shown(host.boot)
            for known in self._by_trait.get(trait, ())
        }
        return tuple(
            known for known in likely.values() if compared(host, known).word is Alike.SAME
        )

    def running(self, host: Host) -> Known | None:
        """Return the set a host runs; of several alike one."""
        return next(iter(self.runs(host)), None)

    def drift(self, host: Host, tags: Collection[str] = ()) -> Drift:
        """Return whether a reboot would change a host."""
        try:
            known = self.wanted(host.name, tags)
        except ConsoleError as error:
            return Drift(Alike.UNKNOWN, clean(str(error)))
        if known is None:
            return Drift(Alike.UNKNOWN, Clean("no image is assigned to it"))
        return compared(host, known)

    def sizes(self, image: Image) -> tuple[int, ...]:
        """Return how large the file may be that an image lies in, by squashfs files of all sets.

        It is as large as its superblock says, and padded.
        """
        used = image.size
        if used is None:
            return ()
        files = {entry.size for known in self.sets for entry in known.manifest.of(Role.SQUASHFS)}
        return tuple(sorted(size for size in files if 0 <= size - used < _PADDING))

    def users(self, hosts: Iterable[Host]) -> Mapping[Clean, tuple[Clean, ...]]:
        """Return the hosts that run each set, by its title."""
        found: dict[Clean, list[Clean]] = {known.title: [] for known in self.sets}
        for host in hosts:
            for known in self.runs(host):
                found[known.title].append(host.name)
        return {title: tuple(names) for title, names in found.items()}

    def holds(self, known: Known) -> tuple[Clean, ...]:
        """Return to what a set is assigned, by its version or as what is current."""
        return tuple(self._held.get(known.title, ()))


def keepers(
    catalogue: Catalogue, known: Known, hosts: Sequence[Host], unseen: Sequence[Clean]
) -> tuple[Clean, ...]:
    """Return why a set may not be deleted, in a line each; nothing: it may.

    ``unseen`` are hosts that were not seen, and may run it.
    """
    said: list[str] = []
    if CURRENT in known.pointers:
        said.append("is the current one of its name")
    if GOOD in known.pointers:
        said.append("is the last that is known to be good")
    if targets := catalogue.holds(known):
        said.append(f"is assigned to {listed(targets, _SOME)}")
    if runs := catalogue.users(hosts).get(known.title):
        said.append(f"runs on {listed(runs, _SOME)}")
    if unseen:
        said.append(f"may run on {listed(unseen, _SOME)}, which could not be asked")
    return tuple(clean(f"{known.title} {each}") for each in said)


def _newest(found: Sequence[Known]) -> list[Known]:
    newest = max((known.manifest.built, known.manifest.version) for known in found)
    return [known for known in found if (known.manifest.built, known.manifest.version) == newest]
