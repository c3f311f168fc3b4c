r"""Frames of the probe program: what a shell on another host answers, cut into sections.

With the separator ``S`` the bytes ``\nS uptime\n81.2 160.0\nS/0\n`` are the section ``uptime``
that ended with status 0; ``\nS>fill\n`` tells that something has begun that may hang, ``\nS.7\n``
ends the frame with the number 7. The separator is random, so nothing a host's own users can put
into a file or a name can end a section. What stands outside sections is noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from console.errors import Unparsable

LARGEST = 4 << 20
"""Bytes of one frame at most: a table of ten thousand mounts is 2 MiB, and many ask at once."""
_NOISE = 1024
"""Bytes of noise that are kept to be shown."""
_CONTROL = 256
"""Bytes of a control line at most."""


@dataclass(frozen=True, slots=True)
class Section:
    """One answer."""

    data: bytes
    status: int
    """Exit status, or an errno, as the question has it; 0 is success."""


@dataclass(frozen=True, slots=True)
class Frame:
    """All answers to one request."""

    number: int
    sections: Mapping[bytes, Section] = field(default_factory=dict)


class Lines:
    """A text of which only the lines that changed are told, each behind its number."""

    def __init__(self) -> None:
        self.told: tuple[bytes, ...] = ()
        """All its lines, as they were told last."""
        self._known: tuple[bytes, ...] = ()
        """Those, and what stood behind them when there were more."""

    def take(self, news: bytes) -> None:
        """Take what is told of it. Raises ``Unparsable``."""
        count, _, rest = news.partition(b"\n")
        known = [*self._known]
        try:
            for line in rest.splitlines():
                number, _, text = line.partition(b" ")
                if (place := int(number) - 1) not in range(len(known) + 1):
                    raise ValueError(number)
                known[place : place + 1] = [text]
            if (length := int(count)) not in range(len(known) + 1):
                raise ValueError(count)
        except ValueError as error:
            shown = news[:80].decode("utf-8", "replace")
            raise Unparsable("answer", shown, "lines that were told before") from error
        self._known = tuple(known)
        self.told = self._known[:length]


class Reader:
    """Takes bytes as they come; ``feed`` returns the frames they complete."""

    def __init__(self, separator: bytes) -> None:
        self.begun = b""
        """What was begun last in a frame that is not complete."""
        self._mark = b"\n" + separator
        self._noise = b""
        self._buffer = bytearray()
        self._seen = 0
        self._size = 0
        self._open: bytes | None = None
        self._sections: dict[bytes, Section] = {}

    @property
    def noise(self) -> bytes:
        """The beginning of what stood outside sections."""
        rest = b"" if self._open is not None else bytes(self._buffer[:_NOISE])
        return (self._noise + rest)[:_NOISE]

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that end in ``data``. Raises ``Unparsable``; then all is lost."""
        self._buffer += data
        self._size += len(data)
        if self._size > LARGEST:
            self._buffer.clear()
            raise Unparsable("answer", "", f"at most {LARGEST >> 20} MiB at once")
        frames: list[Frame] = []
        while (start := self._buffer.find(self._mark, self._seen)) >= 0:
            word = start + len(self._mark)
            end = self._buffer.find(b"\n", word, word + _CONTROL)
            if end < 0:
                if len(self._buffer) >= word + _CONTROL:
                    raise _odd(self._buffer[word:])
                self._seen = start
                return frames
            before, control = bytes(self._buffer[:start]), bytes(self._buffer[word:end])
            del self._buffer[: end + 1]
            self._seen = 0
            if (number := self._took(before, control)) is not None:
                frames.append(Frame(number, self._sections))
                self._sections, self.begun, self._size = {}, b"", len(self._buffer)
        self._seen = max(0, len(self._buffer) - len(self._mark) + 1)
        return frames

    def _took(self, before: bytes, control: bytes) -> int | None:
        """Take one control line and what stood before it; return the number of a whole frame."""
        kind, word = control[:1], control[1:]
        if self._open is not None:
            if kind != b"/" or not word.isdigit():
                raise _odd(control)
            self._sections[self._open] = Section(before, int(word[:9]))
            self._open = None
            return None
        self._noise = (self._noise + before)[:_NOISE]
        match kind:
            case b" " | b">" if word:
                self.begun = word
                self._open = word if kind == b" " else None
            case b"." if word.isdigit():
                return int(word[:18])
            case _:
                raise _odd(control)
        return None


def _odd(control: bytes | bytearray) -> Unparsable:
    text = bytes(control[:80]).decode("utf-8", "replace")
    return Unparsable("answer", text, "a section, its end or the end of the frame")
