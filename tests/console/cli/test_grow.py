"""``subdeck grow``, ``hold`` and ``release`` on this machine."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.console.cli.acting import Deck
from tests.lab.world import NEEDS_WORLD

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("flock", "setpriv")]

MIB = 1 << 20


@pytest.fixture
def store(deck: Deck) -> Path:
    place = deck.world.place("store")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4M", "tmpfs", place], check=True)
    return place


def test_a_level_is_grown_by_a_share_of_it_and_written_down(deck: Deck, store: Path) -> None:
    words = ("local", "--level", f"tmpfs:{store}", "--to", "+50%")
    dry = deck.run("grow", *words, "--dry-run", "--json")
    (plan,) = json.loads(dry.stdout)["plans"]
    assert (plan["target"], plan["level"], plan["total"]) == ("local", f"tmpfs:{store}", 6 * MIB)
    assert os.statvfs(store).f_blocks * os.statvfs(store).f_frsize == 4 * MIB

    said = deck.run("grow", *words, "--yes", "--json")
    (outcome,) = json.loads(said.stdout)["outcomes"]
    assert (said.returncode, outcome["done"], outcome["state"]) == (0, True, "done")
    assert os.statvfs(store).f_blocks * os.statvfs(store).f_frsize == 6 * MIB
    assert ("", "grow", "done") in deck.audited()
    (job,) = json.loads(deck.run("jobs", "local", "--json").stdout)["jobs"]
    assert (job["subhost"], job["level"]) == ("", f"tmpfs:{store}")


def test_a_ballast_is_held_and_let_go(deck: Deck, store: Path) -> None:
    level = ("local", "--level", f"tmpfs:{store}")
    free = os.statvfs(store).f_bfree
    held = deck.run("hold", *level, "--to", "512K", "--inodes", "9", "--yes")
    assert (held.returncode, held.stdout.count("done in")) == (0, 1)
    assert os.statvfs(store).f_bfree == free - (512 << 10) // os.statvfs(store).f_frsize
    assert deck.run("release", *level, "--yes").returncode == 0
    assert os.statvfs(store).f_bfree == free
    again = deck.run("release", *level, "--yes")
    assert "no ballast is held" in again.stderr
    assert {("", "hold", "done"), ("", "release", "done")} <= {*deck.audited()}


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("local",), 2, "grow by how much?"),
        (("local", "--to", "50%"), 2, "a share of what?"),
        (("local", "--to", "1G", "--level", "tmpfs:/nowhere"), 1, "no level tmpfs:/nowhere"),
        (("local", "--to", "1G", "--level", "mem"), 1, "memory cannot be made larger"),
        (("local/nobody", "--to", "1G"), 1, "no such subhost"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(
    deck: Deck, words: tuple[str, ...], status: int, said: str
) -> None:
    ran = deck.run("grow", *words, "--yes")
    assert (ran.returncode, ran.stderr.count("\n")) == (status, 1)
    assert said in ran.stderr
