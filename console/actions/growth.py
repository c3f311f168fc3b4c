"""What growing one store takes, as parts of a plan, and what memory has to say about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from console.clean import Clean, clean
from console.model import Host, Level, Memory
from console.operations import Operation
from console.overcommit import promised
from console.parse.amount import shown, typed
from console.plan import Check, Obstacle, Step, Tier, Wish
from console.survey import Stores, Survey

_RESERVE = 64 << 20


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish about one level, and all that is known of that."""

    host: Host
    wish: Wish
    survey: Survey
    stores: Stores
    level: Level
    size: int
    """Bytes it is to hold in all."""


@dataclass(frozen=True, slots=True)
class Growth:
    """How one store is made larger."""

    steps: tuple[Step, ...] = ()
    checks: tuple[Check, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    consequences: tuple[Clean, ...] = ()
    notes: tuple[Clean, ...] = ()
    tier: Tier = Tier.REVERSIBLE
    tools: tuple[str, ...] = ()
    """Programs that it takes."""
    total: int | None = None
    """Bytes the level is to tell of at the end; ``None``: nothing of it changes."""


def refused(text: str, remedy: str | None = None) -> Growth:
    """Return why a store is not grown."""
    return Growth(obstacles=(Obstacle(clean(text, 1000), clean(remedy) if remedy else None),))


def reserve(memory: Memory) -> int:
    """Return the bytes of memory that no store may be promised."""
    return max(_RESERVE, memory.total // 20)


def left(memory: Memory) -> int:
    """Return the bytes that a store may still be promised: what is available but the reserve."""
    return max(memory.available - reserve(memory), 0)


@dataclass(frozen=True, slots=True)
class Guard:
    """What memory says to a store that may then take ``free`` bytes, ``grown`` more than now."""

    asked: Asked
    free: int
    grown: int

    @property
    def obstacles(self) -> Iterator[Obstacle]:
        """Yield why memory does not allow for it."""
        memory = self.asked.stores.memory
        if self.grown <= 0 or self.free <= left(memory):
            return
        kept, most = reserve(memory), self.asked.size - self.free + left(memory)
        remedy = "free memory first"
        if most > (self.asked.level.total or 0):
            remedy = f"at most {typed(most >> 20 << 20)}, or free memory first"
        yield Obstacle(
            Clean(
                f"{shown(memory.available)} of memory are available, of which {shown(kept)} stay "
                f"in reserve: {shown(self.free)} more cannot be promised"
            ),
            Clean(remedy),
        )

    @property
    def checks(self) -> tuple[Check, ...]:
        """Return what must hold still when it begins."""
        if self.grown <= 0:
            return ()
        needed = self.free + reserve(self.asked.stores.memory)
        return (
            Check(
                Operation(("affords", str(needed))),
                Clean(f"less than {shown(needed)} of memory are available by now"),
            ),
        )

    @property
    def consequences(self) -> tuple[Clean, ...]:
        """Return what is so if everything fills."""
        if self.grown <= 0:
            return ()
        now = promised(self.asked.stores.memory, self.asked.host)
        worst = now.worst + self.grown
        if worst <= now.total:
            return ()
        said = f"{shown(now.used)} in use, {shown(worst - now.used)} that stores may still take"
        return (
            Clean(f"if everything fills: {said}, and memory holds {shown(now.total)}"),
            *self._alone(now.alone),
        )

    def _alone(self, names: tuple[Clean, ...]) -> Iterator[Clean]:
        if names:
            which = "ends processes before it is full" if len(names) == 1 else "ends processes"
            yield clean(f"even now {', '.join(names)} alone {which}, by the OOM killer")

    @property
    def tier(self) -> Tier:
        """Return how it is confirmed.

        All that it may take is available now, or it would be refused. If others fill as well the
        OOM killer ends processes: that interrupts services, and loses nothing that is stored. Most
        live hosts promise more than they have from the start, by the sizes that tmpfs have by
        default, so that a graver tier would keep auto-relief from all of them.
        """
        return Tier.INTERRUPTS if self.consequences else Tier.REVERSIBLE
