"""Mounts, overlays, device-mapper targets and loop devices, as the kernel describes them."""

from __future__ import annotations

from dataclasses import dataclass

from console.clean import Clean

SECTOR = 512
"""Bytes in the unit of every device-mapper and block-layer size."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """The layers of one overlay mount, as the mounter typed them unless made absolute."""

    lower: tuple[Clean, ...]
    """Topmost first."""
    upper: Clean | None
    """``None``: the overlay is read-only."""
    work: Clean | None
    live: Clean | None = None
    """Where the merged tree is mounted."""


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of ``/proc/PID/mountinfo``."""

    id: int
    parent: int
    device: tuple[int, int]
    """``st_dev`` of the superblock, major and minor."""
    root: Clean
    """The part of the filesystem that is mounted; not ``/`` for a bind of a subdirectory."""
    point: Clean
    path: bytes
    """The mount point's real name, for system calls; never shown."""
    options: tuple[str, ...]
    tags: tuple[str, ...]
    """Propagation: ``shared:5``, ``master:2`` …; empty when private."""
    fstype: Clean
    source: Clean
    super_options: tuple[tuple[Clean, Clean | None], ...]
    overlay: Overlay | None = None

    @property
    def read_only(self) -> bool:
        """Whether this mount or its whole filesystem refuses writes."""
        return "ro" in self.options or any(key == "ro" for key, _ in self.super_options)


@dataclass(frozen=True, slots=True)
class Statfs:
    """What ``statvfs`` said of one mount. Sizes in bytes, inodes in pieces."""

    total: int
    free: int
    available: int
    """Free to users without root's reserve."""
    inodes: int
    inodes_free: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A ``snapshot`` target: origin, exception store and how full the store is (sectors)."""

    origin: Clean
    """``maj:min`` of the read-only base."""
    cow: Clean
    """``maj:min`` of the exception store."""
    persistence: str
    """``N``, ``P`` or ``PO``."""
    chunk: int
    allocated: int | None
    total: int | None
    metadata: int | None
    fault: str | None = None
    """``Invalid``, ``Overflow``, ``Merge failed`` or ``Unknown`` in place of numbers."""
    merging: bool = False


@dataclass(frozen=True, slots=True)
class ThinPool:
    """A ``thin-pool`` target: blocks used and total, of data and of metadata."""

    metadata_used: int
    metadata_total: int
    data_used: int
    data_total: int
    block: int
    """Sectors a data block; 0 when the table was not readable."""
    mode: str
    """``rw``, ``ro``, ``out_of_data_space``, or ``Fail``."""
    queues_when_full: bool = True
    needs_check: bool = False


@dataclass(frozen=True, slots=True)
class OtherTarget:
    """A target that does not fill: linear, thin, crypt, verity …"""

    type: Clean
    table: Clean
    status: Clean


Target = Snapshot | ThinPool | OtherTarget


@dataclass(frozen=True, slots=True)
class DmDevice:
    """One mapped device and its targets, in table order."""

    name: Clean
    device: tuple[int, int]
    targets: tuple[Target, ...]
    uuid: Clean | None = None


@dataclass(frozen=True, slots=True)
class LoopDevice:
    """One bound loop device."""

    name: Clean
    """``loop2``."""
    device: tuple[int, int]
    backing: Clean
    """The live path of the file, without the kernel's `` (deleted)`` suffix."""
    path: bytes
    """The same, for system calls; never shown."""
    deleted: bool
    setup_name: Clean | None
    """The name given when the loop was set up (64 bytes at most); it may carry image identity."""
    size: int
    """Bytes the device offers."""
    offset: int
    read_only: bool
    file_device: tuple[int, int] | None = None
    """``st_dev`` of the filesystem that holds the backing file."""
    file_size: int | None = None
    file_allocated: int | None = None
    """Bytes the (often sparse) backing file really occupies."""
