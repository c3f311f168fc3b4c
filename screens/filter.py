"""What is typed after ``/``: terms that every row shown satisfies.

``Filter.parse("@prod !state=ok web[01-40]")`` keeps rows about web01 to web40 that are tagged prod
and not ok.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import translate

from console.hostlist import expanded
from screens.page import Big, Cell, Gauge, Row, Spark, Trace, Wire, Words

_KEYED = re.compile(r"([\w.-]+)=(.*)", re.DOTALL)
_TAG = re.compile(r"@([\w.:*?\[\]-]+)")
_HOSTS = re.compile(r"[\w.-]+(?:\[[0-9]+(?:[,-][0-9]+)+\][\w.-]*)+")
"""Host lists that are meant as such without being called so."""
_NAMES = re.compile(r"[\w.:/@,*?\[\]-]+")
_WILD = re.compile(r"[*?]|\[[^\[\]]+\]")
_EXPRESSION = re.compile(r"\.[*?]")
"""What is a regular expression although a glob might look like it."""


@dataclass(frozen=True, slots=True)
class BadFilter:
    """A filter text that is not one (yet): the last good filter stays in force."""

    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Names:
    """Names of which a text must be one, or have one among its words."""

    plain: frozenset[str]
    globs: tuple[re.Pattern[str], ...]

    @staticmethod
    def of(word: str) -> Names:
        """Return the names that host lists and globs stand for; raises ``ValueError``."""
        names = [name.casefold() for name in expanded(word)]
        globs = tuple(re.compile(translate(name)) for name in names if _WILD.search(name))
        return Names(frozenset(name for name in names if not _WILD.search(name)), globs)

    def found(self, text: str) -> bool:
        """Whether it is, or has, one of the names."""
        folded = text.casefold()
        return any(
            name in self.plain or any(glob.match(name) for glob in self.globs)
            for name in (folded, *folded.split())
        )


@dataclass(frozen=True, slots=True)
class Term:
    """One condition on a row."""

    wanted: re.Pattern[str] | Names
    key: str | None
    """Column key or attribute looked at; ``None``: the whole row."""
    whole: re.Pattern[str]
    """The term as plain text, for rows that have nothing by the name of ``key``."""
    inverted: bool

    def holds(self, row: Row, places: Mapping[str, int]) -> bool:
        """Whether ``row`` satisfies the term; ``places`` maps column keys to cells."""
        texts = [] if self.key is None else [*_texts(row, self.key, places)]
        if texts:
            holds = any(map(self._found, texts))
        else:
            holds = self.whole.search(row_text(row)) is not None
        return holds is not self.inverted

    def _found(self, text: str) -> bool:
        wanted = self.wanted
        return wanted.found(text) if isinstance(wanted, Names) else bool(wanted.search(text))


@dataclass(frozen=True, slots=True)
class Filter:
    """Terms that all must hold; no term: every row passes."""

    text: str = ""
    terms: tuple[Term, ...] = ()

    @staticmethod
    def parse(text: str) -> Filter | BadFilter:
        """Return the filter that ``text`` spells.

        Blanks separate terms. A term is a case-insensitive regular expression over the row's text,
        a list of hosts (``web[01-40]``), ``@tag``, or ``key=expression`` over one column or
        attribute, where globs and lists stand for whole names; a leading ``!`` inverts it.
        """
        terms = []
        for word in text.split():
            bare = word.removeprefix("!")
            if not bare:
                continue
            try:
                terms.append(_term(bare, inverted=word.startswith("!")))
            except (re.error, OverflowError, RecursionError, ValueError) as error:
                return BadFilter(text, f"{word}: {error}")
        return Filter(text, tuple(terms))

    def keeps(self, row: Row, places: Mapping[str, int]) -> bool:
        """Whether ``row`` is shown."""
        return all(term.holds(row, places) for term in self.terms)


NO_FILTER = Filter()


def named(key: str, word: str) -> str:
    """Return the term that holds where ``key`` is one of the names ``word`` stands for, wholly."""
    if _named(key, word):
        return f"{key}={word}"
    pattern = re.escape(word).replace("\\*", ".*").replace("\\?", ".")
    return f"{key}=^{pattern}$"


def row_text(row: Row) -> str:
    """Return what a row says, its cells joined by blanks."""
    return " ".join(filter(None, map(_text, row.cells)))


def _term(bare: str, *, inverted: bool) -> Term:
    """Return one term; raises what a wrong expression or list raises."""
    key, value = None, bare
    if tag := _TAG.fullmatch(bare):
        key, value = "tag", tag[1]
    elif keyed := _KEYED.fullmatch(bare):
        key, value = keyed[1], keyed[2]
    elif _HOSTS.fullmatch(bare):
        key = "host"
    if key is None or not _named(key, value):
        return Term(_expression(value), key, _expression(bare), inverted)
    try:
        whole = _expression(bare)
    except re.error:
        whole = _expression(re.escape(bare))
    return Term(Names.of(value), key, whole, inverted)


def _named(key: str, value: str) -> bool:
    """Whether a value is names, not a regular expression; a tag is never a part of another."""
    wild = _WILD.search(value) and not _EXPRESSION.search(value)
    return bool(_NAMES.fullmatch(value) and (wild or key == "tag"))


def _expression(text: str) -> re.Pattern[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of "[[", which it takes literally
        return re.compile(text, re.IGNORECASE)


def _texts(row: Row, key: str, places: Mapping[str, int]) -> Iterator[str]:
    """Yield what a row has by this name: a column of its own, an attribute, or both."""
    place = places.get(key, len(row.cells))
    if place < len(row.cells):
        yield _text(row.cells[place])
    if key in row.attributes:
        yield row.attributes[key]


def _text(cell: Cell) -> str:
    match cell:
        case Words(text=text) | Wire(text=text):
            return text
        case Gauge(note=note, tenths=tenths):
            return note if tenths is None else f"{tenths / 10:.1f}% {note}".rstrip()
        case Spark() | Trace() | Big():
            return ""
