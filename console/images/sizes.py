"""Where the bytes of an image went: by package, with what was left out of each.

``shares(files, owners, pruned)`` is the table of disk space golf, the largest first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from console.clean import Clean, clean

OURS = Clean("(image)")
"""Owner of what no package brought."""
_MERGED = ("bin/", "sbin/", "lib/", "lib32/", "lib64/")


@dataclass(frozen=True, slots=True)
class Share:
    """What one package takes."""

    package: Clean
    size: int
    """Bytes of its files in the image, before that is compressed."""
    share: float
    """Of the whole image, from 0 to 1."""
    pruned: int
    """Bytes of its files that were left out."""


def owners(text: str) -> Mapping[str, Clean]:
    """Return the package of every file below ``/usr``, as lines ``PACKAGE /PATH`` tell it."""
    return dict(_owned(text))


def shares(
    files: Iterable[tuple[str, int]],
    pruned: Iterable[tuple[str, int]],
    owned: Mapping[str, Clean],
) -> tuple[Share, ...]:
    """Return what each package takes, from names below the root with their sizes.

    What was left out and no package brought, as caches are, is nobody's.
    """
    kept = _by_package(files, owned)
    gone = _by_package((each for each in pruned if each[0] in owned), owned)
    whole = kept.total()
    found = [
        Share(package, kept[package], kept[package] / whole if whole else 0.0, gone[package])
        for package in kept.keys() | gone.keys()
    ]
    return tuple(sorted(found, key=lambda each: (-each.size, -each.pruned, each.package)))


def _owned(text: str) -> Iterator[tuple[str, Clean]]:
    for line in text.splitlines():
        package, _, path = line.partition(" ")
        name = path.strip("/")
        yield (f"usr/{name}" if name.startswith(_MERGED) else name), clean(package)


def _by_package(files: Iterable[tuple[str, int]], owned: Mapping[str, Clean]) -> Counter[Clean]:
    counted: Counter[Clean] = Counter()
    for name, size in files:
        counted[owned.get(name, OURS)] += size
    return counted
