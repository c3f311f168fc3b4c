"""Command lines of ``subdeck rollout``."""

from __future__ import annotations

import argparse
from pathlib import Path

from console.cli.parser import Parser, common, configured, span, timeout
from console.cli.upgrade_parsers import bringing
from console.plan import Method
from console.rollout.waves import Portion, portion, portions

_ID = "a rollout, by the beginning of its id (default: the one that is not over)"


def rollout() -> Parser:
    """Return that of ``subdeck rollout``, whose ``deed`` is what is to be done."""
    parser = Parser(
        prog="subdeck rollout",
        description="Upgrades many hosts in waves: a canary, some, the rest. Each "
        "must pass every gate; where one fails, its wave goes back to the image it had.",
        epilog="exit status: 0 done, 1 stopped before its end, 2 wrong usage or configuration",
    )
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED", parser_class=Parser)
    _start(deeds.add_parser("start", help="begin one and drive it to its end"))
    for name, meaning in (
        ("list", "all rollouts whose journals are kept here"),
        ("show", "how one stands: its waves, and what became of whom"),
        ("pause", "take no other host until it is resumed"),
        ("resume", "go on with one that is paused, or whose console is gone"),
        ("abort", "take no other host, and take back the wave under way"),
    ):
        deed = deeds.add_parser(name, help=meaning, description=meaning[0].upper() + meaning[1:])
        if name != "list":
            deed.add_argument("id", nargs="?", default="", metavar="ID", help=_ID)
        deed.add_argument("--json", action="store_true", help="one JSON document on stdout")
        if name in {"resume", "abort"}:
            _driving(deed)
        configured(deed)
        deed.set_defaults(root=Path("/"))
    return parser


def _start(parser: Parser) -> None:
    parser.add_argument(
        "--image", required=True, metavar="NAME", help="NAME/VERSION, as subdeck images lists them"
    )
    parser.add_argument(
        "--waves",
        type=waves,
        default="1,10%,rest",
        metavar="N,N%,rest",
        help="how many hosts each wave has, one after the other (default: 1,10%%,rest)",
    )
    parser.add_argument(
        "--max-unavailable",
        type=share,
        default="10%",
        metavar="N|N%",
        help="hosts that may be unavailable at once (default: 10%%, at least 1)",
    )
    _gates(parser)
    parser.add_argument(
        "--method",
        type=Method,
        choices=[each for each in Method if each not in {Method.LOWER, Method.NETWORK}],
        metavar="HOW",
        help="init, kexec, medium or swap (default: by how each host was booted)",
    )
    bringing(parser)
    parser.add_argument(
        "--in-spite",
        metavar="REASON",
        help="take an image that is unsigned, or older than what runs; the reason is recorded",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say who would be in which wave, and do nothing"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    _driving(parser)
    common(parser, "TARGET", "HOST", least="+", root=False)


def _gates(parser: Parser) -> None:
    parser.add_argument(
        "--soak",
        type=span,
        default="5m",
        metavar="SPAN",
        help="for how long every gate must pass after a wave (default: 5m)",
    )
    parser.add_argument(
        "--limit",
        type=span,
        default="10m",
        metavar="SPAN",
        help="how long a host may take until every gate passes (default: 10m)",
    )
    parser.add_argument(
        "--failures",
        type=number,
        default=0,
        metavar="N",
        help="hosts that may fail, and go back, before the rollout stops (default: 0); "
        "of the first of several waves none may",
    )
    parser.add_argument(
        "--gate-command",
        metavar="CMD",
        help="run here by sh for each host, with $SUBDECK_TARGET, $SUBDECK_HOST and "
        "$SUBDECK_IMAGE; the host passes with exit status 0",
    )


def _driving(parser: Parser) -> None:
    timeout(parser)
    parser.add_argument(
        "--unlock", metavar="REASON", help="change protected hosts too; the reason is recorded"
    )


def waves(text: str) -> tuple[Portion, ...]:
    """Return the waves before the last."""
    try:
        return portions(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def share(text: str) -> Portion:
    """Return a number of hosts, or a share."""
    try:
        return portion(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def number(text: str) -> int:
    """Return a number of hosts, perhaps none."""
    if not (text.isascii() and text.isdigit() and int(text) <= 1_000_000):
        raise argparse.ArgumentTypeError(f"{text}: no number of hosts")
    return int(text)
