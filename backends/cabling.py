"""What one look at the networks of a host gives, whoever asked the kernel."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from console.model import Gap, Link, Netns, Routing


@dataclass(frozen=True, slots=True)
class Cabling:
    """Links, named namespaces, and what could not be seen of them."""

    links: tuple[Link, ...] = ()
    netns: tuple[Netns, ...] = ()
    gaps: tuple[Gap, ...] = ()
    routing: Routing | None = None
    at: float = field(default_factory=time.monotonic)
    """Monotonic clock of this console when it was seen."""
