"""``subdeck`` in a process of its own that need not import anything: forked, not started.

A start is mostly imports, and the tests of the command line make many hundreds. Where a start has
something else to begin with, it takes a real one: see ``alike``.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
ROOT = Path(__file__).parents[3]
_AT_START = ("LANG", "LC_", "PYTHON")
_LARGEST = 1 << 17
"""Bytes of a command line and an environment."""
_FILES = 1024
"""More than are ever open."""


def alike(env: Mapping[str, str]) -> bool:
    """Return whether an interpreter started here and with this environment were like ours."""
    return _beginning(env) == _server()[1]


def run(
    argv: Sequence[str], env: Mapping[str, str], given: bytes | None, timeout: float
) -> subprocess.CompletedProcess[bytes]:
    """Run ``subdeck`` to its end, as ``subprocess.run`` does with ``capture_output``."""
    asked = json.dumps({"argv": [*argv], "env": dict(env)}).encode()
    told, tell = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    stdin, feed = (os.dup(0), None) if given is None else os.pipe()
    (out, stdout), (err, stderr) = os.pipe(), os.pipe()
    files = [stdin, stdout, stderr, tell.detach()]
    socket.send_fds(_server()[0], [asked], files)
    for each in files:
        os.close(each)
    _begun(_feed, feed, given or b"")
    said = [_begun(_all_of, each) for each in (out, err)]
    with told:
        told.settimeout(timeout)
        pid = int(told.recv(20))
        try:
            status = int(told.recv(20))
            return subprocess.CompletedProcess(
                argv, status, *(each.result(timeout) for each in said)
            )
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            raise


def _begun(work: Callable[..., T], *given: object) -> Future[T]:
    """Return what a thread comes to that nobody need wait for."""
    found = Future[T]()
    threading.Thread(target=lambda: found.set_result(work(*given)), daemon=True).start()
    return found


def _feed(file: int | None, given: bytes) -> None:
    if file is not None:
        with suppress(BrokenPipeError), os.fdopen(file, "wb") as stream:
            stream.write(given)


def _all_of(file: int) -> bytes:
    with os.fdopen(file, "rb") as stream:
        return stream.read()


def _beginning(env: Mapping[str, str]) -> Sequence[str]:
    """Return what the interpreter sees before any program, and the namespaces of this thread."""
    variables = sorted("=".join(each) for each in env.items() if each[0].startswith(_AT_START))
    spaces = sorted(Path("/proc/thread-self/ns").iterdir())
    return (*variables, *(str(each.readlink()) for each in spaces))


@cache
def _server() -> tuple[socket.socket, Sequence[str]]:
    """Return the way to what forks, and what it began with."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-m", "tests.console.cli.warm", str(theirs.fileno())]
        server = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()])

    def end() -> None:
        ours.close()
        server.wait()

    atexit.register(end)
    return ours, _beginning(os.environ)


def _everything() -> None:
    """Import what any command could."""
    import backends
    import console

    for room in (console, backends):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if not module.name.endswith(("__main__", "_child")):
                importlib.import_module(module.name)


def _serve(number: int) -> tuple[bytes, Sequence[int]]:
    """Fork for each that asks; return in a child, with what it is asked and its files."""
    running: dict[int, tuple[int, int]] = {}
    with socket.socket(fileno=number) as way, selectors.DefaultSelector() as waiting:
        waiting.register(way, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                if key.fileobj is not way:
                    waiting.unregister(key.fileobj)
                    _tell(key.fd, *running.pop(key.fd))
                    continue
                asked, files, *_ = socket.recv_fds(way, _LARGEST, 4)
                if not asked:
                    sys.exit()
                if not (pid := os.fork()):
                    return asked, files[:3]
                os.write(files[3], b"%d" % pid)
                for each in files[:3]:
                    os.close(each)
                ended = os.pidfd_open(pid)
                running[ended] = pid, files[3]
                waiting.register(ended, selectors.EVENT_READ)


def _tell(ended: int, pid: int, tell: int) -> None:
    """Tell how one has ended."""
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(ended)
    os.write(tell, b"%d" % status)
    os.close(tell)


def _become(asked: Mapping[str, Any], files: Sequence[int]) -> None:
    """Be what was just started with these words, environment and files."""
    for at, each in enumerate(files):
        os.dup2(each, at)
    os.closerange(3, _FILES)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, errors="backslashreplace", closefd=False)
    os.environ.clear()
    os.environ.update(asked["env"])
    time.tzset()
    sys.argv = [str(ROOT / "console" / "__main__.py"), *asked["argv"]]


if __name__ == "__main__":
    _everything()
    gc.freeze()
    words, theirs = _serve(int(sys.argv[1]))
    _become(json.loads(words), theirs)
    from console.__main__ import main

    sys.exit(main())
