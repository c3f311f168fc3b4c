"""What one look at the networks of a host gives, whoever asked the kernel."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from console.cabling import peers, rated
from console.memo import equal
from console.model import Gap, Link, Netns, Routing
from console.renewed import renewing


@dataclass(frozen=True, slots=True)
class Cabling:
    """Links, named namespaces, and what could not be seen of them."""

    links: tuple[Link, ...] = ()
    netns: tuple[Netns, ...] = ()
    gaps: tuple[Gap, ...] = ()
    routing: Routing | None = None
    at: float = field(default_factory=time.monotonic)
    """Monotonic clock of this console when it was seen."""

    def since(self, before: Cabling) -> Cabling:
        """Return the same with the peer of each link and what passed it since it was seen before.

        What is equal to before is the very same object.
        """
        links = rated(peers(self.links, self.netns), self.at, before.links, before.at)
        return _known(
            self,
            equal(links, before.links),
            equal(self.netns, before.netns),
            equal(self.routing, before.routing),
        )


_known = renewing(Cabling, "links", "netns", "routing")
