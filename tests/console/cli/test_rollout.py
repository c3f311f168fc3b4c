"""``subdeck rollout`` on journals that are there, without a host."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from backends.rollouts import Rollouts
from console.__main__ import main
from console.clean import Clean
from console.rollout.gates import Before
from console.rollout.records import Begun, Mark, Record, Rules, Said, Soaked, What, Word
from tests.console.clockwork import BEGAN
from tests.console.rollout.world import ALICE, NEW, OLD, names

HOSTS = names(4)
ID = Clean("20260921T132640Z-0a1b2c")
BEGUN = Begun(
    *(BEGAN, ID, ALICE, NEW, Clean("0" * 64)),
    waves=(tuple(HOSTS[:1]), tuple(HOSTS[1:])),
    rules=Rules(most=2, command=Clean("curl -f http://$SUBDECK_HOST/")),
)
BEFORE = Before(Clean("boot-1"), Clean("slashinit"), OLD, reboots=True)


def moved(target: Clean, *more: Mark) -> tuple[Mark, ...]:
    """Return the marks of one that is upgraded."""
    first = Mark(BEGAN + 1, target, What.STAGED)
    moving = replace(first, what=What.MOVING, job=Clean(f"job-{target}"), before=BEFORE)
    return (first, moving, replace(first, what=What.MOVED), *more)


def passed(target: Clean) -> tuple[Mark, ...]:
    """Return the marks of one that does well."""
    return moved(target, Mark(BEGAN + 90, target, What.PASSED))


LOST = Mark(BEGAN + 700, HOSTS[1], What.LOST, Clean("no answer: no route; power cycle needed"))
STORY: tuple[Record, ...] = (*passed(HOSTS[0]), Soaked(BEGAN + 400, 0), *moved(HOSTS[1], LOST))
Kept = Callable[..., Rollouts]


@pytest.fixture
def keep() -> Kept:
    """Write the journal of a rollout with these records."""

    def kept(*records: Record, begun: Begun = BEGUN) -> Rollouts:
        async def write() -> None:
            await rollouts.begin(begun)
            book = rollouts.book(begun.id)
            for record in records:
                await book.write(record, guarded=False)

        rollouts = Rollouts(Path(os.environ["XDG_STATE_HOME"]) / "subdeck" / "rollouts")
        asyncio.run(write())
        return rollouts

    return kept


@dataclass(frozen=True)
class Ran:
    """What a deed said, and how it ended."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:  # noqa: ANN401  as it comes
        """What it told of one rollout, or of all."""
        assert (self.returncode, self.stderr) == (0, "")
        said = json.loads(self.stdout)
        return said.get("rollout") or said["rollouts"]


Typed = Callable[..., Ran]


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Typed:
    """Type ``subdeck rollout`` and some words."""

    def ran(*words: str) -> Ran:
        try:
            status = main(["rollout", *words])
        except SystemExit as ended:
            status = int(ended.code or 0)
        return Ran(status, *capsys.readouterr())

    return ran


def test_rollouts_are_listed(keep: Kept, typed: Typed) -> None:
    keep(*STORY)
    table = typed("list").stdout
    for word in (ID, "stopped", NEW, "2/2", "1/4", "power cycle needed"):
        assert word in table
    (one,) = typed("list", "--json").document
    assert one["course"] == "stopped"
    assert one["driver"] is None
    assert one["rules"]["max_unavailable"] == 2


def test_one_is_shown_with_what_became_of_whom(keep: Kept, typed: Typed) -> None:
    keep(*STORY)
    told = typed("show", ID[:6]).stdout
    for word in ("1 lost: power cycle needed", f"subdeck rollout resume {ID}", "held", HOSTS[1]):
        assert word in told
    assert HOSTS[2] not in told
    first, second = typed("show", ID, "--json").document["waves"]
    assert (first["held"], second["held"]) == (True, False)
    assert [each["phase"] for each in second["targets"]] == ["lost", "waiting", "waiting"]
    assert second["targets"][0]["old"] == OLD


def test_a_pause_is_written_and_told(keep: Kept, typed: Typed) -> None:
    rollouts = keep(*passed(HOSTS[0]))
    ran = typed("pause")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert f"{ID}: paused" in ran.stdout
    assert "nobody drives it" in ran.stdout
    *_, last = asyncio.run(rollouts.book(ID).read())
    assert isinstance(last, Said)
    assert last.word is Word.PAUSE
    again = typed("pause")
    assert (again.returncode, "was paused by" in again.stderr) == (2, True)


def test_who_drives_is_told_and_sees_to_what_is_said(keep: Kept, typed: Typed) -> None:
    rollouts = keep(*passed(HOSTS[0]))
    with rollouts.driving(ID, ALICE):
        assert typed("show", "--json").document["driver"].startswith(ALICE)
        assert ALICE in typed("abort").stdout
        assert typed("show", "--json").document["course"] == "stopping"
        ran = typed("abort")
        assert (ran.returncode, "is on its way back: aborted by" in ran.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show",), "no rollout is under way"),
        (("show", "x"), "x: no such rollout"),
        (("resume",), "no rollout is under way"),
        (("start", "--image", "edge/10", "local"), "here is no terminal"),
        (("start", "--image", "edge/10", "local", "--yes"), "no store of boot images"),
        (("start", "--image", "edge/10", "local/mta", "--yes"), "a rollout is of whole hosts"),
        (("start", "--image", "edge/10", "--waves", "1", "local"), "does not end with rest"),
        (
            ("start", "--image", "edge/10", "--max-unavailable", "0", "local"),
            "is neither a number",
        ),
        (("start", "local"), "required: --image"),
        (("start", "--image", "edge/10"), "required: TARGET"),
        ((), "required: DEED"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(
    words: tuple[str, ...], told: str, typed: Typed
) -> None:
    ran = typed(*words)
    assert ran.returncode == 2
    assert told in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_one_that_is_over_is_not_gone_on_with(keep: Kept, typed: Typed) -> None:
    back = Mark(BEGAN + 300, HOSTS[0], What.FAILED, Clean("levels: lost: mem"))
    keep(*moved(HOSTS[0], back, replace(back, what=What.BACK, told=None)))
    for word in ("resume", "abort", "pause"):
        ran = typed(word, ID)
        assert ran.returncode == 2
        assert "stopped" in ran.stderr
