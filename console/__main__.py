"""The front door: joins console, backends and screens, each imported only when it is needed."""

from __future__ import annotations

import io
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import TextIO

from console.errors import ConsoleError


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``subdeck`` and return its exit status: 0 done, 1 failed on a target, 2 wrong usage."""
    from console.cli.arguments import parse

    if sys.stdout is None:
        return _said(ConsoleError("standard output is closed"), 2)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a name must not end us that ASCII cannot spell
    try:
        arguments = parse(sys.argv[1:] if argv is None else argv)
        status = _program(arguments.command)(arguments)
        sys.stdout.flush()
        return status
    except ConsoleError as error:
        return _said(error, 2)
    except BrokenPipeError:
        _discard(sys.stdout)
        return 1
    except OSError as error:
        _discard(sys.stdout)
        where = error.filename or "standard output"
        return _said(ConsoleError(f"{where}: {error.strerror or error}"), 1)
    except KeyboardInterrupt:
        return 130


def _program(command: str) -> Callable[[Namespace], int]:
    """Return what carries a command out, imported by now."""
    from console.cli.usage import VERBS

    match command:
        case "status":
            from console.cli.status import run
        case "doctor":
            from console.cli.doctor import run
        case "enter":
            from console.cli.enter import run
        case "jobs":
            from console.cli.jobs import run
        case "logs":
            from console.cli.logs import run
        case "writers" | "relief":
            from console.cli.writers import run
        case "cable":
            from console.cli.cable import run
        case "cables":
            from console.cli.cables import run
        case "images":
            from console.cli.images import run
        case "upgrade":
            from console.cli.upgrade import run
        case "rollout":
            from console.cli.rollout import run
        case "history":
            from console.cli.history import run
        case "capsule":
            from console.cli.capsule import run
        case "replay":
            from console.cli.replay import run
        case _ if command in VERBS:
            from console.cli.act import run
        case _:
            from console.cli.screen import run
    return run


def _discard(stream: TextIO) -> None:
    """Keep Python from writing what is left, and failing once more, when it ends."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def _said(error: ConsoleError, status: int) -> int:
    hint = f" ({error.hint})" if error.hint else ""
    if sys.stderr is not None:
        sys.stderr.write(f"subdeck: {error}{hint}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
