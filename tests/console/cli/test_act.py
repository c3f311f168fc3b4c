"""``subdeck start`` and its like on real subhosts of this machine."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.console.cli.acting import JOBS, Deck
from tests.console.cli.commands import ROOT, subdeck
from tests.lab.inventory import until
from tests.lab.world import NEEDS_WORLD

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("flock", "setpriv")]

MAC = "02:00:00:00:00:2a"


MOST_PIDS = 50
"""Processes and threads that one more subhost may take to be started."""


def pids_used() -> int:
    """Return how many were ever used here: all that this worker's processes began."""
    return int(Path("/proc/sys/kernel/ns_last_pid").read_text())


def one_line(said: subprocess.CompletedProcess[str]) -> str:
    """Return the only line on stderr."""
    assert said.stderr.count("\n") == 1, said.stderr
    assert said.stderr.startswith("subdeck: ")
    return said.stderr


# From the first command to the last


def test_a_subhost_is_started_seen_and_stopped(deck: Deck) -> None:
    bridge = deck.world.bridge()
    before = deck.world.inventory()
    name = deck.subhost(f"START=none\nCABLES={bridge}={MAC} =\n").name
    said = deck.run("start", f"local/{name}", "--yes")
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith(f"local/{name}: done in ")
    assert all(line.startswith(f"local/{name}: ") for line in said.stderr.splitlines())

    seen = deck.seen()[name]
    assert (seen["state"], seen["residue"], seen["pid"] > 1) == ("running", [], True)
    first, second = seen["cables"]
    assert (first["outer"], first["bridge"], first["mac"]) == (f"{name}0", bridge, MAC)
    assert second["outer"] == f"{name}1"

    said = deck.run("start", f"local/{name}", "--yes")
    assert said.returncode == 1
    assert f"local/{name}: not begun: " in one_line(said)

    said = deck.run("stop", f"local/{name}", "--yes")
    assert said.returncode == 0, said.stderr
    assert deck.seen()[name]["state"] == "stopped"
    after = deck.world.inventory()
    assert (after.links, after.netns, after.processes) == (before.links, before.netns, ())
    assert (after.mounts, after.cgroups) == (before.mounts, ())
    assert deck.audited() == [
        (name, "start", None),
        (name, "start", "done"),
        (name, "stop", None),
        (name, "stop", "done"),
    ]


def test_several_at_once_with_a_summary(deck: Deck) -> None:
    names = sorted(deck.subhost().name for _ in range(5))
    start = pids_used()
    said = deck.run("start", f"local/{names[0]}", "--yes")
    first = pids_used() - start
    assert said.returncode == 0, said.stderr
    said = deck.run("start", deck.all, "--yes", "--json")
    others = pids_used() - start - first
    assert said.returncode == 0, said.stderr
    # Most of these are the job's own; a shell for each thing asked about each made it 80.
    assert (others - first) / (len(names) - 2) <= MOST_PIDS
    outcomes = json.loads(said.stdout)["outcomes"]
    assert sorted(each["subhost"] for each in outcomes) == names[1:]
    assert {(each["done"], each["state"]) for each in outcomes} == {(True, "done")}
    assert said.stderr.splitlines()[-1] == "start: 4 done, 0 not"
    again = deck.run("start", deck.all, "--yes")
    assert (again.returncode, again.stdout) == (0, "")
    assert again.stderr == "start: nothing to do: they are so already\n"
    assert {each["state"] for each in deck.seen().values()} == {"running"}
    said = deck.run("stop", deck.all, "--yes")
    assert (said.returncode, said.stdout.count(": done in ")) == (0, 5)
    assert {each["state"] for each in deck.seen().values()} == {"stopped"}


def test_what_is_printed_is_what_runs(deck: Deck) -> None:
    name = deck.subhost().name
    dry = subprocess.run(
        [sys.executable, "-m", "console", *deck.argv("start", f"local/{name}", "--dry-run")],
        cwd=ROOT,
        env={**os.environ, **deck.env},
        capture_output=True,
        check=True,
    ).stdout
    plans = json.loads(deck.run("start", f"local/{name}", "--dry-run", "--json").stdout)["plans"]
    assert plans[0]["script"].encode() == dry
    assert deck.seen()[name]["state"] == "stopped"
    assert deck.audited() == []
    outcome = deck.run("start", f"local/{name}", "--yes", "--json")
    (found,) = json.loads(outcome.stdout)["outcomes"]
    assert (JOBS / found["id"] / "overlay-boot").read_bytes() == dry
    assert found["digest"] == plans[0]["digest"]


def test_scripts_of_several_are_told_apart(deck: Deck) -> None:
    names = sorted(deck.subhost().name for _ in range(2))
    said = deck.run("start", deck.all, "--dry-run")
    assert said.returncode == 0
    titles = [line for line in said.stdout.splitlines() if line.startswith("##### ")]
    assert titles == [f"##### start {name} on local" for name in names]


def test_of_two_at_once_one_wins_and_the_other_is_told_why(deck: Deck) -> None:
    name = deck.subhost().name
    both = [deck.begun("start", f"local/{name}", "--yes", "--json") for _ in range(2)]
    said = [process.communicate(timeout=60) for process in both]
    outcomes = [json.loads(out)["outcomes"][0] for out, _ in said]
    assert sorted(each["done"] for each in outcomes) == [False, True]
    (told,) = (each["told"] for each in outcomes if not each["done"])
    # Where it looked just when the other had made its names, those are what is in the way.
    words = rf"busy: \S+@\S+ start |is running already|is starting|left behind: netns {name}"
    assert re.search(words, told), told
    assert deck.seen()[name]["state"] == "running"


# What is refused


def test_a_protected_host_refuses_unless_a_reason_is_given(deck: Deck) -> None:
    deck.configure('[[host]]\nname = "local"\nprotected = true\n')
    name = deck.subhost().name
    said = deck.run("start", f"local/{name}", "--yes")
    assert (said.returncode, said.stdout) == (1, "")
    assert "local is protected" in one_line(said)
    assert "--unlock REASON" in said.stderr
    assert deck.audited() == []
    said = deck.run("start", f"local/{name}", "--yes", "--unlock", "pager 17")
    assert said.returncode == 0, said.stderr
    records = json.loads(deck.run("jobs", "--audit", "--json").stdout)["records"]
    assert {each["reason"] for each in records} == {"pager 17"}


def test_without_a_terminal_it_must_be_told_not_to_ask(deck: Deck) -> None:
    name = deck.subhost().name
    said = deck.run("stop", f"local/{name}")
    assert (said.returncode, said.stdout) == (2, "")
    assert "--yes does not ask, --dry-run does nothing" in one_line(said)


@pytest.mark.parametrize(
    ("target", "status", "complaint"),
    [
        ("local", 2, "local: which of its subhosts?"),
        ("local/nosuch", 1, "local/nosuch: no such subhost"),
        ("local/no*", 1, "local/no*: no such subhost"),
        ("nosuch/mta", 2, "nosuch/mta: no such host nosuch"),
    ],
)
def test_a_target_that_names_nothing_changes_nothing(
    deck: Deck, target: str, status: int, complaint: str
) -> None:
    name = deck.subhost().name
    said = deck.run("start", target, f"local/{name}", "--yes")
    assert (said.returncode, said.stdout) == (status, "")
    assert complaint in one_line(said)
    assert deck.seen()[name]["state"] == "stopped"


def test_obstacles_are_told_and_the_others_done(deck: Deck) -> None:
    good, bad = deck.subhost().name, deck.subhost("START=none\nCABLES=nosuchbr=\n").name
    said = deck.run("start", f"local/{good}", f"local/{bad}", "--yes", "--json")
    assert said.returncode == 1
    outcomes = {each["subhost"]: each for each in json.loads(said.stdout)["outcomes"]}
    assert outcomes[good]["done"]
    assert (outcomes[bad]["done"], outcomes[bad]["id"]) == (False, None)
    assert "nosuchbr" in outcomes[bad]["told"]
    assert f"local/{bad}: not begun: " in said.stderr
    assert said.stderr.splitlines()[-1] == "start: 1 done, 1 not"
    dry = deck.run("start", f"local/{bad}", "--dry-run")
    assert (dry.returncode, dry.stdout) == (1, "")


def test_nothing_is_done_that_cannot_be_written_down(deck: Deck) -> None:
    name = deck.subhost().name
    deck.state.write_text("no folder")
    said = deck.run("start", f"local/{name}", "--yes")
    assert said.returncode == 1
    assert str(deck.state) in said.stderr
    deck.state.unlink()
    assert deck.seen()[name]["state"] == "stopped"


# Interrupted


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_job_goes_on_when_nobody_waits_any_more(
    deck: Deck, number: signal.Signals, status: int
) -> None:
    subhost, gate = deck.waiting()
    name = subhost.name
    with deck.begun("start", f"local/{name}", "--yes") as process:
        deck.heard(process, f"local/{name}: 2/")
        process.send_signal(number)
        assert process.wait(20) == status
        assert process.stderr
        assert process.stderr.read().splitlines()[-1] == (
            "subdeck: what was begun goes on there: subdeck jobs local"
        )
    assert deck.audited()[-1] == (name, "start", "left running")
    jobs = json.loads(deck.run("jobs", f"local/{name}", "--json").stdout)["jobs"]
    assert [(each["verb"], each["state"]) for each in jobs] == [("start", "running")]
    with gate.open("w") as opened:
        opened.write("go\n")
    said = deck.run("jobs", "local", "--follow", jobs[0]["id"])
    assert said.returncode == 0, said.stderr
    assert f"start {name} on local: done" in said.stdout
    assert deck.seen()[name]["state"] == "running"


def test_giving_up_on_a_job_leaves_it_running(deck: Deck) -> None:
    hook = deck.world.folder / "hook"
    hook.write_text("#!/bin/sh\nexec sleep 3\n")
    hook.chmod(0o755)
    name = deck.subhost(f"START=none\nPREMOUNT={hook}\n").name
    said = deck.run("start", f"local/{name}", "--yes", "--timeout", "2", "--json")
    assert said.returncode == 1
    (outcome,) = json.loads(said.stdout)["outcomes"]
    assert (outcome["state"], outcome["done"]) == ("running", False)
    assert outcome["told"] == "not at its end after 2 s; it goes on"
    assert outcome["remedy"] == f"subdeck jobs local --follow {outcome['id']}"
    until(lambda: deck.seen()[name]["state"] == "running", 20, "the job to end")


def test_help_names_the_options() -> None:
    said = subdeck("start", "--help").stdout
    for option in ("--dry-run", "--yes", "--json", "--timeout", "--unlock"):
        assert option in said
