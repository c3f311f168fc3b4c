"""Stores to plan on: ``Ground(type="PO").planned(size=48 << 20)`` grows a live root."""

from __future__ import annotations

from dataclasses import dataclass, replace

from console.actions.verbs import planned
from console.clean import Clean
from console.derive import derive
from console.facts import Facts
from console.model import Host, LoopDevice, Memory
from console.parse import dmsetup, mountinfo
from console.plan import Plan, Verb, Wish
from console.survey import TOOLS, Place, Stores, Survey
from tests.console.hosts import MIB, judge, loop, statfs, view

RUN_DEVICE, ROOT_DEVICE, DISK_DEVICE = 21, 65024, 2049
MOUNTS = """\
24 27 0:21 / /run rw,nosuid,nodev - tmpfs tmpfs rw,mode=755
25 27 0:25 / /var rw - tmpfs tmpfs rw
26 27 0:26 / /ram rw - ramfs ramfs rw
27 1 254:0 / / rw,relatime - ext4 /dev/mapper/live-rw rw
28 27 8:1 / /srv rw,relatime - ext4 /dev/sda1 rw
29 27 0:29 / /o rw - overlay o rw,lowerdir=/,upperdir=/var/u,workdir=/var/w
30 27 0:30 / /p rw - overlay p rw,lowerdir=/,upperdir=/srv/u,workdir=/srv/w
31 27 0:31 / /q rw - overlay q rw,lowerdir=/,upperdir=/cow/u,workdir=/cow/w
"""
RUN = statfs(100 * MIB, 10 * MIB)
TMP = statfs(40 * MIB, 30 * MIB, inodes=200, inodes_used=20)
SRV = statfs(64 * MIB, 60 * MIB)
FILL = {"/run": RUN, "/var": TMP, "/": statfs(100 * MIB, 10 * MIB), "/srv": SRV}
FILL |= {
    "/o": TMP,
    "/p": SRV,
    "/q": statfs(10 * MIB, MIB),
    "/ram": statfs(0, 0, inodes=0, inodes_used=0),
}
POOL = "0 16384 thin-pool 7:5 7:6 128 0 1 skip_block_zeroing"


@dataclass(frozen=True, slots=True)
class Ground:
    """A host with a live root on a snapshot, and a pool."""

    type: str = "PO"
    status: str = "20000/49152 96"
    file: str = "/overlay (deleted)"
    file_device: tuple[int, int] | None = (0, 2)
    available: int = 400 * MIB
    wrapped: bool = False
    """Whether the store goes on in a second file already."""
    swap: str = ""
    pool: str = "0 20/512 100/128 - rw discard_passdown queue_if_no_space - 256"

    def planned(
        self, level: str = "dm:live-rw", size: int | None = 48 * MIB, inodes: int | None = None
    ) -> Plan:
        """Return the plan that grows one of its levels."""
        wish = Wish(Verb.GROW, Clean(""), level=Clean(level), size=size, inodes=inodes)
        return planned(self.host, wish, self.survey)

    @property
    def host(self) -> Host:
        """Return the host as a look tells it."""
        devices, wrong = dmsetup.devices(*self._dm)
        assert not wrong
        facts = Facts(
            time=0.0,
            at=0.0,
            view=view(MOUNTS, FILL),
            memory=self._memory,
            dm=devices,
            loops=self._loops,
        )
        return derive(Clean("web1"), facts, None, judge)

    @property
    def survey(self) -> Survey:
        """Return the survey of it."""
        table, *_ = self._dm
        devices, _ = dmsetup.devices(*self._dm)
        tables: dict[Clean, tuple[str, ...]] = {}
        for line in table.splitlines():
            name, _, rest = line.partition(": ")
            tables[Clean(name)] = (*tables.get(Clean(name), ()), rest)
        whole = {
            "/run": (21, RUN),
            "/var": (25, TMP),
            "/run/x": (21, RUN),
            "/srv/x": (DISK_DEVICE, SRV),
        }
        whole |= {"/var/u": (25, TMP), "/srv/u": (DISK_DEVICE, SRV), "/ram": (26, FILL["/ram"])}
        stores = Stores(
            memory=self._memory,
            mounts=mountinfo.mounts(MOUNTS.encode())[0],
            dm=devices,
            tables=tables,
            loops=self._loops,
            reachable=frozenset(
                each.name for each in self._loops if each.backing.startswith(("/run", "/srv"))
            ),
            swaps=(Clean(self.swap),) if self.swap else (),
            places={Clean(path): Place(device, 1, room) for path, (device, room) in whole.items()},
        )
        return Survey(
            boot_id=Clean("0b5d6d1e-0000-4000-8000-000000000000"),
            root=True,
            tools=frozenset(TOOLS),
            stores=stores,
        )

    @property
    def _memory(self) -> Memory:
        return Memory(1000 * MIB, self.available, 0, 0, 0, 0)

    @property
    def _dm(self) -> tuple[str, str, str]:
        cow = "254:2" if self.wrapped else "7:2"
        table = f"live-rw: 0 262144 snapshot 7:1 {cow} {self.type} 8\nthin: {POOL}\n"
        status = f"live-rw: 0 262144 snapshot {self.status}\nthin: 0 16384 thin-pool {self.pool}\n"
        info = "live-rw::254:0:1:0\nthin::254:1:0:0\n"
        if self.wrapped:
            table += "store: 0 16384 linear 7:3 0\nstore: 16384 32768 linear 7:2 0\n"
            status += "store: 0 16384 linear \nstore: 16384 32768 linear \n"
            info += "store::254:2:1:0\n"
        return table, status, info

    @property
    def _loops(self) -> tuple[LoopDevice, ...]:
        store = loop(2, self.file, size=24 * MIB, allocated=10 * MIB, file_device=self.file_device)
        if self.wrapped:
            store = replace(store, size=16 * MIB)
        data = loop(6, "/run/x/data", size=8 * MIB, allocated=MIB, file_device=(0, 21))
        return (store, data)
