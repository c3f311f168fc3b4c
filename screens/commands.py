"""The command line behind ``:``, as data: ``:sub /mail`` is a view with a filter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from console.plan import ON_SUBHOSTS, Verb
from console.recabling import Change
from console.when import FORMS
from screens.filter import named
from screens.place import ROOT, Path, Place, View
from screens.wishes import SIGNALS, Asked, typed

_LIKE = 0.75
"""Share of a word that must be right for it to be taken for another."""
_SUBJECTS = dict.fromkeys((View.FLEET, View.IMAGES, View.EVENTS, View.OPERATIONS), "host")
"""What a name alone means in a view; in the others a subhost."""


@dataclass(frozen=True, slots=True)
class Command:
    """One word the command line knows; ``action`` as in the key table, ``{}`` its argument."""

    word: str
    usage: str
    title: str
    action: str
    arguments: tuple[str, ...] = ()
    """The words it takes; empty: none, or any where the usage shows some."""


@dataclass(frozen=True, slots=True)
class Order:
    """A command line understood: go to a view with a filter, or run an action."""

    action: str = ""
    view: View | None = None
    filter: str = ""
    asked: Asked | None = None
    """What is to be planned."""
    at: str = ""
    """The time that is to be replayed."""
    capsule: str = ""
    """File or folder for a capsule."""
    reason: str = ""
    """Why protected hosts are to be unlocked."""


@dataclass(frozen=True, slots=True)
class NoCommand:
    """A line that is not a command, and why."""

    why: str


_PATTERN = re.compile(r"^@|[*?]|\[[0-9,-]+\]")
"""What stands for more than one host."""

_VIEWS = {
    "hosts": View.FLEET,
    "sub": View.SUBHOSTS,
    "fill": View.FILL,
    "cables": View.CABLES,
    "images": View.IMAGES,
    "ops": View.OPERATIONS,
    "events": View.EVENTS,
}
_NAMED = "web*, web[1-9], @tag, HOST/S"
THEMES = ("dark", "light", "terminal")
_WORDS: Mapping[Verb, str] = {verb: "" for verb in Verb if verb in ON_SUBHOSTS} | {
    Verb.SHARE: " DIR [IN]",
    Verb.UNSHARE: " DIR [IN]",
    Verb.KILL: " SIGNAL",
}
_STORE = "the level under the cursor or marked ones"
_CABLE = "the cable under the cursor or marked ones"
_VERB = "the subhosts named, or marked, or this"

COMMANDS: tuple[Command, ...] = (
    *(
        Command(word, f"{word} [/FILTER|NAME]", f"{view.value}: {_NAMED}", "")
        for word, view in _VIEWS.items()
    ),
    *(
        Command(verb, f"{verb}{words} [SUB...]", _VERB, "", SIGNALS if verb is Verb.KILL else ())
        for verb, words in _WORDS.items()
    ),
    Command(Verb.GROW, f"{Verb.GROW} SIZE", _STORE, ""),
    Command(Verb.CABLE, f"{Verb.CABLE} CHANGE", _CABLE, "", tuple(Change)),
    Command("enter", "enter", "a shell in this subhost, or on this host", "enter"),
    Command("finish", "finish", "finish this job, which was killed", "settle('finish')"),
    Command("roll-back", "roll-back", "take back what it did", "settle('roll-back')"),
    Command("writers", "writers", "who fills this level", "writers"),
    Command("relief", "relief", "what can be done about this level", "relief"),
    Command("ro", "ro", "read-only: change nothing", "lock"),
    Command("rw", "rw REASON", "let protected hosts be changed for 30 min", ""),
    Command("sort", "sort COLUMN", "sort the table by a column", "sort('{}')"),
    Command("theme", "theme NAME", "dark, light or terminal", "app.theme('{}')", THEMES),
    Command(
        "mouse", "mouse on|off", "take mouse events, or not", "app.mouse('{}')", ("on", "off")
    ),
    Command("refresh", "refresh", "look at every host again now", "refresh('all')"),
    Command("accept-key", "accept-key", "accept the unknown key of this host", "accept_key"),
    Command("at", "at TIME", "replay what was then", ""),
    Command("live", "live", "what is now, from a replay", "live"),
    Command("capsule", "capsule [PATH]", "all that is known in one file, no secrets", ""),
    Command("pause", "pause", "freeze or thaw the screen", "pause"),
    Command("help", "help", "keys of this view", "help"),
    Command("q", "q", "quit", "leave"),
    Command("quit", "quit", "quit", "leave"),
)


def understood(line: str) -> Order | NoCommand:
    """Return what a line asks for."""
    word, _, rest = line.strip().removeprefix(":").partition(" ")
    rest = rest.strip()
    if word in _VIEWS:
        return Order(view=_VIEWS[word], filter=_filter(_VIEWS[word], rest))
    if word in {*_WORDS, Verb.GROW, Verb.CABLE}:
        return _wished(Verb(word), rest)
    if word == "rw":
        return Order(reason=rest) if rest else NoCommand("usage: :rw REASON")
    if word == "at":
        return Order(at=rest) if rest else NoCommand(f"usage: :at TIME, as {FORMS}")
    if word == "capsule":
        return Order(capsule=rest or ".")
    command = next((each for each in COMMANDS if each.word == word), None)
    if command is None:
        return NoCommand(f":{word} is no command{_meant(word)}; :help lists them")
    if "{}" not in command.action:
        return NoCommand(f":{word} takes no argument") if rest else Order(command.action)
    allowed = rest in command.arguments if command.arguments else rest.isidentifier()
    if not allowed:
        return NoCommand(f"usage: :{command.usage}")
    return Order(command.action.format(rest))


def _wished(verb: Verb, rest: str) -> Order | NoCommand:
    try:
        return Order(asked=typed(verb, rest))
    except ValueError as error:
        return NoCommand(f":{verb}: {error}")


def start(target: str) -> tuple[Path, str]:
    """Return the layers down to ``HOST`` or ``HOST/SUBHOST``; for a pattern a list, filtered."""
    host, slash, subhost = target.partition("/")
    if _PATTERN.search(target):
        view = View.SUBHOSTS if slash else View.FLEET
        return ((ROOT, Place(view)) if slash else (ROOT,)), _filter(view, target)
    path = (ROOT, *([Place(View.HOST, host)] if host else []))
    return (*path, Place(View.SUBHOST, host, subhost)) if subhost else path, ""


def _filter(view: View, rest: str) -> str:
    """Return the filter after a view's word: one after ``/``, a tag after ``@``, else names."""
    return rest[1:] if rest.startswith("/") else " ".join(_terms(view, rest))


def _terms(view: View, names: str) -> Iterator[str]:
    for name in names.split():
        host, slash, subhost = name.partition("/")
        if host.startswith("@"):
            yield host
        elif slash:
            yield named("host", host)
        else:
            yield named(_SUBJECTS.get(view, "subhost"), name)
        if slash:
            yield named("subhost", subhost)


def completions(typed: str) -> Sequence[str]:
    """Return the lines a start of a command may grow into."""
    lines = [command.word for command in COMMANDS]
    lines += [f"{command.word} {word}" for command in COMMANDS for word in command.arguments]
    return [line for line in lines if line.startswith(typed)] if typed else []


def _meant(word: str) -> str:
    near = get_close_matches(word, [command.word for command in COMMANDS], n=1, cutoff=_LIKE)
    return f", did you mean :{near[0]}" if near else ""
