"""What one look at the networks of a host gives, whoever asked the kernel."""

from __future__ import annotations

from dataclasses import dataclass

from console.model import Gap, Link, Netns


@dataclass(frozen=True, slots=True)
class Cabling:
    """Links, named namespaces, and what could not be seen of them."""

    links: tuple[Link, ...] = ()
    netns: tuple[Netns, ...] = ()
    gaps: tuple[Gap, ...] = ()
