"""Every host of a farm is one of its own, and none is left."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.lab.farm import Farm, farm
from tests.lab.inventory import NOTHING
from tests.lab.link import NEEDS_LINK
from tests.lab.world import World

pytestmark = [*NEEDS_LINK, pytest.mark.needs("sshd", "ssh", "ssh-keygen", "setpriv")]


def ssh(it: Farm, alias: str, command: str) -> subprocess.CompletedProcess[str]:
    argv = ["ssh", "-F", str(it.config), "-o", "BatchMode=yes", "-o", "ConnectTimeout=1", alias]
    return subprocess.run([*argv, command], capture_output=True, text=True, timeout=30)


def test_each_host_shows_its_own_stores_and_processes() -> None:
    with World() as world:
        with farm(world, 5, holes=2, stores=3) as it:
            assert [str(entry.name) for entry in it.entries] == [
                *("h001", "d002", "h002", "d003", "h003", "h004", "h005")
            ]
            (ours,) = Path("/proc/self/ns/pid").readlink().parts
            for host in it.hosts:
                ran = ssh(it, host.alias, "readlink /proc/self/ns/pid; grep -c store /proc/mounts")
                space, stores = ran.stdout.split()
                assert stores == "3"
                assert space != ours
                assert "Accepted publickey for root" in host.log
            devices = ssh(it, "h001", "cd /sys/class/net; echo *; ls /sys/block /run/netns").stdout
            assert devices == "lo tun0\n/sys/block:\n"
            assert "timed out" in ssh(it, it.holes[0], "true").stderr
        assert world.inventory().processes == ()
    assert world.inventory() == NOTHING


def test_a_host_of_the_farm_can_be_stopped_and_started() -> None:
    with World() as world, farm(world, 2, stores=0) as it:
        host = it.hosts[0]
        host.stop()
        assert "refused" in ssh(it, host.alias, "true").stderr
        assert ssh(it, it.hosts[1].alias, "echo up").stdout == "up\n"
        host.start()
        assert ssh(it, host.alias, "echo up").stdout == "up\n"
