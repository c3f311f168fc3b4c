"""Colours: two themes of our own, and what a tone looks like in any theme.

``look(DARK).tones[Tone.BAD]`` is a style. Colour only repeats what words and marks already say:
cursor and state stay readable with ``NO_COLOR`` and on a terminal of 16 colours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from screens.page import Tone

DARK = Theme(
    name="subdeck-dark",
    primary="#6cb2eb",
    secondary="#8fa3b8",
    accent="#6cb2eb",
    success="#86c98d",
    warning="#e3c567",
    error="#f2777a",
    foreground="#d6dde6",
    background="#12161c",
    surface="#181d25",
    panel="#1f2630",
    dark=True,
    variables={
        "block-cursor-background": "#6cb2eb",
        "block-cursor-foreground": "#12161c",
        "block-cursor-text-style": "none",
        "border": "#6cb2eb",
        "border-blurred": "#35404d",
        "footer-background": "#181d25",
        "footer-key-foreground": "#6cb2eb",
        "footer-description-foreground": "#97a3b0",
        "input-selection-background": "#6cb2eb 35%",
    },
)
LIGHT = Theme(
    name="subdeck-light",
    primary="#0f5fa6",
    secondary="#566270",
    accent="#0f5fa6",
    success="#1f6a37",
    warning="#7d5a00",
    error="#b3202c",
    foreground="#1d242c",
    background="#fbfaf7",
    surface="#f3f1ec",
    panel="#e8e5de",
    dark=False,
    variables={
        "block-cursor-background": "#0f5fa6",
        "block-cursor-foreground": "#fbfaf7",
        "block-cursor-text-style": "none",
        "border": "#0f5fa6",
        "border-blurred": "#c3beb2",
        "footer-background": "#f3f1ec",
        "footer-key-foreground": "#0f5fa6",
        "footer-description-foreground": "#566270",
        "input-selection-background": "#0f5fa6 25%",
    },
)
THEMES = (DARK, LIGHT)
"""For ``App.register_theme``; the terminal's own colours are Textual's ``ansi-dark/-light``."""


def theme_name(wanted: str, environ: Mapping[str, str]) -> str:
    """Return the registered name of ``dark``, ``light`` or ``terminal``.

    Terminals that tell their colours do so in ``COLORFGBG``, as in ``0;15``: the last number is
    the paper, of the sixteen colours the light ones are 7 and from 9 up.
    """
    if wanted != "terminal":
        return f"subdeck-{wanted}"
    paper = environ.get("COLORFGBG", "").rpartition(";")[2]
    return "ansi-light" if paper in {"7", *map(str, range(9, 16))} else "ansi-dark"


def sixteen(wanted: str, colours: str | None) -> str:
    """Return the theme to begin with where rich tells this colour system.

    In sixteen colours those of ``dark`` come out as others, an alarm as grey.
    """
    return "terminal" if (wanted, colours) == ("dark", "standard") else wanted


@dataclass(frozen=True, slots=True)
class Look:
    """What tones and states look like."""

    tones: Mapping[Tone, Style]
    track: Style
    """Laid over the empty part of a gauge."""
    cursor: Style
    """Laid over the cursor's line."""
    cursor_head: Style
    """Laid over the first cells of the cursor's line, on top of ``cursor``."""
    resting: Style
    """Laid over the cursor's line while the keys go elsewhere."""
    header: Style
    """Laid over the line of column titles."""
    column: Style
    """Laid over the title that the column cursor is on."""


def look(theme: Theme) -> Look:
    """Return what tones look like in ``theme``, one of ours, Textual's or the terminal's."""
    names = theme.to_color_system().generate()
    colours = {name: Color.parse(names[name]) for name in _COLOURS}
    if not theme.ansi:
        return _blended(colours)
    # the terminal's accent is its green or magenta: blue or cyan is told apart from a state
    return _terminal(
        colours | {"accent": Color.parse(names["secondary" if theme.dark else "primary"])}
    )


_COLOURS = ("foreground", "background", "accent", "success", "warning", "error")


def _blended(colours: Mapping[str, Color]) -> Look:
    ink, paper, accent = colours["foreground"], colours["background"], colours["accent"]
    header = _ink(ink.blend(paper, 0.3))
    return Look(
        tones=_tones(
            colours,
            dim=_ink(ink.blend(paper, 0.28)),
            act=_ink(colours["warning"].blend(colours["error"], 0.55), bold=True),
        ),
        track=_ink(paper.blend(ink, 0.32)),
        cursor=_paper(paper.blend(accent, 0.15)),
        cursor_head=_ink(accent, bold=True) + _paper(paper) + Style(reverse=True),
        resting=_paper(paper.blend(ink, 0.06)),
        header=header + _paper(paper.blend(ink, 0.06)),
        column=_ink(accent) + Style(underline=True),
    )


def _terminal(colours: Mapping[str, Color]) -> Look:
    """Only what the terminal itself defines: its palette and its attributes."""
    flat = Style(color="default", bgcolor="default", dim=False)
    return Look(
        tones=_tones(colours, dim=Style(dim=True), act=_ink(colours["warning"], bold=True)),
        track=Style(),
        cursor=flat + Style(reverse=True),
        cursor_head=Style(bold=True),
        resting=Style(bold=True),
        header=Style(underline=True, dim=False),
        column=Style(reverse=True),
    )


def _tones(colours: Mapping[str, Color], dim: Style, act: Style) -> dict[Tone, Style]:
    return {
        Tone.PLAIN: Style(),
        Tone.DIM: dim,
        Tone.GOOD: _ink(colours["success"]),
        Tone.WATCH: _ink(colours["warning"]),
        Tone.ACT: act,
        Tone.BAD: _ink(colours["error"], bold=True),
        Tone.ACCENT: _ink(colours["accent"]),
        Tone.HEAD: Style(bold=True),
    }


def _ink(colour: Color, *, bold: bool | None = None) -> Style:
    return Style(color=colour.rich_color, bold=bold)


def _paper(colour: Color) -> Style:
    return Style(bgcolor=colour.rich_color)
