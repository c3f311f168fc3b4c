"""A loop device from the texts under ``/sys/block/loopN``.

A ``size`` of ``67108864`` and a ``loop/backing_file`` of ``/overlay (deleted)`` tell a device of
32 GiB over a file that used to be called ``/overlay``. Form: drivers/block/loop.c of the kernel.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from console.clean import clean, clean_path
from console.errors import Unparsable
from console.model import SECTOR, LoopDevice

ATTRIBUTES = ("dev", "size", "ro", "loop/backing_file", "loop/offset")
"""The files to read, relative to ``/sys/block/loopN``."""

_DELETED = b" (deleted)"
_NUMBER = re.compile(rb"([0-9]{1,20})\n?")
_DEVICE = re.compile(rb"([0-9]{1,10}):([0-9]{1,10})\n?")


def loop(
    name: str, attributes: Mapping[str, bytes], setup_name: bytes | None = None
) -> LoopDevice | None:
    """Return the loop device ``name``, or ``None`` for one that is not bound to a file.

    ``attributes`` are the contents of those of ``ATTRIBUTES`` that exist; ``setup_name`` is
    ``lo_file_name`` of the ``LOOP_GET_STATUS64`` ioctl, 64 bytes ended by NUL. What the file
    behind it occupies is left unset. Raises ``Unparsable`` when an attribute is missing or odd.

    The kernel marks a deleted file by appending a blank and ``(deleted)`` to its path; a file may
    as well be called that, which is assumed only when it was already so called at set-up.
    """
    if "loop/backing_file" not in attributes:
        return None
    given = (setup_name or b"").partition(b"\0")[0]
    path = attributes["loop/backing_file"].removesuffix(b"\n")
    deleted = path.endswith(_DELETED) and path != given
    if deleted:
        path = path.removesuffix(_DELETED)
    device = _DEVICE.fullmatch(attributes.get("dev", b""))
    if device is None:
        raise _unparsable(name, attributes, "dev", "major:minor")
    return LoopDevice(
        name=clean(name),
        device=(int(device[1]), int(device[2])),
        backing=clean_path(path),
        path=path,
        deleted=deleted,
        setup_name=clean(given) if given else None,
        size=_number(name, attributes, "size") * SECTOR,
        offset=_number(name, attributes, "loop/offset"),
        read_only=_number(name, attributes, "ro") != 0,
    )


def _number(name: str, attributes: Mapping[str, bytes], key: str) -> int:
    match = _NUMBER.fullmatch(attributes.get(key, b""))
    if match is None:
        raise _unparsable(name, attributes, key, "a number")
    return int(match[1])


def _unparsable(name: str, attributes: Mapping[str, bytes], key: str, expected: str) -> Unparsable:
    text = attributes.get(key, b"").decode("utf-8", "replace")
    return Unparsable(f"/sys/block/{name}/{key}", text, expected)
