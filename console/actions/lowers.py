"""What LOWER of a configuration says, where that leads, and the file with another one in it.

``edited(b"BASE=.\\nLOWER=/a\\n", "/b")`` puts ``LOWER=/b`` in the place of the second line.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from hashlib import sha256

from console.actions.reading import Lines
from console.actions.values import words
from console.clean import Clean, clean
from console.images.staged import StagedFile
from console.model import SubhostConf
from console.plan import Wish
from console.survey import Found, PathFact

DISK_FILE = "overlay-diskfile"
"""The program of overlay-boot that mounts an image, or a partition of one, and says where."""
PLACE = "from-image"
"""Folder in BASE where an image is mounted that takes the place of a folder."""
_IN_AN_IMAGE = ("squashfs", "tree")
"""Roles of files of a set that a subhost can stand on."""
_PACKED = re.compile(r"\.(?:tar(?:\.[a-z0-9]+)?|t[a-z]z2?)$")
"""Names of archives."""
_PLAIN = re.compile(r"[A-Za-z0-9@%+=:,./_-]+")
"""Paths that a line of a configuration can name in a command."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Where the files of a lower layer are."""

    path: str
    """A folder, or an image of a filesystem."""
    partition: str = ""
    """Of the image; empty: it has none."""
    inside: str = ""
    """Folder of the image that is the layer; empty: all of it."""
    image: bool = False

    @property
    def words(self) -> tuple[str, str, str]:
        """As the programs take it that look at it."""
        return self.path, self.partition, self.inside


@dataclass(frozen=True, slots=True)
class Edit:
    """One line for another one."""

    kept: int
    """Lines before it that stay."""
    begin: int
    """The first line after it that stays, from 1."""
    line: str
    text: bytes
    """The whole file, afterwards."""

    @property
    def digest(self) -> str:
        """SHA-256 of the whole file, afterwards."""
        return sha256(self.text).hexdigest()


def wished(wish: Wish) -> Clean | None:
    """Return what LOWER is to lead to; ``None``: nothing is said, or the set has no such file.

    Of an archive that is the folder beside it into which it is unpacked.
    """
    file = _meant(wish)
    if file is None:
        return wish.lower
    return clean(f"{file.path}.d", 4096) if packed(wish) else file.path


def packed(wish: Wish) -> StagedFile | None:
    """Return the archive that is to be unpacked; ``None``: it is none."""
    file = _meant(wish)
    return file if file is not None and _PACKED.search(file.path) else None


def _meant(wish: Wish) -> StagedFile | None:
    if wish.lower is not None or wish.image is None:
        return None
    files = (wish.image.file(role) for role in _IN_AN_IMAGE)
    return next((file for file in files if file is not None), None)


def spelled(conf: SubhostConf, wanted: Clean, fact: PathFact | None) -> Clean | None:
    """Return LOWER as the file is to say it; ``None``: it cannot, for this is an image.

    Another image takes the place of an image, with all else of how that is mounted; of a folder it
    takes the place in a folder of its own.
    """
    if wanted.startswith("!") or fact is None or fact.found is not Found.FILE:
        return wanted
    if not _PLAIN.fullmatch(wanted):
        return None
    if not conf.lower.startswith("!"):
        return None if _decided(conf, "BASE") else Clean(f"!{DISK_FILE} {PLACE}/ {wanted}")
    command = words(conf.lower[1:])
    if len(command) < 3 or command[0] != DISK_FILE:
        return None
    command[2] = wanted
    return clean("!" + " ".join(command), 4096)


def mounted_in(conf: SubhostConf, value: str) -> Clean | None:
    """Return the folder that this value of LOWER takes, and that may not be there yet."""
    if conf.lower.startswith("!") or not value.startswith(f"!{DISK_FILE} {PLACE}/ "):
        return None
    return clean(f"{(conf.base or '').rstrip('/')}/{PLACE}", 4096)


def tree(conf: SubhostConf, value: str) -> Tree | None:
    """Return where that value of LOWER leads; ``None``: only a command knows."""
    if not value.startswith("!"):
        return Tree(value)
    command = words(value[1:])
    if len(command) not in {3, 4} or command[0] != DISK_FILE:
        return None
    path = posixpath.normpath(posixpath.join(conf.base or "/", command[2]))
    inside = command[1].lstrip("/").partition("/")[2].rstrip("/")
    return Tree(path, "".join(command[3:]), inside, image=True)


def edited(text: bytes, value: str) -> Edit | None:
    """Return the file with this LOWER; ``None``: it has no line that one could stand at.

    Without one before, it comes right before BASE: every configuration has that.
    """
    lines = Lines(text)
    at, before = lines.number("LOWER"), lines.number("BASE")
    number = at or before
    if number is None:
        return None
    raw = text.split(b"\n")
    end = "\r" if raw[number - 1].endswith(b"\r") else ""
    line = f"LOWER={value}{end}"
    begin = number + 1 if at else number
    rest = raw[begin - 1 :] or [b""]
    whole = b"\n".join((*raw[: number - 1], line.encode(), *rest))
    return Edit(number - 1, begin, line, whole)


def _decided(conf: SubhostConf, key: str) -> bool:
    """Whether a command decides a variable."""
    return any(name == key for name, _ in conf.commands)
