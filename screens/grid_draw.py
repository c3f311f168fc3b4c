"""Rows and lines of a page become pieces of text with a tone, one line of the screen each.

``row_line(row, layout, …)`` is a pure function; its text is ``layout.width`` cells wide, always.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from console.cables.strokes import in_ascii
from screens.digits import big
from screens.layout import GUTTER, Layout
from screens.listing import Listing
from screens.marks import Glyphs, bar, cells, fit, percent, spark
from screens.page import Big, Cell, Column, Gauge, Line, Row, Spark, Tone, Trace, Wire, Words

_PERCENT = 6
"""Cells of a blank and a percentage."""
_NOTED = 30
"""A column of gauges at least this wide leaves room for their notes."""
_BAR = 12
"""Cells of a bar in running text."""
_OLD = "~"
"""Before a percentage that is not as it is now but as it was seen last."""
_SPANNED = Column("", "", 0)


class Piece(NamedTuple):
    """Some text of one tone, already fitted."""

    text: str
    tone: Tone = Tone.PLAIN
    role: str = ""
    """``head``, ``track`` or ``column``, where that is drawn in a way of its own."""


class Stance(Enum):
    """What a whole line is drawn as."""

    PLAIN = "plain"
    HEADER = "header"
    CURSOR = "cursor"
    RESTING = "resting"
    """The cursor's line while the keys go elsewhere."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One line of the screen; two equal ones look the same."""

    pieces: tuple[Piece, ...] = ()
    stance: Stance = Stance.PLAIN


def row_line(row: Row, layout: Layout, stance: Stance, *, marked: bool, glyphs: Glyphs) -> Drawn:
    """Return a row as it is drawn, with the marks of cursor and selection before it."""
    here = stance in (Stance.CURSOR, Stance.RESTING)
    tone = Tone.DIM if stance is Stance.RESTING else Tone.ACCENT
    pieces = [
        Piece((glyphs.cursor if here else " ")[: layout.width], tone, "head"),
        Piece((glyphs.marked if marked else " ")[: layout.width - 1], Tone.ACCENT, "head"),
    ]
    for number, (cell, column, width) in enumerate(_spread(row, layout)):
        if number:
            pieces.append(Piece(" " * layout.gap))
        drawn = cell_pieces(cell, width, glyphs, right=column.right, path=column.path)
        if number == 0 and here:
            drawn = tuple(piece._replace(role=piece.role or "head") for piece in drawn)
        pieces.extend(drawn)
    return Drawn(_filled(pieces, layout.width), stance)


def _spread(row: Row, layout: Layout) -> Iterator[tuple[Cell, Column, int]]:
    """Yield each cell that is drawn, its column and width; one that spans takes what it may."""
    spanning = next((at for at, cell in enumerate(row.cells) if _span(cell) > 1), len(row.cells))
    reach = spanning + (_span(row.cells[spanning]) if spanning < len(row.cells) else 0)
    over = [place for place in layout.places if spanning <= place.index < reach]
    for place in layout.places:
        if place not in over:
            cell = row.cells[place.index] if place.index < len(row.cells) else Words("")
            yield cell, place.column, place.width
        elif place is over[0]:
            width = sum(each.width for each in over) + layout.gap * (len(over) - 1)
            yield row.cells[spanning], _SPANNED, width


def _span(cell: Cell) -> int:
    return cell.span if isinstance(cell, Words) else 1


def header_line(layout: Layout, listing: Listing, column: str | None, glyphs: Glyphs) -> Drawn:
    """Return the line of column titles; the sorted one carries a mark, not only a colour."""
    key, descending = listing.sort
    arrow = glyphs.descending if descending else glyphs.ascending
    pieces = [Piece(" " * min(GUTTER, layout.width))]
    for number, place in enumerate(layout.places):
        if number:
            pieces.append(Piece(" " * layout.gap))
        title, width = place.column.title, place.width
        role = "column" if place.column.key == column else ""
        if place.column.key == key:
            room = min(cells(title, width), max(width - 2, 0))
            title = f"{fit(title, room, ellipsis=glyphs.ellipsis)} {arrow}".lstrip()
        text = fit(title, width, right=place.column.right, ellipsis=glyphs.ellipsis)
        pieces.append(Piece(text, role=role))
    return Drawn(_filled(pieces, layout.width), Stance.HEADER)


def title_line(listing: Listing, glyphs: Glyphs, width: int) -> Drawn:
    """Return title, position, and what filter and marks are in force."""
    shown, whole = len(listing.rows), len(listing.table.rows)
    title = listing.table.title
    said = [Words(f" {title} " if title else " ", Tone.HEAD)]
    if whole:
        place = (listing.position or 0) + 1 if shown else 0
        said.append(Words(f"{place}/{shown}", Tone.DIM))
    if listing.chosen.text:  # the line's end may be cut: numbers first
        said += [Words(f"  {whole - shown} hidden", Tone.DIM)]
    if listing.marks:
        hidden = f", {listing.hidden_marks} hidden by filter" if listing.hidden_marks else ""
        said.append(Words(f"  {len(listing.marks)} marked{hidden}", Tone.ACCENT))
    if listing.chosen.text:
        said.append(Words(f"  /{listing.chosen.text}", Tone.ACCENT))
    if listing.bad:
        said.append(Words(f"  not a filter: {listing.bad.why}", Tone.BAD))
    return text_line(Line(tuple(said)), glyphs, width)


def empty_line(listing: Listing, glyphs: Glyphs, width: int) -> Drawn:
    """Return what stands where rows would: why there is none."""
    hidden = listing.hidden
    said = f"{hidden} row{'s' * (hidden != 1)} hidden by filter" if hidden else listing.table.empty
    return text_line(Line((Words(" " * GUTTER + said, Tone.DIM),)), glyphs, width)


def text_line(line: Line, glyphs: Glyphs, width: int) -> Drawn:
    """Return a line of running text, cut where the width ends."""
    pieces: list[Piece] = []
    room = width
    for cell in line.pieces:
        match cell:
            case Words(text=text) | Wire(text=text) | Gauge(tenths=None, note=text):
                wanted = cells(text, room)
            case Gauge(note=note):
                wanted = _BAR + _PERCENT + (cells(note, room) + 1 if note else 0)
            case Spark() | Trace():
                wanted = len(cell.heights)
            case Big(text=text, row=row):
                wanted = len(big(text, solid=glyphs.solid)[row])
        wanted = min(wanted, room)
        pieces.extend(cell_pieces(cell, wanted, glyphs, long=_BAR))
        room -= wanted
    return Drawn(_filled(pieces, width))


def cell_pieces(
    cell: Cell,
    width: int,
    glyphs: Glyphs,
    *,
    right: bool = False,
    path: bool = False,
    long: int | None = None,
) -> tuple[Piece, ...]:
    """Return one cell as pieces that are ``width`` cells together.

    Bars are ``long`` cells, or as long in every gauge of that width, with a note or without.
    """
    match cell:
        case Words(short=short, tone=tone) if short and cells(cell.text, width + 1) > width:
            return (Piece(fit(short, width, right=right, ellipsis=glyphs.ellipsis), tone),)
        case Words(text=text, tone=tone) | Gauge(tenths=None, note=text, tone=tone):
            cut = glyphs.ellipsis
            return (Piece(fit(text, width, right=right, ellipsis=cut, path=path), tone),)
        case Spark() | Trace():
            return (Piece(spark(cell.heights, width, glyphs), cell.tone),)
        case Big(text=text, row=row, tone=tone):
            return (Piece(fit(big(text, solid=glyphs.solid)[row], width), tone),)
        case Wire(pieces=words):
            return tuple(_wired(words, width, glyphs))
        case Gauge():
            shared = (width - _PERCENT) * 2 // 5 if width >= _NOTED else width - _PERCENT
            bar_cells = min(shared if long is None else long, width - _PERCENT)
            return _gauge(cell, cell.tenths or 0, (bar_cells, width), glyphs)


def _wired(words: Iterable[Words], room: int, glyphs: Glyphs) -> Iterator[Piece]:
    """Yield pieces one after the other, ``room`` cells together; what is left over is blank."""
    for each in words:
        text = each.text if glyphs.solid else in_ascii(each.text)
        wanted = min(cells(text, room + 1), room)
        yield Piece(fit(text, wanted, ellipsis=glyphs.ellipsis), each.tone)
        room -= wanted
    yield Piece(" " * room)


def _gauge(cell: Gauge, tenths: int, sizes: tuple[int, int], glyphs: Glyphs) -> tuple[Piece, ...]:
    """Return bar, percentage and note; the percentage alone where there is no room for a bar."""
    (long, width), tone = sizes, cell.tone
    share = (_OLD if cell.old else "") + percent(tenths)
    if long < 2:
        return (Piece(fit(share, width, right=True, ellipsis=glyphs.ellipsis), tone),)
    ink, track = bar(tenths, long, glyphs)
    note = fit(f" {cell.note}", width - long - _PERCENT, ellipsis=glyphs.ellipsis)
    return (
        Piece(ink, tone),
        Piece(track, Tone.DIM, "track"),
        Piece(share.rjust(_PERCENT), tone),
        Piece(note, Tone.DIM),
    )


def _filled(pieces: Iterable[Piece], width: int) -> tuple[Piece, ...]:
    """Return the pieces that say something, and blanks up to ``width``."""
    kept = tuple(piece for piece in pieces if piece.text)
    gap = width - sum(cells(piece.text, width) for piece in kept)
    return (*kept, Piece(" " * gap)) if gap > 0 else kept
