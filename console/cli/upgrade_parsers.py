"""Command line of ``subdeck upgrade``."""

from __future__ import annotations

import argparse
from pathlib import Path

from console.cli.parser import Parser, common, doing, file
from console.images.manifest import Role
from console.images.supply import HOME
from console.plan import Method


def upgrade() -> Parser:
    """Return that of ``subdeck upgrade``."""
    parser = Parser(
        prog="subdeck upgrade",
        description="Boots another image in the place of the one that runs, in the way that fits "
        "how the host was booted: what the host is to use is brought there first, the plan is "
        "shown and confirmed, the job runs there, and it is done when the host is back and shows "
        "the new image. The way back is the same command with the old image.",
        epilog="exit status: 0 done, 1 failed on some target, 2 wrong usage or configuration",
    )
    _image(parser)
    _how(parser)
    bringing(parser)
    doing(parser)
    parser.add_argument(
        "--unlock", metavar="REASON", help="change protected hosts too; the reason is recorded"
    )
    common(parser, "TARGET", "HOST or HOST/SUBHOST", least="+", root=False)
    return parser


def _image(parser: Parser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--image", metavar="NAME[@VERSION]", help="a set in a store, as subdeck images list has it"
    )
    what.add_argument(
        "--file",
        action="append",
        type=part,
        default=[],
        metavar="ROLE=PATH",
        help="a file here, of the role kernel, initrd, squashfs or cmdline; once for each",
    )
    what.add_argument(
        "--lower",
        metavar="PATH",
        help="what is to be LOWER of the subhosts named: a folder or an image there",
    )


def _how(parser: Parser) -> None:
    parser.add_argument(
        "--method",
        type=Method,
        choices=list(Method),
        metavar="HOW",
        help=f"{', '.join(Method)} (default: by how the host was booted)",
    )
    parser.add_argument(
        "--switch",
        metavar="[HOST:]PATH",
        help="have this iPXE script, or symlink to a folder, hand out the image first",
    )
    parser.add_argument(
        "--in-spite",
        metavar="REASON",
        help="take an image that is unsigned, or older than what runs; the reason is recorded",
    )


def bringing(parser: argparse.ArgumentParser) -> None:
    """Add how sets get to hosts."""
    parser.add_argument(
        "--stage-in",
        metavar="DIR",
        help="folder of hosts to bring it to (default: stage_in of the host in the "
        f"configuration, else {HOME})",
    )
    parser.add_argument(
        "--pull",
        action="store_true",
        help="have hosts fetch it by themselves where its store has a url and they have curl or "
        "wget; else it goes over SSH",
    )


def part(text: str) -> tuple[Role, Path]:
    """Return role and path of a file."""
    role, _, path = text.partition("=")
    if role not in set(Role) or not path:
        raise argparse.ArgumentTypeError(f"{text}: no ROLE=PATH, with one of {', '.join(Role)}")
    return Role(role), file(path)
