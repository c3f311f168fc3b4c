"""Kills whoever changes a store, by SIGKILL at every step, and looks at what is left.

``python -m tests.backends.images.strikes FOLDER EVERY``: at every EVERY-th step of each change.
What is printed is one line for each strike that left something wrong, and then how many there
were. A step is whatever Python tells of itself to audit hooks: files opened, made, renamed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path

from backends.images.publish import Parcel
from tests.backends.images.shelving import Workshop, inventory, whole

Change = Callable[[], Coroutine[object, object, object]]


@dataclass
class Range:
    """A store with one set that is current, and changes to it."""

    workshop: Workshop
    new: Parcel
    before: dict[str, str]

    @property
    def changes(self) -> dict[str, tuple[Change, Change]]:
        """Each change, and what takes it back."""
        publisher, of = self.workshop.publisher, self.new.manifest

        async def publish() -> None:
            await publisher.publish(self.new)

        async def delete() -> None:
            if (self.workshop.root / of.title).exists():
                await publisher.delete(of.title)

        async def point() -> None:
            await publisher.point("web", "current", "2")

        async def back() -> None:
            await publisher.point("web", "current", "1")

        return {"publish": (publish, delete), "delete": (delete, publish), "point": (point, back)}

    def faults(self, change: str) -> Iterator[str]:
        """Yield what is wrong with the store as whoever was killed left it."""
        now = inventory(self.workshop.root)
        changing = {"index", "web/current"} if change == "point" else {"index"}
        for path, content in self.before.items():
            if path not in changing and now.get(path) != content:
                yield f"{path} is not what it was"
        if now.get("web/current") not in {"1", "2"}:
            yield f"web/current leads to {now.get('web/current')}"
        shelf = asyncio.run(self.workshop.store().shelf())
        for known in shelf.sets:
            for fault in (*known.faults, *asyncio.run(self.workshop.store().check(known))):
                yield f"{known.title}: {fault}"
            if not known.signature.good:
                yield f"{known.title}: {known.signature.told}"
        if "main:web/1" not in whole(shelf.sets):
            yield "the old set is not whole"


def struck(change: Change, at: int) -> bool:
    """Make a change in a process that is killed at its ``at``-th step; whether it was."""
    pid = os.fork()
    if pid:
        return os.WIFSIGNALED(os.waitpid(pid, 0)[1])
    left = at

    def strike(event: str, _: tuple[object, ...]) -> None:
        nonlocal left
        if event == "open" or event.startswith(("os.", "shutil.", "fcntl.")):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(strike)
    asyncio.run(change())
    os._exit(0)


def main(folder: Path, every: int) -> None:
    workshop = Workshop(folder)

    async def prepared() -> Parcel:
        await workshop.published("1")
        await workshop.publisher.point("web", "current", "1")
        return await workshop.parcel("2", b"other" * 60_000)

    field = Range(workshop, asyncio.run(prepared()), inventory(workshop.root))
    strikes = 0
    for name, (change, back) in field.changes.items():
        if name != "publish":
            asyncio.run(field.changes["publish"][0]())
        at = 1
        while struck(change, at):
            strikes += 1
            faults = [*field.faults(name)]
            asyncio.run(change())
            asyncio.run(back())
            left = inventory(workshop.root)
            faults += [f"{path} is left" for path in left if ".subdeck-" in path]
            for fault in faults:
                print(f"{name}, killed at step {at}: {fault}")  # noqa: T201
            at += every
        asyncio.run(change())
        asyncio.run(back())
    print(strikes)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
