"""What every subcommand starts from: the configuration, the targets, the fleet to watch."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

from console import config
from console.backend import Backend
from console.clean import Clean
from console.config import Config, Thresholds
from console.errors import Misconfigured
from console.fleet import Fleet, Source
from console.history import Recorder
from console.levels import Judge
from console.model import Kind
from console.targets import LOCAL, Target, targets

_LARGEST = 1 << 20
"""Characters of a configuration file at most."""


def settings(arguments: Namespace) -> Config:
    """Return the configuration that holds: the file named, else the usual one, else defaults.

    Raises ``Misconfigured`` when the file named is absent, or either cannot be read.
    """
    named: Path | None = arguments.config
    path = named or Path(config.find(os.environ, _home()))
    try:
        if path.exists() and not path.is_file():
            raise Misconfigured(str(path), None, "", "is not a regular file")
        with path.open(encoding="utf-8") as file:
            text = file.read(_LARGEST + 1)
    except FileNotFoundError:
        if named is None:
            return config.default()
        raise Misconfigured(str(path), None, "", "no such file") from None
    except UnicodeDecodeError:
        raise Misconfigured(str(path), None, "", "is not UTF-8 text") from None
    except OSError as error:
        raise Misconfigured(str(path), None, "", error.strerror or "cannot be read") from None
    if len(text) > _LARGEST:
        raise Misconfigured(str(path), None, "", f"is longer than {_LARGEST} characters")
    return config.parse(text, str(path))


def wanted(arguments: Namespace) -> tuple[Target, ...]:
    """Return the targets asked for; raises ``ConsoleError`` for one that is no host here."""
    return targets(arguments.targets, [LOCAL])


def history_path(settings: Config) -> Path:
    """Return where recorded samples are kept."""
    if settings.history.path is not None:
        return Path(settings.history.path)
    return Path(config.state_directory(os.environ, _home())) / "history.db"


def recorder(settings: Config) -> Recorder:
    """Return what keeps the samples of a console that watches."""
    from backends.archive import Bounds
    from backends.history import History

    return History(history_path(settings), Bounds(days=settings.history.days))


def judge(settings: Config, host: str) -> Judge:
    """Return what gives each level of a host its thresholds."""

    def percentages(kind: Kind, level_id: Clean) -> tuple[float, float]:
        found: Thresholds = config.thresholds(settings, host, kind, level_id)
        return found.watch_percent, found.act_percent

    return percentages


def local_fleet(
    arguments: Namespace, settings: Config, recorder: Recorder | None, *, patient: bool
) -> Fleet:
    """Return a fleet of this host alone.

    ``patient``: the first sample waits for every answer rather than being early.
    """
    name = Clean(LOCAL)

    async def connect() -> Backend:
        from backends.local import LocalBackend

        return LocalBackend(arguments.root, settings.subhosts, name=name, patient=patient)

    source = Source(name, connect)
    return Fleet([source], settings.interval, judge(settings, LOCAL), recorder)


def _home() -> Path:
    """Return the home folder; ``/`` where there is none to be found."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")
