"""What the operator says to us and not to the program: words after ``~`` where a line begins.

They are those of ssh(1) that matter when a session hangs: ``~.`` leaves, ``~~`` is one ``~`` and
``~?`` tells these words. ``Escapes().feed(b"~.")`` is ``(b"", Word.LEAVE)``.
"""

from __future__ import annotations

from enum import Enum

HELP = (
    b"~?\r\n-- subdeck: ~. leaves, whatever hangs; ~~ types ~; ~? says this;"
    b" all only where a line begins\r\n"
)
"""What ``~?`` shows."""
_MARK = ord("~")
_LINE_ENDS = frozenset(b"\r\n")


class Word(Enum):
    """What is asked for."""

    LEAVE = ord(".")
    HELP = ord("?")


class Escapes:
    """Tells apart what is typed; feed it every byte, in pieces of any length."""

    def __init__(self) -> None:
        self._fresh = True
        """Whether a line begins."""
        self._pending = False
        """Whether a mark waits for the byte that says what it means."""

    def feed(self, data: bytes) -> tuple[bytes, Word | None]:
        """Return what the program is to get, and what was asked for last.

        Nothing after a wish to leave counts. As in ssh, a mark that means nothing is typed.
        """
        typed, word = bytearray(), None
        for byte in data:
            if self._pending:
                self._pending = False
                if byte in (Word.LEAVE.value, Word.HELP.value):
                    word = Word(byte)
                    if word is Word.LEAVE:
                        break
                    continue
                if byte != _MARK:
                    typed.append(_MARK)
            elif self._fresh and byte == _MARK:
                self._pending = True
                continue
            self._fresh = byte in _LINE_ENDS
            typed.append(byte)
        return bytes(typed), word
