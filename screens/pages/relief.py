"""What can be done about one level: every way with its gain and its risk, or why it is none."""

from __future__ import annotations

from console.clean import Clean
from console.fleet import FleetView
from console.model import Host, Level
from console.relief import options
from console.relief_option import Option
from console.view import Inquiry
from screens import marks
from screens.page import Column, Line, Page, Row, Table, Tone, Words
from screens.pages import incident
from screens.place import another_key, row_key

TABLE = "relief"
_COLUMNS = (
    Column("verb", "WHAT", 9),
    Column("title", "HOW", 24, grow=3, most=60),
    Column("gain", "GAIN", 6, right=True),
    Column("risk", "RISK, OR WHY NOT", 24, grow=4),
)


def page(view: FleetView, host: Host, subhost: str, level: Level, now: float) -> Page:
    """Return the level's clock and every way to relieve it, the best first."""
    found = known(view, host, subhost, level)
    rows = tuple(_row(each, row_of(host, subhost, level, each)) for each in found)
    empty = "nothing here can relieve it"
    table = Table(TABLE, "Relief", _COLUMNS, rows, empty)
    hint = Words("Enter shows the plan; nothing is done before it was read", Tone.DIM)
    title = "/".join(filter(None, (host.name, subhost))) + f" {level.id} relief"
    return Page(title, (*incident.panel(view, host, subhost, level, now), Line((hint,))), (table,))


def known(view: FleetView, host: Host, subhost: str, level: Level) -> tuple[Option, ...]:
    """Return the ways there are, by all that is known of who fills the level."""
    inquiry = view.inquiries.get((host.name, subhost, level.id), Inquiry())
    return options(host, Clean(subhost), level, inquiry.report)


def row_of(host: Host, subhost: str, level: Level, option: Option) -> str:
    """Return the key of an option's row."""
    return another_key(row_key(host.name, subhost, level.id), f"{option.verb} {option.title}")


def _row(option: Option, key: str) -> Row:
    hindered = option.why_not is not None
    gain = Words("-", Tone.DIM) if option.gain is None else Words(marks.size(option.gain))
    return Row(
        key,
        (
            Words(option.verb.value, Tone.DIM if hindered else Tone.ACCENT),
            Words(option.title, Tone.DIM if hindered else Tone.PLAIN),
            gain,
            Words(option.why_not or option.risk, Tone.WATCH if hindered else Tone.DIM),
        ),
    )


def whole(row: Row) -> tuple[Words, ...]:
    """Return what a row says, whole: there is not always room for it."""
    _, title, _, risk = row.cells
    told = [each for each in (title, risk) if isinstance(each, Words)]
    return tuple(Words(f"{each.text}  ", each.tone) for each in told)
