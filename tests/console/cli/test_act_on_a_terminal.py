"""``subdeck start`` and its like on a terminal: shown and confirmed before anything is done."""

from __future__ import annotations

import sys

import pytest

from tests.console.cli.acting import Deck
from tests.console.cli.commands import ROOT
from tests.lab.terminal import Terminal
from tests.lab.world import NEEDS_WORLD

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("flock", "setpriv")]


def terminal(deck: Deck, command: str, *words: str) -> Terminal:
    argv = [sys.executable, "-m", "console", *deck.argv(command, *words)]
    return Terminal(argv, (120, 60), {**deck.env, "PYTHONPATH": str(ROOT)})


def test_a_plan_is_shown_and_confirmed(deck: Deck) -> None:
    name = deck.subhost().name
    with terminal(deck, "start", f"local/{name}") as shown:
        shown.see("Do it? [y/N]")
        assert f"start {name} on local" in shown.text
        assert "lowerdir=/,upperdir=" in shown.text
        shown.type("\n")
        assert shown.exit_status() == 1
        assert "nothing was done" in shown.text
    assert deck.seen()[name]["state"] == "stopped"
    with terminal(deck, "start", f"local/{name}") as shown:
        shown.see("Do it? [y/N]")
        shown.type("y\n")
        shown.see("done in")
        assert shown.exit_status() == 0
    with terminal(deck, "stop", f"local/{name}") as shown:
        shown.see("Type yes to do it:")
        shown.type("y\n")
        assert shown.exit_status() == 1
    with terminal(deck, "stop", f"local/{name}") as shown:
        shown.see("Type yes to do it:")
        shown.type("\x03")
        assert shown.exit_status() == 130
    assert deck.seen()[name]["state"] == "running"
    with terminal(deck, "stop", f"local/{name}") as shown:
        shown.see("Type yes to do it:")
        shown.type("yes\n")
        assert shown.exit_status() == 0


def test_a_protected_host_wants_its_name_typed(deck: Deck) -> None:
    deck.configure('[[host]]\nname = "local"\nprotected = true\n')
    name = deck.subhost().name
    for answer, status in (("yes", 1), (f"local/{name}", 0)):
        with terminal(deck, "start", f"local/{name}", "--unlock", "pager") as shown:
            shown.see(f"Type local/{name} to do it:")
            shown.type(f"{answer}\n")
            assert shown.exit_status() == status
    deck.configure("")


def test_several_are_confirmed_by_their_number(deck: Deck) -> None:
    names = [deck.subhost().name for _ in range(2)]
    for answer, status, state in (("yes", 0, "running"), ("3", 1, "running"), ("2", 0, "stopped")):
        verb = "start" if answer == "yes" else "stop"
        asked = "Do all 2? [y/N]" if verb == "start" else "Type yes, or 2, to do it:"
        with terminal(deck, verb, *(f"local/{name}" for name in names)) as shown:
            shown.see(asked)
            shown.type(f"{answer}\n")
            assert shown.exit_status() == status
        assert {each["state"] for each in deck.seen().values()} == {state}
