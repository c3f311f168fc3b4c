"""What the command lines of all commands share: how they complain, and what words they take."""

from __future__ import annotations

import argparse
import math
import re
from pathlib import Path
from typing import NoReturn

from console import when

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line instead of a page of usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"subdeck: {message} (see subdeck --help)\n")


def common(
    parser: argparse.ArgumentParser,
    target: str,
    meaning: str,
    *,
    least: str = "*",
    root: bool = True,
) -> None:
    """Add what nearly every command takes: at ``least`` so many targets, and where to look."""
    parser.add_argument("targets", nargs=least, metavar=target, help=meaning)
    configured(parser)
    if not root:
        parser.set_defaults(root=Path("/"))
        return
    parser.add_argument(
        "--root",
        type=folder,
        default=Path("/"),
        metavar="DIR",
        help="read /proc, /sys, /etc and /run of this host below DIR",
    )


def configured(parser: argparse.ArgumentParser) -> None:
    """Add where settings are read."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="instead of config.toml")
    parser.add_argument(
        "-F",
        "--ssh-config",
        type=file,
        metavar="FILE",
        help="instead of OpenSSH's own configuration, as of ssh -F",
    )


def timeout(parser: argparse.ArgumentParser) -> None:
    """Add how long a host may take to answer."""
    parser.add_argument(
        "--timeout", type=seconds, metavar="S", help="give up on a host after S seconds"
    )


def doing(parser: argparse.ArgumentParser) -> None:
    """Add what every command takes that does something by plans."""
    parser.add_argument(
        "--dry-run", action="store_true", help="print the script that would run, and do nothing"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--json",
        action="store_true",
        help="one document: outcomes with --yes, plans with --dry-run",
    )
    parser.add_argument(
        "--timeout",
        type=seconds,
        metavar="S",
        help="wait S seconds for a host's answer, and for a job's end; the job goes on",
    )


def unlocking(parser: argparse.ArgumentParser) -> None:
    """Add what lets protected hosts be changed."""
    parser.add_argument(
        "--unlock", metavar="REASON", help="change protected hosts too; the reason is recorded"
    )


def share(text: str) -> tuple[str, str]:
    """Return folder of the host and place inside, the same unless ``:`` divides them."""
    outside, _, inside = text.partition(":")
    inside = inside or outside
    if not (outside.startswith("/") and inside.startswith("/")):
        raise argparse.ArgumentTypeError(f"{text}: does not start with /")
    return outside, inside


def count(text: str) -> int:
    """Return a number of lines."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 10_000):
        raise argparse.ArgumentTypeError(f"{text}: no number from 1 to 10000")
    return int(text)


def folder(text: str) -> Path:
    """Return a folder there is."""
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text}: no such folder")
    return path


def file(text: str) -> Path:
    """Return a file there is, absolute."""
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{text}: no such file")
    return path.absolute()


def seconds(text: str) -> float:
    """Return seconds above zero."""
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not 0 < found < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: no number of seconds above zero")
    return found


def span(text: str) -> float:
    """Return seconds of a span above zero as ``90``, ``90s``, ``10m``, ``6h`` or ``2d``."""
    try:
        return when.seconds(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def fingerprint(text: str) -> str:
    """Return a SHA256 fingerprint."""
    if not _FINGERPRINT.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text}: no fingerprint as ssh-keygen -l tells it")
    return text
