"""Which set hosts are to boot: what the operator assigned, by host or by tag.

One line each, ``HOST IMAGE`` or ``@TAG IMAGE``; an image is ``[STORE:]NAME[/VERSION]``, of which
the name alone means whatever the store has as current.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from console.clean import Clean
from console.errors import ConsoleError, Unparsable
from console.images.manifest import is_word

LARGEST: Final = 1 << 22
"""Bytes of the file at most."""

_WORD: Final = re.compile(r"(?:([^:/\s]+):)?([^:/\s]+)(?:/([^:/\s]+))?")
"""Store, name and version."""
_TARGET: Final = re.compile(r"@?[^\s@,*?\[\]/-][^\s@,*?\[\]/]{0,255}")

Assignments = Mapping[Clean, Clean]
"""Host or ``@TAG`` to image."""


@dataclass(frozen=True, slots=True)
class Named:
    """An image as it is typed; ``None`` where it does not say."""

    store: Clean | None
    name: Clean
    version: Clean | None


def named(word: str) -> Named:
    """Return what ``main:web/2024.2`` means. Raises ``ConsoleError``."""
    match = _WORD.fullmatch(word)
    parts = match.groups() if match else (None, None, None)
    if match is None or not all(part is None or is_word(part) for part in parts):
        raise ConsoleError(
            f"{word[:80]!r} is no image: NAME, NAME/VERSION or STORE:NAME/VERSION",
            "subdeck images list shows them",
        )
    store, name, version = (None if part is None else Clean(part) for part in parts)
    return Named(store, Clean(name or ""), version)


def assignments(text: bytes, source: str) -> dict[Clean, Clean]:
    """Return what is written in the file. Raises ``Unparsable``, naming it and the line."""
    if len(text) > LARGEST:
        raise Unparsable(source, f"{len(text)} bytes", f"at most {LARGEST} bytes")
    found: dict[Clean, Clean] = {}
    for number, line in enumerate(text.decode("utf-8", "replace").splitlines(), 1):
        match line.split(" "):
            case [target, image] if _TARGET.fullmatch(target) and target not in found:
                try:
                    named(image)
                except ConsoleError:
                    raise Unparsable(f"{source}:{number}", line, "HOST IMAGE") from None
                found[Clean(target)] = Clean(image)
            case _:
                raise Unparsable(f"{source}:{number}", line, "HOST IMAGE, each host once")
    return found


def written(assigned: Assignments) -> bytes:
    """Return the text of the file."""
    return "".join(f"{target} {image}\n" for target, image in sorted(assigned.items())).encode()


def image_of(assigned: Assignments, host: str, tags: Collection[str]) -> Clean | None:
    """Return what a host is to boot: its own before its tags'.

    Raises ``ConsoleError`` where two of its tags say different things.
    """
    if own := assigned.get(Clean(host)):
        return own
    said = {assigned[key]: tag for tag in tags if (key := Clean(f"@{tag}")) in assigned}
    if len(said) > 1:
        both = " and ".join(f"{image} by @{tag}" for image, tag in sorted(said.items())[:2])
        raise ConsoleError(f"{host} is assigned {both}", f"subdeck images assign IMAGE {host}")
    return next(iter(said), None)
