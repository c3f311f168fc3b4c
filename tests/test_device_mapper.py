"""A real device-mapper, in a guest, and what ``subdeck status --json`` says of it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from console.model import SECTOR, OtherTarget, Snapshot
from console.parse import dmsetup
from tests.lab.guest import NEEDS_GUEST, Guest, booted

pytestmark = [*NEEDS_GUEST, pytest.mark.xdist_group("device-mapper")]  # one boot

SELDOM = pytest.mark.skipif(
    "LEAKS" not in os.environ, reason="as over SSH, which is tried: make leaks"
)
MIB = 1 << 20
NUMBERS = "dmsetup info -c --noheadings -o name,uuid,major,minor,open,events"
BY_IOCTL = """
import asyncio
from backends.devices import mapped
from backends.prober import Prober

async def main():
    prober = Prober(30)
    print(await mapped(prober, b"/dev/mapper/control"))
    prober.close()

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    with booted(tmp_path_factory.mktemp("guest")) as running:
        yield running


def loop(guest: Guest, file: str, megabytes: int) -> str:
    """Return a loop device over a new, sparse file."""
    attach = f"truncate -s {megabytes}M {file}; device=$(losetup -f); losetup $device {file}"
    return guest.check(f"mkdir -p $(dirname {file}); {attach}; echo $device").strip()


def mapped(guest: Guest, name: str, *table: str) -> None:
    """Make a mapped device."""
    rows = "\n".join(table)
    guest.check(f"dmsetup create --noudevsync '{name}' <<END\n{rows}\nEND")


def level(host: dict[str, Any], level_id: str) -> dict[str, Any]:
    assert not [gap for gap in host["gaps"] if "device-mapper" in gap["probe"]]
    levels: list[dict[str, Any]] = host["levels"]
    (found,) = [each for each in levels if each["id"] == level_id]
    return found


def allocated(guest: Guest, name: str) -> int:
    """Return the bytes in an exception store."""
    said = guest.check(f"dmsetup status '{name}'")
    found = re.fullmatch(r"0 \d+ snapshot (\d+)/\d+ \d+\n", said)
    assert found, said
    return int(found[1]) * SECTOR


def looked(guest: Guest, name: str) -> dict[str, Any]:
    """Return what is said of a host on which nothing went into this store meanwhile."""
    guest.check("sync")
    before = allocated(guest, name)
    host = guest.status()
    assert level(host, f"dm:{name}")["used"] == before == allocated(guest, name)
    return host


def test_a_live_root_on_a_snapshot(guest: Guest) -> None:
    base = loop(guest, "/live/image", 64)
    guest.check(f"mkfs.ext4 -q -E nodiscard,lazy_itable_init=0 {base}")
    guest.check("mkdir /live/ram /live/root; mount -t tmpfs -o size=40M tmpfs /live/ram")
    store = loop(guest, "/live/ram/overlay", 512)
    mapped(guest, "live-base", f"0 {64 * MIB // SECTOR} linear {base} 0")
    mapped(guest, "live-rw", f"0 {64 * MIB // SECTOR} snapshot /dev/mapper/live-base {store} PO 8")
    guest.check("mount /dev/mapper/live-rw /live/root; rm /live/ram/overlay")

    host = looked(guest, "live-rw")
    root, ram = level(host, "dm:live-rw"), level(host, "tmpfs:/live/ram")
    assert (root["kind"], root["mount"], root["state"]) == ("dm-snapshot", "/live/root", "ok")
    assert (root["device"], root["never_shrinks"]) == ("/dev/mapper/live-rw", True)
    assert root["total"] == 512 * MIB
    assert root["used"] == ram["used"]
    # Its own 512 MiB are fiction, and where a tmpfs ends even this kind of store is lost.
    assert root["limit"] == {"total": 40 * MIB, "bound_by": "tmpfs:/live/ram"}
    assert root["on_full"].startswith("Invalid")
    assert root["relief"] == ["concatenate", "reboot"]
    above = level(host, "fs:/live/root")
    assert above["limit"]["bound_by"] == "tmpfs:/live/ram"
    assert above["limit"]["total"] == above["used"] + 40 * MIB - ram["used"]
    assert above["relief"] == []
    assert {"dm:live-rw", "fs:/live/root"} <= set(ram["backs"])

    guest.check("dd if=/dev/urandom of=/live/root/blob bs=1M count=20; sync")
    written = allocated(guest, "live-rw")
    assert 20 * MIB <= written - root["used"] < 22 * MIB

    # No name leads to that tmpfs any more, as after the initramfs was left behind.
    guest.check("rm /live/root/blob; sync; umount -l /live/ram")
    host = looked(guest, "live-rw")
    deleted, above = level(host, "dm:live-rw"), level(host, "fs:/live/root")
    assert deleted["used"] >= written
    assert above["used"] < MIB
    assert deleted["limit"]["bound_by"] == "mem"
    memory = host["memory"]["available"]
    assert deleted["limit"]["total"] == deleted["used"] + memory < 512 * MIB
    assert deleted["relief"] == ["concatenate", "reboot"]


@SELDOM
def test_stores_of_every_persistence_run_over(guest: Guest) -> None:
    base = loop(guest, "/stores/base", 16)
    names = {"N": "volatile", "P": "persistent", "PO": "over flow"}
    for kind, name in names.items():
        store = loop(guest, f"/stores/{kind}", 4)
        mapped(guest, name, f"0 {16 * MIB // SECTOR} snapshot {base} {store} {kind} 8")
    nodes = ("volatile", "persistent", "over\\x20flow")
    fill = [f"dd if=/dev/zero of='/dev/mapper/{node}' bs=1M oflag=direct" for node in nodes]
    for line in fill:
        guest.check(f"{line} count=1")
    host = guest.status()
    for (kind, name), node in zip(names.items(), nodes, strict=True):
        found = level(host, f"dm:{name}")
        assert found["device"] == f"/dev/mapper/{node}"
        assert found["used"] == allocated(guest, name) >= MIB
        assert found["limit"] == {"total": 4 * MIB, "bound_by": "own size"}
        assert found["total"] == 4 * MIB
        assert found["state"] == "ok"
        assert found["relief"] == ["grow", "reboot"]
        assert found["on_full"].startswith("Overflow" if kind == "PO" else "Invalid")

    for line in fill:
        assert guest.run(f"{line} count=8").status != 0
    host = guest.status()
    for kind, name in names.items():
        found = level(host, f"dm:{name}")
        fault = "Overflow" if kind == "PO" else "Invalid"
        assert fault in guest.check(f"dmsetup status '{name}'")
        assert (found["state"], found["notes"]) == ("lost", [f"store is {fault}"])
        assert (found["used"], found["total"], found["limit"]) == (None, None, None)
        assert found["relief"] == (["grow", "reboot"] if kind == "PO" else ["reboot"])


@SELDOM
def test_a_thin_pool_runs_out(guest: Guest) -> None:
    metadata, data = loop(guest, "/thin/metadata", 2), loop(guest, "/thin/data", 16)
    mapped(guest, "pool", f"0 {16 * MIB // SECTOR} thin-pool {metadata} {data} 128 4")
    for number in (0, 1):
        guest.check(f"dmsetup message pool 0 'create_thin {number}'")
        mapped(guest, f"thin{number}", f"0 {64 * MIB // SECTOR} thin /dev/mapper/pool {number}")
    guest.check(
        "mkfs.ext4 -q -E nodiscard,lazy_itable_init=0 /dev/mapper/thin0; mkdir /thin/root;"
        "mount /dev/mapper/thin0 /thin/root; sync"
    )
    said = re.search(r"thin-pool 0 (\d+)/(\d+) (\d+)/256 ", guest.check("dmsetup status pool"))
    assert said
    host = guest.status()
    pool, above = level(host, "dm:pool"), level(host, "fs:/thin/root")
    assert (pool["metadata_used"], pool["metadata_total"]) == (int(said[1]), int(said[2]))
    assert (pool["used"], pool["total"]) == (int(said[3]) << 16, 16 * MIB)
    assert (pool["kind"], pool["state"]) == ("thin-pool", "ok")
    assert "block" in pool["on_full"]
    room = pool["total"] - pool["used"]
    assert above["limit"] == {"total": above["used"] + room, "bound_by": "dm:pool"}

    guest.check("umount /thin/root")
    # Its writer blocks, so that it cannot be awaited.
    guest.check("dd if=/dev/zero of=/dev/mapper/thin1 bs=64k oflag=direct &")
    guest.check("until dmsetup status pool | grep -q out_of_data_space; do sleep 0.1; done")
    found = level(guest.status(), "dm:pool")
    assert (found["used"], found["total"], found["state"]) == (16 * MIB, 16 * MIB, "full")
    assert found["notes"] == ["pool mode is out_of_data_space"]


def test_the_ioctls_say_what_dmsetup_prints(guest: Guest) -> None:
    one, two, store = (loop(guest, f"/kinds/{name}", 4) for name in ("one", "two", "store"))
    mapped(guest, "my disk: é", f"0 2048 linear {one} 0", f"2048 4096 linear {two} 8")
    mapped(guest, "kinds", f"0 8192 snapshot {one} {store} N 16")
    guest.check("dmsetup create --noudevsync --notable -u 'CRYPT a:b' bare")
    for number in range(20):  # as on a host with volumes
        mapped(guest, f"volume{number}", f"0 8 linear {one} {number * 8}")
    texts = [guest.check(command) for command in ("dmsetup table", "dmsetup status", NUMBERS)]
    found, wrong = dmsetup.devices(*texts)
    assert not wrong
    names = {str(device.name): device for device in found}
    assert [type(target) for target in names["kinds"].targets] == [Snapshot]
    assert [type(target) for target in names["my disk: é"].targets] == [OtherTarget] * 2
    assert (names["bare"].targets, names["bare"].uuid) == ((), "CRYPT a:b")
    assert guest.python("-c", BY_IOCTL) == f"{(found, ())}\n"


@SELDOM
def test_a_vlan_and_what_is_left_of_a_stopped_subhost(guest: Guest) -> None:
    ip = shutil.which("ip")  # a bare "ip" is busybox's own, which knows no namespaces
    guest.check(
        "mkdir -p /opt/mta; printf 'BASE=.\\nCABLES== =.5\\n' >/opt/mta/mta.conf;"
        f"{ip} netns add mta; {ip} link add mta0 type veth peer name eth0 netns mta;"
        f"{ip} link add link mta0 name mta0.5 type vlan id 5"
    )
    host = guest.status()
    links = {link["name"]: link for link in host["links"] if link["netns"] is None}
    vlan = links["mta0.5"]
    assert (vlan["kind"], vlan["vlan"]) == ("vlan", 5)
    assert (vlan["peer_index"], vlan["peer_netns"]) == (links["mta0"]["index"], "")
    assert (links["mta0"]["kind"], links["mta0"]["peer_netns"]) == ("veth", "mta")
    (subhost,) = host["subhosts"]
    assert subhost["residue"] == ["netns mta", "interface mta0", "interface mta0.5"]
    assert [(cable["outer"], cable["vlan"]) for cable in subhost["cables"]] == [
        ("mta0", None),
        ("mta0.5", 5),
    ]
