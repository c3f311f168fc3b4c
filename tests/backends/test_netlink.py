from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backends.cabling import Cabling
from backends.changes import listening
from backends.netlink import Namespaces
from console.clean import Clean
from console.errors import Problem
from console.model import Link
from console.parse.links import links

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="makes namespaces: run pytest as root"),
    pytest.mark.skipif(not shutil.which("ip"), reason="needs ip of iproute2"),
]
FOLDER = Path("/run/netns")
A, B = f"sdA{os.getpid()}", f"sdB{os.getpid()}"
OUTER, BRIDGE = f"sd{os.getpid()}o", f"sd{os.getpid()}b"


def ip(command: str) -> None:
    subprocess.run(["ip", *command.split()], check=True, capture_output=True)


@pytest.fixture
def cabled() -> Iterator[None]:
    """Two namespaces: A cabled to a bridge of the host, and to B."""
    ip(f"netns add {A}")
    ip(f"netns add {B}")
    try:
        ip(f"link add {BRIDGE} type bridge")
        ip(f"link add {OUTER} type veth peer name eth0 netns {A}")
        ip(f"link set {OUTER} up master {BRIDGE}")
        ip(f"-n {A} link add eth1 type veth peer name far netns {B}")
        ip(f"-n {A} link set eth0 up address 02:aa:00:00:00:01")
        ip(f"-n {A} addr add 10.99.0.2/24 dev eth0")
        yield
    finally:
        # A namespace takes its cables along, but only some time after it was deleted.
        for name in (OUTER, BRIDGE):
            subprocess.run(["ip", "link", "del", name], check=False, capture_output=True)
        ip(f"netns del {A}")
        ip(f"netns del {B}")


def link(seen: Cabling, netns: str | None, name: str) -> Link:
    (found,) = (each for each in seen.links if (each.netns, each.name) == (netns, name))
    return found


@pytest.mark.usefixtures("cabled")
def test_both_ends_of_every_cable_name_each_other() -> None:
    seen = Namespaces(FOLDER).look()
    outer, inner = link(seen, None, OUTER), link(seen, A, "eth0")
    assert (outer.kind, outer.master, outer.peer_netns) == ("veth", BRIDGE, A)
    assert (inner.peer_netns, inner.mac) == ("", "02:aa:00:00:00:01")
    assert (outer.peer_index, inner.peer_index) == (inner.index, outer.index)
    assert (outer.up, outer.carrier, inner.carrier) == (True, True, True)
    assert "10.99.0.2/24" in inner.addresses
    assert link(seen, A, "eth1").peer_netns == B
    assert link(seen, B, "far").peer_netns == A
    assert link(seen, None, BRIDGE).kind == "bridge"
    assert not [gap for gap in seen.gaps if A in gap.probe or B in gap.probe]


@pytest.mark.usefixtures("cabled")
def test_ip_says_the_same() -> None:
    said = subprocess.run(["ip", "-j", "-d", "addr", "show"], check=True, capture_output=True)
    seen = {each.name: each for each in Namespaces(FOLDER).look().links if each.netns is None}
    assert seen[Clean(OUTER)].port_state == "disabled", "its bridge is down"
    for each in links(said.stdout):
        assert still(seen[each.name]) == still(each)


def still(link: Link) -> Link:
    """Return what of a link does not move on, and what ``ip addr`` tells of it."""
    return replace(
        link,
        rx_bytes=0,
        tx_bytes=0,
        rx_packets=0,
        tx_packets=0,
        dropped=0,
        peer_nsid=None,
        peer_netns=None,
        routes=None,
    )


@pytest.mark.usefixtures("cabled")
def test_routes_are_those_of_each_namespace() -> None:
    ip(f"-n {A} route add default via 10.99.0.1")
    seen = Namespaces(FOLDER).look()
    assert link(seen, A, "eth0").routes == ("default via 10.99.0.1", "10.99.0.0/24")
    assert link(seen, A, "eth1").routes == ()
    assert link(seen, None, OUTER).routes == ()
    assert seen.routing
    assert seen.routing.forwards is not None


@pytest.mark.usefixtures("cabled")
def test_names_tell_inode_and_number() -> None:
    seen = Namespaces(FOLDER).look()
    found = {str(netns.name): netns for netns in seen.netns}
    assert found[A].inode == (FOLDER / A).stat().st_ino
    assert found[A].nsid == link(seen, None, OUTER).peer_nsid


@pytest.mark.usefixtures("cabled")
def test_the_thread_comes_back_and_nothing_stays_open() -> None:
    before = Path("/proc/thread-self/ns/net").stat().st_ino
    Namespaces(FOLDER).look()
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    Namespaces(FOLDER).look()
    assert Path("/proc/thread-self/ns/net").stat().st_ino == before
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors


@pytest.mark.usefixtures("cabled")
def test_what_only_looks_like_a_namespace_is_a_gap_and_harms_no_other(tmp_path: Path) -> None:
    (tmp_path / "left").touch()
    (tmp_path / A).symlink_to(FOLDER / A)
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    (tmp_path / "uts").symlink_to("/proc/self/ns/uts")
    os.mkfifo(tmp_path / "fifo")
    seen = Namespaces(tmp_path).look()
    assert [netns.name for netns in seen.netns] == [A]
    assert link(seen, A, "eth0").peer_netns == ""
    gaps = {gap.probe: gap.problem for gap in seen.gaps}
    assert gaps == dict.fromkeys(["netns fifo", "netns left", "netns uts"], Problem.MISSING)


def test_a_namespace_without_a_name_goes_by_its_process(tmp_path: Path) -> None:
    with subprocess.Popen(
        ["unshare", "-n", "sh", "-c", "echo; read line"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin and process.stdout
        process.stdout.readline()
        inode = Path(f"/proc/{process.pid}/ns/net").stat().st_ino
        seen = Namespaces(tmp_path).look({inode: process.pid})
        process.stdin.close()
    assert link(seen, f"pid:{process.pid}", "lo").index == 1
    assert not seen.netns


def test_without_a_folder_there_are_no_names(tmp_path: Path) -> None:
    seen = Namespaces(tmp_path / "none").look()
    assert link(seen, None, "lo").addresses
    assert not seen.netns
    assert not seen.gaps


async def test_a_new_link_is_heard() -> None:
    with listening() as ear:
        heard = asyncio.Event()
        asyncio.get_running_loop().add_reader(ear, heard.set)
        ip(f"link add {BRIDGE} type bridge")
        try:
            async with asyncio.timeout(10):
                await heard.wait()
        finally:
            asyncio.get_running_loop().remove_reader(ear)
            ip(f"link del {BRIDGE}")
