"""Literal hosts for tests: the kernel's own texts go through the real parsers and ``derive``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from console.clean import Clean
from console.config import Thresholds
from console.derive import derive
from console.facts import Facts, View
from console.model import (
    Host,
    Kind,
    Level,
    LoopDevice,
    Memory,
    Process,
    Running,
    Statfs,
    Subhost,
    SubhostConf,
)
from console.parse import dmsetup, mountinfo, subhost_conf
from console.parse.statfs import measured

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30
NAME = Clean("mail1")


def judge(kind: Kind, level_id: Clean) -> Thresholds:
    return Thresholds()


def statfs(
    total: int, used: int, *, reserved: int = 0, inodes: int = 1000, inodes_used: int = 10
) -> Statfs:
    """Return what statvfs says of ``total`` bytes; ``reserved`` of the free ones are root's."""
    free = total - used
    return measured(1, total, free, max(free - reserved, 0), inodes, inodes - inodes_used)


def memory(available: int, *, total: int = 4 * GIB, swap_free: int = 0) -> Memory:
    return Memory(total, available, 0, 0, swap_free, swap_free)


def view(text: str, fill: Mapping[str, Statfs]) -> View:
    """Return the mounts of a mountinfo text, and how full each is, by mount point."""
    found, wrong = mountinfo.mounts(text.encode())
    assert not wrong
    return View(found, {each.id: fill[each.point] for each in found if each.point in fill})


def facts(
    text: str,
    fill: Mapping[str, Statfs],
    *,
    available: int | None = GIB,
    swap_free: int = 0,
    dm: tuple[str, str, str] = ("", "", ""),
    loops: tuple[LoopDevice, ...] = (),
) -> Facts:
    """Return a host by its mountinfo, its fill, and its ``dmsetup`` table, status and info."""
    devices, wrong = dmsetup.devices(*dm)
    assert not wrong
    return Facts(
        time=1_790_000_000.0,
        at=100.0,
        view=view(text, fill),
        memory=None if available is None else memory(available, swap_free=swap_free),
        dm=devices,
        loops=loops,
    )


def loop(
    number: int,
    backing: str,
    *,
    size: int,
    allocated: int,
    file_device: tuple[int, int] | None,
    read_only: bool = False,
) -> LoopDevice:
    """Return a loop device; a backing file that ends in `` (deleted)`` is."""
    live = backing.removesuffix(" (deleted)")
    return LoopDevice(
        name=Clean(f"loop{number}"),
        device=(7, number),
        backing=Clean(live),
        path=live.encode(),
        deleted=live != backing,
        setup_name=None,
        size=size,
        offset=0,
        read_only=read_only,
        file_device=file_device,
        file_size=size,
        file_allocated=allocated,
    )


def host(seen: Facts, before: Host | None = None) -> Host:
    return derive(NAME, seen, before, judge)


def level(seen: Facts, id_: str) -> Level:
    """Return one level of the host itself."""
    return next(each for each in host(seen).levels if each.id == id_)


def binding(found: Level) -> tuple[int, str]:
    """Return the effective limit: total and what runs out first."""
    assert found.limit is not None
    return found.limit.total, found.limit.bound_by


# Subhosts

BASE = """\
26 1 254:0 / / rw,relatime - ext4 /dev/vda rw
27 26 0:22 / /proc rw - proc proc rw
28 26 8:1 / /srv rw,relatime - ext4 /dev/sda1 rw
"""
SRV = statfs(20 * GIB, 5 * GIB)
FILL = {"/": statfs(GIB, MIB), "/srv": SRV}


def conf(path: str, text: str = "BASE=.\n") -> SubhostConf:
    return subhost_conf.conf(path.encode(), text.encode())


def chain(
    first: int, typed: str, *, up_to: str = "init", init: str = ".reaper", started: float = 1000.0
) -> tuple[Process, ...]:
    """Return the processes of a subhost from its holder to ``holder``, ``unshare`` or ``init``."""
    name = typed.rpartition("/")[2].removesuffix(".conf")
    holder = Process(
        pid=first,
        parent=1,
        name=Clean("overlay-boot"),
        state="S",
        argv=(Clean("/bin/sh"), Clean("/var/lib/overlay-boot/overlay-boot"), Clean(typed)),
        started=started,
        cpu_seconds=0.0,
        rss=MIB,
        unshared=True,
        pid_ns=1,
    )
    unshare = replace(
        holder,
        pid=first + 1,
        parent=first,
        name=Clean("unshare"),
        argv=(Clean("unshare"), Clean("-fpiuT")),
        unshared=None,
    )
    pid1 = replace(
        unshare,
        pid=first + 2,
        parent=first + 1,
        name=Clean(init),
        argv=(Clean("/.reaper"), Clean(name)),
        inner_pid=1,
        pid_ns=first,
    )
    every = (holder, unshare, pid1)
    return every[: ("holder", "unshare", "init").index(up_to) + 1]


def inside(
    first: int,
    name: str,
    *,
    root: str = "",
    lower: str = "/",
    filled: Statfs = SRV,
    extra: str = "",
) -> View:
    """Return what subhost ``name`` under ``/srv/NAME`` sees; ``root`` replaces its first line."""
    place = f"/srv/{name}"
    root = root or (
        f"{first} 107 0:{first} / / rw,relatime - overlay {name} "
        f"rw,lowerdir={lower},upperdir={place}/root,workdir={place}/work"
    )
    text = (
        f"{root}\n{first + 1} {first} 0:{first + 1} / /dev rw - tmpfs dev rw,size=51200k\n"
        f"{first + 2} {first} 0:{first + 2} / /run rw - tmpfs tmpfs rw,size=51200k\n{extra}"
    )
    small = statfs(50 * MIB, 10 * MIB)
    return view(text, {"/": filled, "/dev": small, "/run": small})


def with_subhost(name: str = "mta", first: int = 1700) -> Facts:
    """Return a host on which one configured subhost is running."""
    path = f"/srv/{name}/{name}.conf"
    return replace(
        facts(BASE, FILL),
        confs=(conf(path),),
        processes=chain(first, path),
        inside={first + 2: inside(200, name)},
    )


def subhost(seen: Facts, name: str = "mta", before: Host | None = None) -> Subhost:
    """Return the only subhost of that name."""
    (found,) = (each for each in host(seen, before).subhosts if each.name == name)
    return found


def state(seen: Facts, name: str = "mta") -> Running:
    return subhost(seen, name).state
