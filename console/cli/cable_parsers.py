"""Command lines of ``subdeck cables`` and ``subdeck cable``."""

from __future__ import annotations

import argparse

from console.cli.parser import Parser, common, doing, timeout, unlocking
from console.recabling import LEAST, MOST, PATIENCE


def cables() -> Parser:
    """Return that of ``subdeck cables``."""
    parser = Parser(
        prog="subdeck cables",
        description="The cabling of hosts: uplinks, bonds, VLANs, bridges and what is plugged in "
        "there, each cable to its end inside a subhost, with what differs from CABLES. Changes "
        "nothing.",
    )
    parser.add_argument(
        "--trace",
        metavar="IF",
        help="follow an interface of TARGET, eth0, out to the wire, and say where the way breaks; "
        "of a HOST also NETNS:IF",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")
    timeout(parser)
    common(parser, "TARGET", "HOST or HOST/SUBHOST (default: this host and the configured ones)")
    return parser


def cable() -> Parser:
    """Return that of ``subdeck cable``."""
    parser = Parser(
        prog="subdeck cable",
        usage="%(prog)s [options] HOST/SUBHOST... IF --bridge BR | --no-bridge | "
        "--vlan N [--bridge BR] | --no-vlan N | --mac ADDRESS | --up",
        description="Change a cable of running subhosts, as it is now: CABLES stays as it is. "
        "The plan is shown and confirmed first. It runs as a job on the host, which takes all "
        "back by itself where it cuts us off.",
        epilog="exit status: 0 done, 1 failed on some target, 2 wrong usage or configuration",
    )
    parser.add_argument("--bridge", metavar="BR", help="plug the host's end into this bridge")
    parser.add_argument("--no-bridge", action="store_true", help="take it out of its bridge")
    parser.add_argument("--vlan", metavar="N", help="make a VLAN on it; with --bridge in that")
    parser.add_argument("--no-vlan", metavar="N", help="remove that VLAN from it")
    parser.add_argument("--mac", metavar="ADDRESS", help="of the end inside")
    parser.add_argument("--up", action="store_true", help="set up all that is down on its way out")
    parser.add_argument(
        "--back-after",
        type=patience,
        default=PATIENCE,
        metavar="S",
        help="where it may cut us off: take all back unless the host is reached anew within S "
        f"seconds (default: {PATIENCE})",
    )
    doing(parser)
    unlocking(parser)
    common(parser, "TARGET", "HOST/SUBHOST", least="+", root=False)
    parser.add_argument("interface", metavar="IF", help="either end: eth0, mta0, or mta0.5")
    return parser


def patience(text: str) -> int:
    """Return seconds that are long enough for a new connection."""
    if not (text.isascii() and text.isdigit() and LEAST <= int(text) <= MOST):
        raise argparse.ArgumentTypeError(f"{text}: no seconds from {LEAST} to {MOST}")
    return int(text)
