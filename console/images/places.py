"""The ``[[store]]`` tables of the configuration: where sets of boot images are kept.

A store is a directory here (``path``), one on a host (``host`` and ``path``), or the document root
of a web server (``url``); ``allowed_signers``, a file here, says whose sets are trusted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from console.clean import Clean, clean
from console.images.manifest import is_word
from console.toml import Table

_KEYS = ("name", "path", "host", "url", "allowed_signers", "revoked")


@dataclass(frozen=True, slots=True)
class StorePlace:
    """One store, as the operator names it; either ``path`` or ``url`` is set."""

    name: Clean
    path: PurePosixPath | None = None
    """Absolute; on ``host`` where there is one, else here."""
    host: Clean | None = None
    url: str | None = None
    """Ends with ``/``."""
    allowed_signers: PurePosixPath | None = None
    """A file here, as of ssh-keygen(1); ``None``: nobody's signature is trusted."""
    revoked: PurePosixPath | None = None
    """A file here: keys, or a revocation list of OpenSSH's, that are trusted no more."""

    @property
    def where(self) -> Clean:
        """``/srv/images``, ``boot1:/srv/images``, ``https://boot.example/``."""
        path = str(self.path) if self.path else self.url or ""
        return clean(f"{self.host}:{path}" if self.host else path, 4096)


def store_places(tables: Iterable[Table]) -> tuple[StorePlace, ...]:
    """Read the ``[[store]]`` tables; raises ``Misconfigured`` for what makes no sense in one."""
    found: dict[str, StorePlace] = {}
    for table in tables:
        place = _place(table)
        if place.name in found:
            raise table.wrong(f"{place.name} is there twice", "name")
        found[place.name] = place
    return tuple(found.values())


def _place(table: Table) -> StorePlace:
    table.only(*_KEYS)
    name = table.string("name")
    if name is None:
        raise table.wrong("has no name")
    if not is_word(name):
        raise table.wrong(f"{name!r} is no name of a store: letters, digits, . _ + -", "name")
    url, path = _url(table), _path(table, "path")
    host = table.string("host")
    if (url is None) == (path is None):
        raise table.wrong("has both a url and a path" if url else "has no path and no url", "name")
    if host is not None and url is not None:
        raise table.wrong("is for a path on a host, not for a url", "host")
    if host is not None and (clean(host) != host or set(host) & set("/ \t")):
        raise table.wrong(f"{host!r} is no name of a host", "host")
    return StorePlace(
        name=Clean(name),
        path=path,
        host=Clean(host) if host else None,
        url=url,
        allowed_signers=_path(table, "allowed_signers"),
        revoked=_path(table, "revoked"),
    )


def _path(table: Table, key: str) -> PurePosixPath | None:
    text = table.string(key)
    if text is None:
        return None
    if not text.startswith("/") or "\0" in text or ".." in text.split("/"):
        raise table.wrong(f"{text!r} does not start with /, or has .. in it", key)
    return PurePosixPath(text)


def _url(table: Table) -> str | None:
    text = table.string("url")
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        port_is_fit = parts.port is None or parts.port > 0
    except ValueError:
        raise table.wrong(f"{text!r} is no URL", "url") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_fit:
        raise table.wrong(f"{text!r} is no URL of http or https", "url")
    if parts.username is not None or parts.query or parts.fragment:
        raise table.wrong("has a user, a query or a fragment, which is not allowed", "url")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise table.wrong(f"{text!r} is no URL: it has more than plain characters", "url")
    return text if text.endswith("/") else f"{text}/"
