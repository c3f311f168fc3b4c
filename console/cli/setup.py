"""What every subcommand starts from: the configuration, and which hosts are meant."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

from console import config
from console.config import Config
from console.errors import Misconfigured
from console.history import Recorder
from console.inventory import LOCAL, inventory
from console.parse.ssh_aliases import Aliases
from console.targets import Wanted
from console.targets import wanted as named

_LARGEST = 1 << 20
"""Characters of a configuration file at most."""


def settings(arguments: Namespace) -> Config:
    """Return the configuration that holds: the file named, else the usual one, else defaults.

    Raises ``Misconfigured`` when the file named is absent, or either cannot be read.
    """
    given: Path | None = arguments.config
    path = given or Path(config.find(os.environ, _home()))
    try:
        if path.exists() and not path.is_file():
            raise Misconfigured(str(path), None, "", "is not a regular file")
        with path.open(encoding="utf-8") as file:
            text = file.read(_LARGEST + 1)
    except FileNotFoundError:
        if given is None:
            return config.default()
        raise Misconfigured(str(path), None, "", "no such file") from None
    except UnicodeDecodeError:
        raise Misconfigured(str(path), None, "", "is not UTF-8 text") from None
    except OSError as error:
        raise Misconfigured(str(path), None, "", error.strerror or "cannot be read") from None
    if len(text) > _LARGEST:
        raise Misconfigured(str(path), None, "", f"is longer than {_LARGEST} characters")
    return config.parse(text, str(path))


def wanted(arguments: Namespace, settings: Config) -> Wanted:
    """Return the hosts and targets asked for; raises ``ConsoleError`` for one that is none."""
    ours = {LOCAL, *(entry.name for entry in settings.hosts)}
    strange = any(word.partition("/")[0] not in ours for word in arguments.targets)
    aliases = _aliases(arguments) if settings.ssh_hosts or strange else Aliases()
    return named(
        arguments.targets, inventory(settings.hosts, settings.ssh_hosts, aliases), aliases
    )


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


def _aliases(arguments: Namespace) -> Aliases:
    from backends.ssh.openssh import OpenSSH

    return OpenSSH(arguments.ssh_config).aliases()


def _home() -> Path:
    """Return the home folder; ``/`` where there is none to be found."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")
