"""The front door: joins console, backends and screens, each imported only when it is needed."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import TextIO

from console.errors import ConsoleError


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``subdeck`` and return its exit status: 0 done, 1 failed on a target, 2 wrong usage."""
    from console.cli.arguments import VERBS, parse

    if sys.stdout is None:
        return _said(ConsoleError("standard output is closed"), 2)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a name must not end us that ASCII cannot spell
    try:
        arguments = parse(sys.argv[1:] if argv is None else argv)
        if arguments.command == "status":
            from console.cli.status import run
        elif arguments.command == "doctor":
            from console.cli.doctor import run
        elif arguments.command == "enter":
            from console.cli.enter import run
        elif arguments.command == "jobs":
            from console.cli.jobs import run
        elif arguments.command == "logs":
            from console.cli.logs import run
        elif arguments.command in VERBS:
            from console.cli.act import run
        else:
            from console.cli.screen import run
        status = run(arguments)
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
