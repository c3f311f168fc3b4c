"""The text of a plan: sh reads back what was meant, and nothing else of it runs."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean
from console.operations import Operation, Variable, line
from console.plan import Check, Obstacle, Plan, Step, Tier, Verb, Where
from console.shell import digest, script, text

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0\n"))
SHELLS = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]


def shell(name: str, program: str) -> list[bytes]:
    argv = [name, "sh"] if name == "busybox" else [name]
    ran = subprocess.run([*argv, "-s"], input=program.encode(), capture_output=True, check=True)
    return ran.stdout.split(b"\0")[:-1]


def plan(*steps: Step, checks: tuple[Check, ...] = ()) -> Plan:
    return Plan(Verb.STOP, Clean("h"), Clean("mta"), Tier.REVERSIBLE, None, None, checks, steps)


@given(st.lists(WORDS, min_size=1))
def test_a_line_splits_into_its_words(words: list[str]) -> None:
    assert shlex.split(line(Operation(tuple(words)))) == words


@pytest.mark.parametrize("name", SHELLS)
@given(words=st.lists(WORDS, min_size=1, max_size=30))
def test_every_shell_reads_its_words(name: str, words: list[str]) -> None:
    read = shell(name, line(Operation(("printf", r"%s\0", *words))))
    assert read == [word.encode() for word in words]


@pytest.mark.parametrize("name", SHELLS)
@given(value=WORDS, before=WORDS, after=WORDS)
def test_a_variable_is_one_word_whatever_it_holds(
    name: str, value: str, before: str, after: str
) -> None:
    setting = line(Operation(("printf", "%s.", value)))
    program = f"V=$({setting})\n" + line(
        Operation(("printf", r"%s\0", Variable("V", before, after), "end"))
    )
    assert shell(name, program) == [f"{before}{value}.{after}".encode(), b"end"]


@pytest.mark.parametrize("name", SHELLS)
@given(lines=st.lists(WORDS.filter(lambda text: "\r" not in text)))
def test_stdin_arrives_as_it_is(name: str, lines: list[str]) -> None:
    body = "".join(f"{each}\n" for each in (*lines, "STDIN", "$(id)"))
    program = text(Operation(("cat",), stdin=body)) + "\nprintf '\\0'"
    assert shell(name, program) == [body.encode()]


@pytest.mark.parametrize("name", SHELLS)
def test_no_line_begins_like_the_end_of_stdin(name: str) -> None:
    body = "S\u0080\nSTDIN\na\u00e9\n"
    program = text(Operation(("cat",), stdin=body)) + "\nprintf '\\0'"
    assert shell(name, program) == [body.encode()]


def test_what_the_first_process_names_is_handed_to_it_alone() -> None:
    inside = Step(Clean("y"), (Operation(("place", Variable("BASE"), "x")),), where=Where.INSIDE)
    lines = script(plan(Step(Clean("x"), (Operation(("true",)),)), inside)).decode().split("\n")
    assert "enclose here BASE <&3 3<&- &" in lines
    assert "keep here BASE" in lines


def test_what_may_fail_is_no_failure() -> None:
    assert text(Operation(("false",), may_fail=True)) == "false || :"
    assert text(Operation(("cat",), stdin="x\n", may_fail=True)) == (
        "cat <<'STDIN' || :\nx\nSTDIN"
    )
    assert text(Operation(("cat",), stdin="x\n", into="V")) == "V=$(cat <<'STDIN'\nx\nSTDIN\n)"


def test_a_plan_with_obstacles_is_no_program() -> None:
    refused = Plan(
        Verb.START,
        Clean("h"),
        Clean("mta"),
        Tier.REVERSIBLE,
        None,
        obstacles=(Obstacle(Clean("mta is running")),),
    )
    with pytest.raises(ValueError, match="start mta on h: mta is running"):
        script(refused)


def test_a_word_with_a_newline_has_no_line() -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        line(Operation(("echo", "a\nb")))


def test_a_digest_is_of_the_bytes_that_run() -> None:
    one = plan(Step(Clean("why"), (Operation(("true",)),)))
    other = plan(Step(Clean("why"), (Operation(("false",)),)))
    assert digest(one) != digest(other)
    assert len(digest(one)) == 64


@pytest.mark.parametrize("name", SHELLS)
def test_every_shell_parses_what_a_supervisor_runs(name: str, tmp_path: Path) -> None:
    steps = (
        Step(Clean("a"), (Operation(("true",)),), (Operation(("bury",)),)),
        Step(Clean("b"), (Operation(("cat",), stdin="FIRST\n"),), where=Where.PRIVATE),
        Step(Clean("c"), (Operation(("greet", "mta")),), where=Where.INSIDE),
    )
    program = tmp_path / "program"
    program.write_bytes(script(plan(*steps)))
    argv = [name, "sh"] if name == "busybox" else [name]
    ran = subprocess.run([*argv, "-n", str(program)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
