"""What every subcommand starts from: the configuration, and which hosts are meant."""

from __future__ import annotations

import getpass
import os
import platform
from argparse import Namespace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from console import config
from console.clean import Clean, clean
from console.config import Config
from console.errors import Misconfigured
from console.events import Word
from console.history import Memory
from console.inventory import LOCAL, inventory
from console.parse.ssh_aliases import Aliases
from console.targets import Wanted
from console.targets import wanted as named

if TYPE_CHECKING:
    from backends.audit import AuditFile
    from backends.hook import Hook
    from console.deeds import Deeds
    from console.fleet import Fleet

_LARGEST = 1 << 20
"""Characters of a configuration file at most."""


def settings(arguments: Namespace) -> Config:
    """Return the configuration that holds: the file named, else the usual one, else defaults.

    Raises ``Misconfigured`` when the file named is absent, or either cannot be read.
    """
    return config.parse(*_configured(arguments))


def config_text(arguments: Namespace) -> str:
    """Return what stands in the configuration file; nothing where there is none."""
    return _configured(arguments)[0]


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
    return state_folder() / "history.db"


def recorder(settings: Config) -> Memory:
    """Return what keeps the samples of a console that watches."""
    from backends.archive import Bounds
    from backends.history import History

    return History(history_path(settings), Bounds(days=settings.history.days))


def audit() -> AuditFile:
    """Return where it is written down what is done."""
    from backends.audit import AuditFile

    return AuditFile(state_folder())


def state_folder() -> Path:
    """Return where is kept what lasts from run to run."""
    return Path(config.state_directory(os.environ, _home()))


def permit(deeds: Deeds, arguments: Namespace) -> None:
    """Let the operator do things on the hosts of a fleet, as far as the command line says."""
    given = vars(arguments)
    deeds.permit(audit(), operator(), read_only=bool(given.get("read_only")))
    if given.get("unlock") is not None:
        deeds.unlock(given["unlock"])


def hook(settings: Config, fleet: Fleet) -> Hook:
    """Return what passes alerts on to the operator's own command; that it fails is an event."""
    from backends.hook import Hook

    return Hook(settings.alerts, partial(fleet.tell, Clean(""), Word.FAILED))


def operator() -> Clean:
    """Return who is at this console: ``alice@bastion``; behind sudo, who called it."""
    try:
        name = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    return clean("_".join(f"{name}@{platform.node() or 'localhost'}".split()))


def is_unicode() -> bool:
    """Whether the locale says that the terminal takes UTF-8."""
    deciding = (os.environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next(filter(None, deciding), "")
    return "utf-8" in locale.lower() or "utf8" in locale.lower()


def _configured(arguments: Namespace) -> tuple[str, str]:
    """Return the text of the configuration file, empty where there is none, and its path."""
    given: Path | None = arguments.config
    path = given or Path(config.find(os.environ, _home()))
    try:
        if path.exists() and not path.is_file():
            raise Misconfigured(str(path), None, "", "is not a regular file")
        with path.open(encoding="utf-8") as file:
            text = file.read(_LARGEST + 1)
    except FileNotFoundError:
        if given is None:
            return "", str(path)
        raise Misconfigured(str(path), None, "", "no such file") from None
    except UnicodeDecodeError:
        raise Misconfigured(str(path), None, "", "is not UTF-8 text") from None
    except OSError as error:
        raise Misconfigured(str(path), None, "", error.strerror or "cannot be read") from None
    if len(text) > _LARGEST:
        raise Misconfigured(str(path), None, "", f"is longer than {_LARGEST} characters")
    return text, str(path)


def _aliases(arguments: Namespace) -> Aliases:
    from backends.ssh.openssh import OpenSSH

    return OpenSSH(arguments.ssh_config).aliases()


def _home() -> Path:
    """Return the home folder; ``/`` where there is none to be found."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")
