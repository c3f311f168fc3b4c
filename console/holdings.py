"""What takes room in a store: from walks of it to files and folders an operator knows; pure.

A file in an upper layer is told with what the subhost calls it, for that is how it must be
removed, and as a copy-up where a lower layer has it too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from console.clean import Clean, clean_path
from console.tracing import FOLDER, Entry, Layer, Root, Scan, Terrain
from console.writers import FileUse, FolderUse, Origin

_FILES = 60
"""Files that a walk tells at most of each of its lists."""
_FOLDERS = 30
_WITHIN = 0.95
_FEW = 10
"""A folder with so much of it in one folder below is not told: that one is."""


def together(scan: Scan, more: Scan) -> Scan:
    """Return what two walks found, the second of which went on where the first stopped."""
    folders = dict(scan.folders)
    for path, entry in more.folders.items():
        was = folders.get(path, Entry(0, 0))
        folders[path] = Entry(
            was.size + entry.size, was.inodes + entry.inodes, fresh=was.fresh + entry.fresh
        )
    return Scan(
        moment=scan.moment or more.moment,
        files={**scan.files, **more.files},
        folders=folders,
        inodes=scan.inodes + more.inodes,
        lower={**scan.lower, **more.lower},
        after=more.after,
        users={**scan.users, **more.users},
    )


def beneath(scan: Scan, terrain: Terrain) -> tuple[bytes, ...]:
    """Return the paths in lower layers of which must be known whether they are there."""
    asked: dict[bytes, None] = {}
    for path in scan.files:
        layer = _layer(path, terrain)
        if layer is not None:
            asked |= dict.fromkeys(lower or b"/" for lower in layer.lower)
            asked |= dict.fromkeys(_lowers(path, layer))
    return tuple(asked)


def names(scan: Scan, terrain: Terrain) -> Mapping[bytes, bytes]:
    """Return by path what files are called by those who use them."""
    found = ((path, _named(path, terrain)[0]) for path in scan.files)
    return {path: name for path, name in found if name is not None}


@dataclass(frozen=True, slots=True)
class Holdings:
    """What was found in a store, and what was found there ``before``, if it was looked at."""

    terrain: Terrain
    scan: Scan
    before: Scan | None
    since: float
    """Seconds that growth looks back."""

    def files(self) -> tuple[FileUse, ...]:
        """Return the largest files and the largest of those that changed, largest first."""
        by_size = sorted(self.scan.files.items(), key=lambda each: -each[1].size)
        grown = sorted(by_size, key=lambda each: -self._growth(*each))
        chosen = dict(by_size[:_FILES])
        chosen |= {path: entry for path, entry in grown[:_FILES] if self._growth(path, entry)}
        found = (self._file(path, entry) for path, entry in chosen.items())
        return tuple(sorted(found, key=lambda each: (-each.size, each.path)))

    def folders(self) -> tuple[FolderUse, ...]:
        """Return the folders that grew most, then the largest."""
        told = _telling(self.scan.folders)
        found = [self._folder(path, self.scan.folders[path]) for path in told]
        found.sort(key=lambda each: (-(each.growth or 0), -each.size, each.path))
        return tuple(found[:_FOLDERS])

    def _file(self, path: bytes, entry: Entry) -> FileUse:
        merged, subhost = self._called(path)
        origin, lower_size = self._origin(path)
        changed = entry.changed
        return FileUse(
            path=clean_path(path),
            merged=merged,
            subhost=subhost,
            size=entry.size,
            growth=self._growth(path, entry),
            origin=origin,
            lower_size=lower_size,
            changed=None if changed is None else max(self.scan.moment - changed, 0.0),
            user=self.scan.users.get(path),
        )

    def _folder(self, path: bytes, entry: Entry) -> FolderUse:
        merged, subhost = self._called(path)
        return FolderUse(
            path=clean_path(path or b"/"),
            merged=merged,
            subhost=subhost,
            size=entry.size,
            inodes=entry.inodes,
            growth=self._growth_of_folder(path, entry),
        )

    def _growth(self, path: bytes, entry: Entry) -> int:
        """Return how much a file grew; one that was too small to be told then counts as that."""
        before = self.before
        began = self.scan.moment - self.since if before is None else before.moment
        if (entry.changed or 0.0) < began:
            return 0
        if before is None:
            return entry.size
        was = before.files.get(path)
        if was is not None:
            return max(entry.size - was.size, 0)
        sizes = [each.size for each in before.files.values()]
        return max(entry.size - (min(sizes) if len(sizes) >= _FILES else 0), 0)

    def _growth_of_folder(self, path: bytes, entry: Entry) -> int | None:
        before = self.before
        if before is None:
            return entry.fresh
        was = before.folders.get(path)
        if was is None or before.after is not None or self.scan.after is not None:
            return None
        return entry.size - was.size

    def _called(self, path: bytes) -> tuple[Clean | None, Clean]:
        """Return what a file or folder is called where it may be changed, and in which subhost."""
        name, subhost = _named(path, self.terrain)
        return None if name is None else clean_path(name), subhost

    def _origin(self, path: bytes) -> tuple[Origin, int | None]:
        layer = _layer(path, self.terrain)
        if layer is None:
            return Origin.PLAIN, None
        known = self.scan.lower
        for lower in _lowers(path, layer):
            if known.get(lower, FOLDER) != FOLDER:
                return Origin.COPY_UP, known[lower]
        reached = layer.lower and all(known.get(each or b"/") == FOLDER for each in layer.lower)
        return (Origin.NEW if reached else Origin.UNKNOWN), None


def _named(path: bytes, terrain: Terrain) -> tuple[bytes | None, Clean]:
    layer = _layer(path, terrain)
    if layer is not None:
        merged = None if layer.merged is None else layer.merged + path[len(layer.path) :]
        return None if merged is None else merged or b"/", layer.subhost
    root = _root(path, terrain)
    if root is None:
        return None, Clean("")
    return root.inside + path[len(root.path) :] or b"/", root.subhost


def _layer(path: bytes, terrain: Terrain) -> Layer | None:
    """Return the innermost layer that a path of the store is in."""
    holding = [each for each in terrain.layers if _is_in(path, each.path)]
    return max(holding, key=lambda each: len(each.path), default=None)


def _root(path: bytes, terrain: Terrain) -> Root | None:
    holding = [each for each in terrain.roots if _is_in(path, each.path)]
    return max(holding, key=lambda each: len(each.path), default=None)


def _is_in(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder + b"/")


def _lowers(path: bytes, layer: Layer) -> Iterator[bytes]:
    below = path[len(layer.path) :]
    return (lower + below for lower in layer.lower)


def _telling(folders: Mapping[bytes, Entry]) -> list[bytes]:
    """Return the folders without those of which nearly all is in one below."""
    nearly = {
        path.rpartition(b"/")[0] or b"/"
        for path, entry in folders.items()
        if (above := folders.get(path.rpartition(b"/")[0] or b"/"))
        and path != b"/"
        and entry.size >= above.size * _WITHIN
        and above.inodes - entry.inodes <= max(above.inodes * (1 - _WITHIN), _FEW)
    }
    return [path for path in folders if path not in nearly]


def aliases(terrain: Terrain, real: Mapping[bytes, bytes]) -> Terrain:
    """Return the same, its layers also by what they are really called: a walk meets no links."""
    more = [
        replace(layer, path=real[layer.path])
        for layer in terrain.layers
        if real.get(layer.path, layer.path) != layer.path
    ]
    return replace(terrain, layers=(*terrain.layers, *more))
