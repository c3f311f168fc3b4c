"""Every form of a configuration over SSH, in real machines: started, reached, entered, stopped.

Here each machine has one of them; ``make leaks`` has all of them in each.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.console.cli.commands import run
from tests.lab.forms import CONFS, GET, INSIDE, NO_WAY, PREPARE, REFUSED, TRACES, WAY_OUT
from tests.lab.guests.fleet import NEEDS_LAB, Guest
from tests.lab.guests.kernel import modules

pytestmark = NEEDS_LAB

CASES = [("subhosts", ["site"]), ("subhosts-bare", ["bare"])]
if "LEAKS" in os.environ:
    # Another LOWER takes cmp, which of the two only busybox has.
    CASES = [
        ("subhosts", [name for name in CONFS if name != "layered"]),
        ("subhosts-bare", list(CONFS)),
    ]


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
        env = {**os.environ, **places, "PATH": "/usr/bin:/bin:/usr/sbin", "HOME": "/root"}
        ran = run([words[0], *options, *words[1:]], env, b"", 240)
        assert ran.returncode == 0 or not check, f"{words}: {ran.returncode}: {ran.stderr!r}"
        return ran.stdout.decode()

    def does(self, verb: str, *names: str, how: Sequence[str] = ()) -> None:
        """Do it to these subhosts at once."""
        states = self.tries(verb, *names, how=how)
        assert states == ["done"] * len(names), f"{verb}: {states} {self.log()}"

    def tries(self, verb: str, *names: str, how: Sequence[str] = ()) -> list[str]:
        """Return how jobs end that do it to these subhosts at once."""
        targets = [f"{self.guest.name}/{name}" for name in names]
        said = json.loads(self.run(verb, *targets, *how, "--yes", "--json", check=False))
        return [each["state"] for each in said["outcomes"]]

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


def load_bonding(guest: Guest) -> None:
    """Have its kernel know bonds; it makes none by itself."""
    for module in modules(["bonding"]):
        more = "max_bonds=0" if module.stem == "bonding" else ""
        command = f"cat >/tmp/module && insmod /tmp/module {more} && rm /tmp/module"
        client = ["ssh", "-F", str(guest.config), guest.name, command]
        subprocess.run(client, input=module.read_bytes(), check=True, timeout=60)


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
    if "layered" in names:
        layered_is_upgraded(console)

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
    site_is_traced(console)
    site_is_recabled(console)


def site_is_recabled(console: Console) -> None:
    """Make a VLAN on one of its cables while it runs, as ``br0=.9`` does at a start."""
    console.does("cable", "site", how=("eth0", "--vlan", "9", "--bridge", "br0"))
    made = console.guest.ssh("ip address add 198.51.100.9/24 dev site0.9; ip -d link show site0.9")
    assert "id 9" in made
    assert "master br0" in made
    console.does("cable", "site", how=("eth0", "--no-vlan", "9"))
    assert "site0.9" not in console.guest.ssh("ip link show")


def site_is_traced(console: Console) -> None:
    """Follow a tag from inside to the VLAN that takes it off, and a bridge out by a VLAN."""
    names, _ = traced(console, "eth1.5")
    assert names[:4] == ["eth1.5", "eth1", "site1", "site1.5"]
    load_bonding(console.guest)
    console.guest.ssh(WAY_OUT)
    names, broken = traced(console, "eth0")
    assert names == ["eth0", "site0", "br0", "pair.9", "pair", "way", "far"]
    assert not broken
    console.guest.ssh("ip link set pair.9 mtu 1400; ip link set pair down")
    _, broken = traced(console, "eth0")
    assert broken[:2] == [("pair.9", "MTU mismatch"), ("pair", "parent down")]
    console.guest.ssh(NO_WAY)


def traced(console: Console, interface: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the hops from an interface of the site, and what is wrong on the way."""
    words = ("cables", f"{console.guest.name}/site", "--trace", interface, "--json")
    (way,) = json.loads(console.run(*words))["traces"]
    names = [hop["name"] for hop in way["hops"]]
    return names, [(names[each["hop"]], each["fault"]) for each in way["breaks"]]


def bare_has_run(console: Console) -> None:
    conf = "/opt/bare/bare.conf"
    said = console.guest.ssh(
        "cat /opt/bare/hooks/said /opt/bare/tree/noted; ip -d link show bare0.9"
    )
    assert f"before some {conf}" in said
    assert f"after /opt/bare/live {conf}" in said
    assert "id 9" in said
    assert console.enter("bare", "readlink", "/proc/self/ns/mnt").startswith("mnt:")


def layered_is_upgraded(console: Console) -> None:
    """Put another tree beneath it; one in which nothing listens is taken out again."""
    console.guest.ssh(
        "cd /opt/bare; cp -a tree newer; echo newer >newer/etc-release; cp -a newer worse\n"
        "echo '#!/bin/sh' >worse/usr/bin/served; echo worse >worse/etc-release"
    )
    console.does("upgrade", "layered", how=("--lower", "/opt/bare/newer"))
    stands_on(console, "newer")
    assert console.tries("upgrade", "layered", how=("--lower", "/opt/bare/worse")) == ["undone"]
    stands_on(console, "newer")
    console.does("upgrade", "layered", how=("--lower", "/opt/bare/tree"))
    stands_on(console, "tree")


def stands_on(console: Console, tree: str) -> None:
    seen = console.seen()["layered"]
    assert seen["state"] == "running"
    assert seen["overlay"]["lower"] == [f"/opt/bare/{tree}"]
    assert seen["configured_lower"] == f"/opt/bare/{tree}"
    found = console.enter("layered", "sh", "-c", "cat /etc-release 2>/dev/null || echo tree")
    assert found.strip() == tree
