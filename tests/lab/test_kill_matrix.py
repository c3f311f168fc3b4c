"""Whatever is killed while something is done to a subhost, nothing is left in the end.

Here it is struck at a few of the programs that a job calls; ``make leaks`` strikes at all of them,
in every verb, and starts and stops 500 times.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

import pytest

from console.plan import ON_CABLES, ON_SUBHOSTS, Verb
from tests.lab.apart import apart
from tests.lab.journal import JOURNALD
from tests.lab.store_kills import CASES
from tests.lab.world import NEEDS_WORLD

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("setpriv", "flock", "ssh", "ssh-keygen", "sshd")]

ALL = os.environ.get("LEAKS") == "all"
"""Whether to take the time that it takes: an hour or two."""
LONG = 3600.0
SOME = [
    ("start", "shell", 9),
    ("start", "fail", 15),
    ("start", "first", 24),
    ("start", "unshare", 24),
    ("stop", "shell", 6),
    ("share", "shell", 2),
    ("cable", "silent", 7),
    ("upgrade", "shell", 26),
    ("upgrade", "fail", 63),
]
VERBS = [str(verb) for verb in Verb if verb in ON_SUBHOSTS | ON_CABLES | {Verb.UPGRADE}]
RELIEF = ["grow", "delete", "truncate"]
STORES = [("run", "shell", 5), ("overlay", "fail", 4)]
if ALL:
    STORES = [(case, who, 1) for case in CASES for who in ("shell", "fail")]
MATRIX = [(verb, victim, 1) for verb in VERBS for victim in ("shell", "fail")] if ALL else SOME
if ALL:
    MATRIX.append(("cable", "silent", 1))
    NESTED = ("start", "stop", "upgrade")
    MATRIX += [(verb, who, 1) for verb in NESTED for who in ("unshare", "first")]
CONSOLES = [
    ("start", "console"),
    ("stop", "connection"),
    ("start", "server"),
    ("share", "host"),
    ("finish", "console"),
    ("grow", "connection"),
]
if ALL:
    VICTIMS = ("console", "connection", "server", "host")
    DEEDS = (*VERBS, *RELIEF, "roll-back", "finish")
    CONSOLES = [(deed, who) for deed in DEEDS for who in VICTIMS]


def faults(module: str, *words: str) -> Sequence[str]:
    """Return what went wrong, after telling what was done."""
    report = apart(f"tests.lab.{module}", *words, seconds=LONG if ALL else 300)
    assert report["outcomes"]
    for line in report["outcomes"]:
        print(line)  # noqa: T201 pytest shows it where it fails
    found: Sequence[str] = report["faults"]
    return found


@pytest.mark.parametrize(("verb", "victim", "every"), MATRIX)
def test_a_job_struck_at_a_program_it_calls(verb: str, victim: str, every: int) -> None:
    assert not faults("kills", verb, victim, str(every))


@pytest.mark.parametrize(("case", "victim", "every"), STORES)
def test_a_job_on_a_store_that_is_written_struck_likewise(
    case: str, victim: str, every: int
) -> None:
    if case == "purge-inside" and shutil.which("apt-get") is None:
        pytest.skip("needs apt-get")
    if case == "vacuum" and not JOURNALD.exists():
        pytest.skip("needs systemd")
    assert not faults("store_kills", case, victim, str(every))


@pytest.mark.parametrize(("verb", "victim"), CONSOLES)
def test_a_console_cut_off_from_its_job(verb: str, victim: str) -> None:
    assert not faults("console_kills", verb, victim, "0" if ALL else "1")


def test_of_two_consoles_one_wins_and_the_other_is_told_who() -> None:
    assert not faults("console_kills", "both", "none", "0")


def test_start_and_stop_over_and_over() -> None:
    assert not faults("kills", "cycles", "none", "500" if ALL else "5")
