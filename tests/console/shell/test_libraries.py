from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path

import pytest

from console.clean import Clean
from console.operations import Operation
from console.plan import Check, Plan, Step, Tier, Verb
from console.shell.libraries import libraries

OTHERS = {"frame", "first", "enclosing", "furnishing", "supervisor"}
"""Files of ``console/shell`` that are no libraries: jobs have them whole."""


def plan(*commands: str, check: str = "true", undo: str = "true") -> Plan:
    step = Step(
        Clean("why"), tuple(Operation((each,)) for each in commands), (Operation((undo,)),)
    )
    return Plan(
        Verb.STOP,
        Clean("web1"),
        Clean("mta"),
        Tier.REVERSIBLE,
        None,
        checks=(Check(Operation((check,)), Clean("no")),),
        steps=(step,),
    )


def text(made: Plan) -> str:
    return "\n".join(libraries(made))


def test_no_two_libraries_have_a_function_of_one_name() -> None:
    script = 'for each do (. "$each"; declare -F); done'
    every = Path("console/shell").resolve().glob("*.sh")
    files = [path for path in every if path.stem not in OTHERS]
    said = subprocess.run(
        ["bash", "-c", script, "bash", *files], check=True, capture_output=True, text=True
    ).stdout
    names = said.split("declare -f ")[1:]
    assert len(names) > 100
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_only_what_is_used_comes_along() -> None:
    assert text(plan("ip")) == ""
    assert "slay() {" in text(plan("slay"))
    assert "list_add() {" not in text(plan("slay"))


def test_checks_and_undos_count() -> None:
    assert "idle() {" in text(plan("ip", check="idle"))
    assert "stays() {" in text(plan("ip", undo="stays"))


def test_what_a_file_needs_comes_along() -> None:
    made = text(plan("share"))
    assert "shared_add=" in made
    assert "pinned() {" in made


@pytest.mark.parametrize("shell", [["dash"], ["busybox", "sh"], ["bash", "--posix"]])
@pytest.mark.parametrize(
    "name",
    [
        *("frame", "ending", "sharing", "cleaning", "listing", "growing", "swapping"),
        *("values", "layering", "lowering", "pivoting", "renewing"),
    ],
)
def test_every_shell_can_read_them(name: str, shell: list[str]) -> None:
    subprocess.run([*shell, "-n", Path("console/shell", f"{name}.sh")], check=True)


@pytest.mark.parametrize("shell", [["dash"], ["busybox", "sh"], ["bash", "--posix"]])
@pytest.mark.parametrize(
    ("file", "variable"),
    [
        *(("growing", "resize"), ("swapping", "cage"), ("layering", "layered")),
        *(("layering", "machines"), ("layering", "audit_here"), ("layering", "audit")),
        *(("pivoting", "turning"), ("pivoting", "trying")),
    ],
)
def test_every_shell_can_read_the_programs_in_them(
    file: str, variable: str, shell: list[str]
) -> None:
    printed = f'. "$1"; printf "%s" "${variable}"'
    path = Path("console/shell", f"{file}.sh").resolve()
    said = subprocess.run(
        ["sh", "-c", printed, "sh", path], check=True, capture_output=True, text=True
    ).stdout
    parts = [said, *(part.split("\n", 1)[1] for part in said.split('<<"')[1:])]
    assert len(parts) == (3 if variable == "cage" else 1)
    for part in parts:
        subprocess.run([*shell, "-n"], input=part, check=True, text=True)
