"""The filesystems a process has mapped files of: ``devices(text)`` of ``/proc/PID/maps``.

After a swap of the image under a mount, processes still on the old one show its device here,
without ``(deleted)`` (proc_pid_maps(5)).
"""

from __future__ import annotations

from console.errors import Unparsable


def devices(text: str) -> frozenset[tuple[int, int]]:
    """Return ``st_dev`` of every mapped file. Raises ``Unparsable``."""
    found = set()
    for line in text.splitlines():
        try:
            _, _, _, device, inode, *_ = line.split(maxsplit=5)
            major, minor = (int(part, 16) for part in device.split(":"))
            if int(inode):
                found.add((major, minor))
        except ValueError:
            raise Unparsable("maps", line, "range, rights, offset, device, inode, path") from None
    return frozenset(found)
