"""The screen as a picture and as text, without what a redactor finds on it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment, Segments
from textual.screen import Screen
from textual.strip import Strip

from console.capsule import Picture
from console.redact import Redactor, Span

Result = TypeVar("Result")

_HIDDEN = "x"
"""Stands for every character of a secret, so that nothing moves."""
_FONT_FACES = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""They name web fonts; a picture is to contact nobody."""


def capture(screen: Screen[Result], title: str) -> Callable[[Redactor], Picture]:
    """Return what draws the screen as it is now, at any later time."""
    width, height = screen.app.size
    strips = screen._compositor.render_strips(screen.app.size)

    def draw(redactor: Redactor) -> Picture:
        shown = tuple(hidden(strips, redactor))
        console = Console(
            width=width,
            height=height,
            file=io.StringIO(),
            force_terminal=True,
            color_system="truecolor",
            record=True,
            legacy_windows=False,
        )
        lines = [segment for strip in shown for segment in (*strip, Segment.line())]
        console.print(Segments(lines), end="", soft_wrap=True)
        svg = _FONT_FACES.sub("", console.export_svg(title=title))
        return Picture(svg, "\n".join(strip.text.rstrip() for strip in shown) + "\n")

    return draw


def hidden(strips: Sequence[Strip], redactor: Redactor) -> Iterator[Strip]:
    """Yield the lines of a screen with every secret made illegible."""
    spans = redactor.spans([strip.text for strip in strips])
    return (_hidden(*each) if each[1] else each[0] for each in zip(strips, spans, strict=True))


def _hidden(strip: Strip, spans: Sequence[Span]) -> Strip:
    secret = {at for begin, end in spans for at in range(begin, end)}
    segments, at = [], 0
    for text, style, control in strip:
        shown = "".join(
            _HIDDEN * cell_len(character) if at + place in secret else character
            for place, character in enumerate(text)
        )
        segments.append(Segment(shown, style, control))
        at += len(text)
    return Strip(segments)
