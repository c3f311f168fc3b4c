"""The hosts to watch, as the operator names them; OpenSSH's own configuration is asked later."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from console.clean import LABEL, Clean, clean
from console.parse.destination import address_name, chain, user_name
from console.parse.ssh_aliases import Aliases
from console.toml import Table

LOCAL = "local"
"""The name of the host this console runs on."""

_UNFIT = re.compile(r"[\s/,*?\[\]]")
_KEYS = (
    *("name", "address", "user", "port", "jump", "tags", "protected", "sudo", "subhosts"),
    "stage_in",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One host. What is ``None`` is left to OpenSSH's configuration."""

    name: Clean
    """Its identity everywhere: on the screen, in JSON, in commands."""
    address: str
    """What ``ssh`` would be given: an alias of its configuration, a name or a number."""
    user: str | None = None
    port: int | None = None
    jump: str | None = None
    """As of ``ssh -J``."""
    tags: tuple[Clean, ...] = ()
    protected: bool = False
    """Read-only unless unlocked with a reason."""
    sudo: bool = False
    """``sudo -n`` when the login is not root."""
    subhosts: tuple[str, ...] | None = None
    """Globs of its subhost configurations; ``None``: those of all hosts."""
    stage_in: str | None = None
    """Folder there that sets of boot images are brought to; ``None``: the usual one."""


def inventory(
    hosts: Iterable[Entry], ssh_hosts: Sequence[str], aliases: Aliases
) -> tuple[Entry, ...]:
    """Return every host to watch: this one, the configured ones, then those of ``ssh_hosts``.

    A word of ``ssh_hosts`` without a wildcard is a host even if no ``Host`` line names it.
    """
    found = {LOCAL: Entry(Clean(LOCAL), LOCAL)}
    found |= {entry.name: entry for entry in hosts}
    for pattern in ssh_hosts:
        known = [name for name in aliases.names if fnmatchcase(name, pattern)]
        for alias in known or ([] if _is_wild(pattern) else [pattern]):
            if is_name(alias):
                found.setdefault(alias, Entry(Clean(alias), alias))
    return tuple(found.values())


def entries(tables: Iterable[Table]) -> tuple[Entry, ...]:
    """Read the ``[[host]]`` tables; raises ``Misconfigured`` for what makes no sense in one."""
    found: dict[str, Entry] = {}
    for table in tables:
        entry = _entry(table)
        if entry.name in found:
            raise table.wrong(f"{entry.name} is there twice", "name")
        found[entry.name] = entry
    return tuple(found.values())


def is_name(text: str) -> bool:
    """Whether a host or tag can be called so: it must be one plain word of a TARGET."""
    return (
        0 < len(text) <= LABEL
        and text[0] not in "-@"
        and not _UNFIT.search(text)
        and clean(text) == text
    )


def unfit(folder: str) -> str | None:
    """Return why nothing is staged in that folder; ``None``: it may be."""
    parts = folder.rstrip("/").split("/")
    if parts[0] or len(parts) < 2 or {"", ".", ".."} & set(parts[1:]) or clean(folder) != folder:
        return f"{clean(folder)!r} is no absolute path of a folder, without . and .."
    return None


def globs(table: Table, default: tuple[str, ...]) -> tuple[str, ...]:
    """Return the globs of subhost configurations of a table."""
    found = table.strings("subhosts", default)
    for position, glob in enumerate(found):
        if not glob.startswith("/"):
            raise table.wrong(f"{glob!r} does not start with /", "subhosts", position)
    return found


def ssh_patterns(table: Table) -> tuple[str, ...]:
    """Return what ``ssh_hosts`` names."""
    found = table.strings("ssh_hosts", ())
    for position, pattern in enumerate(found):
        if not _is_wild(pattern) and not is_name(pattern):
            raise table.wrong(f"{pattern!r} is no name of a host", "ssh_hosts", position)
    return found


def _entry(table: Table) -> Entry:
    table.only(*_KEYS)
    name = table.string("name")
    if name is None:
        raise table.wrong("has no name")
    if not is_name(name):
        raise table.wrong(f"{name!r} is no name of a host: one word without / , * ? [ ]", "name")
    for key in ("address", "user", "port", "jump", "sudo"):
        if name == LOCAL and key in table.values:
            raise table.wrong(f"{LOCAL} is this host itself, which needs no SSH", key)
    return Entry(
        name=Clean(name),
        address=_checked(table, "address", address_name) or _address(table, name),
        user=_checked(table, "user", user_name),
        port=_port(table),
        jump=_checked(table, "jump", chain),
        tags=_tags(table),
        protected=table.flag("protected", default=False),
        sudo=table.flag("sudo", default=False),
        subhosts=globs(table, ()) if "subhosts" in table.values else None,
        stage_in=_folder(table),
    )


def _folder(table: Table) -> str | None:
    text = table.string("stage_in")
    if text is not None and (why := unfit(text)):
        raise table.wrong(why, "stage_in")
    return text and text.rstrip("/")


def _address(table: Table, name: str) -> str:
    try:
        return address_name(name)
    except ValueError as error:
        raise table.wrong(f"{error}: give its address", "name") from None


def _checked(table: Table, key: str, check: Callable[[str], object]) -> str | None:
    text = table.string(key)
    try:
        if text is not None:
            check(text)
    except ValueError as error:
        raise table.wrong(str(error), key) from None
    return text


def _port(table: Table) -> int | None:
    if "port" not in table.values:
        return None
    port = table.number("port", 22, 1, 65535)
    if port != int(port):
        raise table.wrong(f"{port:g} is no whole number", "port")
    return int(port)


def _tags(table: Table) -> tuple[Clean, ...]:
    tags = table.strings("tags", ())
    for position, tag in enumerate(tags):
        if not is_name(tag):
            raise table.wrong(f"{tag!r} is no tag: one word without / , * ? [ ]", "tags", position)
    return tuple(Clean(tag) for tag in dict.fromkeys(tags))


def _is_wild(pattern: str) -> bool:
    return bool(re.search(r"[*?\[]", pattern))
