"""Strikes while a console works: ``Consoles(...).run(words, Strike("server", moment, sshd))``.

Only for what runs ``apart``.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from tests.lab.alone import Lab
from tests.lab.inventory import until
from tests.lab.kills import text
from tests.lab.moments import Clock, Moment
from tests.lab.planning import PATIENCE
from tests.lab.sshd import Sshd
from tests.lab.tripwire import Call, Verdict, go
from tests.lab.warm import Ended, Warm

_STARTER = ThreadPoolExecutor(1)
"""A server ends with the thread that started it, and this one lasts."""


class Strike:
    """Kills at one moment; ``None``: never."""

    def __init__(self, victim: str, at: Moment | None, server: Sshd) -> None:
        self.console = 0
        """Pid of it."""
        self.clock = Clock()
        self.calls: list[Call] = []
        self.busy: list[str] = []
        """What did not come to its end afterwards."""
        self.struck = "nothing" if at is None else f"nothing at {at.stage} {at.at}"
        self.victim, self._at, self._server = victim, at, server
        self.over = threading.Event()
        """Set but during the blow."""
        self.over.set()
        self._counting = threading.Lock()

    def __call__(self, call: Call) -> Verdict:
        with self._counting:
            self.calls.append(call)
            now = self.clock.moment(call)
            if now == self._at:
                self.over.clear()
        if now == self._at:
            self.struck = f"{now.stage} {now.at} {text(call)[:120]!r}"
            until(lambda: self.console, 5, "the console to be known")
            self._kill()
            self.over.set()
        return Verdict.GO

    def _kill(self) -> None:
        server = self._server
        if self.victim in {"server", "host"}:
            server.stop()
            if self.victim == "server":
                _STARTER.submit(server.start).result()
            return
        for pid in [self.console] if self.victim == "console" else server.connections():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


class Consoles:
    """Consoles of one operator, who knows one server."""

    def __init__(self, lab: Lab, console: Warm, server: Sshd) -> None:
        self.lab, self.console, self.server = lab, console, server
        config = console.folder / "config.toml"
        config.write_text(f'subhosts = ["{lab.subhost.folder.parent}/*/*.conf"]\n')
        self._options = ["-F", str(server.config), "--config", str(config)]

    def begin(self, *words: str) -> int:
        """Begin one."""
        return self.console.begin(words[0], *self._options, *words[1:])

    def run(self, words: Sequence[str], strike: Strike) -> Ended:
        """Run one, while it is struck, until no job runs any more either."""
        self.lab.wire.tripped = strike
        strike.console = self.begin(*words)
        ended = self.console.ended()
        strike.busy = self.lab.rest()
        self.lab.wire.tripped = go
        strike.over.wait(PATIENCE)  # the console may have ended meanwhile
        if not self.server.pid:
            _STARTER.submit(self.server.start).result()
        return ended
