"""Guard: whether anything may be done here at all, and on which hosts; nothing until ``permit``.

The command line and the screen are refused alike, because neither gets past ``console.deeds``.
"""

from __future__ import annotations

import time

from console.audit import Auditor, Record
from console.clean import Clean, clean
from console.contact import Contact
from console.errors import ConsoleError, Denied, Unreachable
from console.images.staged import StagedImage
from console.jobs import Job
from console.plan import Obstacle

IDLE = 1800.0
"""Seconds without a deed after which protected hosts are protected again."""


class Guard:
    """Says what is refused, and why."""

    def __init__(self) -> None:
        self.auditor: Auditor | None = None
        self.who = Clean("")
        self._sealed = False
        self._locked = False
        self._reason: Clean | None = None
        self._until = 0.0

    @property
    def automatic(self) -> Clean:
        """Who does what this console does by itself."""
        return Clean(f"{self.who} (auto)")

    @property
    def read_only(self) -> bool:
        """Whether nothing may be done on any host."""
        return self.auditor is None or self._sealed or self._locked

    @property
    def unlocked(self) -> Clean | None:
        """Why protected hosts are not protected just now; ``None``: they are."""
        if self._reason is not None and time.monotonic() >= self._until:
            self._reason = None
        return self._reason

    def permit(self, auditor: Auditor, who: Clean, *, read_only: bool) -> None:
        """Let ``who`` do things that the auditor writes down; a read-only run stays one."""
        self.auditor, self.who, self._sealed = auditor, who, read_only

    def unlock(self, reason: str) -> None:
        """Let protected hosts be changed for a while; ``ConsoleError`` says why not."""
        if self.auditor is None or self._sealed:
            raise ConsoleError("this run is read-only", "start subdeck without --read-only")
        if not reason.strip():
            raise ConsoleError("no reason given", "it is written down with all that is done")
        self._reason, self._locked = clean(reason.strip()), False
        self._until = time.monotonic() + IDLE

    def lock(self) -> None:
        """Let nothing be changed any more until the next ``unlock``."""
        self._reason, self._locked = None, True

    async def note(
        self,
        job: Job,
        verb: Clean,
        outcome: Clean | None = None,
        told: Clean | None = None,
        image: StagedImage | None = None,
    ) -> None:
        """Write down what is about to be done, or its outcome; raises ``ConsoleError``."""
        if self.auditor is None:
            raise ConsoleError("nothing is done that is not written down")
        record = Record(
            time=time.time(),
            id=job.id,
            who=job.who if job.who == self.automatic else self.who,
            host=job.host,
            subhost=job.subhost,
            verb=verb,
            digest=job.digest,
            outcome=outcome,
            told=told,
            reason=self.unlocked,
            level=job.level,
            image=image.title if image else None,
        )
        await self.auditor.note(record)

    def admit(
        self, contact: Contact, what: str, *, auto: bool = False, unseen: bool = False
    ) -> None:
        """Let something be done on a host; raises ``Denied``.

        Unless it is done by itself (``auto``), the time begins anew after which this locks. A
        host that does not answer is no hindrance where it may be ``unseen``.
        """
        refused = self.forbidden(contact) if unseen else self.refusal(contact)
        if refused:
            raise hindered(what, refused)
        if not auto:
            self._until = time.monotonic() + IDLE

    def refusal(self, contact: Contact) -> Obstacle | None:
        """Return why nothing may be done on this host, or can be."""
        if forbidden := self.forbidden(contact):
            return forbidden
        if contact.failed is not None:
            return Obstacle(
                clean(f"{contact.name} does not answer: {contact.trouble or contact.failed}"),
                contact.remedy,
            )
        if contact.host is None:
            return Obstacle(Clean(f"{contact.name} has not answered yet"))
        return None

    def forbidden(self, contact: Contact) -> Obstacle | None:
        """Return why nothing may be done on this host, even if it can be."""
        if self.auditor is None:
            return Obstacle(Clean("this console only watches"))
        if self._sealed:
            return Obstacle(
                Clean("this run is read-only"), Clean("start subdeck without --read-only")
            )
        if self._locked:
            return Obstacle(Clean("this console was made read-only"), Clean(":rw REASON"))
        if contact.protected and self.unlocked is None:
            return Obstacle(
                Clean(f"{contact.name} is protected"),
                Clean("--unlock REASON, or :rw REASON on the screen"),
            )
        return None


def hindered(what: str, obstacle: Obstacle) -> Denied:
    """Return the error that says why something is not done."""
    return Denied(f"{what}: {obstacle.text}", obstacle.remedy or "")


def mute(contact: Contact) -> Unreachable:
    """Return the error that says why nothing can be asked of a host."""
    if contact.failed is None:
        return Unreachable(f"{contact.name} has not answered yet")
    return Unreachable(f"{contact.name}: {contact.trouble}", contact.remedy or "")
