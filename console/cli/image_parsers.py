"""Command lines of ``subdeck images``: what there is, who runs it, and what becomes of it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from console.cli.parser import Parser, common, configured, count, doing, seconds, unlocking
from console.images.manifest import Role
from console.model import Style
from console.parse.amount import amount
from console.toml import meant

_IMAGE = "[STORE:]NAME[/VERSION]; without a version the current one, else the newest"
_PATIENCE = 10.0
"""Seconds to wait for hosts, unless ``--timeout`` says."""


def chosen(words: Sequence[str]) -> tuple[Parser, Sequence[str]]:
    """Return the parser of what is to be done with images, and the words that are for it."""
    deed = words[0] if words else ""
    if deed == "build":
        from console.cli.images_build import parser

        made = parser()
    elif deed in _DEEDS:
        made = _DEEDS[deed]()
    else:
        return _images(), words
    made.set_defaults(deed=deed)
    return made, words[1:]


def _images() -> Parser:
    """Return what tells of all, and takes nothing else."""
    lines = (f"  subdeck images {deed:9} {told}" for deed, told in _TOLD.items())
    parser = Parser(
        prog="subdeck images",
        usage="%(prog)s {" + ",".join(_TOLD) + "} ...",
        description="Sets of boot files in the stores of the configuration ([[store]]).",
        epilog="\n".join(("commands:", *lines)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("deed", choices=(*_DEEDS, "build"), help=argparse.SUPPRESS)
    return parser


_TOLD: Mapping[str, str] = {
    "list": "what stores hold, who runs it, and which hosts a reboot would change",
    "show": "all that is known of one image",
    "verify": "read every byte, and say who signed it",
    "publish": "put a set into a store of this machine",
    "assign": "say what hosts are to boot",
    "unassign": "say it no more",
    "delete": "take a set out of a store of this machine",
    "prune": "let go sets that were brought to hosts and are of no use there",
    "build": "make a set of Debian packages",
}


def _list() -> Parser:
    parser = _made("list", "What stores hold, who runs it, and which hosts a reboot would change.")
    _asking(parser)
    return parser


def _show() -> Parser:
    parser = _made("show", "All that is known of one image, and of the hosts it is meant for.")
    parser.add_argument("image", metavar="IMAGE", help=_IMAGE)
    _asking(parser)
    return parser


def _verify() -> Parser:
    parser = _made(
        "verify",
        "Reads every byte of images, holds them against their manifests, and says who signed "
        "them. Done is only what is whole and signed by somebody whom its store allows.",
    )
    parser.add_argument("images", nargs="+", metavar="IMAGE", help=_IMAGE)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    _here(parser)
    return parser


def _publish() -> Parser:
    parser = _made(
        "publish",
        "Copies a set into a store in a directory of this machine, checks it meanwhile, and gives "
        "it its name when it is whole on the disk. A version is published once.",
    )
    parser.add_argument("store", metavar="STORE", help="as the configuration names it")
    parser.add_argument(
        "parts",
        nargs="+",
        metavar="FOLDER|ROLE=FILE",
        help="a folder with a manifest.json; or the files of a set, of which one is made: "
        f"{', '.join(Role)}",
    )
    parser.add_argument("--sign", type=Path, metavar="KEY", help="sign it, as ssh-keygen -f")
    parser.add_argument("--current", action="store_true", help="its name alone is to mean it")
    made = parser.add_argument_group("of files, which have no manifest yet")
    made.add_argument("--name", metavar="NAME")
    made.add_argument("--version", metavar="VERSION")
    made.add_argument(
        "--style",
        dest="styles",
        type=_style,
        action="append",
        metavar="STYLE",
        help="a way to boot it is for, as status tells it; again for more",
    )
    made.add_argument("--ram", type=_bytes, metavar="SIZE", help="memory a host must have")
    made.add_argument("--arch", metavar="ARCH", help="as uname -m (default: what its kernel says)")
    made.add_argument(
        "--kernel-release", metavar="R", help="as uname -r (default: what its kernel says)"
    )
    _changing(parser)
    return parser


def _assign() -> Parser:
    parser = _made("assign", "Says what hosts are to boot; changes nothing on them.")
    parser.add_argument("image", metavar="IMAGE", help=_IMAGE)
    parser.add_argument("targets", nargs="+", metavar="TARGET", help="HOST, or @TAG")
    _changing(parser)
    return parser


def _unassign() -> Parser:
    parser = _made("unassign", "Says no more what hosts are to boot.")
    parser.add_argument("targets", nargs="+", metavar="TARGET", help="HOST, or @TAG")
    _changing(parser)
    return parser


def _delete() -> Parser:
    parser = _made(
        "delete",
        "Takes images out of a store in a directory of this machine: none that a host runs or is "
        "to boot, that is current, or that is the last known to be good.",
    )
    parser.add_argument("images", nargs="+", metavar="IMAGE", help=_IMAGE)
    parser.add_argument(
        "--reason",
        metavar="REASON",
        help="delete although hosts could not be asked whether they run it; it is recorded",
    )
    _changing(parser)
    _patience(parser)
    parser.set_defaults(targets=())
    return parser


def _prune() -> Parser:
    parser = _made(
        "prune",
        "Lets go, by a plan, sets that were brought to hosts: none that runs there, is armed, "
        "assigned, current or known to be good, that a subhost stands on, or that a rollout "
        "which is not over may need.",
    )
    parser.add_argument(
        "--keep",
        type=count,
        default=2,
        metavar="N",
        help="of each name let the newest N stay in any case (default: 2)",
    )
    parser.add_argument(
        "--stage-in", metavar="DIR", help="look into this folder of hosts, as upgrade --stage-in"
    )
    doing(parser)
    unlocking(parser)
    common(parser, "HOST", "whose sets", least="+", root=False)
    return parser


_DEEDS: Mapping[str, Callable[[], Parser]] = {
    "list": _list,
    "show": _show,
    "verify": _verify,
    "publish": _publish,
    "assign": _assign,
    "unassign": _unassign,
    "delete": _delete,
    "prune": _prune,
}


def _made(deed: str, description: str) -> Parser:
    return Parser(prog=f"subdeck images {deed}", description=description)


def _asking(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--no-hosts", action="store_true", help="ask no host what it runs")
    how.add_argument(
        "--digest",
        action="store_true",
        help="have hosts read all of the squashfs they run, and go by its SHA-256",
    )
    _patience(parser)
    hosts = "whom to ask what they run (default: this host and the configured ones)"
    common(parser, "HOST", hosts, root=False)


def _patience(parser: Parser) -> None:
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=_PATIENCE,
        metavar="S",
        help=f"give up on a host after S seconds (default: {_PATIENCE:g})",
    )


def _changing(parser: Parser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, no more")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    _here(parser)


def _here(parser: Parser) -> None:
    configured(parser)
    parser.set_defaults(root=Path("/"))


def _style(text: str) -> Style:
    known = [str(style) for style in Style if style is not Style.UNKNOWN]
    if text not in known:
        raise argparse.ArgumentTypeError(f"{text}: no way to boot{meant(text, known)}")
    return Style(text)


def _bytes(text: str) -> int:
    try:
        found = amount(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if found.more:
        raise argparse.ArgumentTypeError(f"{text}: is no size such as 512M or 2G")
    return found.of(0)
