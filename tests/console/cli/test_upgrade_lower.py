"""``subdeck upgrade HOST/SUBHOST --lower``: another layer beneath it, over SSH."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.backends.images.serving import Ranged, serving
from tests.console.cli.acting import Deck
from tests.console.cli.commands import subdeck
from tests.lab.sshd import Sshd, sshd
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [
    *NEEDS_WORLD,
    pytest.mark.needs(
        "sshd", "ssh", "ssh-keygen", "flock", "setpriv", "busybox", "mksquashfs", "curl"
    ),
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


class Noting(Ranged):
    """Notes what is asked for, and by which program."""

    def __init__(self, *args: object, asked: list[tuple[str, str]], directory: str) -> None:
        self._asked = asked
        super().__init__(*args, directory=directory)  # type: ignore[arg-type]

    def answer(self) -> None:
        self._asked.append((self.path, self.headers["User-Agent"]))
        super().answer()


def published(deck: Deck, tree: Path, folder: Path) -> None:
    """Have a store with a tree as version 2 of a set, which nobody has signed."""
    store, root = folder / "store", folder / "root.squashfs"
    store.mkdir()
    made = ("mksquashfs", tree, root, "-quiet", "-no-progress", "-all-root")
    subprocess.run(made, check=True, capture_output=True)
    deck.configure(f'[[store]]\nname = "main"\npath = "{store}"\n')
    about = ("--name", "tree", "--version", "2", "--style", "overlay-boot", "--ram", "1M")
    words = (f"tree={root}", *about, "--arch", os.uname().machine, "--yes")
    config = ("--config", str(deck.config))
    said = subdeck("images", "publish", "main", *words, *config, env=deck.env)
    assert said.returncode == 0, said.stderr


def test_a_set_of_a_store_is_brought_there_and_put_beneath_it(
    deck: Deck, server: Sshd, tmp_path: Path
) -> None:
    old = deck.world.busybox()
    new = old.with_name("new")
    shutil.copytree(old, new, symlinks=True)
    (new / "etc").mkdir(exist_ok=True)
    (new / "etc" / "release").write_text("2\n")
    published(deck, new, tmp_path)
    subhost = deck.subhost(f"START=none\nRAM_SIZE=8M\nLOWER={old}\n")
    target = f"{server.alias}/{subhost.name}"
    assert deck.run("start", target, "--yes").returncode == 0
    sets = deck.world.folder / "sets"
    image = (target, "--image", "tree", "--stage-in", str(sets), "--yes")
    said = deck.run("upgrade", *image)
    assert said.returncode == 1
    assert "unsigned" in said.stderr
    assert not sets.exists()

    asked: list[tuple[str, str]] = []
    with serving(partial(Noting, asked=asked, directory=str(tmp_path / "store"))) as url:
        deck.configure(f'[[store]]\nname = "main"\nurl = "{url}"\n')
        said = deck.run("upgrade", *image, "--in-spite", "the lab's", "--pull")
    assert said.returncode == 0, said.stderr
    whole = [agent for path, agent in asked if path == "/tree/2/root.squashfs"][-1]
    assert whole.startswith("curl/"), "it was to be fetched by the host itself"
    seen = deck.seen()[subhost.name]
    assert Path(f"/proc/{seen['pid']}/root/etc/release").read_text() == "2\n"
    (brought,) = sets.glob("tree/2-*/root.squashfs")
    assert f"LOWER=!overlay-diskfile from-image/ {brought}\n" in subhost.conf.read_text()

    said = deck.run("upgrade", target, "--lower", str(old), "--yes")
    assert said.returncode == 0, said.stderr
    assert deck.seen()[subhost.name]["overlay"]["lower"] == [str(old)]
