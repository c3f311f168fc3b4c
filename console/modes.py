"""What a program has set a terminal to, told from what it wrote; and what sets that back.

Feed ``Modes`` every byte that goes to the terminal: ``undo`` is then what a program that was cut
off had left to say, and nothing for one that has tidied up.
"""

from __future__ import annotations

import re

_FRESH = frozenset({7, 25})
"""Private modes that are on in a terminal nobody has touched: line wrap, the cursor."""
_TOLD = {
    *(1, 5, 6, 7, 25, 47, 66),
    *(1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1016),
    *(1047, 1049, 2004, 2026, 2031, 2048),
}
"""Private modes that a full screen, a mouse or a line editor asks for (xterm's ctlseqs)."""
_SEQUENCE = re.compile(
    rb"\x1b\[\?(?P<modes>[0-9;]{1,64})(?P<how>[hl])"
    rb"|\x1b\[(?P<kitty>[<>])[0-9;]{0,16}u"
    rb"|\x1b\[[0-9;:]{0,64}(?P<style>m)"
    rb"|\x1b\[[0-9;]{0,16}(?P<region>r)"
    rb"|\x1b(?P<keypad>[=>])"
    rb"|(?P<charset>\x1b[()][0AB]|[\x0e\x0f])"
    rb"|(?P<reset>\x1bc)"
)
_BEGUN = re.compile(rb"\x1b(?:[()]|\[[?<>]?[0-9;:]{0,64})?$")


class Modes:
    """The modes one program has left a terminal in."""

    def __init__(self) -> None:
        self._begin()
        self._cut = b""

    def feed(self, data: bytes) -> None:
        """Take in what goes to the terminal, in pieces of any length."""
        text = self._cut + data
        for match in _SEQUENCE.finditer(text):
            self._take(match)
        begun = _BEGUN.search(text, max(0, len(text) - 72))
        self._cut = begun[0] if begun else b""

    @property
    def undo(self) -> bytes:
        """What makes it a fresh terminal again; only colours are set back in any case."""
        parts = [b"\x1b[<u"] * self._kitty
        strange = sorted(self._changed, key=lambda mode: mode in {47, 1047, 1049})
        parts += [b"\x1b[?%d%c" % (mode, b"lh"[mode in _FRESH]) for mode in strange]
        parts += [b"\x1b>"] if self._keypad else []
        parts += [b"\x0f\x1b(B"] if self._charset else []
        # Setting the region moves the cursor, which is therefore kept.
        parts += [b"\x1b7\x1b[r\x1b8"] if self._region else []
        parts += [b"\x1b[0m"] if parts or self._style else []
        return b"".join(parts)

    def _begin(self) -> None:
        self._changed: set[int] = set()
        self._kitty = 0
        self._style = self._region = self._keypad = self._charset = False

    def _take(self, match: re.Match[bytes]) -> None:
        if match["modes"]:
            for mode in {int(each) for each in match["modes"].split(b";") if each} & _TOLD:
                on = match["how"] == b"h"
                (self._changed.discard if on == (mode in _FRESH) else self._changed.add)(mode)
        elif match["kitty"]:
            self._kitty = max(0, min(self._kitty + (1 if match["kitty"] == b">" else -1), 16))
        elif match["style"]:
            self._style = match[0] not in {b"\x1b[m", b"\x1b[0m"}
        elif match["region"]:
            self._region = match[0] not in {b"\x1b[r", b"\x1b[;r"}
        elif match["keypad"]:
            self._keypad = match["keypad"] == b"="
        elif match["charset"]:
            self._charset = match[0] in {b"\x1b(0", b"\x0e"} or match[0].startswith(b"\x1b)")
        else:
            self._begin()
