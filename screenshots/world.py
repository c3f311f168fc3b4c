"""A made-up host for pictures and screen tests, told in the kernel's own words.

The texts go through the real parsers and ``derive``; only the kernel is left out. Time is
scripted: step ``n`` is ``2 n`` seconds after the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from console import config
from console.cabling import peers
from console.clean import Clean
from console.derive import derive
from console.errors import Problem
from console.facts import Evidence, Facts, Superblock, View
from console.fleet import Contact, FleetView
from console.model import (
    Gap,
    Host,
    Kind,
    Link,
    LoopDevice,
    Memory,
    Netns,
    Pressure,
    Process,
    Rates,
    Statfs,
)
from console.parse import dmsetup, mountinfo, subhost_conf
from console.trends import Trends

START = 1_790_000_000.0
"""Wall clock of step 0: 2026-09-21 UTC."""
STEP = 2.0
NETNS = {"mta": 4_026_532_388, "web": 4_026_532_389, "old": 4_026_532_390}
"""Inodes of the network namespaces."""
MIB = 1 << 20
GIB = 1 << 30

MOUNTS = b"""\
26 1 254:0 / / rw,relatime shared:1 - ext4 /dev/mapper/live-rw rw
27 26 0:22 / /proc rw - proc proc rw
28 26 0:24 / /run rw,nosuid,nodev shared:5 - tmpfs tmpfs rw,size=401408k,nr_inodes=100352,mode=755
29 26 7:0 / /run/initramfs/live ro,relatime - squashfs /dev/loop0 ro,errors=continue
30 26 0:25 / /tmp rw shared:7 - tmpfs tmpfs rw,size=1048576k,nr_inodes=409600
31 26 8:1 / /srv rw,relatime shared:9 - ext4 /dev/sda1 rw
"""
TABLE = """\
live-base: 0 8388608 linear 7:1 0
live-rw: 0 8388608 snapshot 7:1 7:2 PO 8
"""
_CONFS = {
    b"/srv/subhost/mta/mta.conf": b"BASE=.\nSTART=rsyslog networking postfix\n"
    b"CABLES=br-lan=02:aa:00:00:00:01 =\nSHARE=/var/spool/mail\n",
    b"/srv/subhost/web/web.conf": b"BASE=.\nSTART=networking nginx\nCABLES=br-lan=\n",
    b"/srv/subhost/dns/dns.conf": b"BASE=.\nSTART=networking unbound\nCABLES=br-lan= =.7\n",
    b"/srv/subhost/old/old.conf": b"BASE=.\nCABLES=br-lan=\nLOWER=!overlay-diskfile mnt/ o.img\n",
}


def _inside(name: str, first: int) -> bytes:
    base = f"/srv/subhost/{name}"
    layers = f"lowerdir=/,upperdir={base}/root,workdir={base}/work"
    return f"""\
{first} 107 0:{first} / / rw,relatime - overlay {name} rw,{layers}
{first + 1} {first} 0:{first + 1} / /dev rw,relatime - tmpfs dev rw,size=51200k
{first + 2} {first} 0:{first + 2} / /run rw,relatime - tmpfs tmpfs rw,size=51200k,mode=755
""".encode()


def statfs(total: int, used: int, inodes: int = 100_352, inodes_used: int = 900) -> Statfs:
    """Return the sizes of a mount, in bytes and inodes."""
    return Statfs(total, total - used, total - used, inodes, inodes - inodes_used)


def _processes() -> tuple[Process, ...]:
    found: list[Process] = []
    for first, name, programs in (
        (1700, "mta", ("rsyslogd", "postfix/master", "qmgr", "pickup", "cleanup")),
        (2100, "web", ("nginx: master", "nginx: worker", "nginx: worker")),
    ):
        conf = f"/srv/subhost/{name}/{name}.conf"
        chain = (
            ("overlay-boot", ("/bin/sh", "/var/lib/overlay-boot/overlay-boot", conf), None),
            ("unshare", ("unshare", "-fpiuT", "--kill-child", "/bin/sh"), None),
            (".reaper", ("/.reaper", name), 1),
            *((program, (program,), 10 + n) for n, program in enumerate(programs)),
        )
        for n, (comm, argv, inner) in enumerate(chain):
            found.append(
                Process(
                    pid=first + n,
                    parent=1 if n == 0 else first + min(n - 1, 2),
                    name=Clean(comm),
                    state="S",
                    argv=tuple(Clean(word) for word in argv),
                    started=START - 86_400 * 3 + n,
                    cpu_seconds=0.0,
                    rss=(3 + 7 * n) * MIB,
                    pid_ns=first if inner else 1,
                    net_ns=NETNS[name] if inner else 1,
                    inner_pid=inner,
                    unshared=n == 0 or None,
                )
            )
    return tuple(found)


def _link(netns: str | None, index: int, name: str, **more: object) -> Link:
    """Return a veth that is up, but for what is told otherwise."""
    base = Link(
        netns=Clean(netns) if netns else None,
        index=index,
        name=Clean(name),
        kind=Clean("veth"),
        mac=Clean(f"02:aa:00:00:00:{index:02x}"),
        up=True,
        carrier=True,
        mtu=1500,
    )
    return replace(base, **more)  # type: ignore[arg-type]  # fields by name, as given below


def _links() -> tuple[Link, ...]:
    lan = Clean("br-lan")
    addresses = {
        name: (Clean(f"192.0.2.{number}/24"),)
        for name, number in (("br-lan", 10), ("mta", 25), ("web", 80))
    }
    inside = Clean("02:aa:00:00:00:01")
    busy, idle = Rates(48_200.0, 9_100.0, 61.0, 40.0, 0.0), Rates(640.0, 410.0, 4.0, 3.0, 0.0)
    out = (Clean("default via 192.0.2.1"), Clean("192.0.2.0/24"))
    return (
        _link(None, 1, "lo", kind=None, mac=None, addresses=(Clean("127.0.0.1/8"),)),
        _link(None, 2, "eth0", kind=None, master=lan, rx_bytes=812 * MIB, tx_bytes=95 * MIB,
              rates=busy),
        _link(None, 3, "br-lan", kind=Clean("bridge"), addresses=addresses["br-lan"], routes=out),
        _link(None, 6, "mta0", master=lan, peer_index=2, peer_nsid=0, rx_bytes=31 * MIB,
              rates=idle),
        _link(None, 7, "mta1", peer_index=3, peer_nsid=0),
        _link(None, 8, "web0", peer_index=2, peer_nsid=1, rx_bytes=404 * MIB),
        _link(None, 9, "old0", peer_index=2, peer_nsid=2),
        _link("mta", 2, "eth0", mac=inside, peer_index=6, peer_nsid=0, addresses=addresses["mta"],
              rates=idle, routes=out),
        _link("mta", 3, "eth1", peer_index=7, peer_nsid=0),
        _link("web", 2, "eth0", peer_index=8, peer_nsid=0, addresses=addresses["web"]),
        _link("old", 2, "eth0", peer_index=9, peer_nsid=0),
    )  # fmt: skip


@cache
def facts(step: int) -> Facts:
    """Return the facts of one step: the COW store and mta's upper fill, the rest is still."""
    at = step * STEP
    grown = 2 * MIB * step
    srv = statfs(20 * GIB, 11 * GIB + grown, 1_310_720, 214_000)
    cow = 5_600_000 + grown // 1024
    netns = tuple(Netns(Clean(name), inode, n) for n, (name, inode) in enumerate(NETNS.items()))
    status = f"live-rw: 0 8388608 snapshot {cow}/8388608 22000\nlive-base: 0 8388608 linear \n"
    pressure = Pressure(1.2, 0.8, 0.4)
    return Facts(
        time=START + at,
        at=at,
        view=seen_from(MOUNTS, SIZES | {"/srv": srv}),
        inside={
            1702: seen_from(_inside("mta", 200), {"/": srv, "/dev": small(0), "/run": small(37)}),
            2102: seen_from(_inside("web", 300), {"/": srv, "/dev": small(0), "/run": small(2)}),
        },
        evidence=EVIDENCE,
        uptime=3.1 * 86_400 + at,
        memory=Memory(4 * GIB, 1_300 * MIB - grown, 150 * MIB, 2_700 * MIB, 0, 0, pressure),
        dm=dmsetup.devices(TABLE, status, INFO)[0],
        loops=_loops(cow * 512),
        processes=tuple(
            replace(process, cpu_seconds=at * 0.004 * (process.pid % 7))
            for process in _processes()
        ),
        confs=tuple(subhost_conf.conf(path, text) for path, text in _CONFS.items()),
        autostart=tuple(_LOGS),
        logs=_LOGS,
        links=peers(_links(), netns),
        netns=netns,
        gaps=_GAPS,
    )


def seen_from(mountinfo_text: bytes, sizes: Mapping[str, Statfs]) -> View:
    """Return mounts in the kernel's words with the sizes of those that have one."""
    mounts, _ = mountinfo.mounts(mountinfo_text)
    return View(mounts, {each.id: sizes[each.point] for each in mounts if each.point in sizes})


def small(used: int) -> Statfs:
    """Return the sizes of a tmpfs of 50 MiB of which so many are used."""
    return statfs(50 * MIB, used * MIB)


SIZES = {
    "/": statfs(4 * GIB, 1_700 * MIB, 262_144, 98_000),
    "/run": statfs(392 * MIB, 31 * MIB),
    "/run/initramfs/live": statfs(900 * MIB, 900 * MIB, 1, 1),
    "/tmp": statfs(GIB, 84 * MIB, 409_600, 391_000),  # noqa: S108  a mount, not a file
}
_LOGS = {
    Clean("/srv/subhost/mta/mta.conf"): (
        Clean("+ service postfix start"),
        Clean("postfix/master: daemon started"),
    )
}
_REMEDY = Clean("umount -l /mnt/nfs, or bring its server back")
_GAPS = (Gap(Clean("statvfs /mnt/nfs"), Clean("no answer within 1 s"), _REMEDY, Problem.HUNG),)
INFO = "live-rw::254:0:1:0\nlive-base::254:1:1:0\n"


EVIDENCE = Evidence(
    kernel=Clean("6.1.0-56-amd64"),
    version=Clean("Linux version 6.1.0-56-amd64"),
    cmdline=Clean("root=live:http://boot.example/img/edge-42.img rd.live.image quiet"),
    boot_id=Clean("0f8fad5b-d9cb-469f-a165-70867728950e"),
    init_name=Clean("systemd"),
    init_exe=Clean("/usr/lib/systemd/systemd"),
    os_release={"PRETTY_NAME": Clean("Fedora Linux 44 (Server Edition)")},
    squashfs={Clean("loop0"): Superblock(1_789_000_000, 900 * MIB, "zstd", (4, 0))},
)
"""What tells how the host booted."""


def _loops(allocated: int) -> tuple[LoopDevice, ...]:
    def loop(number: int, path: str, size: int, *, deleted: bool) -> LoopDevice:
        return LoopDevice(
            Clean(f"loop{number}"),
            (7, number),
            Clean(path),
            path.encode(),
            deleted=deleted,
            setup_name=Clean(path),
            size=size,
            offset=0,
            read_only=number < 2,
            file_device=(7, 0) if number == 1 else (0, 2),
            file_size=size,
            file_allocated=allocated,
        )

    return (
        loop(0, "/tmp/curl_fetch_url0/edge-42.img", 900 * MIB, deleted=True),  # noqa: S108  a literal of dracut's
        loop(1, "/run/initramfs/squashfs/LiveOS/rootfs.img", 4 * GIB, deleted=False),
        loop(2, "/overlay", 4 * GIB, deleted=True),
    )


def judge(kind: Kind, level_id: Clean) -> config.Thresholds:
    """Return the default thresholds."""
    return config.default().levels.thresholds


async def view(steps: int = 240) -> FleetView:
    """Return what the fleet knows after so many steps."""
    trends = Trends(None)
    host: Host | None = None
    for step in range(steps):
        host = await trends.followed(derive(Clean("local"), facts(step), host, judge), judge)
    return FleetView((Contact(Clean("local"), STEP, host),), trends.series)
