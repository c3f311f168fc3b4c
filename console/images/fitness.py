"""What speaks against booting a set on a host, found before anything is brought there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from console.clean import Clean, clean
from console.images.drift import Known
from console.images.heads import same_arch
from console.model import Host, Style

_REASON: Final = Clean("a reason lets it be used all the same, and is recorded")


class Against(StrEnum):
    """What an objection is about."""

    SIGNATURE = "signature"
    FILES = "files"
    ARCH = "arch"
    STYLE = "style"
    MEMORY = "memory"
    OLDER = "older"


@dataclass(frozen=True, slots=True)
class Objection:
    """One thing that speaks against it."""

    against: Against
    text: Clean
    remedy: Clean
    waivable: bool
    """Whether a reason, which is recorded, lets it be done all the same."""


def objections(
    known: Known,
    host: Host,
    machine: str | None = None,
    running: Known | None = None,
    *,
    subhost: bool = False,
) -> tuple[Objection, ...]:
    """Return what speaks against a set on a host, or on a subhost of it, the gravest first.

    ``machine`` is what ``uname -m`` says there, ``None``: not known; ``running`` is the set that
    runs there, as far as that is known.
    """
    own = host.boot.style if host.boot else Style.UNKNOWN
    style = Style.SUBHOST if subhost else own
    found = _objections(known, host, style, machine, running)
    return tuple(sorted(found, key=lambda each: each.waivable))


def _objections(
    known: Known, host: Host, style: Style, machine: str | None, running: Known | None
) -> Iterator[Objection]:
    manifest = known.manifest
    if not known.signature.good:
        why = known.signature.why
        told = f"{known.title}: {known.signature.told}{f': {why}' if why else ''}"
        yield Objection(Against.SIGNATURE, clean(told), _REASON, waivable=True)
    for fault in known.faults:
        yield _final(Against.FILES, f"{known.title}: {fault}", "publish it anew")
    if machine is not None and not same_arch(machine, manifest.arch):
        yield _final(
            Against.ARCH,
            f"{known.title} is for {manifest.arch}, {host.name} is {machine}",
            "choose an image for it",
        )
    if style not in manifest.styles:
        fits = ", ".join(manifest.styles)
        yield _final(
            Against.STYLE,
            f"{known.title} is for {fits}, not for {style}"
            if style is Style.SUBHOST
            else f"{known.title} is for {fits}, {host.name} boots as {style}",
            "choose an image for it",
        )
    if host.memory and host.memory.total < manifest.ram:
        yield _final(
            Against.MEMORY,
            f"{known.title} needs {_mib(manifest.ram)} MiB of memory, "
            f"{host.name} has {_mib(host.memory.total)}",
            "choose a smaller image, or add memory",
        )
    if older := _older(known, running):
        yield Objection(Against.OLDER, clean(older), _REASON, waivable=True)


def _older(known: Known, running: Known | None) -> str | None:
    """Return what is said of going back to a set made before the one of that name that runs."""
    if running is None or running.manifest.name != known.manifest.name:
        return None
    if known.manifest.built >= running.manifest.built:
        return None
    return f"{known.title} was built before {running.manifest.title}, which it runs"


def _final(against: Against, text: str, remedy: str) -> Objection:
    return Objection(against, clean(text), Clean(remedy), waivable=False)


def _mib(size: int) -> int:
    return size >> 20
