"""The SHA-256 of the image that a host runs, read there from the device under its root."""

from __future__ import annotations

import re
from typing import Final

from backends.runner import Runner
from console.clean import Clean, clean
from console.errors import ConsoleError
from console.model import Image

_SECONDS: Final = 3600.0
_DEVICE: Final = re.compile(r"/dev/loop\d{1,7}")
_SUM: Final = re.compile(rb"([0-9a-f]{64})  ?-?\n")
_PROGRAM: Final = b"""\
[ -b "$1" ] || { echo "$1: no such device" >&2; exit 1; }
head -c "$2" <"$1" | sha256sum
"""


async def running_digest(runner: Runner, image: Image, size: int) -> Clean:
    """Return the SHA-256 of the first ``size`` bytes of the loop device an image is mounted from.

    ``size`` is that of the image's file. All of it is read there, which takes its time. Raises
    ``ConsoleError`` where there is no such device or it cannot be read.
    """
    if image.device is None or not _DEVICE.fullmatch(image.device):
        raise ConsoleError(f"{image.name or 'its image'}: lies on no loop device to be read")
    ended = await runner.run(_PROGRAM, [image.device.encode(), str(size).encode()], _SECONDS)
    if ended.status or not (match := _SUM.fullmatch(ended.said)):
        lines = ended.trouble.strip().splitlines() or [b"it cannot be read"]
        raise ConsoleError(f"{image.device}: {clean(lines[-1], 160)}")
    return Clean(match[1].decode())
