"""docs/autoserver.md, typed: an Autoserver host is swapped over SSH while a service answers."""

from __future__ import annotations

import http.client
import json
import logging
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.lab.autoserver import image
from tests.lab.guests.fleet import NEEDS_LAB, Guest
from tests.lab.guests.kernel import ROOT
from tests.lab.inventory import until

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


def operator(folder: Path, guest: Guest) -> dict[str, str]:
    """Return the environment of an operator whose configuration knows the guest as edge1."""
    config, ssh, program = folder / "config.toml", folder / "ssh", folder / "bin/subdeck"
    config.write_text('[[host]]\nname = "edge1"\n')
    ssh.write_text(guest.config.read_text().replace(f"Host {guest.name}\n", "Host edge1\n"))
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\nverb=$1\nshift\n"
        f'exec {sys.executable} -P -m console "$verb" --config {config} -F {ssh} "$@"\n'
    )
    program.chmod(0o755)
    return {
        "PATH": f"{program.parent}:/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
    }


def boot(status: str) -> dict[str, Any]:
    """Return what ``status --json`` says of the boot of its only host."""
    (host,) = json.loads(status)["hosts"]
    found: dict[str, Any] = host["boot"]
    return found


def typed(folder: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """Type what the page says, and yield what each command printed."""
    for line in re.findall(r"^    (subdeck .*)$", PAGE.read_text(), re.MULTILINE):
        began = time.monotonic()
        ran = subprocess.run(
            ["sh", "-c", line],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, f"{line}: {ran.stdout}{ran.stderr}"
        logging.getLogger(__name__).info("%.1f s: %s", time.monotonic() - began, line)
        yield ran.stdout


@pytest.mark.parametrize("guest", ["autoserver"], indirect=True)
def test_the_page_does_what_it_says(guest: Guest, tmp_path: Path) -> None:
    image(tmp_path / "system-2.img", "2", {"etc/os-release": RELEASE})
    guest.ssh(SERVICE)
    with forwarded(guest) as port:
        polled = Polled(port)
        polled.start()
        until(lambda: polled.answers, 30, "the service")
        status, before, shown, swapped, after = typed(tmp_path, operator(tmp_path, guest))
        polled.end()
    told = "%d answers, at most %.2f s without one"
    logging.getLogger(__name__).info(told, polled.answers, polled.longest)
    assert polled.longest < WORST
    assert "autoserver" in status
    old, new = boot(before), boot(after)
    assert old["image"]["source"] == "/boot_disk/autosvr/system.img"
    assert old["armed"] == []
    for words in ("rehearse /rofs_root", "by_script /etc/init.d/web", "by_hup"):
        assert words in shown
    assert "done" in swapped
    assert (new["image"]["name"], new["image"]["version"]) == ("edge", "2")
    assert new["armed"] == [
        f"{new['image']['source']} was swapped in: the next boot reads what is on /boot_disk"
    ]
    assert new["boot_id"] == old["boot_id"]
