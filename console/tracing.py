"""What is asked of a host to find who fills a level, and the facts it answers; pure values.

Nobody is blamed here yet: ``console.blame`` does that, as ``derive`` makes a ``Host`` of facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from console.clean import Clean
from console.model import Mount, Overlay

_HOST = _NONE = Clean("")
_UNKNOWN = Clean("?")
PAUSE = 2.0
"""Seconds between the two looks at every process."""
INODES = 200_000
SECONDS = 8.0
"""What one request may look at of a store, whichever is reached first."""
FOLDER = -1
"""In place of the size of a file."""


@dataclass(frozen=True, slots=True)
class Place:
    """One mount: who writes there fills the level."""

    mount: Clean
    subhost: Clean = _HOST
    """Where it is mounted; empty: in the host's own namespace."""
    pid: int | None = None
    """The first process of that subhost."""
    block: bool = False
    """Whether writes to it end on a block device."""
    walked: bool = False
    """Whether what it holds is looked through, rather than only who writes there."""
    overlay: Overlay | None = None
    """Its layers, absolute, where the configuration of a subhost says them."""


@dataclass(frozen=True, slots=True)
class Layers:
    """One overlay, whatever it stands on: what lies in its upper must be reached through it."""

    overlay: Overlay
    merged: Clean | None
    """Where it is mounted; ``None``: nowhere just now."""
    subhost: Clean = _HOST


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Where a walk stopped."""

    root: bytes
    last: bytes
    """The last path it told."""


@dataclass(frozen=True, slots=True)
class TraceRequest:
    """What is to be looked at."""

    places: tuple[Place, ...]
    layers: tuple[Layers, ...] = ()
    """Of the host's subhosts; its own are found on the way."""
    since: float = 600.0
    """Seconds after which a change is old."""
    since_boot: bool = False
    """Leave out what is older than the boot: it lies in the origin, and not in this store."""
    walk: bool = True
    """Whether the store is looked through, and not only who writes there."""
    after: Unfinished | None = None
    inodes: int = INODES
    seconds: float = SECONDS
    pause: float = PAUSE


@dataclass(frozen=True, slots=True)
class Spaces:
    """The processes' namespaces and the mount table of each mount namespace."""

    root: bool
    """Whether root asked."""
    own: int | None
    """Mount namespace of the host itself, by inode."""
    mount: Mapping[int, int]
    """Inode of the mount namespace by pid."""
    pid: Mapping[int, int]
    """Inode of the pid namespace by pid."""
    tables: Mapping[int, tuple[Mount, ...]]
    """By a process that sees it; 0: the host's own."""
    untold: int = 0
    """Mount namespaces whose table was not told."""


@dataclass(frozen=True, slots=True)
class Written:
    """What one process had written so far."""

    wchar: int = 0
    blocks: int = 0
    """``write_bytes``."""
    name: Clean = _UNKNOWN
    parent: int = 0
    group: Clean = _NONE
    """Path of its control group."""


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A descriptor of a process on one of the mounts asked for."""

    pid: int
    number: int
    path: Clean
    size: int | None = None
    """Bytes allocated, of one that is deleted."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Two looks at every process."""

    seconds: float
    me: int
    """The process that looked."""
    before: Mapping[int, Written]
    after: Mapping[int, Written]
    written: tuple[OpenFile, ...] = ()
    """Open for writing."""
    deleted: tuple[OpenFile, ...] = ()
    cut: bool = False
    """Whether there are more processes than could be told."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a file, or a folder with all below it, takes."""

    size: int
    inodes: int = 1
    changed: float | None = None
    """When it changed last, seconds since 1970 by the host's clock."""
    fresh: int = 0
    """Bytes of it in files that changed lately."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found in a store so far, by path."""

    moment: float = 0.0
    """When, by the host's clock."""
    files: Mapping[bytes, Entry] = field(default_factory=dict)
    folders: Mapping[bytes, Entry] = field(default_factory=dict)
    inodes: int = 0
    lower: Mapping[bytes, int] = field(default_factory=dict)
    """Bytes of the same files in lower layers, by path there; ``FOLDER`` for a layer itself."""
    after: Unfinished | None = None
    """Where it stopped; ``None``: all was looked at."""
    users: Mapping[bytes, Clean] = field(default_factory=dict)
    """By path who runs it, has it mapped or makes a device of it: ``sshd (123)``, ``loop0``."""


@dataclass(frozen=True, slots=True)
class Root:
    """One folder to be looked through."""

    path: bytes
    subhost: Clean
    inside: bytes
    """What to put in place of ``path`` for what the subhost, or the host, calls a file."""
    avoid: tuple[bytes, ...] = ()
    """Mount points in there."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A folder of a store that is an upper layer, or the work of one."""

    path: bytes
    lower: tuple[bytes, ...]
    merged: bytes | None
    """Where it must be reached; ``None``: nowhere, so it is to be let alone."""
    subhost: Clean


@dataclass(frozen=True, slots=True)
class Terrain:
    """Which mounts a level's places are in the kernel's eyes, and where its files lie."""

    memory: frozenset[int]
    """Ids of mounts whose files lie in memory."""
    block: frozenset[int]
    roots: tuple[Root, ...]
    layers: tuple[Layer, ...]
    unseen: tuple[Clean, ...] = ()

    @property
    def mounts(self) -> frozenset[int]:
        """Ids of all its mounts."""
        return self.memory | self.block


@dataclass(frozen=True, slots=True)
class Traced:
    """The facts of one request."""

    time: float
    """Wall clock of this console, seconds since 1970."""
    spaces: Spaces
    terrain: Terrain
    rates: Rates
    scan: Scan
    """Of this request alone."""
    unseen: tuple[Clean, ...] = ()
