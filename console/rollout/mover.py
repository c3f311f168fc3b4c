"""What a rollout needs of the world: one who upgrades and looks, and a journal that is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from console.clean import Clean
from console.rollout.gates import Before, Reading, Sight
from console.rollout.records import Record


@dataclass(frozen=True, slots=True)
class Ticket:
    """One change of one target, which is made once however often it is asked for."""

    job: Clean
    """Id of the job that makes it."""
    boot_id: Clean | None
    """Of its host, before."""
    image: Clean
    """The set it is to run then."""
    back: bool
    """Whether it is the way back from a new set that failed."""


class Mover(Protocol):
    """Upgrades targets. Raises ``Unreachable`` where a host does not answer for now.

    Other ``ConsoleError`` mean that it cannot be done there.
    """

    async def look(self, target: Clean) -> Sight:
        """Look at a target now; that it does not answer is no error but seen."""

    async def stage(self, target: Clean) -> Clean | None:
        """Bring the new image to it, whole and verified; nothing where it lies there already.

        Return what is to be told of how it came there.
        """

    async def before(self, target: Clean) -> Before:
        """Return what it is like before its upgrade, and the image it could go back to."""

    async def change(self, target: Clean, ticket: Ticket) -> None:
        """Return when the change has been made, or its host was booted anew since.

        A job of that id that runs, or ran, is followed and never begun again; one that is not
        known there is begun only while the host's boot id is the ticket's.
        """

    async def ask(self, target: Clean, command: Clean) -> Reading:
        """Return what the operator's own command says of a target."""


class Book(Protocol):
    """A journal, which other consoles read, and write what their operators say."""

    async def read(self) -> tuple[Record, ...]:
        """Return what was written since it was read last."""

    async def write(self, record: Record, *, guarded: bool) -> tuple[bool, tuple[Record, ...]]:
        """Return when a record will be there after a crash: whether it was written, and what is
        new to us, itself included.

        A ``guarded`` one is not written where there is anything new. Raises ``ConsoleError`` when
        it cannot be written: then nothing may be done.
        """
