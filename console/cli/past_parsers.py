"""Command lines of what was: the history, capsules and their replay."""

from __future__ import annotations

from pathlib import Path

from console.cli.parser import Parser, common, file, seconds, span, timeout
from console.when import FORMS


def history() -> Parser:
    """Return that of ``subdeck history``."""
    parser = Parser(
        prog="subdeck history",
        description="How full levels were, from what consoles on this machine have recorded; "
        "nobody is asked.",
    )
    parser.add_argument(
        "--level", metavar="ID", help="this level alone, and drawn as a chart where it is one"
    )
    parser.add_argument(
        "--since", type=span, default=6 * 3600.0, metavar="SPAN", help="how far back (default: 6h)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")
    common(parser, "TARGET", "HOST or HOST/SUBHOST", least="+", root=False)
    return parser


def capsule() -> Parser:
    """Return that of ``subdeck capsule``."""
    parser = Parser(
        prog="subdeck capsule",
        description="Looks at the targets a few times and writes what is known of them into one "
        "file: pictures, samples, what was done, our configuration, raw answers; secrets are "
        "left out. The key C of the screen does the same with its last 15 minutes.",
    )
    parser.add_argument(
        "-o",
        "--output",
        default=".",
        metavar="FILE",
        help="a new file, or a folder for one (default: here)",
    )
    parser.add_argument(
        "--minutes",
        type=seconds,
        default=15.0,
        metavar="N",
        help="how far back recorded samples go (default: 15)",
    )
    timeout(parser)
    common(parser, "TARGET", "HOST (default: this host and the configured ones)")
    return parser


def replay() -> Parser:
    """Return that of ``subdeck replay``."""
    parser = Parser(
        prog="subdeck replay",
        description="The screens as of a recorded moment: of a capsule, or, with --at alone, the "
        "levels in the history on this machine. t and T go from sample to sample, b to a time, "
        "Space plays. Without a terminal what was then is printed.",
    )
    parser.add_argument("file", nargs="?", type=file, metavar="FILE", help="a capsule")
    parser.add_argument("--at", metavar="TIME", help=f"where to begin: {FORMS}")
    parser.add_argument("--config", type=Path, metavar="FILE", help="instead of config.toml")
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")
    parser.add_argument("--theme", choices=("dark", "light", "terminal"), help="colours")
    parser.add_argument("--mouse", action="store_true", help="take mouse events (default: off)")
    return parser
