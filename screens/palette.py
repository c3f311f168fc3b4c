"""The palette: every action possible in the current view, with its key and its class."""

from __future__ import annotations

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from screens.keys import Key, possible
from screens.main import MainScreen


class Actions(Provider):
    """Offers the keys of the view underneath as commands; all of them only look."""

    async def discover(self) -> Hits:
        for key in self._keys:
            yield DiscoveryHit(_display(key), partial(self._run, key), text=key.title)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for key in self._keys:
            score = matcher.match(key.title)
            if score > 0:
                yield Hit(score, _display(key), partial(self._run, key), text=key.title)

    @property
    def _keys(self) -> tuple[Key, ...]:
        return possible(self.screen.place.view) if isinstance(self.screen, MainScreen) else ()

    async def _run(self, key: Key) -> None:
        await self.screen.run_action(key.action)


def _display(key: Key) -> Content:
    return Content(f"{key.title}  [view, {key.shown}]")
