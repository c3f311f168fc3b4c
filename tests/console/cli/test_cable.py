"""``subdeck cable`` here, and over SSH that comes through the very cable."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.__main__ import main
from tests.console.cli.acting import JOBS, Deck
from tests.lab.link import inside
from tests.lab.sshd import Sshd, sshd
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [
    *NEEDS_WORLD,
    pytest.mark.needs("sshd", "ssh", "ssh-keygen", "flock", "setpriv"),
]

HOST, GUEST, CLIENT, GATE = "192.0.2.1", "192.0.2.5", "198.51.100.2", "198.51.100.1"


class Route:
    """A host that is reached from another network only through a subhost, which routes."""

    def __init__(self, deck: Deck, bridge: str, server: Sshd) -> None:
        self.deck, self.bridge, self.server = deck, bridge, server
        self.other, self.client = deck.world.bridge(), deck.world.netns()
        self.name = deck.subhost(f"START=none\nCABLES={bridge}= =\n").name
        started = deck.run("start", f"local/{self.name}", "--yes")
        assert started.returncode == 0, started.stderr
        for words in (
            f"link add way netns {self.client} type veth peer gate netns {self.name}",
            f"-n {self.name} addr add {GUEST}/24 dev eth0",
            f"-n {self.name} addr add {GATE}/24 dev gate",
            *(f"-n {self.name} link set {link} up" for link in ("eth0", "gate")),
            f"-n {self.client} addr add {CLIENT}/24 dev way",
            f"-n {self.client} link set way up",
            f"-n {self.client} route add default via {GATE}",
            f"route add {CLIENT} via {GUEST}",
        ):
            ip(words)
        with inside(self.name):
            Path("/proc/sys/net/ipv4/ip_forward").write_text("1\n")

    def cable(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Return what the command says that is given on the far side of the subhost."""
        with inside(self.client):
            return self.deck.run("cable", f"{self.server.alias}/{self.name}", *words)

    def plugged(self, number: int = 0) -> str:
        """The bridge that a cable is in."""
        master = Path("/sys/class/net", f"{self.name}{number}", "master")
        return master.readlink().name if master.exists() else ""


def ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], check=True, capture_output=True)


def journal(said: subprocess.CompletedProcess[str]) -> str:
    """Return what the only job of an answer wrote."""
    (outcome,) = json.loads(said.stdout)["outcomes"]
    return Path(JOBS, outcome["id"], "journal").read_text()


@pytest.fixture
def route(tmp_path: Path) -> Iterator[Route]:
    with World() as world:
        bridge = world.bridge()
        ip(f"addr add {HOST}/24 dev {bridge}")
        with sshd(tmp_path / "server", address=HOST) as server:
            deck = Deck(world, "-F", str(server.config))
            yield Route(deck, bridge, server)
            deck.forget()


def test_our_own_way_cut_and_not_cut_over_ssh(route: Route) -> None:
    cuts = ("eth0", "--no-bridge", "--back-after", "5")
    told = route.cable(*cuts, "--dry-run", "--json")
    (plan,) = json.loads(told.stdout)["plans"]
    assert plan["tier"] == 3
    assert plan["consequences"][0] == (
        f"our own way to this host, by {route.bridge}, may be cut: all is taken back unless we "
        "have reached it anew within 5 s"
    )

    said = route.cable(*cuts, "--yes", "--json")
    assert said.returncode == 1, said.stderr
    assert "nobody has reached this host anew for 5 s" in said.stderr
    assert "await 5" in journal(said)
    assert route.plugged() == route.bridge

    said = route.cable("eth0", "--mac", "02:00:00:00:00:77", "--yes", "--json")
    assert said.returncode == 0, said.stderr
    assert "await 30" in journal(said)
    assert (JOBS / json.loads(said.stdout)["outcomes"][0]["id"] / "reached").exists()

    said = route.cable("eth1", "--bridge", route.other, "--yes", "--json")
    assert said.returncode == 0, said.stderr
    assert "await" not in journal(said)
    assert route.plugged(1) == route.other


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "cable eth0: what about it?"),
        (("--up", "--no-bridge"), "cable eth0: one change at a time"),
        (("--vlan", "4095"), "4095 is not the number of a VLAN, from 1 to 4094"),
        (("--mac", "01:00:00:00:00:01"), "01:00:00:00:00:01 is a multicast MAC address"),
        (("--bridge=-x y",), "-x y is not the name of a bridge"),
        (("--up", "--back-after", "1"), "1: no seconds from 5 to 600"),
    ],
)
def test_what_makes_no_sense_is_told_in_one_line(
    words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["cable", "local/mta", "eth0", *words, "--yes"]
    try:
        status = main(argv)
    except SystemExit as error:
        status = int(str(error.code))
    assert status == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line
