"""``subdeck``: the screen; a plain report where no full screen makes sense."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from dataclasses import replace

from console.cli.setup import local_fleet, recorder, settings, wanted
from console.fleet import Fleet


def run(arguments: Namespace) -> int:
    """Open the screen; return the exit status."""
    config = settings(arguments)
    wanted(arguments)
    target = arguments.targets[0] if len(arguments.targets) == 1 else ""
    theme = arguments.theme or config.theme
    config = replace(config, ascii=arguments.ascii or config.ascii or not _unicode())

    from screens.terminal_guard import run as guarded
    from screens.terminal_guard import usable_terminal

    if not usable_terminal(os.environ, _all_ttys()):
        from console.cli import status

        return status.run(_plain(arguments))

    from screens.app import ConsoleApp

    async def prepare() -> Fleet:
        return local_fleet(arguments, config, recorder(config), patient=False)

    for variable in ("COLUMNS", "LINES"):
        os.environ.pop(variable, None)  # Textual would hold on to them when the size changes
    app = ConsoleApp(prepare, theme=theme, ascii_only=config.ascii, target=target)
    return guarded(app, mouse=arguments.mouse or config.mouse)


def _plain(arguments: Namespace) -> Namespace:
    return Namespace(**{**vars(arguments), "json": False, "watch": False, "sort": "fill"})


def _all_ttys() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()


def _unicode() -> bool:
    """Whether the locale says that the terminal takes UTF-8."""
    deciding = (os.environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next(filter(None, deciding), "")
    return "utf-8" in locale.lower() or "utf8" in locale.lower()
