"""``/etc/subhosts.conf``: the subhosts that overlay-boot's init script starts with the host.

``autostart(b"/opt/a/a.conf /opt/b/b.conf\\n/opt/c/c.conf # later\\n")`` gives the first two: a
line with a ``#`` anywhere is left out whole.
"""

from __future__ import annotations

from console.clean import Clean, clean_path
from console.errors import Unparsable

SIZE_LIMIT = 64 * 1024
"""Bytes of the largest list that is read."""


def autostart(text: bytes) -> tuple[Clean, ...]:
    """Return the listed configuration files as typed, in order of start.

    Raises ``Unparsable`` for a list larger than ``SIZE_LIMIT``.
    """
    if len(text) > SIZE_LIMIT:
        raise Unparsable("/etc/subhosts.conf", "", f"at most {SIZE_LIMIT // 1024} KiB")
    lines = text.split(b"\n")
    return tuple(clean_path(word) for line in lines if b"#" not in line for word in line.split())
