"""A journal of systemd that is written in ``/run``, which is the tests' own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from console.clean import Clean
from console.plan import Verb, Wish
from tests.lab.inventory import end, until

JOURNALD = Path("/lib/systemd/systemd-journald")
JOURNAL = Path("/run/log/journal")
SETTINGS = """\
[Journal]
Storage=volatile
Audit=no
ReadKMsg=no
ForwardToSyslog=no
RateLimitBurst=0
RuntimeMaxFileSize=512K
"""


@contextmanager
def journald() -> Iterator[None]:
    """Have it written."""
    settings = Path("/run/systemd/journald.conf.d/own.conf")
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(SETTINGS)
    place = Path("/run/systemd/journal/socket")
    place.unlink(missing_ok=True)
    with subprocess.Popen([JOURNALD], stderr=subprocess.DEVNULL) as process:
        try:
            until(place.exists, 10, "journald")
            yield
        finally:
            end(process.pid)


def say(*messages: str) -> None:
    """Have these written, each with something that takes room."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        to.connect("/run/systemd/journal/socket")
        for each in messages:
            to.send(f"MESSAGE={each}\nNOISE={os.urandom(30000).hex()}\n".encode())


def said() -> list[str]:
    command = ["journalctl", "-D", str(JOURNAL), "-o", "cat", "--no-pager"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


@dataclass(frozen=True, slots=True)
class Vacuumed:
    """A journal of which the newest is to stay."""

    wish: Wish
    folder: Path

    def reset(self) -> None:
        """Have it written anew, some twice as large as it may be."""
        shutil.rmtree(JOURNAL, ignore_errors=True)
        self.folder.mkdir(exist_ok=True)
        with journald():
            say(*(f"said{number}" for number in range(80)))
            until(lambda: "said79" in said(), 10, "it to be written")

    def wrong(self, word: str) -> Iterator[str]:
        """Yield what of it went, or did not."""
        left = said()
        if "said79" not in left:
            yield f"its newest went: {left[-1:]}"
        if word == "done" and "said0" in left:
            yield "its oldest did not go"


async def vacuumed(_: object) -> Vacuumed:
    """Return what is struck: a journal that is twice as large as it may be."""
    wish = Wish(Verb.VACUUM, Clean(""), size=2 << 20, paths=(Clean(str(JOURNAL)),))
    return Vacuumed(wish, JOURNAL.parent.with_name("written"))
