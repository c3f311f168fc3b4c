"""``/proc/PID/mountinfo`` as mounts, names decoded to the very bytes the kernel was given.

::

    106 60 0:41 / /lab/live\\040dir rw - overlay o rw,lowerdir=/a\\134:b:/c,upperdir=/u,workdir=/w

is an overlay on ``/lab/live dir`` with the lower layers ``/a:b`` and ``/c``. Form and escapes:
proc_pid_mountinfo(5), fs/proc_namespace.c and ovl_show_options() of the kernel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import PurePosixPath
from types import MappingProxyType

from console.clean import Clean, clean, clean_path
from console.errors import Unparsable
from console.memo import equal
from console.model import Mount, Overlay

# Fields are parted by exactly one blank: a source may be empty, and the kernel leaves vertical
# tabs and carriage returns in names as they are.
_LINE = re.compile(
    rb"(\d{1,10}) (\d{1,10}) (\d{1,10}):(\d{1,10}) ([^ ]+) ([^ ]+) ([^ ]+)((?: [^ ]+)*?)"
    rb" - ([^ ]+) ([^ ]*) (.+)",
    re.DOTALL,
)
_FORM = "id parent major:minor root point options [tags] - fstype source options"
_OCTAL = re.compile(rb"\\([0-3][0-7]{2})")
# SELinux contexts are the one kind of option whose value is quoted and may hold a comma.
_OPTION = re.compile(rb'[a-z]*context="[^"]*"|[^,]+')
_LAYER = re.compile(rb"(?:\\.|[^:])+", re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)

_Option = tuple[bytes, bytes | None]


def mounts(
    text: bytes, known: Mapping[bytes, Mount] = MappingProxyType({})
) -> tuple[tuple[Mount, ...], tuple[Unparsable, ...]]:
    """Return the mounts in the kernel's order, and what was wrong with every other line.

    Every line ends in a newline; one that does not was cut off and is not trusted, since half a
    path or half a size looks like a whole one. Of ``known`` lines it is taken what they mean: a
    table of thousands hardly changes.
    """
    lines = text.split(b"\n")
    cut = lines.pop()
    found: list[Mount] = []
    wrong: list[Unparsable] = []
    for line in lines:
        try:
            found.append(known.get(line) or _mount(line))
        except Unparsable as error:
            wrong.append(error)
    if cut:
        wrong.append(_unparsable(cut, "a line that ends in a newline"))
    return tuple(found), tuple(wrong)


@lru_cache(maxsize=4096)
def absolute(overlay: Overlay, base: Clean) -> Overlay:
    """Return the overlay with relative layers taken from ``base``, the mounter's directory.

    Single dots and doubled slashes go; ``..`` stays, because a symbolic link may precede it.
    """

    def resolved(path: Clean) -> Clean:
        return clean_path(str(PurePosixPath(base, path)))

    found = Overlay(
        lower=tuple(map(resolved, overlay.lower)),
        upper=overlay.upper and resolved(overlay.upper),
        work=overlay.work and resolved(overlay.work),
        live=overlay.live and resolved(overlay.live),
    )
    return equal(found, overlay)  # mostly nothing was relative, and both are remembered


def _mount(line: bytes) -> Mount:
    match = _LINE.fullmatch(line)
    if match is None:
        raise _unparsable(line, _FORM)
    mount, parent, major, minor, root, point, options, tags, fstype, source, extra = match.groups()
    path, shown = _place(point)
    kind = clean(_decoded(fstype))
    settings = _options(extra)
    return Mount(
        id=_number(mount),
        parent=_number(parent),
        device=_device(major, minor),
        root=_place(root)[1],
        point=shown,
        path=path,
        options=_words(options, b","),
        tags=_words(tags.strip(), b" ") if tags else (),
        fstype=kind,
        source=clean_path(_decoded(source)),
        super_options=_shown(settings),
        overlay=_overlay(settings, shown) if kind == "overlay" else None,
    )


def _unparsable(line: bytes, expected: str) -> Unparsable:
    return Unparsable("mountinfo", line.decode("utf-8", "replace"), expected)


def _decoded(raw: bytes) -> bytes:
    if b"\\" not in raw:
        return raw
    return _OCTAL.sub(lambda match: bytes((int(match[1], 8),)), raw)


# What follows is remembered, as of a thousand hosts alike most say the same.
_number = lru_cache(maxsize=4096)(int)


@lru_cache(maxsize=4096)
def _device(major: bytes, minor: bytes) -> tuple[int, int]:
    return int(major), int(minor)


@lru_cache(maxsize=4096)
def _place(raw: bytes) -> tuple[bytes, Clean]:
    path = _decoded(raw)
    return path, clean_path(path)


@lru_cache(maxsize=1024)
def _words(raw: bytes, sign: bytes) -> tuple[Clean, ...]:
    return tuple(map(clean, raw.split(sign)))


@lru_cache(maxsize=4096)
def _options(raw: bytes) -> tuple[_Option, ...]:
    """Split before decoding: a comma inside a value is still octal then."""
    parts = (option.partition(b"=") for option in _OPTION.findall(raw))
    return tuple((_decoded(key), _decoded(value) if sign else None) for key, sign, value in parts)


@lru_cache(maxsize=4096)
def _shown(settings: tuple[_Option, ...]) -> tuple[tuple[Clean, Clean | None], ...]:
    return tuple(
        (clean(key), None if value is None else clean_path(value)) for key, value in settings
    )


def _overlay(settings: Iterable[_Option], live: Clean) -> Overlay:
    lower: list[bytes] = []
    upper: bytes | None = None
    work: bytes | None = None
    for key, value in settings:
        match key, value:
            case b"lowerdir", bytes(layers):
                lower += map(_typed, _LAYER.findall(layers))
            case b"lowerdir+" | b"datadir+", bytes(layer):
                lower.append(layer)  # one layer an option: nothing needed a backslash
            case b"upperdir", bytes(layer):
                upper = _typed(layer)
            case b"workdir", bytes(layer):
                work = _typed(layer)
    return Overlay(
        lower=tuple(map(clean_path, lower)),
        upper=None if upper is None else clean_path(upper),
        work=None if work is None else clean_path(work),
        live=live,
    )


def _typed(value: bytes) -> bytes:
    """Take off the one level of backslashes with which colons and commas were typed."""
    return _ESCAPED.sub(rb"\1", value)
