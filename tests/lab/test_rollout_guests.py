"""Three Autoserver guests swapped to a new image in waves, from consoles that are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from console.clean import Clean
from console.images.manifest import NAME, Entry, Manifest, Role, rendered
from console.model import Style
from tests.lab.autoserver import image
from tests.lab.guests.fleet import NEEDS_LAB, Guest
from tests.lab.guests.kernel import ROOT
from tests.lab.guests.styles import STYLES
from tests.lab.inventory import until

pytestmark = [
    *NEEDS_LAB,
    pytest.mark.skipif("LEAKS" not in os.environ, reason="takes minutes: `make leaks` does it"),
]

EDGES = ("edge1", "edge2", "edge3")
RULES = ("--waves", "1,rest", "--max-unavailable", "1", "--soak", "1s", "--yes")
REASON = ("--in-spite", "the lab's own")


class Edge:
    """The guests, and an operator at a bastion who knows them and a store of two sets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.guests = {name: Guest(STYLES["autoserver"], folder / name) for name in EDGES}

    def boot(self) -> None:
        """Power all on, and write what the bastion knows of them."""
        stanzas = []
        for name, guest in self.guests.items():
            guest.known_hosts.write_text(f"{guest.key_line}\n")
            guest.config.write_text(guest.stanza)
            stanzas.append(guest.stanza.replace(f"Host {guest.name}\n", f"Host {name}\n"))
        (self.folder / "ssh").write_text("".join(stanzas))
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(_up, self.guests.values()))
        first = self.guests[EDGES[0]]
        client = ["ssh", "-F", str(first.config), first.name, "cat /boot_disk/autosvr/system.img"]
        self._store("1", subprocess.run(client, capture_output=True, check=True).stdout)
        self._store("2", image(self.folder / "system-2.img", "2").read_bytes())
        hosts = "".join(f'[[host]]\nname = "{name}"\n' for name in EDGES)
        store = f'[[store]]\nname = "main"\npath = "{self.folder / "store"}"\n'
        (self.folder / "config.toml").write_text(f"{hosts}{store}")

    def argv(self, *words: str) -> list[str]:
        """Return the command line of a deed."""
        about = ("--config", str(self.folder / "config.toml"), "-F", str(self.folder / "ssh"))
        return [sys.executable, "-m", "console", "rollout", *words, *about]

    @property
    def environ(self) -> Mapping[str, str]:
        """That of the operator."""
        return {**os.environ, "XDG_STATE_HOME": str(self.folder / "state")}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a deed to its end."""
        return subprocess.run(
            self.argv(*words),
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def show(self) -> Mapping[str, Any]:
        """Return how the newest rollout stands."""
        listed = json.loads(self.run("list", "--json").stdout)["rollouts"]
        shown = self.run("show", listed[-1]["id"], "--json")
        found: Mapping[str, Any] = json.loads(shown.stdout)["rollout"]
        return found

    def phases(self) -> dict[str, str]:
        """Return where each guest is."""
        waves = self.show()["waves"]
        return {each["target"]: each["phase"] for wave in waves for each in wave["targets"]}

    def releases(self) -> list[str]:
        """Return what each guest's image calls itself."""
        command = "sed -n 's/^PRETTY_NAME=//p' /rofs_root/etc/os-release"
        return [guest.ssh(command).strip().strip('"') for guest in self.guests.values()]

    def jobs(self, name: str) -> list[str]:
        """Return the jobs a guest has seen."""
        return self.guests[name].ssh("ls /run/subdeck/jobs 2>/dev/null; true").split()

    def records(self) -> Sequence[Mapping[str, Any]]:
        """Return what the journal of the newest rollout holds."""
        *_, newest = sorted((self.folder / "state/subdeck/rollouts").glob("*.jsonl"))
        lines = newest.read_text().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def _store(self, version: str, content: bytes) -> None:
        folder = self.folder / "store" / "lab" / version
        folder.mkdir(parents=True)
        (folder / "system.img").write_bytes(content)
        digest = Clean(sha256(content).hexdigest())
        of = Manifest(
            name=Clean("lab"),
            version=Clean(version),
            built=1_700_000_000 + int(version),
            kernel=None,
            arch=Clean("x86_64"),
            styles=(Style.AUTOSERVER,),
            ram=0,
            files=(Entry(Role.SQUASHFS, Clean("system.img"), len(content), digest),),
        )
        (folder / NAME).write_bytes(rendered(of))


def _up(guest: Guest) -> None:
    guest.power_on()
    guest.await_up()


def _is_moved(edge: Edge, name: str) -> bool:
    """Whether the upgrade of a guest has begun."""
    marks = [each for each in edge.records() if each.get("target") == name]
    return any(each["what"] == "moving" for each in marks)


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    """Guests that are up."""
    made = Edge(tmp_path)
    try:
        made.boot()
        yield made
    finally:
        for guest in made.guests.values():
            guest.power_off()


def test_a_bad_canary_goes_back_and_a_good_rollout_survives_its_consoles(edge: Edge) -> None:
    (old, *others) = edge.releases()
    assert others == [old, old]

    no = ("--gate-command", "test $SUBDECK_HOST != edge1", "--limit", "10s")
    ran = edge.run("start", "edge[1-3]", "--image", "lab/2", *RULES, *REASON, *no)
    assert ran.returncode == 1, ran.stderr
    assert "edge1: failed: command: exit status 1" in ran.stdout
    assert edge.phases() == {"edge1": "back", "edge2": "waiting", "edge3": "waiting"}, ran.stdout
    assert edge.releases() == [old, old, old]
    assert [len(edge.jobs(name)) for name in EDGES] == [2, 0, 0]

    began = len(edge.jobs("edge1"))
    start = edge.argv("start", "edge[1-3]", "--image", "lab/2", *RULES, *REASON)
    with subprocess.Popen(start, cwd=ROOT, env=edge.environ) as console:
        until(lambda: _is_moved(edge, "edge2"), 200, "the second wave")
        console.send_signal(signal.SIGKILL)
    assert edge.show()["driver"] is None
    ran = edge.run("resume")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert edge.releases() == ["Lab Linux 2"] * 3
    begun = {each["target"]: each["job"] for each in edge.records() if each.get("job")}
    assert [edge.jobs(name)[-1] for name in EDGES] == [begun[name] for name in EDGES]
    assert [len(edge.jobs(name)) for name in EDGES] == [began + 1, 1, 1]
