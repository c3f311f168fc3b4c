"""Every tone can be read in every theme, and none is colour alone."""

from __future__ import annotations

import pytest
from rich.style import Style
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from screens.page import Tone
from screens.theme import THEMES, look, theme_name


def contrast(style: Style, ink: Color, paper: Color) -> float:
    front = Color.from_rich_color(style.color) if style.color else ink
    back = Color.from_rich_color(style.bgcolor) if style.bgcolor else paper
    darker, lighter = sorted((luminance(front), luminance(back)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: Color) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("tone", Tone)
def test_tones_are_readable_on_paper_and_under_the_cursor(theme: Theme, tone: Tone) -> None:
    seen = look(theme)
    ink, paper = Color.parse(theme.foreground or ""), Color.parse(theme.background or "")
    style = seen.tones[tone]
    for over in (Style(), seen.cursor, seen.resting):
        assert contrast(style + over, ink, paper) >= 4.5


@pytest.mark.parametrize(
    "theme", [*THEMES, *BUILTIN_THEMES.values()], ids=lambda theme: theme.name
)
def test_the_cursor_is_reversed_in_every_theme(theme: Theme) -> None:
    seen = look(theme)
    assert (seen.cursor + seen.cursor_head).reverse
    assert set(seen.tones) == set(Tone)


@pytest.mark.parametrize("name", ["ansi-dark", "ansi-light"])
def test_the_terminal_themes_use_only_its_own_palette(name: str) -> None:
    seen = look(BUILTIN_THEMES[name])
    styles = [*seen.tones.values(), seen.cursor, seen.cursor_head, seen.header, seen.column]
    colours = [colour for style in styles for colour in (style.color, style.bgcolor) if colour]
    assert colours
    assert all(colour.is_system_defined for colour in colours)


@pytest.mark.parametrize(
    "theme", [*THEMES, *BUILTIN_THEMES.values()], ids=lambda theme: theme.name
)
def test_states_differ_from_each_other(theme: Theme) -> None:
    tones = look(theme).tones
    states = [tones[tone] for tone in (Tone.GOOD, Tone.WATCH, Tone.ACT, Tone.BAD)]
    assert len(set(states)) == 4


@pytest.mark.parametrize(
    ("wanted", "environ", "name"),
    [
        ("dark", {"COLORFGBG": "0;15"}, "subdeck-dark"),
        ("light", {}, "subdeck-light"),
        ("terminal", {}, "ansi-dark"),
        ("terminal", {"COLORFGBG": "15;0"}, "ansi-dark"),
        ("terminal", {"COLORFGBG": "0;15"}, "ansi-light"),
        ("terminal", {"COLORFGBG": "0;default;7"}, "ansi-light"),
        ("terminal", {"COLORFGBG": "15;default;8"}, "ansi-dark"),
        ("terminal", {"COLORFGBG": "nonsense"}, "ansi-dark"),
    ],
)
def test_the_theme_follows_what_the_terminal_tells(
    wanted: str, environ: dict[str, str], name: str
) -> None:
    assert theme_name(wanted, environ) == name
