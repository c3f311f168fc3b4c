from __future__ import annotations

import pytest

from backends.gate_command import GateCommand
from console.clean import Clean
from console.rollout.gates import Gate, Reading, Verdict

TARGET = Clean("web1/mta")


@pytest.mark.parametrize(
    ("command", "verdict", "line"),
    [
        ("true", Verdict.PASS, "it is content"),
        (
            'echo "$SUBDECK_TARGET $SUBDECK_HOST $SUBDECK_SUBHOST $SUBDECK_IMAGE"',
            *(Verdict.PASS, "web1/mta web1 mta edge/10"),
        ),
        ("echo one; echo 'two\x1b[31m'; exit 7", Verdict.WAIT, "exit status 7: two␛[31m"),
        ("echo out; echo 'no answer' >&2; exit 1", Verdict.WAIT, "exit status 1: no answer"),
        ("kill -9 $$", Verdict.WAIT, "exit status -9"),
    ],
)
async def test_what_a_command_says_of_a_target(command: str, verdict: Verdict, line: str) -> None:
    found = await GateCommand(Clean("edge/10")).ask(TARGET, Clean(command))
    assert found == Reading(Gate.COMMAND, verdict, Clean(line))


async def test_one_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.gate_command._SECONDS", 0.2)
    found = await GateCommand(Clean("edge/10")).ask(TARGET, Clean("sleep 60 & sleep 60"))
    assert (found.verdict, found.line) == (Verdict.WAIT, "no end within 0.2 s")
