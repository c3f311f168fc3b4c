"""Every form of a configuration over SSH, in real machines: started, reached, entered, stopped."""

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

pytestmark = [
    *NEEDS_LAB,
    pytest.mark.skipif(
        "LEAKS" not in os.environ,
        reason="takes two guests minutes in which nothing else may run: make leaks",
    ),
]

CONFS = {
    # A small Debian out of an image, below it services of its own, behind a bridge.
    "site": """\
BASE=.
LOWER=!overlay-diskfile mnt /opt/lower.img
CABLES=br0=02:00:00:00:00:51
START=networking nginx
RAM_SIZE=16M
WAIT_ONLINE=20
""",
    # The host's own tree, cables without a bridge, VLANs of the first, one of them in a bridge.
    "tags": """\
BASE=.
CABLES== =.5 br0=.7 =02:00:00:00:00:52
START=none
RAM_SIZE=8M
SHARE=/opt/shared
SHARE = /opt/shared:/srv/elsewhere
""",
    # One tree, no layers; hooks, a command of its own as a service, and no /run of its own.
    "bare": """\
BASE=!echo /opt/bare
UPPER=tree
LOWER=tree
START=/usr/bin/noted
RAM_SIZE=none
PREMOUNT=hooks/before some words
POSTMOUNT=hooks/after
LOG=/opt/bare/log
KEEP_DEV=yes
""",
}
PREPARE = """
set -e
mkdir -p /opt/shared /opt/bare/hooks /opt/site/mnt /opt/site/root/srv
mkdir -p /opt/site/root/etc/network /opt/site/root/etc/nginx/sites-enabled
for name in site tags bare; do mkdir -p /opt/$name/root /opt/$name/work /opt/$name/live; done
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
tree=/opt/bare/tree
[ -d $tree ] || { mkdir $tree; mount -t squashfs -o loop,ro /opt/lower.img /mnt
    cp -a /mnt/. $tree; umount /mnt; }
printf '#!/bin/sh\\ndate >/noted\\n' >$tree/usr/bin/noted
chmod 755 $tree/usr/bin/noted
"""
GET = r"""
if command -v bash >/dev/null; then
    bash -c 'exec 3<>/dev/tcp/10.77.0.2/80; printf "GET / HTTP/1.0\r\n\r\n" >&3; cat <&3'
else
    wget -q -O - http://10.77.0.2/
fi"""
REFUSED = """
if command -v bash >/dev/null; then bash -c ': <>/dev/tcp/10.78.0.2/9' 2>&1
else nc -w 9 10.78.0.2 9 </dev/null 2>&1; fi | grep -i refused"""
TRACES = """
cut -d' ' -f5 /proc/self/mountinfo | sort
ls /sys/class/net
ls /run/netns 2>/dev/null
for each in /sys/block/loop*/loop/backing_file; do [ ! -e $each ] || cat $each; done
ls -d /sys/fs/cgroup/*/ 2>/dev/null
for each in /proc/[0-9]*; do tr '\\0' ' ' <$each/cmdline; echo; done 2>/dev/null |
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
def console(guest: Guest, tmp_path: Path) -> Iterator[Console]:
    """A console for a guest that has the files; afterwards it is as it was."""
    console = Console(guest, tmp_path)
    for name, conf in CONFS.items():
        guest.ssh(f"mkdir -p /opt/{name}; cat >/opt/{name}/{name}.conf <<'END'\n{conf}END")
    guest.ssh(PREPARE)
    yield console
    console.run("stop", *(f"{guest.name}/{name}" for name in CONFS), "--yes", check=False)
    guest.ssh(f"rm -rf /opt/shared {' '.join(f'/opt/{name}' for name in CONFS)}")


@pytest.mark.parametrize("guest", ["subhosts", "subhosts-bare"], indirect=True)
def test_every_form_lives_and_leaves_nothing(guest: Guest, console: Console) -> None:
    before = guest.ssh(TRACES)
    assert states(console) == ["stopped"] * len(CONFS)

    console.does("start", *CONFS)
    assert states(console) == ["running"] * len(CONFS)
    site_answers(console)
    tags_reach_in(console)
    bare_has_run(console)

    console.does("stop", *CONFS)
    assert states(console) == ["stopped"] * len(CONFS)
    assert guest.ssh(TRACES) == before


def states(console: Console) -> Sequence[str]:
    seen = console.seen()
    return [seen[name]["state"] for name in CONFS]


def site_answers(console: Console) -> None:
    assert "this is the site" in console.guest.ssh(GET)
    site = console.seen()["site"]
    assert [cable["fault"] for cable in site["cables"]] == [None]
    said = console.enter(
        "site", "sh", "-c", "hostname; cat /proc/1/comm; ls /sys/class/net; id -u"
    )
    assert said.split() == ["site", ".reaper", "eth0", "lo", "0"]
    assert console.enter("site", "cat", "/run/nginx.pid").strip().isdigit()


def tags_reach_in(console: Console) -> None:
    links = console.guest.ssh("ip -d link show tags0.5; ip -d link show tags0.7")
    assert "id 5" in links
    assert "id 7" in links
    assert "master br0" in links
    console.enter(
        "tags",
        "sh",
        "-ec",
        "ip link set eth0 up; ip link add link eth0 name eth0.5 type vlan id 5;"
        "ip address add 10.78.0.2/24 dev eth0.5; ip link set eth0.5 up",
    )
    console.guest.ssh("ip address add 10.78.0.1/24 dev tags0.5")
    assert "refused" in console.guest.ssh(REFUSED).lower(), "by what is at the other end"
    said = console.enter("tags", "cat", "/opt/shared/file", "/srv/elsewhere/file")
    assert said == "shown\nshown\n"
    assert "02:00:00:00:00:52" in console.enter("tags", "ip", "link", "show", "eth1")


def bare_has_run(console: Console) -> None:
    said = console.guest.ssh(
        "cat /opt/bare/hooks/said; cat /opt/bare/tree/noted; ls /run/bare || :"
    )
    conf = "/opt/bare/bare.conf"
    assert f"before some {conf}" in said
    assert f"after /opt/bare/live {conf}" in said
    assert console.enter("bare", "readlink", "/proc/self/ns/mnt").startswith("mnt:")
