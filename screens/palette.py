"""The palette: every action possible for the current view and row, with key and class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from console.jobs import Settling
from console.plan import Verb
from console.recabling import Change
from screens.keys import possible
from screens.main import MainScreen
from screens.possible import Entry, Kind, Other


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that can be done here."""

    title: str
    action: str
    how: str
    """Its class and its key, or the command for it."""

    @property
    def shown(self) -> Content:
        """Return it as a line of the palette."""
        return Content(f"{self.title}  [{self.how}]")


def offers(screen: MainScreen) -> Iterator[Offer]:
    """Yield what is possible in the view and with the row under the cursor."""
    for key in possible(screen.place.view):
        yield Offer(key.title, key.action, f"view, {key.shown}")
    for entry in screen.entries:
        if entry.possible and entry.kind is not Kind.VIEW:
            yield _offer(entry, screen)


def _offer(entry: Entry, screen: MainScreen) -> Offer:
    """Return an entry of the menu as a line; the name is what it is done to."""
    match entry.does:
        case Other.ACCEPT:
            title = f"accept the unknown key of {screen.chosen}"
            return Offer(title, "accept_key", "change, :accept-key")
        case Other.SHELL:
            return Offer(f"open a shell in {screen.chosen}", "enter", "change, s")
        case Settling() as how:
            return Offer(f"{how} this job: {entry.title}", f"settle('{how}')", _how(entry))
        case Change() as change:
            title = f"{change} {screen.chosen}: {entry.title}"
            return Offer(title, f"do('{Verb.CABLE}', '{change}')", _how(entry))
        case does:
            return Offer(f"{does} {screen.chosen}: {entry.title}", f"do('{does}')", _how(entry))


def _how(entry: Entry) -> str:
    return f"{entry.kind}, a {entry.letter}"


class Actions(Provider):
    """Offers what can be done in the view underneath, each with its key and its class."""

    async def discover(self) -> Hits:
        for offer in self._offers:
            yield DiscoveryHit(offer.shown, partial(self._run, offer), text=offer.title)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for offer in self._offers:
            score = matcher.match(offer.title)
            if score > 0:
                yield Hit(score, offer.shown, partial(self._run, offer), text=offer.title)

    @property
    def _offers(self) -> tuple[Offer, ...]:
        return tuple(offers(self.screen)) if isinstance(self.screen, MainScreen) else ()

    async def _run(self, offer: Offer) -> None:
        await self.screen.run_action(offer.action)
