"""Subhosts: a chroot-like guest of overlay-boot's shape, its configuration and its processes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from console.clean import Clean
from console.model.level import Level
from console.model.network import Cable
from console.model.storage import Overlay


class Running(StrEnum):
    """Where a subhost is in its life."""

    RUNNING = "running"
    STOPPED = "stopped"
    STARTING = "starting"
    STOPPING = "stopping"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the host, as ``/proc`` shows it."""

    pid: int
    parent: int
    name: Clean
    """``comm``."""
    state: str
    """The kernel's letter: ``R``, ``S``, ``D``, ``Z`` …"""
    argv: tuple[Clean, ...]
    started: float
    """Seconds since 1970."""
    cpu_seconds: float
    """User and system time used so far."""
    rss: int
    """Resident bytes."""
    mount_ns: int | None = None
    """Inode of ``/proc/PID/ns/mnt``; ``None``: not permitted to see."""
    pid_ns: int | None = None
    net_ns: int | None = None
    inner_pid: int | None = None
    """Its pid in its own pid namespace (last field of ``NSpid``)."""
    unshared: bool | None = None
    """Whether ``UNSHARED=yes`` is in its environment; ``None``: not looked at or not permitted."""
    cpu: float | None = None
    """Share of one CPU since the previous sample, 0..n."""
    ticks: int | None = None
    """When it started, in clock ticks after boot: exact, whatever the clock does."""


@dataclass(frozen=True, slots=True)
class CableSpec:
    """One token of ``CABLES``: ``[bridge]=[mac | .vlan]``."""

    text: Clean
    outer: Clean
    """The host-side name it stands for: ``mta0``, or ``mta0.5`` for a VLAN."""
    inner: Clean | None
    bridge: Clean | None
    mac: Clean | None
    vlan: int | None
    fault: Clean | None = None
    """Why the token cannot work."""


@dataclass(frozen=True, slots=True)
class SubhostConf:
    """One overlay-boot configuration file, read but never run."""

    path: Clean
    name: Clean
    base: Clean | None
    """Absolute, symlinks unresolved; ``None``: missing, which overlay-boot refuses."""
    lower: Clean
    upper: Clean
    work: Clean
    live: Clean
    """All four absolute, unless a ``!command`` decides: then its literal text."""
    cables: tuple[CableSpec, ...]
    services: tuple[Clean, ...]
    """The tokens of ``START``; empty for ``none``."""
    ram_size: Clean
    log: Clean
    shares: tuple[tuple[Clean, Clean], ...]
    """Host directory and its place inside."""
    reaper: Clean
    commands: tuple[tuple[Clean, Clean], ...] = ()
    """Variables whose value is a ``!command``: name and literal text."""
    hooks: tuple[tuple[Clean, Clean], ...] = ()
    """``PREMOUNT``, ``POSTMOUNT`` and ``INIT`` where they are given: name and command line."""
    wait_online: Clean | None = None
    """Seconds, as typed, that services wait for the gateway to answer; not overlay-boot's."""
    keep_dev: bool = False
    """Whether ``/dev`` stays from one start to the next; not overlay-boot's."""
    notes: tuple[Clean, ...] = ()
    """What is wrong or remarkable about it."""


@dataclass(frozen=True, slots=True)
class Subhost:
    """One subhost of a host, stopped or running."""

    name: Clean
    config: Clean | None
    """Path of its ``.conf``; ``None``: running from a file that is gone or unknown."""
    state: Running
    pid: int | None
    """Host pid of its pid 1."""
    since: float | None
    """Seconds since 1970."""
    overlay: Overlay | None
    """As mounted inside its own mount namespace when running, as configured when stopped."""
    levels: tuple[Level, ...]
    cables: tuple[Cable, ...]
    services: tuple[Clean, ...]
    started_by: Clean | None
    processes: tuple[Process, ...] = ()
    log: tuple[Clean, ...] = ()
    """Last lines of its LOG."""
    autostart: bool = False
    """Listed in ``/etc/subhosts.conf``."""
    notes: tuple[Clean, ...] = ()
    shares: tuple[tuple[Clean, Clean], ...] = ()
    configured_lower: Clean | None = None
    """``LOWER`` as its configuration says it now; ``None``: not known, for a command decides."""
    residue: tuple[Clean, ...] = ()
    """What a crash left behind: ``netns mta``, ``interface mta0`` …"""

    @property
    def next_lower(self) -> Clean | None:
        """What a restart would put beneath it; ``None``: what it stands on, or not known."""
        lower = self.overlay.lower if self.overlay else ()
        return self.configured_lower if lower and lower != (self.configured_lower,) else None
