"""The command line as data: what was asked for, or one clear line of why it makes no sense."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from console.cli.cable_parsers import cable, cables
from console.cli.image_parsers import chosen
from console.cli.level_parsers import of_levels, relief, writers
from console.cli.parser import (
    Parser,
    common,
    count,
    doing,
    fingerprint,
    seconds,
    share,
    timeout,
    unlocking,
)
from console.cli.past_parsers import capsule, history, replay
from console.cli.rollout_parsers import rollout
from console.cli.upgrade_parsers import upgrade
from console.cli.usage import EPILOG, VERBS
from console.plan import ON_STORES

_LOOKING = (
    *("cables", "images", "logs", "writers", "relief", "history", "capsule", "replay", "doctor"),
)
COMMANDS = ("status", *VERBS, "cable", "upgrade", "rollout", "enter", "jobs", *_LOOKING)

_DOING = (*VERBS, "cable", "upgrade")


class _Version(argparse.Action):
    """Looks the version up, which takes longer than everything else here, only when asked."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        sys.stdout.write(f"subdeck {version('subdeck')}\n")
        parser.exit()


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the arguments; ``command`` is ``screen`` or one of ``COMMANDS``.

    Exits with status 2 and one line on stderr on wrong usage, as argparse does.
    """
    if argv and argv[0] in COMMANDS:
        words, inside = _divided(argv) if argv[0] == "enter" else (argv, ())
        command, words = _chosen(words)
        given = argparse.Namespace(command=argv[0], inside=inside)
        arguments = command.parse_args(words, given)
        _refuse_contradictions(command, arguments)
        return arguments
    screen = _screen()
    arguments = screen.parse_args(argv, argparse.Namespace(command="screen"))
    for name in COMMANDS:
        if name in arguments.targets:
            screen.error(f"{name} goes first: subdeck {name} ...")
    return arguments


def _chosen(argv: Sequence[str]) -> tuple[Parser, Sequence[str]]:
    """Return the parser of a command, and the words that are for it."""
    name, *words = argv
    if name == "images":
        return chosen(words)
    return _deed(name) if name in VERBS else _OTHERS[name](), words


def _divided(argv: Sequence[str]) -> tuple[Sequence[str], tuple[str, ...]]:
    """Return what stands before the first ``--``, and what stands after it, untouched."""
    at = argv.index("--") if "--" in argv else len(argv)
    return argv[:at], tuple(argv[at + 1 :])


def _refuse_contradictions(parser: Parser, arguments: argparse.Namespace) -> None:
    if arguments.command == "status" and arguments.watch and arguments.timeout is not None:
        parser.error("--timeout is for a single look, --watch never waits for anybody")
    if arguments.command == "doctor":
        for word in arguments.targets:
            if "/" in word:
                parser.error(f"{word}: doctor looks at hosts, not at subhosts")
        if arguments.accept_key and len(arguments.targets) != 1:
            parser.error("--accept-key is for one HOST")
    if arguments.command == "enter" and len(arguments.targets) != 1:
        parser.error("enter takes one TARGET; a command stands after --")
    if arguments.command == "grow" and arguments.to is None and arguments.inodes is None:
        parser.error("grow by how much? --to SIZE, or --inodes N")
    if arguments.command in _DOING and arguments.json and not (arguments.yes or arguments.dry_run):
        parser.error("--json asks nothing: add --yes, or --dry-run for the plans alone")


def _screen() -> Parser:
    parser = Parser(
        prog="subdeck",
        description="Operations console for live-booted hosts and their subhosts.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show it and exit")
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")
    parser.add_argument("--theme", choices=("dark", "light", "terminal"), help="colours")
    parser.add_argument("--mouse", action="store_true", help="take mouse events (default: off)")
    parser.add_argument("--read-only", action="store_true", help="let nothing be changed")
    common(parser, "TARGET", "HOST or HOST/SUBHOST")
    return parser


def _status() -> Parser:
    parser = Parser(
        prog="subdeck status", description="Every level and subhost of the targets, once."
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--watch", action="store_true", help="again at every interval")
    parser.add_argument(
        "--sort",
        choices=("full", "fill", "name", "rate", "kind"),
        default="full",
        help="order of levels: full (the default) has those first that are full soonest",
    )
    timeout(parser)
    common(parser, "TARGET", "HOST or HOST/SUBHOST (default: this host and the configured ones)")
    return parser


def _doctor() -> Parser:
    parser = Parser(
        prog="subdeck doctor",
        description="What this console can see of a host and how, what it lacks, what looking "
        "costs there, and what to do about it.",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument(
        "--accept-key",
        type=fingerprint,
        metavar="SHA256:...",
        help="make this key, which HOST offers and nobody knew, known from now on",
    )
    common(parser, "HOST", "a host (default: this one)")
    return parser


def _deed(verb: str) -> Parser:
    parser = Parser(
        prog=f"subdeck {verb}",
        description=VERBS[verb] + " The plan is shown and confirmed first. It runs as a job on "
        "the host, which goes on whatever becomes of this end.",
        epilog="exit status: 0 done, 1 failed on some target, 2 wrong usage or configuration",
    )
    _particular(parser, verb)
    doing(parser)
    unlocking(parser)
    where = "HOST or HOST/SUBHOST" if verb in ON_STORES else "HOST/SUBHOST"
    common(parser, "TARGET", where, least="+", root=False)
    return parser


def _particular(parser: Parser, verb: str) -> None:
    if verb in ON_STORES:
        of_levels(parser, verb)
    if verb in {"share", "unshare"}:
        parser.add_argument(
            "share", type=share, metavar="DIR[:INSIDE]", help="of the host, and where inside"
        )
    if verb == "kill":
        parser.add_argument(
            "-s", "--signal", default="TERM", metavar="NAME", help="as of kill -l (default: TERM)"
        )
    if verb in {"stop", "restart"}:
        parser.add_argument(
            "--patience",
            type=seconds,
            default=10.0,
            metavar="S",
            help="seconds a service, and then what is left, has to end by itself (default: 10)",
        )


def _jobs() -> Parser:
    parser = Parser(
        prog="subdeck jobs",
        description="Jobs that run, or ran since boot, whoever began them; newest first.",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--follow", metavar="ID", help="show what it says until it ends")
    which.add_argument("--finish", metavar="ID", help="let one that was killed go on")
    which.add_argument("--roll-back", metavar="ID", help="take back what one that was killed did")
    which.add_argument(
        "--audit", action="store_true", help="what this console's operators did, from its record"
    )
    timeout(parser)
    unlocking(parser)
    common(
        parser,
        "TARGET",
        "HOST or HOST/SUBHOST (default: this host and the configured ones)",
        root=False,
    )
    return parser


def _logs() -> Parser:
    parser = Parser(prog="subdeck logs", description="What subhosts last said.")
    parser.add_argument(
        "-n", "--lines", type=count, default=20, metavar="N", help="lines at most (default: 20)"
    )
    timeout(parser)
    common(parser, "TARGET", "HOST/SUBHOST", least="+", root=False)
    return parser


def _enter() -> Parser:
    parser = Parser(
        prog="subdeck enter",
        usage="%(prog)s [options] HOST[/SUBHOST] [-- COMMAND...]",
        description="A shell in a subhost or on a host, bash where there is one, or a COMMAND in "
        "its place. Where input or output is no terminal, bytes pass as they are.",
        epilog="exit status: the COMMAND's, 128 + n where signal n ended it; 1 when it could not "
        "be begun, 255 when the link was lost before it ended, 2 wrong usage or configuration",
    )
    parser.add_argument(
        "--tmux", choices=("pane", "window"), help="in a pane or window of the tmux around us"
    )
    timeout(parser)
    unlocking(parser)
    common(parser, "TARGET", "HOST or HOST/SUBHOST, one", least="+", root=False)
    return parser


_OTHERS = {
    "status": _status,
    "doctor": _doctor,
    "enter": _enter,
    "jobs": _jobs,
    "logs": _logs,
    "cable": cable,
    "cables": cables,
    "upgrade": upgrade,
    "rollout": rollout,
    "writers": writers,
    "relief": relief,
    "history": history,
    "capsule": capsule,
    "replay": replay,
}
