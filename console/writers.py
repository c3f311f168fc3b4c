"""Who is filling a level: the report that ``w`` and ``subdeck writers`` show; pure values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from console.clean import Clean


class Counter(StrEnum):
    """Which of a process's counters its rate was read from (proc_pid_io(5))."""

    WCHAR = "wchar"
    """Bytes it wrote to anything, less ``write_bytes``: the kernel tells nothing else of tmpfs."""
    WRITE_BYTES = "write_bytes"
    """Bytes it made the kernel write to block devices."""


class Origin(StrEnum):
    """Why a file takes room in a store."""

    NEW = "new"
    """No lower layer has it."""
    COPY_UP = "copy-up"
    """A lower layer has it too: one byte written copied all of it."""
    PLAIN = "plain"
    """The store is no upper layer: nothing lies beneath it."""
    UNKNOWN = "unknown"
    """The lower layers cannot be reached."""


@dataclass(frozen=True, slots=True)
class Writer:
    """A process that wrote while it was looked at."""

    pid: int
    """As the host counts."""
    name: Clean
    subhost: Clean
    """Empty: the host's own."""
    service: Clean | None
    """By its control group: ``rsyslog.service``; ``None``: it is in none that names one."""
    rate: float
    """Bytes a second."""
    counter: Counter
    files: tuple[Clean, ...] = ()
    """What it holds open for writing in this store; empty: it can write there, and wrote."""

    @property
    def sure(self) -> bool:
        """Whether it was seen to write to this store, rather than only able to."""
        return bool(self.files)


@dataclass(frozen=True, slots=True)
class FileUse:
    """One file of the store."""

    path: Clean
    """Where it lies in the store, as the host names it."""
    merged: Clean | None
    """What the subhost, or the host, that has it mounted calls it; ``None``: not known."""
    subhost: Clean
    """In which ``merged`` is meant; empty: on the host itself."""
    size: int
    """Bytes allocated to it."""
    growth: int | None
    """Bytes more than ``Writers.since`` seconds ago; ``None``: not known to have grown."""
    origin: Origin
    lower_size: int | None = None
    """Bytes of the same file in the lower layer, where it is a copy-up."""
    changed: float | None = None
    """Seconds since it changed last."""
    user: Clean | None = None
    """Who runs it, has it mapped or makes a device of it: ``sshd (123)``; ``None``: none seen."""


@dataclass(frozen=True, slots=True)
class FolderUse:
    """One folder of the store with all below it."""

    path: Clean
    merged: Clean | None
    subhost: Clean
    size: int
    inodes: int
    growth: int | None


@dataclass(frozen=True, slots=True)
class Deleted:
    """A file without a name that still takes room, for a process holds it open."""

    pid: int
    name: Clean
    subhost: Clean
    service: Clean | None
    descriptor: int
    path: Clean
    """What it was called, as its holder sees it."""
    size: int
    """Bytes allocated to it."""


@dataclass(frozen=True, slots=True)
class Writers:
    """Who is filling one level. Lists are worst first."""

    host: Clean
    subhost: Clean
    """Empty: a level of the host's own."""
    level: Clean
    time: float
    """Wall clock of this console, seconds since 1970."""
    seconds: float
    """Between the two looks at every process."""
    since: float
    """Seconds that ``growth`` looks back."""
    compared: bool
    """Whether it is what was measured then and now; else what changed since counts whole."""
    writers: tuple[Writer, ...]
    files: tuple[FileUse, ...]
    """The largest, and the largest of those that changed."""
    folders: tuple[FolderUse, ...]
    deleted: tuple[Deleted, ...]
    unseen: tuple[Clean, ...]
    """What was not looked at, and why; a line each."""
    inodes: int
    """Looked at in the store so far."""
    complete: bool
    """Whether that is all of it; else the next request goes on with what is left."""

    @property
    def growing(self) -> tuple[FileUse, ...]:
        """Return the files that grew, the most first."""
        grown = [each for each in self.files if each.growth]
        return tuple(sorted(grown, key=lambda each: -(each.growth or 0)))
