"""A lab to play with: ``python -m tests.lab.guests casper "dracut-*"`` boots them and waits."""

from __future__ import annotations

import fcntl
import fnmatch
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tests.lab.guests.fleet import Guest, Relay
from tests.lab.guests.images import CACHE
from tests.lab.guests.kernel import ROOT
from tests.lab.guests.styles import STYLES

FOLDER = CACHE / "running"
"""The same each time, so that the operator's configuration can go on including what is there."""


def main(wanted: Sequence[str]) -> None:
    """Boot the guests named, tell how to watch them, and end them when told to."""
    names = [name for name in STYLES if any(fnmatch.fnmatch(name, each) for each in wanted)]
    if not names:
        sys.exit(f"no guest is called {' or '.join(wanted)}; there are: {' '.join(STYLES)}")
    CACHE.mkdir(parents=True, exist_ok=True)
    with Path(CACHE, ".running").open("w") as turn:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("a lab runs already: end that one first")
        _run(names)


def _run(names: Sequence[str]) -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with closing(Relay(names, FOLDER)) as relay:
            _watch([_up(relay, name) for name in names])
    except KeyboardInterrupt:
        _say("\nall guests have been ended")


def _up(relay: Relay, name: str) -> Guest:
    start = time.monotonic()
    guest = relay.take(name)
    _say(f"{name:16} is up after {time.monotonic() - start:4.1f} s more")
    return guest


def _watch(guests: list[Guest]) -> None:
    """Say what there is to do, and report every guest that ends by itself."""
    config, names = guests[0].config, " ".join(guest.name for guest in guests)
    _say(f"\nlog in      ssh -F {config} {guests[0].name}")
    _say(f"watch them  put this line first in ~/.ssh/config:  Include {config}")
    _say(f"            {ROOT}/.venv/bin/subdeck {names}")
    _say("end them    Ctrl-C")
    while guests:
        for guest in [each for each in guests if not each.runs]:
            _say(f"{guest.name} has ended: {guest.last_words}")
            guests.remove(guest)
        time.sleep(1)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:] or ["*"])
