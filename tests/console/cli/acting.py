"""Subhosts for ``subdeck start`` and its like, and what became of them on this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.console.cli.commands import ROOT, subdeck
from tests.lab.subhost import Subhost
from tests.lab.world import World

JOBS = Path("/run/subdeck/jobs")


class Deck:
    """The command, with a configuration that knows the subhosts of a world."""

    def __init__(self, world: World, *more: str) -> None:
        self.world = world
        self.state = world.folder / "state"
        self.config = world.folder / "c.toml"
        self.more = more
        self.configure("")

    @property
    def all(self) -> str:
        """The target that means every subhost of this world, and nobody else's."""
        return f"local/{self.world.prefix}*"

    def configure(self, text: str) -> None:
        """Have these lines in the configuration too."""
        self.config.write_text(f'subhosts = ["{self.world.folder}/*/*.conf"]\n{text}')

    def argv(self, command: str, *words: str) -> list[str]:
        """Return a command line."""
        return [command, "--config", str(self.config), *self.more, *words]

    def run(self, command: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Return what the command said."""
        return subdeck(*self.argv(command, *words), env=self.env)

    @property
    def env(self) -> Mapping[str, str]:
        """What the command needs in its environment."""
        return {"XDG_STATE_HOME": str(self.state)}

    def seen(self) -> dict[str, dict[str, Any]]:
        """Return the subhosts of this world as ``status`` tells them, by name."""
        said = self.run("status", "--json", self.all)
        (host,) = json.loads(said.stdout)["hosts"]
        return {each["name"]: each for each in host["subhosts"]}

    def audited(self) -> Sequence[tuple[str, str, str | None]]:
        """Return subhost, verb and outcome of all that was written down."""
        said = self.run("jobs", "--audit", "--json")
        assert (said.returncode, said.stderr) == (0, "")
        records = json.loads(said.stdout)["records"]
        return [(each["subhost"], each["verb"], each["outcome"]) for each in records]

    def waiting(self) -> tuple[Subhost, Path]:
        """Return a new subhost whose start waits at a hook until somebody writes to a pipe."""
        gate, hook = self.world.folder / "gate", self.world.folder / "hook"
        os.mkfifo(gate)
        hook.write_text(f"#!/bin/sh\nread -r _ <{gate}\n")
        hook.chmod(0o755)
        return self.subhost(f"START=none\nPREMOUNT={hook}\n"), gate

    def begun(self, command: str, *words: str) -> subprocess.Popen[str]:
        """Return the command while it runs, its stderr to be read."""
        return subprocess.Popen(
            [sys.executable, "-m", "console", *self.argv(command, *words)],
            cwd=ROOT,
            env={**os.environ, **self.env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def subhost(self, conf: str = "START=none\n") -> Subhost:
        """Return a new stopped subhost."""
        return self.world.subhost(conf)

    @staticmethod
    def heard(process: subprocess.Popen[str], words: str) -> None:
        """Return when it says so on stderr; raise ``AssertionError`` if it ends before."""
        assert process.stderr
        said = ""
        while words not in said:
            said = process.stderr.readline()
            assert said, f"it never said {words!r}"

    def forget(self) -> None:
        """Stop what runs of this world, and remove the folders of its jobs."""
        if self.world.inventory().netns:
            self.run("stop", self.all, "--yes")
        for about in JOBS.glob("*/about"):
            if f"\nsubhost={self.world.prefix}" in f"\n{about.read_text()}":
                shutil.rmtree(about.parent)
