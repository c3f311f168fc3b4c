"""docs/autoserver.md, typed: an Autoserver host is swapped over SSH while a service answers."""

from __future__ import annotations

import http.client
import logging
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab.autoserver import image
from tests.lab.guests.fleet import NEEDS_LAB, Guest
from tests.lab.guests.kernel import ROOT
from tests.lab.inventory import until
from tests.lab.pages import Desk, sections

pytestmark = NEEDS_LAB

PAGE = ROOT / "docs/autoserver.md"
WORST = 30.0
"""Seconds without an answer by which an emulated machine has restarted a service."""
RELEASE = b'PRETTY_NAME="Lab Linux 2"\nIMAGE_ID=edge\nIMAGE_VERSION=2\n'
SERVICE = r"""
mkdir -p /srv /etc/init.d
echo here >/srv/index.html
cat >/etc/init.d/web <<'X'
#!/bin/sh
# An httpd that runs from the image.
kill "$(cat /run/web.pid)" 2>/dev/null
while [ -d "/proc/$(cat /run/web.pid)" ]; do sleep 0.01; done
bash -c 'exec -a httpd /usr/sbin/init -f -p 127.0.0.1:8080 -h /srv' </dev/null >/dev/null 2>&1 &
echo $! >/run/web.pid
X
chmod +x /etc/init.d/web
echo none >/run/web.pid
/etc/init.d/web restart
"""


class Polled(threading.Thread):
    """Asks a service over and over, and remembers the longest time without an answer."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._port = port
        self._over = threading.Event()
        self.answers = 0
        self.longest = 0.0

    def run(self) -> None:
        """Ask until it is over."""
        last = time.monotonic()
        while not self._over.wait(0.1):
            if self._answers():
                now = time.monotonic()
                self.longest = max(self.longest, now - last) if self.answers else 0.0
                self.answers += 1
                last = now
        self.longest = max(self.longest, time.monotonic() - last)

    def end(self) -> None:
        """Ask no more."""
        self._over.set()
        self.join()

    def _answers(self) -> bool:
        asked = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            asked.request("GET", "/index.html")
            return asked.getresponse().read() == b"here\n"
        except (OSError, http.client.HTTPException):
            return False
        finally:
            asked.close()


@contextmanager
def forwarded(guest: Guest) -> Iterator[int]:
    """Give a port here that leads to the service there, by a session of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    way = ("-N", "-o", "BatchMode=yes", "-L", f"127.0.0.1:{port}:127.0.0.1:8080")
    with subprocess.Popen(["ssh", "-qF", guest.config, *way, guest.name]) as session:
        try:
            yield port
        finally:
            session.terminate()


@pytest.mark.parametrize("guest", ["autoserver"], indirect=True)
def test_the_page_does_what_it_says(guest: Guest, tmp_path: Path) -> None:
    image(tmp_path / "system-2.img", "2", {"etc/os-release": RELEASE})
    desk = Desk(tmp_path, guest, "edge1")
    booted = guest.boot_id()
    guest.ssh(SERVICE)
    said: list[str] = []
    with forwarded(guest) as port:
        polled = Polled(port)
        polled.start()
        until(lambda: polled.answers, 30, "the service")
        for each in sections(PAGE).values():
            said += map(desk.type, each)
        polled.end()
    told = "%d answers, at most %.2f s without one"
    logging.getLogger(__name__).info(told, polled.answers, polled.longest)
    assert polled.longest < WORST
    _status, shown, _swapped, _after = said
    for words in ("rehearse /rofs_root", "by_script /etc/init.d/web", "by_hup"):
        assert words in shown
    assert guest.boot_id() == booted
