"""The one table of keys: bindings, the palette, the footer and the help all come from it."""

from __future__ import annotations

from dataclasses import dataclass

from screens.place import View

_LISTS = frozenset(View) - {View.HELP}
_ABOUT = _LISTS - {View.EVENTS, View.IMAGES}
"""Views whose rows may be acted on."""
_TABLES = frozenset({View.FLEET, View.CABLES, View.HOST, View.SUBHOST, View.JOB, View.WRITERS})
"""Views of more than one table."""
_LOGGED = frozenset(
    {
        *(View.SUBHOSTS, View.CABLES, View.HOST, View.SUBHOST, View.TRACE),
        *(View.OPERATIONS, View.JOB),
    }
)
"""Views whose rows may be about a subhost."""


_LEVELS = frozenset(
    {
        *(View.FLEET, View.SUBHOSTS, View.FILL, View.HOST, View.SUBHOST, View.EVENTS),
        *(View.LEVEL, View.WRITERS, View.RELIEF),
    }
)
"""Views whose rows may be about a level."""
_EVENTS = frozenset({View.EVENTS})
_RELIEF = frozenset({View.RELIEF})


@dataclass(frozen=True, slots=True)
class Key:
    """One thing the operator can do; ``action`` is a method ``action_…`` of the main screen."""

    keys: str
    """Textual key names, comma separated."""
    shown: str
    title: str
    action: str
    views: frozenset[View] = frozenset(View)
    hint: str = ""
    """One word for the last line of the screen; empty: not shown there."""


KEYS: tuple[Key, ...] = (
    Key("escape", "Esc", "back one layer; never quits", "out", hint="back"),
    Key("q", "q", "close this view; quits at the root", "quit", hint="quit"),
    Key("slash", "/", "filter", "filter", hint="filter"),
    Key("colon", ":", "command", "command", hint="command"),
    Key("question_mark", "?", "help", "help", hint="help"),
    Key("a", "a", "act on this row or the marked ones: start, stop, …", "act", _ABOUT, hint="act"),
    Key("s", "s", "shell in this subhost, or on this host", "enter", _ABOUT),
    Key("w", "w", "who fills this level, or the worst of this host", "writers", _LEVELS, "who"),
    Key("r", "r", "relief: what can be done about it", "relief", _LEVELS, hint="relief"),
    Key("b", "b", "let go of the ballast of this level", "release", _RELIEF, hint="ballast"),
    Key("1", "1", "fleet", "go('fleet')"),
    Key("2", "2", "subhosts", "go('subhosts')"),
    Key("3", "3", "fill", "go('fill')"),
    Key("4", "4", "cables", "go('cables')"),
    Key("5", "5", "images", "go('images')"),
    Key("6", "6", "operations: jobs of all hosts", "go('operations')", hint="jobs"),
    Key("7", "7", "events", "go('events')"),
    Key("8", "8", "runbooks (not in this version)", "absent('runbooks')"),
    Key("9", "9", "replay what was; again: what is now", "replay"),
    Key("left_square_bracket", "[", "back in the trail", "trail(-1)"),
    Key("right_square_bracket", "]", "forward in the trail", "trail(1)"),
    Key("minus", "-", "last view", "last"),
    Key("p", "p", "pause the screen", "pause"),
    Key("ctrl+r", "Ctrl-R", "look again now at this host, or the marked ones", "refresh('here')"),
    Key("N", "Shift-N", "sort by name", "sort('name')", _LISTS),
    Key("A", "Shift-A", "sort by age", "sort('age')", _LISTS),
    Key("S", "Shift-S", "sort by state", "sort('state')", _LISTS),
    Key("F", "Shift-F", "sort by fill", "sort('fill')", _LISTS),
    Key("T", "Shift-T", "sort by time to full", "sort('full')", _LISTS),
    Key("d", "d", "describe: open the row", "describe", _LISTS),
    Key("e", "e", "events of this host", "events", _LISTS),
    Key("o", "o", "acknowledge this event, or the marked ones", "acknowledge", _EVENTS, hint="ok"),
    Key("l", "l", "log of this subhost", "log", _LOGGED),
    Key("y", "y", "JSON of this row", "raw", _LISTS),
    Key("c", "c", "copy this row's id or text", "copy", _LISTS),
    Key("C", "Shift-C", "write an incident capsule: all of it in one file", "capsule"),
    Key("tab", "Tab", "next table", "app.focus_next", _TABLES, hint="table"),
    Key("shift+tab", "Shift-Tab", "previous table", "app.focus_previous", _TABLES),
    Key("ctrl+p", "Ctrl-P", "palette of everything possible here", "app.command_palette"),
    Key("ctrl+z", "Ctrl-Z", "to the shell; fg comes back", "app.suspend_process"),
    Key("ctrl+c", "Ctrl-C", "cancel, then says how to quit", "app.cancel"),
)

REPLAY_KEYS: tuple[Key, ...] = (
    Key("t", "t", "next sample", "step(1)", hint="next"),
    Key("T", "Shift-T", "previous sample", "step(-1)", hint="previous"),
    Key("b", "b", "to a time", "branch", hint="to a time"),
    Key("space", "Space", "play, or stop", "play", hint="play"),
)
"""Keys of a replay, where they come before all others."""

GRID_KEYS: tuple[tuple[str, str], ...] = (
    ("Enter", "open the row"),
    ("j k ↓ ↑", "next, previous row"),
    ("g G Home End", "first, last row"),
    ("Ctrl-F Ctrl-B PgDn PgUp", "page down, up"),
    ("Shift-← Shift-→", "choose a column"),
    ("Shift-O", "sort by that column, again to flip"),
    ("Space", "mark the row"),
    ("Ctrl-Space V", "mark up to here"),
    ("Ctrl-\\ u", "clear the marks"),
)
"""Keys every table has by itself."""

DIALOG_KEYS: tuple[tuple[str, str], ...] = (
    ("Enter Esc q", "cancel"),
    ("any key", "ignored for 0.4 s after it opened"),
    ("j k PgDn PgUp g G", "read on"),
    ("v", "the program as it runs, or the steps"),
    ("n N", "next, previous of several targets"),
    ("Ctrl-R", "plan again"),
    ("y, or Tab Enter", "yes, if it can be taken back"),
    ("Tab, yes or a number", "yes, if it interrupts a service"),
    ("Tab, a name", "yes, if data may be lost"),
)
"""Keys of the dialog that shows a plan."""

TYPING: dict[str, tuple[tuple[str, str], ...]] = {
    "replay": (*((key.shown, key.hint) for key in REPLAY_KEYS), (":live", "what is now")),
    "/": (("Enter", "keep"), ("Esc", "clear"), ("Ctrl-U", "start over")),
    ":": (("Enter", "run"), ("Esc", "leave"), ("Tab", "complete"), ("Up Down", "history")),
}
"""Keys of the line at the bottom, while a filter or a command is typed; and of a replay."""

FILTER_HELP: tuple[tuple[str, str], ...] = (
    ("text", "rows matching this regular expression"),
    ("!text", "rows not matching it"),
    ("key=text", "by column or attribute: problem=auth"),
    ("host=web*", "whole names: globs, lists as web[01-40]"),
    ("contact=lost", "hosts that do not answer, in whatever way"),
    ("@prod", "hosts with this tag"),
    ("a b", "both"),
)


_HINTS = 8
_SPARED = ("go('operations')", "command")
"""Actions whose keys give way on the last line first."""


def footer(view: View) -> tuple[Key, ...]:
    """Return the keys worth a place on the last line of this view."""
    hinted = [key for key in KEYS if key.hint and view in key.views]
    if view is View.FLEET:
        hinted = [key for key in hinted if key.action != "out"]
    for action in _SPARED:
        if len(hinted) > _HINTS:
            hinted = [key for key in hinted if key.action != action]
    return tuple(hinted)


def possible(view: View) -> tuple[Key, ...]:
    """Return every key that does something in this view."""
    return tuple(key for key in KEYS if view in key.views)
