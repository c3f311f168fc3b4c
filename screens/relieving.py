"""A screen on which what relieves a level is chosen from a list, and planned like the rest."""

from __future__ import annotations

from dataclasses import replace

from console.ballast_rule import USUAL
from console.clean import Clean
from console.plan import Verb, Wish
from screens import targets
from screens.acting import Acting
from screens.doing import Target
from screens.grid import Grid
from screens.pages import find_contact, relief
from screens.plan_dialog import Wishes


class Relieving(Acting):
    """Adds what Enter does in the list of ``r``, and the one key that lets go of a ballast."""

    ballast = USUAL
    """What is held in a level."""

    def on_grid_chosen(self, message: Grid.Chosen) -> None:
        """Enter on a way to relieve a level plans it."""
        if message.grid.listing.table.key == relief.TABLE:
            self._relieve(message.key)

    def _relieve(self, key: str) -> None:
        place = self.place
        target = Target(Clean(place.host), Clean(place.subhost), Clean(place.item))
        contact, level = find_contact(self.seen, place.host), targets.level_of(self.seen, target)
        if contact is None or contact.host is None or level is None or self.doing is None:
            return
        host = contact.host
        for option in relief.known(self.seen, host, place.subhost, level):
            if relief.row_of(host, place.subhost, level, option) == key:
                if option.wish is None:
                    self.say(f"{option.verb}: {option.why_not or option.title}", warning=True)
                else:
                    self.plan(self.doing, Wishes(((target.host, self._sized(option.wish)),)))

    def _sized(self, wish: Wish) -> Wish:
        if wish.verb is not Verb.HOLD:
            return wish
        return replace(wish, size=self.ballast.size, inodes=self.ballast.inodes)

    def action_release(self) -> None:
        """Plan that the ballast of this level is let go."""
        place = self.place
        if self.doing is not None and place.item:
            wish = Wish(Verb.RELEASE, Clean(place.subhost), level=Clean(place.item))
            self.plan(self.doing, Wishes(((Clean(place.host), wish),)))
