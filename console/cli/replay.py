"""``subdeck replay``: the screens as of a recorded moment; a plain report without a terminal."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from console.bygone import Bygone
from console.capsule.opening import opened
from console.clean import clean_path
from console.cli.reach import judges
from console.cli.saying import say
from console.cli.screen import all_ttys
from console.cli.setup import history_path, is_unicode, settings
from console.config import Config
from console.contract import iso
from console.errors import ConsoleError
from console.past import Levels, Past, Still
from console.reel import reel
from console.timeline import timeline
from console.when import moment

_PATIENCE = 10.0
"""Seconds that reading the history may take."""


def run(arguments: Namespace) -> int:
    """Open the screen on what was, or print it; return the exit status."""
    config = settings(arguments)
    if arguments.file is None and arguments.at is None:
        raise ConsoleError("replay what?", "a FILE, or --at TIME for the history")
    past = _capsule(arguments.file) if arguments.file else _history(config)
    from screens.terminal_guard import usable_terminal

    if usable_terminal(os.environ, all_ttys()):
        return _screen(past, arguments, config)
    return asyncio.run(_printed(past, arguments))


def _capsule(path: Path) -> Past:
    from backends import capsule

    with capsule.opened(path) as lines:
        return Still(clean_path(str(path)), timeline(*opened(lines)))


def _history(config: Config) -> Past:
    from backends import history

    return Levels(history.Past(history_path(config), _PATIENCE), judges(config, config.hosts))


async def _when(past: Past, arguments: Namespace) -> float | None:
    """Return where to begin: a time of day is the last one before the end of what is known."""
    if arguments.at is None:
        return None
    end = (await past.around(None)).moments[-1].time if arguments.file else time.time()
    try:
        return moment(arguments.at, end)
    except ValueError as error:
        raise ConsoleError(f"--at: {error}") from None


async def _printed(past: Past, arguments: Namespace) -> int:
    from console.cli.tables import tables

    try:
        found = await reel(past, await _when(past, arguments))
    except ConsoleError as error:
        say(error.whole)
        return 1
    sys.stdout.write(f"replay of {iso(found.moment.time)}\n\n")
    sys.stdout.write(tables(found.view.contacts, "full", found.moment.at))
    return 0


def _screen(past: Past, arguments: Namespace, config: Config) -> int:
    from screens.app import ConsoleApp
    from screens.terminal_guard import run as guarded

    async def prepare() -> Bygone:
        app.main.past, app.main.alone = past, True
        app.main.replay(await _when(past, arguments))
        return Bygone(past)

    config = replace(config, ascii=arguments.ascii or config.ascii or not is_unicode())
    for variable in ("COLUMNS", "LINES"):
        os.environ.pop(variable, None)  # as for the screen of what is now
    theme = arguments.theme or config.theme
    app = ConsoleApp(prepare, theme=theme, ascii_only=config.ascii)
    return guarded(app, mouse=arguments.mouse or config.mouse)
