"""A screen that shows one place of the fleet after the other, each as it was left."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.notifications import SeverityLevel
from textual.screen import Screen

from console.clean import clean
from console.fleet import FleetView
from screens.banner import banner, hints
from screens.body import Body, Left
from screens.grid import Grid
from screens.listing import Stand
from screens.marks import Glyphs
from screens.page import Page, Words
from screens.pages import build, door
from screens.pages.desk import Desk
from screens.paragraph import Paragraph
from screens.place import Path, Place, Trail, View
from screens.sight import CLOCKS, Clocks, Sight

_SECONDS_TOLD = 3.0


class Journey(Screen[None]):
    """Banner, page, hints; and every way to get to another page."""

    def __init__(self, glyphs: Glyphs, clocks: Clocks = CLOCKS) -> None:
        super().__init__()
        self.sight = Sight(clocks)
        self.trail = Trail()
        self.body = Body(glyphs)
        self._desk = Desk()
        self._left: dict[Place, Left] = {}
        self._painted = False
        self._trouble: str | None = None
        self._banner = Paragraph(glyphs, id="banner")
        self._hints = Paragraph(glyphs, id="hints")

    def compose(self) -> ComposeResult:
        yield self._banner
        yield self.body
        yield self._hints

    def begin(self, path: Path, filtered: str = "") -> None:
        """Begin at the end of ``path`` instead of the root; before the first frame."""
        self.trail = Trail((path,))
        self._left[self.place] = Left((Stand(filter=filtered),))

    def on_mount(self) -> None:
        self._enter()
        self.set_interval(1.0, self._age)

    def on_resize(self) -> None:
        self.frame()

    @property
    def place(self) -> Place:
        """Where the operator is."""
        return self.trail.place

    @property
    def grid(self) -> Grid:
        """The table the keys go to."""
        return self.body.grid

    @property
    def seen(self) -> FleetView:
        """What pages are made of."""
        return self.sight.view

    @property
    def guard(self) -> Words | None:
        """Whether anything may be changed where the operator is; ``None``: not known yet."""
        return None

    @property
    def typing(self) -> str:
        """The sign of what is being typed; empty: nothing is."""
        return ""

    def show(self, view: FleetView) -> None:
        """Take a newer view of the fleet."""
        if view.trouble and view.trouble != self._trouble:
            self.say(view.trouble, warning=True)
        self._trouble = view.trouble
        self.sight.take(view)
        self.paint()

    def go(self, trail: Trail) -> None:
        """Go where ``trail`` leads, leaving this place as it is for coming back."""
        before, self.trail = self.trail, trail
        if trail.path == before.path:
            return
        self._left[before.place] = self.body.left
        reached = {place for path in trail.paths for place in path}
        self._left = {place: left for place, left in self._left.items() if place in reached}
        self._desk.parts.clear()
        self._enter()

    def say(self, text: str, *, warning: bool = False, seconds: float = _SECONDS_TOLD) -> None:
        """Tell the operator something, literally."""
        severity: SeverityLevel = "warning" if warning else "information"
        self.notify(clean(text), severity=severity, markup=False, timeout=seconds)

    def frame(self) -> None:
        """Bring the first and the last lines up to date."""
        width = max(self.app.size.width - 2, 0)
        self._banner.show((banner(self.sight, self.trail.path, width, self.guard),))
        self._hints.show((hints(self.place.view, self.typing),))

    def on_grid_chosen(self, message: Grid.Chosen) -> None:
        """Enter on a row: drill down."""
        place = door(message.grid.listing.table.key, message.key)
        if place is not None:
            self.go(self.trail.into(place))

    def action_go(self, view: str) -> None:
        self.go(self.trail.across(View(view)))

    def action_out(self) -> None:
        """Esc: clear the filter first, then leave the view; never quits."""
        if self.grid.listing.chosen.text or self.grid.listing.bad:
            self.body.set_filter("")
        else:
            self.go(self.trail.out() or self.trail)

    def action_quit(self) -> None:
        """Leave the view; quit at the root."""
        outer = self.trail.out()
        if outer is None:
            self.action_leave()
        else:
            self.go(outer)

    def action_leave(self) -> None:
        self.app.exit()

    def action_help(self) -> None:
        if self.place.view is View.HELP:
            self.action_quit()
        else:
            self.go(self.trail.into(Place(View.HELP, item=self.place.view.value)))

    def action_trail(self, by: int) -> None:
        self.go(self.trail.back() if by < 0 else self.trail.forward())

    def action_last(self) -> None:
        self.go(self.trail.last())

    def action_pause(self) -> None:
        self.sight.toggle()
        self.paint()

    def _enter(self) -> None:
        self.body.enter(self._page(), self._left.get(self.place))
        self.frame()

    def _page(self) -> Page:
        return build(self.seen, self.place, self.sight.now, self._desk, self.sight.wall)

    def paint(self) -> None:
        """Show what is seen now; under a dialog no row moves."""
        self._painted = True
        self.body.show(self._page(), still=self.app.screen_stack[-1:] != [self])
        if self.focused is None:
            self.body.focus_grid()
        self.frame()

    def _age(self) -> None:
        """Paint what has grown older, unless something new was painted anyway."""
        if not self._painted:
            self.paint()
        self._painted = False
