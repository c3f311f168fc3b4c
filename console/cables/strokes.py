"""What a drawing of cables is made of: pieces of text and wire, and lines that meet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from console.clean import Clean
from console.model import Link

CROSS = "\N{BOX DRAWINGS LIGHT DIAGONAL CROSS}"
"""Where something does not go on."""
_ASCII = str.maketrans(f"─╌│┐┤┴├└{CROSS}", "-.|+++|`X")


class Mark(StrEnum):
    """What a part of the drawing says by its colour."""

    WIRE = "wire"
    UP = "up"
    DOWN = "down"
    SILENT = "silent"
    """Up without a carrier."""
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Part:
    """Some text that is drawn in one way."""

    text: str
    mark: Mark = Mark.WIRE


def in_ascii(text: str) -> str:
    """Return a piece of a drawing for a terminal that knows no lines."""
    return text.translate(_ASCII)


@dataclass(slots=True)
class Line:
    """A line that is being drawn towards a bridge."""

    parts: list[Part]
    width: int
    links: list[Link]

    def add(self, text: str, drawn: Mark = Mark.WIRE) -> None:
        """Go on with some text."""
        self.parts.append(Part(text, drawn))
        self.width += len(text)


def joined(groups: list[list[Line]]) -> list[Line]:
    """Return the lines of several ways that meet, the last one where all go on."""
    if len(groups) == 1:
        return groups[0]
    width = max(line.width for lines in groups for line in lines)
    for at, lines in enumerate(groups):
        for line in lines:
            gap = width - line.width
            if line is lines[-1]:
                corner = "┐" if at == 0 else "┴" if at == len(groups) - 1 else "┤"
                line.add(f" {'─' * (gap + 1)}{corner}")
            elif at:
                line.add(f"{' ' * (gap + 2)}│")
    return [line for lines in groups for line in lines]


def wire(length: int, fault: Clean | None, *, there: bool) -> tuple[str, Mark]:
    """Return a piece of wire: broken, or dotted where it will be once the subhost runs."""
    if fault is not None:
        return CROSS + "─" * (length - 1), Mark.BROKEN
    return ("─" if there else "╌") * length, Mark.WIRE


def state(link: Link | None, fault: Clean | None) -> Mark:
    """Return how a name is drawn whose link may be missing."""
    if link is not None:
        return mark(link)
    return Mark.DOWN if fault is None else Mark.BROKEN


def mark(link: Link) -> Mark:
    """Return how the name of a link is drawn."""
    if not link.up:
        return Mark.DOWN
    return Mark.UP if link.carrier else Mark.SILENT
