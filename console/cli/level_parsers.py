"""Command lines of what is asked and done about one level."""

from __future__ import annotations

import argparse

from console.ballast_rule import MOST
from console.cli.parser import Parser, common, span, timeout
from console.parse.amount import Amount, amount
from console.plan import ON_BALLAST, Verb


def writers() -> Parser:
    """Return that of ``subdeck writers``."""
    parser = Parser(
        prog="subdeck writers",
        description="Who is filling a level: the processes that write there, the largest and "
        "fastest growing files and folders, and deleted files that are still open. Changes "
        "nothing. Takes some seconds and gives way to all else on the host.",
    )
    _asked(parser)
    return parser


def relief() -> Parser:
    """Return that of ``subdeck relief``."""
    parser = Parser(
        prog="subdeck relief",
        description="What can be done about a level that fills, best first, each with what it "
        "gains and risks, or why not, and the command that does it. Changes nothing; looks as "
        "writers does.",
    )
    _asked(parser)
    return parser


def of_levels(parser: Parser, verb: str) -> None:
    """Add what a deed on a level takes besides what all deeds do."""
    if verb == Verb.GROW:
        _grown(parser)
    elif verb == Verb.VACUUM:
        parser.add_argument(
            "--to", type=size, metavar="SIZE", help="what may stay of it (default: 16M)"
        )
        parser.set_defaults(path=None)
    elif verb in ON_BALLAST:
        _held(parser, verb)
    else:
        what = "folder of the cache" if verb == Verb.PURGE else "file, as it is called there"
        parser.add_argument("path", metavar="PATH", help=what)


def _asked(parser: Parser) -> None:
    parser.add_argument(
        "--level", metavar="ID", help="as status lists them (default: the soonest full)"
    )
    parser.add_argument(
        "--since",
        type=span,
        metavar="SPAN",
        help="tell what changed in this time as grown (default: 10m)",
    )
    parser.add_argument(
        "--whole",
        action="store_true",
        help="look until all of the store was seen, however long that takes",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    timeout(parser)
    common(parser, "TARGET", "HOST or HOST/SUBHOST", least="+", root=False)


def _grown(parser: Parser) -> None:
    parser.add_argument(
        "--level", metavar="ID", help="as status lists them (default: the soonest full)"
    )
    parser.add_argument(
        "--to",
        type=size,
        metavar="SIZE",
        help="what it is to hold in all: 512M, 2G; or how much more: +256M, +50%%",
    )
    parser.add_argument(
        "--inodes", type=whole, metavar="N", help="inodes it is to hold in all: of a tmpfs"
    )


def _held(parser: Parser, verb: str) -> None:
    parser.add_argument(
        "--level", metavar="ID", help="as status lists them (default: the root of the target)"
    )
    if verb == Verb.HOLD:
        parser.add_argument(
            "--to", type=size, metavar="SIZE", help="bytes of it (default: 2M, or as configured)"
        )
        parser.add_argument(
            "--inodes", type=few, metavar="N", help="inodes of it (default: 64, likewise)"
        )


def size(text: str) -> Amount:
    """Return an amount of bytes."""
    try:
        return amount(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def few(text: str) -> int:
    """Return a number of inodes of a ballast."""
    if (number := whole(text)) > MOST:
        raise argparse.ArgumentTypeError(f"{text}: at most {MOST}")
    return number


def whole(text: str) -> int:
    """Return a number of inodes."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 1 << 40):
        raise argparse.ArgumentTypeError(f"{text}: no number of inodes")
    return int(text)
