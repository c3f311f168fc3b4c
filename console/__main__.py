"""The front door: joins console, backends and screens, each imported only when it is needed."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

from console.errors import ConsoleError, Misconfigured


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``subdeck`` and return its exit status: 0 done, 1 failed on a target, 2 wrong usage."""
    from console.cli.arguments import parse

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a name must not end us that ASCII cannot spell
    arguments = parse(sys.argv[1:] if argv is None else argv)
    try:
        if arguments.command == "status":
            from console.cli.status import run
        elif arguments.command == "doctor":
            from console.cli.doctor import run
        else:
            from console.cli.screen import run
        return run(arguments)
    except Misconfigured as error:
        return _said(error, 2)
    except ConsoleError as error:
        return _said(error, 2)
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        return 130


def _said(error: ConsoleError, status: int) -> int:
    hint = f" ({error.hint})" if error.hint else ""
    sys.stderr.write(f"subdeck: {error}{hint}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
