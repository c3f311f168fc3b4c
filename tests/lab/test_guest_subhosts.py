"""Every form of a configuration over SSH, in real machines: started, reached, entered, stopped.

Here each machine has one of them; ``make leaks`` has all of them in each.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lab.guests.fleet import NEEDS_LAB, Guest
from tests.lab.guests.kernel import ROOT

pytestmark = NEEDS_LAB

CONFS = {
    # A small Debian out of an image, below it services of its own; cables into a bridge and into
    # none, VLANs of the second, one of them in the bridge.
    "site": """\
BASE=.
LOWER=!overlay-diskfile mnt /opt/lower.img
CABLES=br0=02:00:00:00:00:51 = =.5 br0=.7 =02:00:00:00:00:52
START=networking nginx
RAM_SIZE=16M
SHARE=/opt/shared
SHARE = /opt/shared:/srv/elsewhere
WAIT_ONLINE=20
""",
    # One tree, no layers; hooks, a program of its own as a service, and no /run of its own.
    "bare": """\
BASE=!echo /opt/bare
UPPER=tree
LOWER=tree
CABLES=br0= =.9
START=/usr/bin/noted
RAM_SIZE=none
PREMOUNT=hooks/before some words
POSTMOUNT=hooks/after
LOG=/opt/bare/log
KEEP_DEV=yes
""",
    # The host's own tree, and all that holds by default.
    "host": "BASE=.\nSTART=none\n",
}
CASES = [("subhosts", ["site"]), ("subhosts-bare", ["bare"])]
if "LEAKS" in os.environ:
    CASES = [(guest, list(CONFS)) for guest, _ in CASES]
PREPARE = """
set -e
mkdir -p /opt/shared /opt/bare/hooks /opt/site/mnt /opt/site/root/srv
mkdir -p /opt/site/root/etc/network /opt/site/root/etc/nginx/sites-enabled
echo shown >/opt/shared/file
ip link show br0 >/dev/null 2>&1 || ip link add br0 type bridge
ip link set br0 up
ip netns add first && ip netns del first # which makes /run/netns a mount, for good
ip address replace 10.77.0.1/24 dev br0
cat >/opt/site/root/etc/network/interfaces <<END
auto lo eth0
iface lo inet loopback
iface eth0 inet static
    address 10.77.0.2/24
    gateway 10.77.0.1
END
echo 'server { listen 80 default_server; root /srv; }' >/opt/site/root/etc/nginx/sites-enabled/site
echo 'this is the site' >/opt/site/root/srv/index.html
for hook in before after; do
    printf '#!/bin/sh\\necho %s $1 $CONFIG >>/opt/bare/hooks/said\\n' $hook >/opt/bare/hooks/$hook
    chmod 755 /opt/bare/hooks/$hook
done
mount -t squashfs -o loop,ro /opt/lower.img /mnt
mkdir -p /opt/bare/tree/usr/bin /opt/bare/tree/usr/lib/x86_64-linux-gnu
cd /opt/bare/tree
cp -a /mnt/bin /mnt/lib /mnt/lib64 .
cp -a /mnt/usr/lib64 usr
cp -a /mnt/usr/bin/busybox usr/bin
for library in ld-linux-x86-64.so.2 libc.so.6 libresolv.so.2; do
    cp -a /mnt/usr/lib/x86_64-linux-gnu/$library usr/lib/x86_64-linux-gnu
done
umount /mnt
for applet in sh date readlink sleep cat; do ln -s busybox usr/bin/$applet; done
printf '#!/bin/sh\\ndate >/noted\\n' >usr/bin/noted
chmod 755 usr/bin/noted
"""
GET = r"""
if command -v bash >/dev/null; then
    bash -c 'exec 3<>/dev/tcp/10.77.0.2/80; printf "GET / HTTP/1.0\r\n\r\n" >&3; cat <&3'
else
    wget -q -O - http://10.77.0.2/
fi"""
REFUSED = """
ip address add 10.78.0.1/24 dev site1.5
if command -v bash >/dev/null; then bash -c ': <>/dev/tcp/10.78.0.2/9' 2>&1
else nc -w 9 10.78.0.2 9 </dev/null 2>&1; fi | grep -i refused"""
INSIDE = """
hostname; cat /proc/1/comm; ls /sys/class/net; id -u; cat /opt/shared/file /srv/elsewhere/file
ip link set eth1 up
ip link add link eth1 name eth1.5 type vlan id 5
ip address add 10.78.0.2/24 dev eth1.5
ip link set eth1.5 up
cat /sys/class/net/eth2/address /run/nginx.pid
"""
TRACES = """
cut -d' ' -f5 /proc/self/mountinfo | sort
ls /sys/class/net
ls /run/netns 2>/dev/null
cat /sys/block/loop*/loop/backing_file 2>/dev/null
ls -d /sys/fs/cgroup/*/ 2>/dev/null
cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' |
    grep 'overlay-boo[t]\\|unshar[e]\\|reape[r]\\|subdec[k]' | sort || :
"""


@dataclass(frozen=True, slots=True)
class Console:
    """The command, and the guest that it is about."""

    guest: Guest
    folder: Path

    def run(self, *words: str, check: bool = True) -> str:
        """Return what it prints."""
        config = self.folder / "config.toml"
        config.write_text('subhosts = ["/opt/*/*.conf"]\n')
        places = {f"XDG_{name}_HOME": str(self.folder / name) for name in ("STATE", "CONFIG")}
        options = ["-F", str(self.guest.config), "--config", str(config)]
        command = [sys.executable, "-m", "console", words[0], *options, *words[1:]]
        ran = subprocess.run(
            command,
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin:/usr/sbin", "HOME": "/root", **places},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert ran.returncode == 0 or not check, f"{words}: {ran.returncode}: {ran.stderr}"
        return ran.stdout

    def does(self, verb: str, *names: str) -> None:
        """Do it to these subhosts at once."""
        targets = [f"{self.guest.name}/{name}" for name in names]
        said = json.loads(self.run(verb, *targets, "--yes", "--json", check=False))
        failed = [each for each in said["outcomes"] if not each["done"]]
        assert len(said["outcomes"]) == len(names), said
        assert not failed, f"{verb}: {failed} {self.log()}"

    def log(self) -> str:
        """Return what jobs said there."""
        return self.guest.ssh("tail -n 20 /run/subdeck/jobs/*/log /run/subdeck/jobs/*/journal")

    def enter(self, name: str, *command: str) -> str:
        """Return what a command prints inside."""
        return self.run("enter", f"{self.guest.name}/{name}", "--", *command)

    def seen(self) -> Mapping[str, Any]:
        """Return the subhosts as ``status --json`` tells them, by name."""
        said = json.loads(self.run("status", self.guest.name, "--json", "--timeout", "60"))
        return {each["name"]: each for host in said["hosts"] for each in host["subhosts"]}


@pytest.fixture
def console(guest: Guest, names: Sequence[str], tmp_path: Path) -> Iterator[Console]:
    """A console for a guest that has the files; afterwards it is as it was."""
    console = Console(guest, tmp_path)
    folders = [f"/opt/{name}" for name in CONFS]
    parts = " ".join(f"{each}/{part}" for each in folders for part in ("root", "work", "live"))
    files = (f"cat >/opt/{name}/{name}.conf <<'END'\n{CONFS[name]}END\n" for name in names)
    guest.ssh(f"mkdir -p {parts}\n{''.join(files)}{PREPARE}")
    yield console
    if left := [name for name in guest.ssh("ls /run/netns").split() if name in names]:
        console.run("stop", *(f"{guest.name}/{name}" for name in left), "--yes", check=False)
    guest.ssh(f"rm -rf /opt/shared {' '.join(folders)}")


@pytest.mark.parametrize(("guest", "names"), CASES, indirect=["guest"])
def test_every_form_lives_and_leaves_nothing(
    guest: Guest, names: Sequence[str], console: Console
) -> None:
    before = guest.ssh(TRACES)
    assert states(console.seen(), names) == ["stopped"] * len(names)

    console.does("start", *names)
    seen = console.seen()
    assert states(seen, names) == ["running"] * len(names)
    if "site" in names:
        site_is_reached(console, seen["site"])
    if "bare" in names:
        bare_has_run(console)

    console.does("stop", *names)
    assert states(console.seen(), names) == ["stopped"] * len(names)
    assert guest.ssh(TRACES) == before


def states(seen: Mapping[str, Any], names: Sequence[str]) -> Sequence[str]:
    return [seen[name]["state"] for name in names]


def site_is_reached(console: Console, seen: Mapping[str, Any]) -> None:
    assert seen["cables"][0]["fault"] is None
    said = console.enter("site", "sh", "-ec", INSIDE).split()
    assert said[:6] == ["site", ".reaper", "eth0", "eth1", "eth2", "lo"]
    assert said[6:-1] == ["0", "shown", "shown", "02:00:00:00:00:52"]
    assert said[-1].isdigit(), "nginx runs"
    links = console.guest.ssh(f"ip -d link show site1.5; ip -d link show site1.7; {GET}")
    assert "id 5" in links
    assert "id 7" in links
    assert "master br0" in links
    assert "this is the site" in links
    assert "refused" in console.guest.ssh(REFUSED).lower(), "by what is at the other end"


def bare_has_run(console: Console) -> None:
    conf = "/opt/bare/bare.conf"
    said = console.guest.ssh(
        "cat /opt/bare/hooks/said /opt/bare/tree/noted; ip -d link show bare0.9"
    )
    assert f"before some {conf}" in said
    assert f"after /opt/bare/live {conf}" in said
    assert "id 9" in said
    assert console.enter("bare", "readlink", "/proc/self/ns/mnt").startswith("mnt:")
