"""Host: everything known about one machine at one moment."""

from __future__ import annotations

from dataclasses import dataclass

from console.clean import Clean
from console.model.boot import Boot, Image
from console.model.gap import Gap
from console.model.level import Level, State
from console.model.network import Link, Netns, Routing
from console.model.subhost import Subhost


@dataclass(frozen=True, slots=True)
class Pressure:
    """Pressure stall information: share of time stalled, in percent."""

    some_avg10: float
    some_avg60: float
    full_avg10: float | None


@dataclass(frozen=True, slots=True)
class Memory:
    """Main memory, in bytes (``/proc/meminfo``)."""

    total: int
    available: int
    shmem: int
    """tmpfs pages and shared memory."""
    unevictable: int
    """Where ramfs pages show."""
    swap_total: int
    swap_free: int
    pressure: Pressure | None = None


@dataclass(frozen=True, slots=True)
class Host:
    """A frozen picture of one machine."""

    name: Clean
    boot: Boot | None
    memory: Memory | None
    levels: tuple[Level, ...]
    subhosts: tuple[Subhost, ...]
    links: tuple[Link, ...]
    netns: tuple[Netns, ...]
    images: tuple[Image, ...]
    gaps: tuple[Gap, ...]
    time: float
    """Wall clock of this console when sampled, seconds since 1970."""
    at: float
    """Monotonic clock of this console when sampled."""
    routing: Routing | None = None

    @property
    def boot_id(self) -> Clean | None:
        """What another boot has another of; ``None``: not known."""
        return self.boot.boot_id if self.boot else None

    @property
    def all_levels(self) -> tuple[Level, ...]:
        """Its own levels and those of its subhosts."""
        return tuple(level for _, level in self.owned_levels)

    @property
    def owned_levels(self) -> tuple[tuple[str, Level], ...]:
        """The same, each with the name of its subhost; empty for the host's own."""
        own = tuple(("", level) for level in self.levels)
        return own + tuple((sub.name, level) for sub in self.subhosts for level in sub.levels)

    @property
    def state(self) -> State:
        """The worst state of any level."""
        return max(
            (lev.state for lev in self.all_levels),
            default=State.OK,
            key=lambda state: state.severity,
        )
