"""``subdeck images build``: boot files of Debian packages, and where their bytes went."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from console.clean import clean_path
from console.cli.parser import Parser, file, folder
from console.cli.saying import say
from console.cli.tables import new_table, rendered
from console.contract import Json
from console.errors import ConsoleError
from console.images.manifest import is_word
from console.images.manifest import rendered as rendered_manifest
from console.images.recipe import COMPRESSORS, EVERY, PACKAGES, PRUNED, Form, Recipe
from console.images.sizes import Share
from screens import marks

if TYPE_CHECKING:
    from backends.images.build import Built

_EPILOG = f"""\
Every image has {", ".join(PACKAGES)} and what they depend on. No script of a package is run.
With SOURCE_DATE_EPOCH set, the same packages give the same bytes.
exit status: 0 done, 2 not made
"""


def parser() -> Parser:
    """Return that of ``subdeck images build``."""
    made = Parser(
        prog="subdeck images build",
        description="Makes a set of boot files (kernel, initrd, squashfs, manifest) of Debian "
        "packages in a new folder NAME-VERSION.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "name", type=_word, metavar="NAME", help="of the set, and of the image of its hosts"
    )
    made.add_argument("--version", type=_word, required=True, metavar="V", help="of this build")
    made.add_argument(
        "--style",
        type=Form,
        choices=list(Form),
        default=Form.RAM,
        help="ram (the default): the initrd is the root; squashfs: an overlay on a squashfs",
    )
    _content(made)
    _origin(made)
    made.add_argument(
        "--output", type=folder, default=Path(), metavar="DIR", help="where (default: here)"
    )
    made.add_argument("--size-report", action="store_true", help="bytes of every package")
    made.add_argument("--json", action="store_true", help="one JSON document on stdout")
    return made


def run(arguments: Namespace) -> int:
    """Make a set; print where it is and, where asked, what its packages take."""
    from backends.images.apt import origin
    from backends.images.build import build

    recipe = _recipe(arguments)
    if not (recipe.keys or arguments.files):
        say("nobody can log in to what this makes: --authorized-keys FILE lets you")
    recipe = origin(recipe, arguments.mirror, arguments.suite)
    built = build(recipe, arguments.files, arguments.output, say)
    if arguments.json:
        sys.stdout.write(json.dumps(_document(built)) + "\n")
        return 0
    if arguments.size_report:
        sys.stdout.write(report(built.shares, built.pruned))
    size, memory = marks.size(built.manifest.size), marks.size(built.manifest.ram)
    sys.stdout.write(f"{built.folder}: {size}, for hosts of {memory} and more\n")
    return 0


def report(shares: Sequence[Share], pruned: Mapping[str, int]) -> str:
    """Return what each package takes, and what was left out, as text."""
    columns = ("PACKAGE", "SIZE", "SHARE", "LEFT OUT")
    table = new_table(*columns, right=columns[1:])
    for each in shares:
        gone = marks.size(each.pruned) if each.pruned else ""
        table.add_row(*map(Text, (each.package, marks.size(each.size), f"{each.share:.1%}", gone)))
    table.add_row("all", marks.size(sum(each.size for each in shares)), "100.0%")
    told = ", ".join(f"{kind} {marks.size(size)}" for kind, size in pruned.items())
    return rendered([table]) + (f"left out: {told}\n" if told else "")


def _recipe(arguments: Namespace) -> Recipe:
    """Return what was asked for. Raises ``ConsoleError`` for what makes no sense together."""
    form, words = arguments.style, arguments.cmdline.split()
    if arguments.fetch and form is not Form.SQUASHFS:
        raise ConsoleError("--fetch URL is for --style squashfs")
    if form is Form.RAM and any(word.startswith("root=") for word in words):
        raise ConsoleError(
            "root= on the command line: the root would have no limit", "leave it out"
        )
    return Recipe(
        name=arguments.name,
        version=arguments.version,
        form=form,
        sources=(),
        epoch=_epoch(),
        packages=arguments.packages,
        kernel=arguments.kernel or "",
        modules=arguments.modules,
        keep=frozenset(arguments.keep),
        packed=arguments.compression,
        fetch=arguments.fetch,
        cmdline=" ".join(words),
        keys=_keys(arguments.authorized_keys),
    )


def _keys(path: Path | None) -> str:
    text = path.read_text(errors="replace") if path else ""
    if "PRIVATE KEY" in text:
        raise ConsoleError(f"{clean_path(str(path))}: is a private key", "name its .pub file")
    return text


def _content(made: Parser) -> None:
    made.add_argument(
        "--packages", type=_words, default=(), metavar="A,B", help="besides those every image has"
    )
    made.add_argument(
        "--modules",
        type=_words,
        default=(),
        metavar="A,B",
        help=f"of the kernel, besides the usual ones; or {EVERY}",
    )
    made.add_argument(
        "--keep",
        type=_kept,
        default=(),
        metavar="A,B",
        help=f"what is else left out: {', '.join(PRUNED)}",
    )
    made.add_argument(
        "--files", type=folder, metavar="DIR", help="lay what is in it on top, as root's"
    )
    made.add_argument(
        "--authorized-keys", type=file, metavar="FILE", help="who may log in as root by SSH"
    )
    made.add_argument("--cmdline", default="", metavar="WORDS", help="added to the kernel's")
    made.add_argument(
        "--fetch", type=_url, metavar="URL", help="the initrd fetches the squashfs from there"
    )
    made.add_argument(
        "--compression", choices=list(COMPRESSORS), default="zstd", help="(default: zstd)"
    )


def _origin(made: Parser) -> None:
    made.add_argument(
        "--suite", metavar="S", help="of the archive (default: all that apt here goes by)"
    )
    made.add_argument(
        "--mirror",
        type=_mirror,
        action="append",
        default=[],
        metavar="URL",
        help="of an archive, or an entry of a sources.list; again for more (default: those of apt "
        "here)",
    )
    made.add_argument(
        "--kernel",
        type=_kernel,
        metavar="FILE|PACKAGE",
        help="an image with its modules in ../lib/modules or /lib/modules, or a package "
        "(default: linux-image-ARCHITECTURE)",
    )


def _epoch() -> int:
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given is None:
        return int(time.time())
    if not (given.isascii() and given.isdigit() and int(given) < 1 << 32):
        raise ConsoleError(f"SOURCE_DATE_EPOCH={given}: no seconds since 1970")
    return int(given)


def _document(built: Built) -> Json:
    packages: list[Json] = [
        {"package": each.package, "size": each.size, "share": each.share, "pruned": each.pruned}
        for each in built.shares
    ]
    return {
        "version": 1,
        "folder": str(built.folder),
        "manifest": json.loads(rendered_manifest(built.manifest)),
        "packages": packages,
        "pruned": dict(built.pruned),
    }


def _word(text: str) -> str:
    if not is_word(text):
        raise argparse.ArgumentTypeError(f"{text}: letters, digits and . _ + - alone, at most 64")
    return text


def _words(text: str) -> tuple[str, ...]:
    found = tuple(filter(None, text.replace(",", " ").split()))
    for each in found:
        if not is_word(each):
            raise argparse.ArgumentTypeError(f"{each}: no such name there can be")
    return found


def _kept(text: str) -> tuple[str, ...]:
    for each in (found := _words(text)):
        if each not in PRUNED:
            raise argparse.ArgumentTypeError(f"{each}: none of {', '.join(PRUNED)}")
    return found


def _kernel(text: str) -> str:
    return str(Path(text).absolute()) if "/" in text or Path(text).is_file() else _word(text)


def _mirror(text: str) -> str:
    if not text.startswith("deb ") and ("://" not in text or len(text.split()) != 1):
        raise argparse.ArgumentTypeError(f"{text}: no address of an archive, nor begins with deb")
    return text


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://", "ftp://")) or len(text.split()) != 1:
        raise argparse.ArgumentTypeError(f"{text}: no http:// or ftp:// address")
    return text
