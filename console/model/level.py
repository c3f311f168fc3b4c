"""Level, the central noun: something finite that fills."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from console.clean import Clean


class Kind(StrEnum):
    """What sort of store a level measures."""

    OVERLAY = "overlay"
    TMPFS = "tmpfs"
    DM_SNAPSHOT = "dm-snapshot"
    THIN_POOL = "thin-pool"
    FILESYSTEM = "filesystem"
    MEMORY = "memory"


class State(StrEnum):
    """How a level is doing, mildest first."""

    OK = "ok"
    WATCH = "watch"
    ACT = "act"
    FULL = "full"
    LOST = "lost"

    @property
    def severity(self) -> int:
        """0 for ``ok`` up to 4 for ``lost``."""
        return _SEVERITY[self]


_SEVERITY = {state: severity for severity, state in enumerate(State)}


class Clock(StrEnum):
    """What of a store runs out."""

    BYTES = "bytes"
    INODES = "inodes"
    CHUNKS = "chunks"
    """Of an exception store, which never shrinks."""
    METADATA = "metadata"
    MEMORY = "memory"
    """The RAM behind it."""


class Trend(StrEnum):
    """Where a store is heading."""

    FILLING = "filling"
    STEADY = "steady"
    FALLING = "falling"
    UNSTEADY = "unsteady"
    """It changes, and in no way that tells when it will be full."""


class Confidence(StrEnum):
    """How sure a forecast is."""

    HIGH = "high"
    FAIR = "fair"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Forecast:
    """When a store will be full, as far as its recent past tells."""

    trend: Trend
    clock: Clock | None = None
    """What runs out first; ``None`` unless it is filling."""
    seconds: float | None = None
    """From the newest look until full; ``None`` unless it is filling."""
    band: tuple[float, float] | None = None
    """Seconds between which that is expected."""
    confidence: Confidence | None = None
    accelerating: bool = False
    """Whether it fills ever faster."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The effective limit: the smallest of a store's own size and of everything beneath it."""

    total: int
    """Bytes that can ever be used here as things stand."""
    bound_by: Clean
    """What runs out first: ``own size``, ``filesystem /var``, ``RAM`` …"""


@dataclass(frozen=True, slots=True)
class Level:
    """One finite store. Sizes in bytes; ``None`` means not known or no such limit."""

    id: Clean
    """Stable and what commands take: ``dm:live-rw``, ``overlay:/opt/mta/live``, ``mem``."""
    kind: Kind
    mount: Clean | None
    device: Clean | None
    backs: tuple[Clean, ...]
    """Ids of the levels, or names of the subhosts, that stop when this one is full."""
    used: int | None
    total: int | None
    inodes_used: int | None
    inodes_total: int | None
    limit: Limit | None
    state: State
    on_full: str
    relief: tuple[str, ...] = ()
    never_shrinks: bool = False
    """Deleting files returns nothing to this store (device-mapper exceptions)."""
    always_full: bool = False
    """A read-only image (squashfs, iso9660, erofs): 100 % used by nature, never an alarm."""
    metadata_used: int | None = None
    metadata_total: int | None = None
    rate: float | None = None
    """Bytes a second over the last minute; negative when falling."""
    forecast: Forecast | None = None
    """``None``: nothing is told before there is enough to tell it from."""
    notes: tuple[Clean, ...] = ()
    on: Clean | None = None
    """Id of the level it lies on: ``mem``, ``tmpfs:/run``; ``None``: a disk, or not known."""

    @property
    def fill(self) -> float | None:
        """Used share of the effective limit in bytes, 0..1."""
        if self.used is None or self.limit is None or self.always_full:
            return None
        return min(self.used / self.limit.total, 1.0) if self.limit.total > 0 else 1.0

    @property
    def inode_fill(self) -> float | None:
        """Used share of the inodes, 0..1."""
        if self.inodes_used is None or not self.inodes_total or self.always_full:
            return None
        return min(self.inodes_used / self.inodes_total, 1.0)

    @property
    def metadata_fill(self) -> float | None:
        """Used share of a thin pool's metadata blocks, 0..1."""
        if self.metadata_used is None or not self.metadata_total:
            return None
        return min(self.metadata_used / self.metadata_total, 1.0)

    @property
    def worst_fill(self) -> float | None:
        """The fullest of this level's clocks, 0..1."""
        fills = (self.fill, self.inode_fill, self.metadata_fill)
        return max([fill for fill in fills if fill is not None], default=None)
