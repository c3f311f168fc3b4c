"""Command line of ``subdeck cables``."""

from __future__ import annotations

from console.cli.parser import Parser, common, timeout


def cables() -> Parser:
    """Return it."""
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
