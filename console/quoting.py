"""Words for a POSIX shell: the one place where anything is quoted.

``word(b"/opt/it's")`` is ``b"'/opt/it'\\''s'"``. A newline becomes ``"$nl"``, so that a request
stays one line; the shell that reads it has that variable.
"""

from __future__ import annotations

import re

_PLAIN = re.compile(rb"[A-Za-z0-9_@%+=:,./-]+")


def word(raw: bytes) -> bytes:
    """Return ``raw`` as one word that the shell takes literally. Raises ``ValueError`` for NUL."""
    if b"\0" in raw:
        raise ValueError("a NUL byte cannot be in a word")
    if _PLAIN.fullmatch(raw):
        return raw
    inner = raw.replace(b"'", b"'\\''").replace(b"\n", b"'\"$nl\"'")
    return b"'" + inner + b"'"


def login_word(raw: bytes) -> bytes:
    """Return one line as a word for whatever shell somebody logs in to: sh's kin, csh or fish.

    They agree on what stands between single quotes but for these three, and on a backslash before
    each of those outside. Raises ``ValueError`` for NUL and newline.
    """
    if b"\0" in raw or b"\n" in raw:
        raise ValueError("a line cannot hold a newline or NUL byte")
    if _PLAIN.fullmatch(raw):
        return raw
    return b"'" + re.sub(rb"['\\!]", rb"'\\\g<0>'", raw) + b"'"


def pattern(raw: bytes) -> bytes:
    """Return a pattern of ``*`` and ``?`` for the shell to expand; the rest is literal."""
    parts = re.split(rb"([*?])", raw)
    return b"".join(part if part in {b"*", b"?"} else word(part) for part in parts if part)
