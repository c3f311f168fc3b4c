"""The README's way from nothing to a reachable subhost, typed into a shell as it stands there.

``subdeck`` is the tree's own; what it asks is answered.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.console.cli.commands import ROOT
from tests.lab.terminal import Terminal
from tests.lab.world import NEEDS_WORLD

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("ping", "flock", "setpriv")]

README = ROOT / "README.md"
BEGINS, ENDS = "### From nothing to a reachable subhost\n", "\n#"
FOLDER, BRIDGE = Path("/opt/demo"), "br-demo"
PROMPT = "and now? "
ANSWERS = {"Do it? [y/N]": "y", "Type yes to do it:": "yes", "demo:/#": "exit"}
"""What is typed after what is asked; the last is the prompt inside."""
ELSEWHERE = "apt ", "make ", "PATH=", "ssh root@"
"""Begins what is not done here: it installs what is there, or needs a key of the reader's."""
_COLOURS = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?2004[hl]")


def commands() -> list[str]:
    """Return what is to be typed, here-documents with their commands."""
    text = README.read_text()
    section = text[text.index(BEGINS) + len(BEGINS) :]
    section = section[: section.find(ENDS)] if ENDS in section else section
    lines = re.findall(r"^    (.*)$", section, re.MULTILINE)
    found: list[str] = []
    inside = False
    for line in lines:
        if inside:
            found[-1] += f"\n{line}"
        else:
            found.append(line)
        inside = line != "END" and (inside or "<<'END'" in line)
    return found


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Terminal]:
    if FOLDER.exists() or Path("/sys/class/net", BRIDGE).exists():
        pytest.skip(f"{FOLDER} or {BRIDGE} is there already, and not ours")
    program = tmp_path / "subdeck"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m console "$@"\n')
    program.chmod(0o755)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "PS2": ""}
    try:
        with Terminal(["env", f"PS1={PROMPT}", "sh", "-i"], (120, 50), environ) as terminal:
            terminal.see(PROMPT)
            yield terminal
    finally:
        subprocess.run(
            [program, "stop", "local/demo", "--yes"], env=os.environ | environ, check=False
        )
        subprocess.run(["ip", "link", "delete", BRIDGE], check=False, capture_output=True)
        subprocess.run(["rm", "-rf", str(FOLDER)], check=True)


def typed(shell: Terminal, command: str) -> str:
    """Type a command, answer what it asks, and return what it said."""
    began = len(shell.output)
    shell.type(f"{command}\n")
    answers = dict(ANSWERS)
    while True:
        shell.wait(partial(_longer, len(shell.output)))
        said = _COLOURS.sub("", shell.output[began:].decode(errors="replace"))
        for question in [each for each in answers if each in said]:
            shell.type(f"{answers.pop(question)}\n")
        if said.endswith(PROMPT):
            return said


def _longer(before: int, shell: Terminal) -> bool:
    return len(shell.output) > before


def test_the_tutorial_does_what_it_says(shell: Terminal) -> None:
    wanted = [each.split("#")[0].rstrip() if "<<" not in each else each for each in commands()]
    assert len(wanted) > 10
    for command in wanted:
        if command.startswith(ELSEWHERE):
            continue
        said = typed(shell, command)
        if command.startswith("subdeck start"):
            assert "local/demo: done in" in said
        if command.startswith("ping"):
            assert "1 received" in said
        if command.startswith("subdeck status"):
            assert re.search(r"running +demo", said)
            assert "demo0:up" in said
        if command.startswith("subdeck stop"):
            assert "local/demo: done in" in said
    assert not FOLDER.exists()
    assert not Path("/run/netns/demo").exists()
