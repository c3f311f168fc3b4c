"""The kernel's command line, and the environment block of a process.

``parameters("root=live:CDLABEL=X ro")`` gives ``(("root", "live:CDLABEL=X"), ("ro", None))``.
"""

from __future__ import annotations

import re
from functools import lru_cache

from console.clean import PATH, Clean, clean, clean_path

# next_arg() of the kernel's lib/cmdline.c: blanks separate, double quotes protect them.
_ARGUMENTS = 64
_WORD = re.compile(r'(?:"[^"]*(?:"|$)|[^\s"])+', re.ASCII)


@lru_cache(maxsize=4096)
def parameters(cmdline: str) -> tuple[tuple[str, Clean | None], ...]:
    """Return the kernel's parameters in order; ``None`` marks one without ``=``.

    Quotes around a whole parameter or its value are taken away. What follows ``--`` belongs to
    init and is left out.
    """
    found: list[tuple[str, Clean | None]] = []
    for word in _WORD.findall(cmdline):
        if word == "--":
            break
        key, equals, value = _bare(word).partition("=")
        found.append((clean(key, PATH), clean(_bare(value), PATH) if equals else None))
    return tuple(found)


def environ(block: bytes) -> dict[str, Clean]:
    """Return ``/proc/PID/environ`` as a mapping; the first of two equal names counts."""
    found: dict[str, Clean] = {}
    for entry in block.split(b"\0"):
        name, equals, value = entry.partition(b"=")
        if equals and name:
            found.setdefault(clean(name), clean_path(value))
    return found


def _bare(word: str) -> str:
    return word.removeprefix('"').removesuffix('"') if word.startswith('"') else word


def arguments(cmdline: bytes) -> tuple[Clean, ...]:
    """Return the words of ``/proc/PID/cmdline``, the first 64 of them."""
    if not cmdline:
        return ()
    words = cmdline.removesuffix(b"\0").split(b"\0", _ARGUMENTS)[:_ARGUMENTS]
    return tuple(clean_path(word) for word in words)
