"""``subdeck start`` and its like on hosts over real SSH; here it is this machine each time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.cli.acting import JOBS, Deck
from tests.lab.sshd import Sshd, sshd
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [
    *NEEDS_WORLD,
    pytest.mark.needs("sshd", "ssh", "ssh-keygen", "flock", "setpriv"),
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    with sshd(tmp_path / "server", "SetEnv SHLVL=2") as running:
        yield running


@pytest.fixture
def deck(server: Sshd) -> Iterator[Deck]:
    with World() as world:
        deck = Deck(world, "-F", str(server.config))
        yield deck
        deck.forget()


def test_a_subhost_over_ssh_from_start_to_stop(deck: Deck, server: Sshd) -> None:
    bridge = deck.world.bridge()
    name = deck.subhost(f"START=none\nCABLES={bridge}=\n").name
    target = f"{server.alias}/{name}"
    there = deck.run("start", target, "--dry-run")
    assert (there.returncode, there.stderr) == (0, "")
    here = deck.run("start", f"local/{name}", "--dry-run")
    # The same but for the host's name, which stands in one comment.
    assert there.stdout.replace(f" on {server.alias}\n", " on local\n") == here.stdout

    said = deck.run("start", target, "--yes", "--json")
    assert said.returncode == 0, said.stderr
    (outcome,) = json.loads(said.stdout)["outcomes"]
    assert (outcome["target"], outcome["state"]) == (target, "done")
    assert (JOBS / outcome["id"] / "overlay-boot").read_text() == there.stdout
    assert deck.seen()[name]["state"] == "running"

    jobs = json.loads(deck.run("jobs", target, f"local/{name}", "--json").stdout)["jobs"]
    assert {(each["host"], each["id"]) for each in jobs} == {
        (server.alias, outcome["id"]),
        ("local", outcome["id"]),
    }
    said = deck.run("stop", target, "--yes")
    assert said.returncode == 0, said.stderr
    assert deck.seen()[name]["state"] == "stopped"


def test_a_host_that_is_gone_is_named_and_the_others_are_done(deck: Deck, server: Sshd) -> None:
    stanza = server.stanza.replace(f"Host {server.alias}", "Host gone")
    with server.config.open("a") as config:
        config.write(stanza.replace(f"Port {server.port}", "Port 1"))
    name = deck.subhost().name
    said = deck.run("start", f"gone/{name}", f"{server.alias}/{name}", "--yes")
    assert said.returncode == 1
    assert said.stdout.startswith(f"{server.alias}/{name}: done in ")
    failed, summary = said.stderr.splitlines()[-2:]
    assert failed.startswith(f"subdeck: gone/{name}: not begun: ")
    assert "refused" in failed
    assert summary == "start: 1 done, 1 not"


def test_a_protected_host_refuses_over_ssh_too(deck: Deck, server: Sshd) -> None:
    deck.configure(
        f'[[host]]\nname = "prod"\naddress = "{server.alias}"\nprotected = true\ntags = ["p"]\n'
    )
    name = deck.subhost().name
    said = deck.run("start", f"@p/{name}", "--yes")
    assert (said.returncode, said.stdout) == (1, "")
    assert f"prod/{name}: not begun: prod is protected" in said.stderr
    assert deck.seen()[name]["state"] == "stopped"


def test_a_link_that_is_lost_and_comes_back_loses_no_job(deck: Deck, server: Sshd) -> None:
    subhost, gate = deck.waiting()
    name = subhost.name
    with deck.begun("start", f"{server.alias}/{name}", "--yes") as process:
        deck.heard(process, f"{server.alias}/{name}: 2/")
        server.stop()
        deck.heard(process, f"{server.alias}/{name}: unknown: ")
        with gate.open("w") as opened:
            opened.write("go\n")
        server.start()
        said, _ = process.communicate(timeout=60)
    assert (process.returncode, said.count(f"{server.alias}/{name}: done")) == (0, 1)
    outcomes = [outcome for _, _, outcome in deck.audited()]
    assert outcomes == [None, "unknown", "done"]
    assert deck.seen()[name]["state"] == "running"
