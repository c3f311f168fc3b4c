"""``subdeck``: the screen; a plain report where no full screen makes sense."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from dataclasses import replace
from typing import TYPE_CHECKING

from console.cli.capsule import Keeper
from console.cli.reach import Reach, judges
from console.cli.setup import hook, is_unicode, permit, recorder, settings, wanted
from console.config import Config
from console.fleet import Fleet
from console.past import Live
from console.record import Record
from console.targets import Wanted

if TYPE_CHECKING:
    from screens.main import MainScreen


def run(arguments: Namespace) -> int:
    """Open the screen; return the exit status."""
    config = settings(arguments)
    asked = wanted(arguments, config)
    theme = arguments.theme or config.theme
    config = replace(config, ascii=arguments.ascii or config.ascii or not is_unicode())

    from screens.terminal_guard import run as guarded
    from screens.terminal_guard import usable_terminal

    if not usable_terminal(os.environ, all_ttys()):
        from console.cli import status

        return status.run(_plain(arguments))

    from console.cli.visit import visit
    from screens.app import ConsoleApp
    from screens.signals import Signals

    async def prepare() -> Fleet:
        return _watched(app.main, arguments, config, asked)

    for variable in ("COLUMNS", "LINES"):
        os.environ.pop(variable, None)  # Textual would hold on to them when the size changes
    app = ConsoleApp(
        prepare,
        theme=theme,
        ascii_only=config.ascii,
        target=_place(arguments, asked),
        enter=visit,
    )
    app.signals = Signals(config.alerts)
    return guarded(app, mouse=arguments.mouse or config.mouse)


def _watched(main: MainScreen, arguments: Namespace, config: Config, asked: Wanted) -> Fleet:
    """Return the fleet that the screen shows, and give the screen what it was."""
    reach = Reach(arguments, config, patient=False)
    history, record = recorder(config), Record()
    fleet = reach.fleet(asked.entries, history)
    fleet.record = record
    main.past = Live(record, history, judges(config, asked.entries))
    if config.stores:
        from console.cli.shelves import Shelves

        main.shelves = Shelves(arguments, config, reach)
    main.keep = Keeper(fleet, record, history, reach, arguments).keep
    permit(fleet.deeds, arguments)
    if config.alerts.hook:
        fleet.herald = hook(config, fleet)
    fleet.relieve(config.relief)
    main.ballast = config.ballast
    return fleet


def _place(arguments: Namespace, asked: Wanted) -> str:
    """Return where the screen begins: at the only target, which may be subhosts of many hosts."""
    if len(arguments.targets) != 1:
        return ""
    host = asked.entries[0].name if len(asked.entries) == 1 else "*"
    _, slash, subhost = arguments.targets[0].partition("/")
    return "" if host == "*" and not slash else f"{host}{slash}{subhost}"


def _plain(arguments: Namespace) -> Namespace:
    return Namespace(
        **{**vars(arguments), "json": False, "watch": False, "sort": "full", "timeout": None}
    )


def all_ttys() -> bool:
    """Whether somebody is at a terminal in every way."""
    return sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()
