"""Consoles that begin at once: each a copy of one process that has imported all of it already.

``with warm(folder) as console: console.begin("status", "local"); console.ended()``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO, NamedTuple, cast

from tests.lab.apart import ROOT


class Ended(NamedTuple):
    """How one ended; minus the signal that killed it."""

    status: int
    said: str
    trouble: str


@dataclass(frozen=True, slots=True)
class Warm:
    """Begins consoles, one at a time."""

    folder: Path
    orders: IO[bytes]
    answers: IO[bytes]

    def begin(self, *words: str) -> int:
        """Begin ``subdeck WORDS`` and return its pid."""
        self.orders.write(json.dumps(words).encode() + b"\n")
        self.orders.flush()
        return int(self.answers.readline())

    def ended(self) -> Ended:
        """Return when it has ended."""
        status = int(self.answers.readline())
        said, trouble = ((self.folder / name).read_text(errors="replace") for name in _FILES)
        return Ended(status, said, trouble)


_FILES = "said", "trouble"
_NEEDED = "backends.ssh.backend", "console.actions.verbs", "console.cli.act", "console.cli.jobs"


@contextmanager
def warm(folder: Path) -> Iterator[Warm]:
    """Keep its state, and what the console says, in a folder that is made."""
    folder.mkdir(parents=True)
    places = {f"XDG_{name}_HOME": str(folder) for name in ("STATE", "CONFIG", "CACHE")}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.lab.warm", folder],
        cwd=ROOT,
        env={**os.environ, **places},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        yield Warm(folder, cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout))


def _serve(folder: Path) -> None:
    """Be the one that others are copies of."""
    for name in _NEEDED:
        import_module(name)

    for line in sys.stdin.buffer:
        pid = os.fork()
        if not pid:
            _become(folder, json.loads(line))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


def _become(folder: Path, words: Sequence[str]) -> None:
    from console.__main__ import main

    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in enumerate(_FILES, 1):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    status = 1
    try:
        status = main(words)
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
    except BaseException:  # what any other console would die of
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
