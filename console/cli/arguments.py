"""The command line as data: what was asked for, or one clear line of why it makes no sense."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

COMMANDS = ("status", "doctor")

_EPILOG = """\
commands:
  subdeck [TARGET...]          the screen (default: this host)
  subdeck status [TARGET...]   levels and subhosts as a table, or --json
  subdeck doctor               what can be seen, what is missing, and the remedy

TARGET is HOST or HOST/SUBHOST, globs allowed; HOST is "local".
exit status: 0 done, 1 the request failed on some target, 2 wrong usage or configuration
"""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line instead of a page of usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"subdeck: {message} (see subdeck --help)\n")


class _Version(argparse.Action):
    """Looks the version up, which takes longer than everything else here, only when asked."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        sys.stdout.write(f"subdeck {version('subdeck')}\n")
        parser.exit()


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the arguments; ``command`` is ``screen``, ``status`` or ``doctor``.

    Exits with status 2 and one line on stderr on wrong usage, as argparse does.
    """
    if argv and argv[0] in COMMANDS:
        return _command(argv[0]).parse_args(argv[1:], argparse.Namespace(command=argv[0]))
    screen = _screen()
    arguments = screen.parse_args(argv, argparse.Namespace(command="screen"))
    for command in COMMANDS:
        if command in arguments.targets:
            screen.error(f"{command} goes first: subdeck {command} ...")
    return arguments


def _screen() -> _Parser:
    parser = _Parser(
        prog="subdeck",
        description="Operations console for live-booted hosts and their subhosts.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show it and exit")
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")
    parser.add_argument("--theme", choices=("dark", "light", "terminal"), help="colours")
    parser.add_argument("--mouse", action="store_true", help="take mouse events (default: off)")
    _common(parser)
    return parser


def _command(name: str) -> _Parser:
    parser = _Parser(prog=f"subdeck {name}", description=_ABOUT[name])
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    if name == "status":
        parser.add_argument("--watch", action="store_true", help="again at every interval")
        parser.add_argument(
            "--sort",
            choices=("fill", "name", "rate", "kind"),
            default="fill",
            help="order of levels",
        )
    _common(parser)
    return parser


_ABOUT = {
    "status": "Every level and subhost of the targets, once.",
    "doctor": "What this console can see here, what it lacks, and what to do about it.",
}


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text}: no such folder")
    return path


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="HOST or HOST/SUBHOST")
    parser.add_argument("--config", type=Path, metavar="FILE", help="instead of config.toml")
    parser.add_argument(
        "--root",
        type=_folder,
        default=Path("/"),
        metavar="DIR",
        help="read /proc, /sys, /etc and /run below DIR",
    )
