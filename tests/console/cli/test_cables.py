"""``subdeck cables`` on this very host: a subhost that is cabled, then its cable is pulled."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.console.cli.acting import Deck
from tests.console.cli.commands import subdeck
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("busybox")]


@dataclass(frozen=True, slots=True)
class Site:
    """A running subhost on a bridge whose uplink is a tap that nobody serves."""

    deck: Deck
    name: str
    bridge: str
    uplink: str


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with World() as world:
        bridge, uplink = world.bridge(), world.name()
        ip("tuntap", "add", uplink, "mode", "tap")
        ip("link", "set", uplink, "up", "master", bridge)
        subhost = world.subhost(f"START=none\nCABLES={bridge}=\n").start()
        ip("-n", subhost.name, "link", "set", "eth0", "up")
        yield Site(Deck(world), subhost.name, bridge, uplink)
        ip("link", "del", uplink)


def test_a_drawing_and_its_json(site: Site) -> None:
    said = site.deck.run("cables", f"local/{site.name}")
    assert (said.returncode, said.stderr) == (0, "")
    drawn = [line.split() for line in said.stdout.splitlines()]
    assert [site.bridge, "up", "1500"] in [line[:3] for line in drawn]
    end = f"{site.name}:eth0"
    assert ["└─", f"{site.name}0", "───", end, "up", "1500"] in [line[:6] for line in drawn]
    plain = site.deck.run("cables", f"local/{site.name}", "--ascii").stdout
    assert f"  `- {site.name}0 --- {end} " in plain

    told = json.loads(site.deck.run("cables", f"local/{site.name}", "--json").stdout)
    (host,) = told["hosts"]
    assert f"  └─ {site.name}0 ─── {end}" in host["drawing"]
    (cable,) = host["cables"]
    assert (cable["subhost"], cable["asked"], cable["fault"]) == (site.name, site.bridge, None)


def test_a_trace_names_the_hop_that_breaks_it(site: Site) -> None:
    said = site.deck.run("cables", f"local/{site.name}", "--trace", "eth0")
    assert (said.returncode, said.stderr) == (0, "")
    assert f"no carrier: {site.uplink} is up but has no carrier" in said.stdout

    ip("link", "set", f"{site.name}0", "nomaster")
    told = site.deck.run("cables", f"local/{site.name}", "--trace", "eth0", "--json")
    (way,) = json.loads(told.stdout)["traces"]
    assert (way["whole"], [hop["name"] for hop in way["hops"]][:3]) == (
        False,
        ["eth0", f"{site.name}0", site.bridge],
    )
    first = way["breaks"][0]
    assert (first["hop"], first["fault"]) == (1, "not in bridge")
    assert first["remedy"] == f"subdeck cable local/{site.name} eth0 --bridge {site.bridge}"


def test_what_is_not_there_is_named(site: Site) -> None:
    said = site.deck.run("cables", f"local/{site.name}", "--trace", "eth7")
    assert (said.returncode, said.stdout.strip()) == (1, "")
    assert said.stderr == (f"subdeck: local/{site.name} has no interface eth7; it has: eth0\n")
    said = subdeck("cables", "local/nobody")
    assert said.returncode == 1
    assert said.stderr.startswith("subdeck: local/nobody: no such subhost")
