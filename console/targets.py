"""TARGET: ``HOST`` or ``HOST/SUBHOST``; an empty match is an error, never "all".

HOST is ``local``, a configured name, an alias of ``~/.ssh/config``, ``@TAG``, or, for a host that
nobody configured, ``[USER@]ADDRESS[:PORT]``. Host lists (``web[01-40]``) and globs are allowed in
all of them; ``web[12]`` is web12, as clush reads it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from console.clean import Clean, clean
from console.errors import ConsoleError
from console.hostlist import expanded
from console.inventory import LOCAL, Entry, is_name
from console.listed import listed
from console.model import Host
from console.parse.destination import Destination, destination
from console.parse.ssh_aliases import Aliases

_SHOWN = 8
"""Names of known hosts that a complaint lists."""


@dataclass(frozen=True, slots=True)
class Target:
    """What one TARGET names; ``subhost`` is ``None`` for the host as a whole."""

    host: str
    subhost: str | None
    many: bool = False
    """Whether the word could name several hosts: then one without the subhost is no error."""

    def __str__(self) -> str:
        return self.host if self.subhost is None else f"{self.host}/{self.subhost}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a command line asks for: the hosts to watch, and what of them."""

    entries: tuple[Entry, ...]
    targets: tuple[Target, ...]


def wanted(words: Iterable[str], known: Sequence[Entry], aliases: Aliases) -> Wanted:
    """Return what the words name; no word names every known host.

    Raises ``ConsoleError`` for a word that names nothing.
    """
    hosts: dict[str, Entry] = {}
    targets: dict[Target, None] = {}
    for word in words:
        host, slash, subhost = word.partition("/")
        if slash and not subhost:
            raise ConsoleError(f"{clean(word)}: a subhost's name is missing after the /")
        for entry, many in _hosts(host, clean(word), known, aliases):
            hosts.setdefault(entry.name, entry)
            targets[Target(entry.name, subhost if slash else None, many)] = None
    if not targets:
        hosts = {entry.name: entry for entry in known}
        targets = {Target(entry.name, None): None for entry in known}
    return Wanted(tuple(hosts.values()), tuple(targets))


def selected(host: Host, wanted: Iterable[Target]) -> Host:
    """Return the host with only the wanted subhosts.

    Raises ``ConsoleError`` naming the first target that names this host alone and none of its
    subhosts.
    """
    mine = [target for target in wanted if target.host == host.name]
    for target in mine:
        if target.subhost and not target.many and not _found(host, target):
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


def missed(hosts: Iterable[Host], wanted: Iterable[Target]) -> tuple[str, ...]:
    """Return the subhost names that were looked for on many hosts and found on none."""
    by_name = {host.name: host for host in hosts}
    looked = [target for target in wanted if target.many and target.subhost]
    found = {
        target.subhost
        for target in looked
        if target.host in by_name and _found(by_name[Clean(target.host)], target)
    }
    names = dict.fromkeys(target.subhost for target in looked if target.subhost)
    return tuple(name for name in names if name not in found)


def _hosts(
    host: str, word: Clean, known: Sequence[Entry], aliases: Aliases
) -> list[tuple[Entry, bool]]:
    try:
        names = expanded(host)
    except ValueError as error:
        raise ConsoleError(f"{word}: {error}") from None
    several = len(names) > 1
    found: list[tuple[Entry, bool]] = []
    for name in names:
        if name.startswith("@"):
            entries = [e for e in known if any(fnmatchcase(tag, name[1:]) for tag in e.tags)]
            if not entries:
                raise _no_tag(word, name[1:], known)
            found += [(entry, True) for entry in entries]
        elif (one := _one(name, known, aliases)) is not None:
            found.append((one, several))
        else:
            found += [(entry, True) for entry in _globbed(name, word, known, aliases)]
    return found


def _one(name: str, known: Sequence[Entry], aliases: Aliases) -> Entry | None:
    """Return the host that is called so, or can be reached so; ``None`` for neither."""
    for entry in known:
        if entry.name == name:
            return entry
    if is_name(name) and aliases.match(name):
        return Entry(Clean(name), name)
    if not any(sign in name for sign in ".:@") or any(wild in name for wild in "*?"):
        return None
    try:
        return _ad_hoc(name, destination(name), known)
    except ValueError:
        return None


def _ad_hoc(name: str, place: Destination, known: Sequence[Entry]) -> Entry:
    """A configured host under another user or port is still that host."""
    same = [entry for entry in known if entry.name == place.address != LOCAL]
    base = same[0] if same else Entry(Clean(""), place.address)
    return replace(
        base, name=clean(name), user=place.user or base.user, port=place.port or base.port
    )


def _globbed(glob: str, word: Clean, known: Sequence[Entry], aliases: Aliases) -> list[Entry]:
    """Known hosts come first; only where none matches, OpenSSH's aliases are looked through."""
    found = [entry for entry in known if fnmatchcase(entry.name, glob)]
    found = found or [
        Entry(Clean(name), name)
        for name in aliases.names
        if is_name(name) and fnmatchcase(name, glob)
    ]
    if not found:
        raise _no_host(glob, word, known, aliases)
    return found


def _no_host(name: str, word: Clean, known: Sequence[Entry], aliases: Aliases) -> ConsoleError:
    names = [*(entry.name for entry in known), *aliases.names]
    shown = clean(name)
    what = f"{word}: no such host" if shown == word else f"{word}: no such host {shown}"
    if close := difflib.get_close_matches(name, names, 3):
        return ConsoleError(what, f"did you mean {', '.join(map(clean, close))}?")
    offered = listed([*map(clean, names)], _SHOWN)
    return ConsoleError(
        what, f"known: {offered}; one that is not configured is USER@HOST or has a dot"
    )


def _no_tag(word: Clean, tag: str, known: Sequence[Entry]) -> ConsoleError:
    tags = sorted({tag for entry in known for tag in entry.tags})
    close = difflib.get_close_matches(tag, tags, 3)
    hint = f"did you mean {', '.join(close)}?" if close else f"known: {', '.join(tags)}"
    if not tags:
        hint = "no host has any; they are configured as tags under [[host]]"
    return ConsoleError(f"{word}: no host has such a tag", hint)


def _found(host: Host, target: Target) -> bool:
    return any(_named(subhost.name, target) for subhost in host.subhosts)


def _named(name: str, target: Target) -> bool:
    return target.subhost is not None and fnmatchcase(name, target.subhost)
