"""``subdeck jobs``, ``subdeck logs`` on this machine: listed, followed, settled, audited."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.console.cli.acting import JOBS, Deck
from tests.lab.inventory import until
from tests.lab.world import NEEDS_WORLD

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("flock", "setpriv")]


def jobs(deck: Deck, *words: str) -> list[dict[str, Any]]:
    said = deck.run("jobs", "--json", *(words or (deck.all,)))
    assert (said.returncode, said.stderr) == (0, "")
    found = json.loads(said.stdout)["jobs"]
    assert isinstance(found, list)
    return found


def killed(deck: Deck) -> tuple[str, str]:
    """Begin a start and kill its shell in the middle; return the subhost and the job's id."""
    subhost, gate = deck.waiting()
    name = subhost.name
    said = deck.run("start", f"local/{name}", "--yes", "--timeout", "3", "--json")
    (outcome,) = json.loads(said.stdout)["outcomes"]
    assert outcome["state"] == "running"
    job = JOBS / outcome["id"] / "overlay-boot"
    found = subprocess.run(["pgrep", "-f", str(job)], capture_output=True, text=True, check=True)
    for pid in found.stdout.split():
        os.kill(int(pid), signal.SIGKILL)
    with gate.open("w") as opened:  # what still reads there ends
        opened.write("go\n")
    until(lambda: jobs(deck)[0]["state"] == "killed", 30, "the job to be seen killed")
    return name, str(outcome["id"])


def test_jobs_are_listed_newest_first_with_who_and_what(deck: Deck) -> None:
    name = deck.subhost().name
    for verb in ("start", "stop"):
        said = deck.run(verb, f"local/{name}", "--yes")
        assert said.returncode == 0, said.stderr
    stop, start = jobs(deck)
    assert (stop["verb"], start["verb"]) == ("stop", "start")
    assert {each["state"] for each in (stop, start)} == {"done"}
    assert stop["id"] != start["id"]
    assert start["step"] == start["steps"] == len(start["whys"])
    assert "@" in start["who"]
    table = deck.run("jobs", f"local/{name}").stdout
    assert [line.split()[:4] for line in table.splitlines() if name in line] == [
        ["done", "local", name, "stop"],
        ["done", "local", name, "start"],
    ]
    audit = deck.run("jobs", "--audit").stdout
    assert [line.split()[4:6] for line in audit.splitlines() if name in line] == [
        ["start", "begun"],
        ["start", "done"],
        ["stop", "begun"],
        ["stop", "done"],
    ]


def test_a_killed_job_is_rolled_back(deck: Deck) -> None:
    name, job_id = killed(deck)
    said = deck.run("jobs", "local", "--roll-back", job_id)
    assert said.returncode == 0, said.stderr
    assert f"start {name} on local: undone" in said.stdout
    assert deck.seen()[name]["state"] == "stopped"
    inventory = deck.world.inventory()
    assert (inventory.netns, inventory.links, inventory.processes) == ((), (), ())
    verbs = [(verb, outcome) for _, verb, outcome in deck.audited()]
    assert verbs[-2:] == [("roll-back", None), ("start", "undone")]
    said = deck.run("jobs", "local", "--finish", job_id)
    assert (said.returncode, said.stdout) == (1, "")
    assert "nothing to finish" in said.stderr


def test_a_job_that_nobody_knows(deck: Deck) -> None:
    said = deck.run("jobs", "local", "--follow", "nosuch")
    assert (said.returncode, said.stdout) == (1, "")
    assert "nosuch: no such job" in said.stderr
    assert said.stderr.count("\n") == 1


def test_a_protected_host_settles_nothing(deck: Deck) -> None:
    name = deck.subhost().name
    assert deck.run("start", f"local/{name}", "--yes").returncode == 0
    job_id = jobs(deck)[0]["id"]
    deck.configure('[[host]]\nname = "local"\nprotected = true\n')
    said = deck.run("jobs", "local", "--roll-back", job_id)
    deck.configure("")
    assert (said.returncode, said.stdout) == (1, "")
    assert "local is protected" in said.stderr


def test_a_record_that_was_changed_shows(deck: Deck) -> None:
    name = deck.subhost().name
    assert deck.run("start", f"local/{name}", "--yes").returncode == 0
    (file,) = Path(deck.state).rglob("audit.jsonl")
    file.write_text(file.read_text().replace('"start"', '"stop"', 1))
    said = deck.run("jobs", "--audit")
    assert said.returncode == 1
    assert "audit.jsonl:" in said.stderr


# Logs


def test_the_end_of_a_log_is_told_cleaned(deck: Deck) -> None:
    subhost = deck.subhost()
    lines = [f"line {number}" for number in range(100)]
    subhost.log.write_bytes("\n".join((*lines, "\x1b[31mred", "")).encode())
    said = deck.run("logs", f"local/{subhost.name}")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.splitlines() == [*lines[-19:], "␛[31mred"]
    said = deck.run("logs", "-n", "50", f"local/{subhost.name}")
    assert said.stdout.splitlines() == [*lines[-49:], "␛[31mred"]
    subhost.log.unlink()
    subhost.log.symlink_to("/etc/passwd")
    said = deck.run("logs", f"local/{subhost.name}")
    assert (said.returncode, said.stdout) == (1, "")
    assert f"{subhost.log}: no such file" in said.stderr


def test_what_the_job_said_is_told_where_there_is_no_log(deck: Deck) -> None:
    hook = deck.world.folder / "hook"
    hook.write_text("#!/bin/sh\nprintf 'said: one\\nsaid: two\\nsaid: \\033[31mred\\n' >&2\n")
    hook.chmod(0o755)
    name = deck.subhost(f"START=none\nPREMOUNT={hook}\n").name
    other = deck.subhost()
    other.log.write_text("one\ntwo\n")
    assert deck.run("start", f"local/{name}", "--yes").returncode == 0
    said = deck.run("logs", f"local/{name}")
    assert (said.returncode, said.stderr) == (0, "")
    told = [line for line in said.stdout.splitlines() if line.startswith("said: ")]
    assert told == ["said: one", "said: two", "said: ␛[31mred"]
    followed = deck.run("jobs", "local", "--follow", jobs(deck)[0]["id"])
    assert followed.returncode == 0
    assert "said: one" in followed.stdout.splitlines()
    several = deck.run("logs", "-n", "1", f"local/{name}", f"local/{other.name}")
    red, two = f"==> local/{name} <==\nsaid: ␛[31mred\n", f"==> local/{other.name} <==\ntwo\n"
    assert several.stdout == red + two


@pytest.mark.parametrize(
    ("target", "status", "complaint"),
    [
        ("local", 2, "local: which of its subhosts?"),
        ("local/nosuch", 1, "local/nosuch: no such subhost"),
    ],
)
def test_logs_of_nothing(deck: Deck, target: str, status: int, complaint: str) -> None:
    said = deck.run("logs", target)
    assert (said.returncode, said.stdout) == (status, "")
    assert complaint in said.stderr
