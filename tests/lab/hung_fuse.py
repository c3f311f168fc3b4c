"""FUSE file systems whose ``statvfs`` never returns, for as long as a test wants.

``with hung_mounts(tmp_path, 2, "silent") as (one, two): ...`` mounts two. A ``silent`` server
reads requests and answers only what a path walk needs: its callers cannot even be killed. A
``deaf`` one reads nothing: its callers die when killed.
The messages are those of ``include/uapi/linux/fuse.h``.
"""

from __future__ import annotations

import ctypes
import os
import select
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_GETATTR, _INIT = 3, 26
_MNT_DETACH = 2
_FOLDER = struct.pack("<QII", 1, 0, 0) + struct.pack(
    "<QQQQQQIIIIIIIIII", 1, 0, 0, 0, 0, 0, 0, 0, 0, 0o40755, 2, 0, 0, 0, 4096, 0
)
_WELCOME = struct.pack(
    "<IIIIHHIIHH8I", 7, 31, 65536, 0, 12, 10, 131072, 1, 0, 0, *(0 for _ in range(8))
)
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def hung_mounts(folder: Path, count: int, mode: str) -> Iterator[list[Path]]:
    """Mount ``count`` file systems in ``folder`` and let everybody go at the end."""
    places = [folder / f"hung{number}" for number in range(count)]
    for place in places:
        place.mkdir()
    argv = [sys.executable, "-P", __file__, mode, *map(str, places)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin and server.stdout
        assert server.stdout.readline() == b"mounted\n"
        try:
            yield places
        finally:
            server.stdin.close()


def _mounted(place: str) -> int:
    descriptor = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={descriptor},rootmode=40000,user_id=0,group_id=0".encode()
    if _libc.mount(b"hung", place.encode(), b"fuse.hung", 0, options):
        raise OSError(ctypes.get_errno(), "mount", place)
    return descriptor


def _answer(descriptor: int) -> None:
    _, operation, request = struct.unpack("<IIQ", os.read(descriptor, 1 << 20)[:16])
    said = {_INIT: _WELCOME, _GETATTR: _FOLDER}.get(operation)
    if said is not None:
        os.write(descriptor, struct.pack("<IiQ", 16 + len(said), 0, request) + said)


def _serve(mode: str, places: list[str]) -> None:
    descriptors = [_mounted(place) for place in places]
    waiting = select.poll()
    waiting.register(0, select.POLLIN)
    if mode == "silent":
        for descriptor in descriptors:
            waiting.register(descriptor, select.POLLIN)
    os.write(1, b"mounted\n")
    try:
        while 0 not in (ready := [descriptor for descriptor, _ in waiting.poll()]):
            for descriptor in ready:
                _answer(descriptor)
    finally:
        for place in places:
            _libc.umount2(place.encode(), _MNT_DETACH)


if __name__ == "__main__":
    _serve(sys.argv[1], sys.argv[2:])
