"""The command line as data: what was asked for, or one clear line of why it makes no sense."""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

COMMANDS = ("status", "doctor")

_EPILOG = """\
commands:
  subdeck [TARGET...]          the screen (default: this host and the configured ones)
  subdeck status [TARGET...]   levels and subhosts as a table, or --json
  subdeck doctor [HOST...]     what is reachable, permitted, missing, and the remedy

TARGET is HOST or HOST/SUBHOST; globs (web*) and lists (web[01-40]) are allowed.
HOST is "local", a configured name, an alias of ~/.ssh/config, @TAG or [USER@]ADDRESS[:PORT].
exit status: 0 done, 1 the request failed on some target, 2 wrong usage or configuration
"""
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


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
        command = _status() if argv[0] == "status" else _doctor()
        arguments = command.parse_args(argv[1:], argparse.Namespace(command=argv[0]))
        _refuse_contradictions(command, arguments)
        return arguments
    screen = _screen()
    arguments = screen.parse_args(argv, argparse.Namespace(command="screen"))
    for name in COMMANDS:
        if name in arguments.targets:
            screen.error(f"{name} goes first: subdeck {name} ...")
    return arguments


def _refuse_contradictions(parser: _Parser, arguments: argparse.Namespace) -> None:
    if arguments.command == "status" and arguments.watch and arguments.timeout is not None:
        parser.error("--timeout is for a single look, --watch never waits for anybody")
    if arguments.command == "doctor":
        for word in arguments.targets:
            if "/" in word:
                parser.error(f"{word}: doctor looks at hosts, not at subhosts")
        if arguments.accept_key and len(arguments.targets) != 1:
            parser.error("--accept-key is for one HOST")


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
    _common(parser, "TARGET", "HOST or HOST/SUBHOST")
    return parser


def _status() -> _Parser:
    parser = _Parser(
        prog="subdeck status", description="Every level and subhost of the targets, once."
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--watch", action="store_true", help="again at every interval")
    parser.add_argument(
        "--sort",
        choices=("fill", "name", "rate", "kind"),
        default="fill",
        help="order of levels",
    )
    parser.add_argument(
        "--timeout", type=_seconds, metavar="S", help="give up on a host after S seconds"
    )
    _common(parser, "TARGET", "HOST or HOST/SUBHOST (default: this host and the configured ones)")
    return parser


def _doctor() -> _Parser:
    parser = _Parser(
        prog="subdeck doctor",
        description="What this console can see of a host and how, what it lacks, what looking "
        "costs there, and what to do about it.",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument(
        "--accept-key",
        type=_fingerprint,
        metavar="SHA256:...",
        help="make this key, which HOST offers and nobody knew, known from now on",
    )
    _common(parser, "HOST", "a host (default: this one)")
    return parser


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text}: no such folder")
    return path


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{text}: no such file")
    return path.absolute()


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: no number of seconds above zero")
    return seconds


def _fingerprint(text: str) -> str:
    if not _FINGERPRINT.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text}: no fingerprint as ssh-keygen -l tells it")
    return text


def _common(parser: argparse.ArgumentParser, target: str, meaning: str) -> None:
    parser.add_argument("targets", nargs="*", metavar=target, help=meaning)
    parser.add_argument("--config", type=Path, metavar="FILE", help="instead of config.toml")
    parser.add_argument(
        "-F",
        "--ssh-config",
        type=_file,
        metavar="FILE",
        help="instead of OpenSSH's own configuration, as of ssh -F",
    )
    parser.add_argument(
        "--root",
        type=_folder,
        default=Path("/"),
        metavar="DIR",
        help="read /proc, /sys, /etc and /run of this host below DIR",
    )
