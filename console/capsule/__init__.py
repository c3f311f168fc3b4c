"""The incident capsule: what was recorded, as the named members of one file, without secrets.

``packed(capsule)`` gives them and ``opened(lines)`` reads them back:

* ``manifest.json``: what this is, when and by whom it was made;
* ``values.jsonl``, ``record.jsonl``: the pictures (``console.codec``) and since when each was so;
* ``samples.jsonl``: the samples of each level, as columns;
* ``status.json``: the last picture as ``subdeck status --json`` tells it;
* ``audit.jsonl``, ``config.toml``, ``raw/HOST/NAME``, ``screen.svg``, ``screen.txt``: to be read
  by people. All of it is text that is safe to print.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from urllib.parse import quote

from console.audit import Record
from console.clean import Clean
from console.contract import iso
from console.record import Recorded
from console.redact import Redactor
from console.timeline import Samples

FORMAT: Final = "subdeck capsule"
VERSION: Final = 1
MEASURES: Final = ("used", "inodes", "chunks", "metadata", "total", "inodes_total")
"""What is told of each sample."""


class Picture(NamedTuple):
    """The screen."""

    svg: str
    text: str


@dataclass(frozen=True, slots=True)
class Capsule:
    """What one file holds."""

    made: float
    """Seconds since 1970."""
    who: Clean
    """``alice@bastion``."""
    recorded: Recorded
    samples: Samples
    audit: tuple[Record, ...] = ()
    config: str = ""
    raw: Mapping[tuple[Clean, Clean], bytes] = field(default_factory=dict)
    """Answers as they were collected last, by host and name (``mountinfo``)."""
    picture: Callable[[Redactor], Picture] | None = None
    """Draws the screen, without what the redactor finds."""


def name(hosts: Sequence[str], made: float) -> str:
    """Return what such a file is called: ``subdeck-web1-20261126T101500Z.capsule``."""
    about = quote(hosts[0], safe="@") if len(hosts) == 1 else f"{len(hosts)}-hosts"
    stamp = (iso(made) or "").replace("-", "").replace(":", "")
    return f"subdeck-{about}-{stamp}.capsule"
