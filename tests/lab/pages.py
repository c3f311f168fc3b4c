"""Pages of docs/, typed as they stand: what a ``console`` block shows is what must be printed.

A line that begins with ``$ `` is typed, with those after it that begin with ``> ``; what follows
until the next is shown. A word that begins with a digit stands for any such word, ``...`` for
anything in a line and, on a line of its own, for any lines; blanks and rules may be longer.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.lab.guests.fleet import Guest
from tests.lab.guests.kernel import ROOT

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^## (.*)$", re.MULTILINE)
_COMPLAINT = "subdeck: "
PATIENCE = 300.0
"""Seconds that a command may take."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A command of a page, and what the page shows of what it prints."""

    command: str
    shown: tuple[str, ...]

    @property
    def fails(self) -> bool:
        """Whether the page shows a complaint."""
        return any(line.startswith(_COMPLAINT) for line in self.shown)


def sections(page: Path) -> dict[str, list[Typed]]:
    """Return what is to be typed below each heading of the second level that has any."""
    _, *parts = _HEADING.split(page.read_text())
    found = {
        title: [each for block in _BLOCK.findall(text) for each in _commands(block)]
        for title, text in zip(parts[::2], parts[1::2], strict=True)
    }
    return {title: typed for title, typed in found.items() if typed}


def _commands(block: str) -> Iterator[Typed]:
    first, *each = re.split(r"^\$ ", block, flags=re.MULTILINE)
    assert not first.strip(), f"shown before anything was typed: {first}"
    for text in each:
        command, *rest = text.splitlines()
        while rest and rest[0].startswith("> "):
            command += f"\n{rest.pop(0)[2:]}"
        yield Typed(command, tuple(line for line in rest if line.strip()))


def differs(shown: Iterable[str], said: str) -> str | None:
    """Return the first line shown that is not there, in its place; ``None``: all are."""
    lines = [line for line in said.splitlines() if line.strip()]
    anywhere = False
    for line in shown:
        if line.strip() == "...":
            anywhere = True
            continue
        wanted = _pattern(line)
        at = next((at for at, each in enumerate(lines) if wanted.fullmatch(each)), None)
        if at is None or (at and not anywhere):
            return line
        lines, anywhere = lines[at + 1 :], False
    return None if anywhere or not lines else f"nothing more, but: {lines[0]}"


def _pattern(line: str) -> re.Pattern[str]:
    words = r"\s+".join(_word(word) for word in line.split())
    return re.compile(rf"\s*{words}\s*")


def _word(word: str) -> str:
    if set(word) == {"─"}:
        return "─+"
    if word[0].isdigit():
        return r"\d\S*"
    return re.escape(word).replace(re.escape("..."), ".*")


class Desk:
    """Who reads a page: at home in a folder, with a console that knows a guest by a name."""

    def __init__(self, home: Path, guest: Guest, name: str, config: str = "") -> None:
        self.home = home
        (home / "config.toml").write_text(f'[[host]]\nname = "{name}"\n{config}')
        stanza = guest.stanza.replace(f"Host {guest.name}\n", f"Host {name}\n")
        (home / "ssh").write_text(stanza)
        program = home / "bin/subdeck"
        program.parent.mkdir()
        program.write_text(
            f"#!/bin/sh\nwhere='--config {home}/config.toml -F {home}/ssh'\nverb=$1\nshift\n"
            'case $verb in images | rollout) verb="$verb $1" && shift ;; esac\n'
            f'exec {sys.executable} -P -m console $verb $where "$@"\n'
        )
        program.chmod(0o755)

    @property
    def environ(self) -> Mapping[str, str]:
        """That of the reader."""
        return {
            "PATH": f"{self.home}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
        }

    def type(self, typed: Typed) -> str:
        """Type a command and return what it printed; it must be what the page shows."""
        ran = subprocess.run(
            ["sh", "-c", typed.command],
            cwd=self.home,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        told = f"$ {typed.command}\n{ran.stdout}"
        assert (ran.returncode != 0) == typed.fails, f"exit status {ran.returncode}\n{told}"
        wrong = differs(typed.shown, ran.stdout)
        assert wrong is None, f"the page shows {wrong!r}\n{told}"
        return ran.stdout
