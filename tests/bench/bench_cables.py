"""Cost of the cabling of one host on the screen: 200 subhosts on 8 bridges.

``python -m tests.bench cables`` prints the layout alone, a frame from a new picture of the host to
the lines of the screen, a frame after only the cursor moved, and one traced way.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from textual.geometry import Size

from console.cables.drawing import drawing
from console.cables.trace import trace
from console.contact import Contact
from console.model import Host
from console.view import FleetView
from screens.grid_draw import Stance
from screens.listing import Listing
from screens.marks import UNICODE
from screens.page import Table
from screens.pages import build
from screens.pages.desk import Desk
from screens.place import Place, View
from screens.sheet import Sheet, pinned
from screens.sheet import View as Window
from tests.bench.budget import Figure
from tests.console.cables.sites import subhosts

SUBHOSTS, BRIDGES = 200, 8
FRAME = 40.0
"""Milliseconds a frame may take."""
_SIZE = Size(160, 50)
_TURNS = 20


def main() -> list[Figure]:
    """Measure, print and return the figures."""
    host = subhosts(SUBHOSTS, BRIDGES)
    sheet = Sheet(UNICODE)
    table = _table(host)
    figures = [
        _figure("layout of the drawing", lambda: drawing(host), None),
        _figure("frame: layout, page and lines", lambda: _frame(host), FRAME),
        _figure("frame: the cursor moved", lambda: _lines(sheet, table, 100), FRAME),
        _figure("one traced way", lambda: trace(host, f"sub{SUBHOSTS - 1}", "eth0"), FRAME),
    ]
    for figure in figures:
        print(f"{figure.name}: {figure.value:.2f} {figure.unit}")
    return figures


def _table(host: Host) -> Table:
    view = FleetView((Contact(host.name, 2.0, host),))
    return build(view, Place(View.CABLES), 0.0, Desk()).tables[0]


def _frame(host: Host) -> None:
    _lines(Sheet(UNICODE), _table(host), 0)


def _lines(sheet: Sheet, table: Table, cursor: int) -> None:
    listing = Listing(table).showing(table).at(cursor)
    first = max(cursor - _SIZE.height // 2, 0)
    sheet.lines(listing, _SIZE, Window(first, pinned(listing, _SIZE.height), Stance.CURSOR, None))


def _figure(name: str, work: Callable[[], object], budget: float | None) -> Figure:
    """Return the median of some turns, in milliseconds of this process."""
    spent = []
    for _ in range(_TURNS):
        began = time.process_time()
        work()
        spent.append((time.process_time() - began) * 1000)
    return Figure(f"cables of {SUBHOSTS} subhosts: {name}", statistics.median(spent), "ms", budget)


if __name__ == "__main__":
    main()
