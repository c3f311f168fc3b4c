"""Survey: what is asked of a host right before something is planned on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from console.clean import Clean
from console.model import DmDevice, LoopDevice, Memory, Mount, Statfs

TOOLS = (
    *("ip", "flock", "setpriv", "unshare", "nsenter", "mount", "umount", "pivot_root", "mknod"),
    *("sha256sum", "timeout", "setsid", "stat", "cmp", "find", "sync", "sleep", "mkfifo"),
    *("losetup", "partx", "blkid", "getfattr", "sed", "cp", "mkdir", "rmdir", "rm", "ifup", "env"),
    *("dmsetup", "chroot", "dd", "mv", "readlink", "journalctl", "grep"),
    *("kexec", "reboot", "systemctl", "tar"),
    *("apt-get", "dnf", "yum", "zypper", "pacman", "apk"),
)
"""Programs that plans use, of which a survey tells those that there are."""

OPTIONS = (
    *("unshare --kill-child", "unshare --time", "unshare --propagation"),
    *("nsenter --mount", "nsenter --time", "nsenter --cgroup"),
    *("setpriv --pdeathsig", "mount --no-canonicalize", "mount -T"),
    *("umount --no-canonicalize", "ip -b[atch]", "timeout -k", "flock -w"),
)
"""Options that not every version of these has: what its ``--help`` names.

``--time`` is told where the kernel has it too.
"""


@dataclass(frozen=True, slots=True)
class SurveyRequest:
    """What is to be looked at."""

    subhost: Clean
    conf: Clean | None
    """Path of its configuration, whose own paths are looked at too."""
    pid: int | None = None
    """Host pid of its first process, where it runs."""
    extra: tuple[Clean, ...] = ()
    """More paths."""
    stores: bool = False
    """Whether to tell of the stores too: mounts, mapped and loop devices, memory."""
    lower: Clean | None = None
    """What LOWER of the subhost is to become: what UPPER makes of that is told, too."""
    losses: tuple[Clean, ...] = ()
    """Folders in memory, to be looked through for what is newer than the boot."""
    users_of: Clean | None = None
    """A mount point, whose users are told where the stores are told too."""
    staged_in: tuple[Clean, ...] = ()
    """Folders, of which it is told what sets of boot images they hold."""


class Found(StrEnum):
    """What is at a path, its last component not followed."""

    FOLDER = "folder"
    FILE = "file"
    LINK = "link"
    OTHER = "other"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class PathFact:
    """One path of the host."""

    found: Found
    real: Clean | None = None
    """With all symlinks followed; ``None``: leads nowhere."""
    device: int | None = None
    """``st_dev`` of the folder or file."""
    executable: bool = False
    mount_point: bool = False
    """Whether something is mounted there, in the host's mount namespace."""
    foreign: Clean | None = None
    """The first of the path and its parents that others than root may write."""


@dataclass(frozen=True, slots=True)
class Kin:
    """One of the processes that make a running subhost."""

    pid: int
    started: int
    """Ticks after boot: with the pid it tells a process from all others of this boot."""
    name: Clean


@dataclass(frozen=True, slots=True)
class Lineage:
    """The processes that make a running subhost, and the namespaces of the first."""

    first: Kin
    unshare: Kin | None
    """Its parent, which ends with it."""
    holder: Kin | None
    """The shell that waits for it and holds its mounts; ``None``: it is gone."""
    supervised: bool
    """Whether the holder is a job of ours, which cleans up when its subhost has ended."""
    net_ns: int | None
    """``None``: it is dying, and has lost it already."""
    pid_ns: int | None
    mount_ns: int | None


@dataclass(frozen=True, slots=True)
class User:
    """A process that has mapped files of a filesystem: it runs from that until begun anew."""

    process: Kin
    parent: int
    parent_name: Clean
    """Empty: its parent has ended."""
    parent_started: int
    """0: its parent has ended."""
    script: Clean | None = None
    """The init script by which it is restarted."""
    pid_file: Clean | None = None
    """What names it as the service of that script."""


@dataclass(frozen=True, slots=True)
class Losses:
    """What in memory is newer than the boot of a host, which another boot loses."""

    files: tuple[tuple[Clean, int], ...] = ()
    """The largest first: where each is, and the bytes it takes."""
    complete: bool = True
    """Whether all was looked through."""


@dataclass(frozen=True, slots=True)
class Hiding:
    """Something in an upper layer that keeps from sight what a new lower layer brings."""

    kind: Clean
    """``shadow``: a file in its place; ``whiteout``; ``opaque``: a folder that is not merged."""
    size: int
    """Bytes of a ``shadow``; of ``opaque`` how many entries of the new folder it hides."""
    path: Clean
    """As the subhost calls it."""


@dataclass(frozen=True, slots=True)
class UpperAudit:
    """What an upper layer keeps from sight of a new lower layer that differs from the old one."""

    worst: tuple[Hiding, ...] = ()
    """Of each kind the largest."""
    shadows: int = 0
    shadow_bytes: int = 0
    whiteouts: int = 0
    opaque: int = 0
    moved: int | None = None
    """What is merged with another place of the old layer; ``None``: there is no getfattr."""
    folders: int = 0
    """Looked at."""
    complete: bool = True
    machine: Clean | None = None
    """ELF class and machine of the programs in the new layer; ``None``: it has none."""
    old_machine: Clean | None = None
    digest: Clean | None = None
    """SHA-256 of the image that the new layer is in."""


@dataclass(frozen=True, slots=True)
class Place:
    """What holds a path, the way there followed to its end."""

    device: int
    """``st_dev`` of what is there."""
    inode: int
    statfs: Statfs
    """Of the filesystem that it is in."""


@dataclass(frozen=True, slots=True)
class Stores:
    """What the stores of a host are made of, as they are now."""

    memory: Memory
    mounts: tuple[Mount, ...]
    """Of the host."""
    inner: tuple[Mount, ...] = ()
    """Of the subhost that was asked about, where it runs."""
    dm: tuple[DmDevice, ...] = ()
    tables: Mapping[Clean, tuple[str, ...]] = field(default_factory=dict)
    """The lines of each mapped device's table, without its name."""
    loops: tuple[LoopDevice, ...] = ()
    limited: frozenset[Clean] = frozenset()
    """Loop devices that show but a part of their file, whatever its size."""
    reachable: frozenset[Clean] = frozenset()
    """Loop devices whose file is what their path leads to."""
    swaps: tuple[Clean, ...] = ()
    """Files that are swapped to."""
    places: Mapping[Clean, Place] = field(default_factory=dict)
    """By path: mount points and folders of what may have to grow."""


@dataclass(frozen=True, slots=True)
class StagedSet:
    """A set of boot images that was brought to a host, or a part of one."""

    path: Clean
    place: str
    """Below the folder that holds sets: ``edge/10-0a1b2c3d4e5f``."""
    size: int
    """Bytes it takes."""
    modified: int
    """Seconds since 1970."""

    @property
    def name(self) -> str:
        """``edge``: what its other versions are called too."""
        return self.place.rpartition("/")[0] or self.place.rpartition("-")[0]


@dataclass(frozen=True, slots=True)
class Staged:
    """What sets a host holds, and which of them is to be booted next."""

    sets: tuple[StagedSet, ...] = ()
    armed: Clean | None = None
    """Command line of the ``/kernel`` that is armed; ``None``: none is known."""
    loaded: bool = False
    """Whether a kernel is loaded that waits to be jumped into."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What a plan is made from, beside the ``Host``."""

    boot_id: Clean | None
    root: bool
    """Whether what we run there runs as root."""
    tools: frozenset[str] = frozenset()
    """Of the programs plans use, those there are: ``ip``, ``flock``, ``setpriv`` ..."""
    options: frozenset[str] = frozenset()
    """Of their options that not all have, those there are: ``unshare --kill-child`` ..."""
    conf: bytes | None = None
    """Text of the subhost's configuration; ``None``: not readable, or none."""
    conf_digest: str | None = None
    """Its SHA-256, in hexadecimal."""
    paths: Mapping[Clean, PathFact] = field(default_factory=dict)
    """By path as the configuration gives it, made absolute; the configuration's own too."""
    autostart: bytes | None = None
    """Text of ``/etc/subhosts.conf``; ``None``: there is none."""
    sessions: tuple[Clean, ...] = ()
    """Terminals in use inside the subhost, a line each."""
    lineage: Lineage | None = None
    """``None``: it does not run."""
    way: tuple[Clean, Clean | None] | None = None
    """Of our own SSH connection: the link by which it comes in, and the address of the gateway it
    comes through, if any; ``None``: no such connection, or not known."""
    stores: Stores | None = None
    """``None``: it was not asked for."""
    losses: Losses | None = None
    """``None``: it was not asked for."""
    audit: UpperAudit | None = None
    """``None``: it was not asked for, or the new layer could not be looked at."""
    unaudited: Clean | None = None
    """Why it could not."""
    users: tuple[User, ...] = ()
    """Of the mount that was asked about, but for who asked."""
    machine: Clean | None = None
    """As ``uname -m`` says: ``x86_64``, ``aarch64`` …; ``None``: not known."""
    staged: Staged | None = None
    """``None``: it was not asked for."""
    may_mount: bool = True
    """Whether what we run there has CAP_SYS_ADMIN, which root of a container may lack."""
