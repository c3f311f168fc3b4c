"""One way a guest boots, and what is true of a guest that has booted so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from console import model
from tests.lab.guests.parts import Packing
from tests.lab.guests.userland import Userland


@dataclass(frozen=True, slots=True)
class Identity:
    """What a console must find of the image that runs."""

    name: str | None
    version: str | None = None
    source: str | None = None
    """``None``: nothing on the host says where it came from."""


@dataclass(frozen=True, slots=True)
class Style:
    """A guest before it is built."""

    name: str
    """Its alias, its host name, its folder."""
    found: model.Style
    """What a console must call it."""
    userland: Userland
    packing: Packing
    cmdline: str
    image: Identity | None
    levels: Mapping[str, str | None]
    """Ids of levels that must be there, each with what must bind it (``None``: nothing does)."""
    os_release: Mapping[str, str] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    """Programs its root has besides those of the userland."""
    netboot: bool = False
    """Whether iPXE fetches it."""
    running: frozenset[str] = frozenset()
    """Names of the subhosts that must run …"""
    stopped: frozenset[str] = frozenset()
    """… and of those that must not."""
    store: str | None = None
    """The mapped device of its exception store."""
