"""A journey that knows which hosts it is about: those in sight, under the cursor, or marked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from textual.app import ComposeResult
from textual.message import Message

from console.clean import Clean
from console.contact import Contact
from console.events import Key
from screens import rows
from screens.accept import AcceptKey
from screens.filter import named
from screens.grid import Grid
from screens.journey import Journey
from screens.marks import Glyphs
from screens.pages import detail, find_contact
from screens.pages.contact import acceptable
from screens.pages.events import row_of
from screens.pages.host import ACTIONS
from screens.paragraph import Paragraph
from screens.place import Place, View
from screens.sight import CLOCKS, Clocks


class Regard(Journey):
    """Adds a line about the row under the cursor, and what is done with its host."""

    @dataclass
    class Looking(Message):
        """The hosts whose state is on the screen are others now."""

        hosts: tuple[str, ...]

    @dataclass
    class LookAgain(Message):
        """The operator wants to know now; of no host named: of all."""

        hosts: tuple[str, ...]

    @dataclass
    class Accepted(Message):
        """The operator knows the key that a host offered."""

        host: Clean
        fingerprint: str

    @dataclass
    class Acknowledged(Message):
        """The operator knows of these events."""

        keys: frozenset[Key]

    def __init__(self, glyphs: Glyphs, clocks: Clocks = CLOCKS) -> None:
        super().__init__(glyphs, clocks)
        self.glyphs = glyphs
        self._looking: tuple[str, ...] = ()
        self._detail = Paragraph(glyphs, id="detail")

    def compose(self) -> ComposeResult:
        *above, last = super().compose()
        yield from above
        yield self._detail
        yield last

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that are marked or under the cursor, else the one the view is about."""
        return rows.hosts(self.grid.listing, self.place)

    def frame(self) -> None:
        super().frame()
        self._point()

    def on_grid_moved(self) -> None:
        self._point()

    def on_grid_chosen(self, message: Grid.Chosen) -> None:
        if message.grid.listing.table.key == ACTIONS:
            self.action_accept_key()

    def action_events(self) -> None:
        """What happened to the host under the cursor."""
        if host := next(iter(self.hosts), None):
            self.go(self.trail.into(Place(View.EVENTS)))
            self.body.set_filter(named("host", host))
        else:
            self.say("put the cursor on a host to see its events", warning=True)

    def action_acknowledge(self) -> None:
        """What is marked or under the cursor is known: told again only if it gets worse."""
        listing = self.grid.listing
        rows_ = listing.marks or {listing.cursor}
        known = frozenset(each.key for each in self.seen.events if row_of(each) in rows_)
        if known:
            self.post_message(self.Acknowledged(known))
            self.grid.action_unmark()
            self.say(f"{len(known)} acknowledged: told again only if it gets worse")

    def action_refresh(self, which: str) -> None:
        """Look again, whatever the back-off, at the hosts marked or under the cursor or at all."""
        self.post_message(self.LookAgain(self.hosts if which == "here" else ()))

    def action_accept_key(self) -> None:
        """Ask whether the key that the host under the cursor offered is its own."""
        contact = find_contact(self.sight.view, next(iter(self.hosts), ""))
        key = acceptable(contact)
        if contact and key:
            decided = partial(self._decided, contact, key.fingerprint)
            self.app.push_screen(AcceptKey(contact, key, self.glyphs), decided)
        elif contact and contact.untrusted:
            self.say("another key than the known one is never accepted in here", warning=True)
        else:
            self.say("put the cursor on a host that offers an unknown key", warning=True)

    def _decided(self, contact: Contact, fingerprint: str, accepted: bool | None) -> None:
        if accepted:
            self.post_message(self.Accepted(contact.name, fingerprint))

    def _point(self) -> None:
        """Tell of the row under the cursor what it has no room for, and whose state is seen."""
        shown = self.grid.listing
        told = detail(self.seen, self.place, shown.table, shown.cursor, self.sight.now)
        self._detail.display = told is not None
        self._detail.show((told,) if told else ())
        looking = tuple(dict.fromkeys(filter(None, (self.place.host, *self.body.hosts))))
        if looking != self._looking:
            self._looking = looking
            self.post_message(self.Looking(looking))
