"""What may be asked of a host's filesystems and devices, by whatever way it is reached.

``Question(b"statvfs", b"/run")`` has as its answer the six numbers of statvfs(3). ``Prober``
answers for this host, ``RemoteProber`` for one over SSH; whoever asks cannot tell the two apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from backends.probe_child import HUNG


@dataclass(frozen=True, slots=True)
class Question:
    """One question; ``argument`` has the sense that ``operation`` gives it.

    ``statvfs``: the six numbers. ``stat``: major, minor, inode, bytes, bytes allocated.
    ``exists``: nothing. ``head``, ``tail``: so many bytes of a plain file, ``block``: of a block
    device. ``link``: where a symbolic link leads. ``beneath``: a file below a root, no link
    followed on the way. ``conf``: who else than root can write it, and its text, packed.
    ``glob``: paths that a pattern finds, those of the argument not entered, parted by NUL.
    ``ioctl``: number and size, 4 bytes each, then how the buffer begins; only on this host.
    """

    operation: bytes
    path: bytes
    argument: bytes = b""
    key: bytes = b""
    """The suspicious mount it goes to, where the caller knows; else the path tells."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: ``code`` is 0, an errno, or ``HUNG``: it did not come in time."""

    code: int
    data: bytes = b""

    @property
    def hung(self) -> bool:
        """Whether there was no answer in time."""
        return self.code == HUNG


class Asker(Protocol):
    """Asks one host."""

    suspects: Mapping[bytes, bytes]
    """Mount points that may hang, each with the key under which all below it is asked."""

    async def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """Return the answers in the order of the questions, each within a deadline."""

    def shunned(self, path: bytes) -> set[bytes]:
        """Return the suspicious mounts apart from the one ``path`` itself lies on."""


def suspect(path: bytes, mounts: Iterable[bytes]) -> bytes:
    """Return the innermost of ``mounts`` that ``path`` is on or below; empty: none."""
    found = b""
    for mount in mounts:
        bare = mount.rstrip(b"/")
        below = path == bare or path.startswith(bare + b"/")
        if below and len(mount) > len(found):
            found = mount
    return found
