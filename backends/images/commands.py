"""Commands of a build: each ends well, or what it complained about is told in one line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from console.clean import clean, clean_path
from console.errors import ConsoleError

_ENDING = ("setpriv", "--pdeathsig", "KILL")
_APART = (
    *_ENDING,
    *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
)
_ARCHIVE = ("cpio", "--create", "--format=newc", "--null", "--quiet", "--reproducible")

_UNKNOWN = re.compile(r"Unable to locate package (\S+)|Package '?(\S+?)'? has no install")
_SBIN = "/usr/local/sbin:/usr/sbin:/sbin"
_TOLD = 4096
"""Bytes of complaints that are looked at, from the end."""


def missing(tools: Iterable[str], path: str) -> list[str]:
    """Return the commands that cannot be found."""
    return [tool for tool in tools if shutil.which(tool, path=reaching(path)) is None]


def reaching(path: str) -> str:
    """Return a PATH that also finds administrators' commands."""
    return f"{path}:{_SBIN}"


@dataclass(frozen=True, slots=True)
class Commands:
    """Runs commands, all of which end when we do, however that is."""

    folder: Path
    """Of ours alone; what they complain about goes there."""
    environment: Mapping[str, str]

    def run(self, *argv: str, apart: bool = False) -> str:
        """Return what a command prints; ``apart`` from us are its mounts and processes.

        Raises ``ConsoleError``.
        """
        said = self.folder / "said"
        said.unlink(missing_ok=True)
        self._ran([argv], None, said, None, apart=apart)
        return said.read_text(errors="replace")

    def pack(self, names: Sequence[bytes], cwd: Path, out: Path, packer: Sequence[str]) -> None:
        """Append an archive of what is called so below ``cwd``, packed if there is a packer.

        Raises ``ConsoleError``.
        """
        listed = self.folder / "names"
        listed.write_bytes(b"".join(b"%b\0" % name for name in names))
        self._ran([_ARCHIVE, packer] if packer else [_ARCHIVE], listed, out, cwd)

    def _ran(
        self,
        commands: Sequence[Sequence[str]],
        stdin: Path | None,
        out: Path,
        cwd: Path | None,
        *,
        apart: bool = False,
    ) -> None:
        """Have each command read what the one before it writes."""
        complaints = self.folder / "complaints"
        with ExitStack() as stack:
            said = stack.enter_context(complaints.open("wb"))
            target = stack.enter_context(out.open("ab"))
            given: IO[bytes] = stack.enter_context((stdin or Path(os.devnull)).open("rb"))
            begun: list[subprocess.Popen[bytes]] = []
            for argv in commands:
                process = subprocess.Popen(  # noqa: S603 # argv, checked words
                    (*(_APART if apart else _ENDING), *argv),
                    stdin=given,
                    stdout=target if argv is commands[-1] else subprocess.PIPE,
                    stderr=said,
                    env=self.environment,
                    cwd=cwd,
                )
                stack.callback(_end, process)
                given.close()
                given = process.stdout or given
                begun.append(process)
            failed = [argv[0] for argv, each in zip(commands, begun, strict=True) if each.wait()]
        if failed:
            # who writes to one that failed fails too
            raise trouble(failed[-1], complaints)


def trouble(name: str, log: Path) -> ConsoleError:
    """Return why the command of this name failed, from what it complained about."""
    said = log.read_bytes()[-_TOLD:].decode(errors="replace")
    if unknown := _UNKNOWN.search(said):
        name = clean(unknown[1] or unknown[2])
        return ConsoleError(f"{name}: no such package in these archives", "apt-cache search WORD")
    if "No space left on device" in said:
        place = clean_path(str(log.parent.parent))
        return ConsoleError(f"{place}: no space left", "--output DIR where there is more")
    lines = [line for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("E:")] or lines[-1:]
    why = clean(errors[0].removeprefix("E:").strip() if errors else "it said nothing of why")
    return ConsoleError(f"{clean(name)} failed: {why}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
