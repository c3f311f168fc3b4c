"""Facts: what one look at a host answered, parsed but not yet understood.

Every backend fills the same ``Facts``; ``derive`` turns them into a ``Host``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from console.clean import Clean
from console.model import (
    DmDevice,
    Gap,
    Link,
    LoopDevice,
    Memory,
    Mount,
    Netns,
    Process,
    Routing,
    Statfs,
    SubhostConf,
)


@dataclass(frozen=True, slots=True)
class Superblock:
    """The head of a squashfs image (96 bytes)."""

    built: int
    """mkfs time, seconds since 1970."""
    bytes_used: int
    compression: str
    version: tuple[int, int]


@dataclass(frozen=True, slots=True)
class View:
    """The mounts seen from one mount namespace and how full each is."""

    mounts: tuple[Mount, ...] = ()
    statfs: Mapping[int, Statfs] = field(default_factory=dict)
    """By mount id; a mount that did not answer is absent and has a ``Gap``."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What tells how a host booted and what it runs."""

    kernel: Clean
    """``uname -r``."""
    version: Clean | None
    """``/proc/version``."""
    cmdline: Clean | None
    boot_id: Clean | None
    init_name: Clean | None
    """``/proc/1/comm``."""
    init_exe: Clean | None
    """Target of ``/proc/1/exe``; ``None``: not permitted."""
    init_argv: tuple[Clean, ...] = ()
    os_release: Mapping[str, Clean] = field(default_factory=dict)
    stamps: Mapping[str, Clean] = field(default_factory=dict)
    """Identity files that were readable (``console.identity.STAMPS``): path to first line."""
    present: frozenset[str] = frozenset()
    """Those of ``console.identity.TRIGGERS`` that exist."""
    armed_kernel: Clean | None = None
    """Version string inside ``/kernel``."""
    loader: int | None = None
    """What loaded the running kernel, by its boot protocol; ``None``: not known, or not x86."""
    squashfs: Mapping[Clean, Superblock] = field(default_factory=dict)
    """By loop device name, ``loop0``."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One look at a host."""

    time: float
    """Wall clock of this console, seconds since 1970."""
    at: float
    """Monotonic clock of this console."""
    view: View = View()
    """The host's own mount namespace."""
    inside: Mapping[int, View] = field(default_factory=dict)
    """Per running subhost: host pid of its pid 1 to what is seen in there."""
    evidence: Evidence | None = None
    uptime: float | None = None
    """Seconds."""
    memory: Memory | None = None
    dm: tuple[DmDevice, ...] = ()
    loops: tuple[LoopDevice, ...] = ()
    processes: tuple[Process, ...] | None = ()
    """At least those of subhosts; ``cpu`` unset. ``None``: not known, which is not none."""
    confs: tuple[SubhostConf, ...] = ()
    autostart: tuple[Clean, ...] = ()
    """Paths listed in ``/etc/subhosts.conf``."""
    logs: Mapping[Clean, tuple[Clean, ...]] = field(default_factory=dict)
    """Last lines of LOG, by the path of the configuration file."""
    links: tuple[Link, ...] = ()
    """Of the host and of every namespace that could be entered, each with its peer and rates."""
    netns: tuple[Netns, ...] = ()
    gaps: tuple[Gap, ...] = ()
    routing: Routing | None = None
