"""``subdeck upgrade HOST/SUBHOST --lower``: another layer beneath it, over SSH."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.cli.acting import Deck
from tests.lab.sshd import Sshd, sshd
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [
    *NEEDS_WORLD,
    pytest.mark.needs("sshd", "ssh", "ssh-keygen", "flock", "setpriv", "busybox"),
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    with sshd(tmp_path / "server") as running:
        yield running


@pytest.fixture
def deck(server: Sshd) -> Iterator[Deck]:
    with World() as world:
        deck = Deck(world, "-F", str(server.config))
        yield deck
        deck.forget()


def test_a_subhost_is_put_on_another_tree_and_comes_back_from_one_that_does_not_do(
    deck: Deck, server: Sshd
) -> None:
    old = deck.world.busybox()
    new, bad = old.with_name("new"), old.with_name("bad")
    for tree in (new, bad):
        shutil.copytree(old, tree, symlinks=True)
    (bad / "bin/sh").unlink()
    subhost = deck.subhost(f"# mine\nSTART=none\nRAM_SIZE=8M\nLOWER={old}\n")
    target = f"{server.alias}/{subhost.name}"
    assert deck.run("start", target, "--yes").returncode == 0

    said = deck.run("upgrade", target, "--lower", str(new), "--yes")
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith(f"{target}: done in ")
    seen = deck.seen()[subhost.name]
    assert (seen["state"], seen["residue"]) == ("running", [])
    assert (seen["overlay"]["lower"], seen["configured_lower"]) == ([str(new)], str(new))

    said = deck.run("upgrade", target, "--lower", str(bad), "--yes")
    assert said.returncode == 1
    assert f"{target}: undone" in said.stderr
    seen = deck.seen()[subhost.name]
    assert (seen["state"], seen["overlay"]["lower"]) == ("running", [str(new)])
    text = subhost.conf.read_text()
    assert text.endswith(f"# mine\nSTART=none\nRAM_SIZE=8M\nLOWER={new}\n")

    subhost.conf.write_text(text.replace(f"LOWER={new}", f"LOWER={old}"))
    assert deck.seen()[subhost.name]["configured_lower"] == str(old)
    outcomes = [each[2] for each in deck.audited() if each[1] == "upgrade" and each[2]]
    assert outcomes == ["done", "undone"]
