"""TARGET: ``HOST`` or ``HOST/SUBHOST``, globs allowed; an empty match is an error, never "all"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from console.errors import ConsoleError
from console.model import Host

LOCAL = "local"
"""The name of the host this console runs on."""


@dataclass(frozen=True, slots=True)
class Target:
    """What one TARGET names; ``subhost`` is ``None`` for the host as a whole."""

    host: str
    subhost: str | None

    def __str__(self) -> str:
        return self.host if self.subhost is None else f"{self.host}/{self.subhost}"


def targets(words: Iterable[str], hosts: Sequence[str]) -> tuple[Target, ...]:
    """Return the targets the words name; no word names every host.

    Raises ``ConsoleError`` for a word that matches none of ``hosts``.
    """
    found = [_target(word, hosts) for word in words]
    return tuple(found) or tuple(Target(host, None) for host in hosts)


def _target(word: str, hosts: Sequence[str]) -> Target:
    host, slash, subhost = word.partition("/")
    if not any(fnmatchcase(name, host) for name in hosts):
        known = ", ".join(hosts)
        raise ConsoleError(f"{word}: no such host", f"this version watches: {known}")
    if slash and not subhost:
        raise ConsoleError(f"{word}: a subhost's name is missing after the /")
    return Target(host, subhost if slash else None)


def selected(host: Host, wanted: Iterable[Target]) -> Host:
    """Return the host with only the wanted subhosts.

    Raises ``ConsoleError`` naming the first target that matches no subhost.
    """
    mine = [target for target in wanted if fnmatchcase(host.name, target.host)]
    for target in mine:
        if target.subhost and not any(_named(each.name, target) for each in host.subhosts):
            raise ConsoleError(f"{target}: no such subhost", "subdeck status lists them")
    if any(target.subhost is None for target in mine):
        return host
    return replace(
        host,
        subhosts=tuple(
            subhost
            for subhost in host.subhosts
            if any(_named(subhost.name, target) for target in mine)
        ),
    )


def _named(name: str, target: Target) -> bool:
    return target.subhost is not None and fnmatchcase(name, target.subhost)
