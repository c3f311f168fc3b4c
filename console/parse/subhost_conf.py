"""overlay-boot's subhost configurations, read as its shell reads them and never run.

``conf(b"/opt/mta/mta.conf", b"BASE=.\\nCABLES= br0= =.5\\n")`` gives the base ``/opt/mta``, the
cable ``mta0`` to ``eth0`` in bridge ``br0``, and the VLAN ``mta0.5``. The format is overlay-boot
1.6's: the first ``NAME=value`` counts, backslashes are eaten as ``read`` eats them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from console.clean import Clean, clean, clean_path
from console.errors import Unparsable
from console.model import SubhostConf
from console.parse.cable_specs import CABLES_KEPT, cable_specs

SIZE_KEPT = 64 * 1024
"""Bytes read of a file; what follows is noted and left out."""
NAME_RULE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,11}")
"""Names safe in interface names, namespace names and process patterns alike."""
NAME_SHAPE = "1 to 12 of A-Z a-z 0-9 - _"
"""What it asks for, as it is told."""
BRIDGE_RULE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,14}")
"""Names of interfaces that ``ip -batch`` takes for one plain word."""
TMPFS_SIZE = re.compile(r"[0-9]+([kKmMgGtTpPeE]|%)?|none")
"""What tmpfs(5) takes as ``size=``, in whole numbers; ``none`` is overlay-boot's own word."""

_NOTES_KEPT = 40
_HOOKS = ("PREMOUNT", "POSTMOUNT", "INIT")
_OURS = ("WAIT_ONLINE", "KEEP_DEV")
"""Variables that overlay-boot does not know, and passes over."""
_VARIABLES = frozenset(
    ("NAME", "LOG", "BASE", "CABLES", "LIVE", "UPPER", "WORK", "LOWER", "START", "RAM_SIZE")
).union(_HOOKS, ("REAPER",), _OURS)
_START = "networking ssh"
_RAM_SIZE = "50M"
_SHARE = re.compile(r"SHARE[ \t]*=(.*)")
_ASSIGNMENT = re.compile(r"([A-Z_]+)=(.*)")
_BLANKS_AROUND_NAME = re.compile(r"([ \t]+\w+[ \t]*|\w+[ \t]+)=")
_WORD = re.compile(r"[^ \t]+")
_SERVICE = re.compile(r"[A-Za-z0-9@._-]+|(?:/[A-Za-z0-9@._+-]+)+")
"""A word of START that no shell takes for more: the name of a service, the path of a program."""


class _Script(NamedTuple):
    values: Mapping[str, str]
    shares: tuple[str, ...]
    notes: tuple[str, ...]


def conf(path: bytes, text: bytes) -> SubhostConf:
    """Return what the file says, with everything wrong or remarkable in ``notes``.

    No file is touched: paths are made absolute by their text alone, symlinks unresolved. Where
    ``BASE`` is missing or a ``!command``, relative paths stay as typed. Raises ``Unparsable`` for
    a binary file.
    """
    where = path.decode("utf-8", "surrogateescape")
    body = text[:SIZE_KEPT].decode("utf-8", "surrogateescape")
    script = _scanned(body)
    if "\0" in body and not script.values and not script.shares:
        raise Unparsable(clean_path(path), body[:80], "lines NAME=value")
    stem = posixpath.basename(where).removesuffix(".conf")
    settings = _settings(where, stem, script)
    notes = (
        *_place_notes(settings, stem),
        *(f"{key} runs a command as root at start: {text}" for key, text in settings.commands),
        *_value_notes(script.values),
        *(note for share in settings.shares for note in _share_notes(*share)),
        *_file_notes(text),
        *script.notes,
    )
    return replace(settings, notes=_bounded(notes))


def collisions(confs: Iterable[SubhostConf]) -> Mapping[Clean, tuple[Clean, ...]]:
    """Return, by the path of a configuration, what it claims that another one claims too.

    Compared are names, host-side interfaces, UPPER and WORK (by their text), and MAC addresses;
    a MAC or interface claimed twice by one file is told as well.
    """
    claims: dict[tuple[str, Clean], list[Clean]] = {}
    for each in {each.path: each for each in confs}.values():
        for claim in _claims(each):
            claims.setdefault(claim, []).append(each.path)
    notes: dict[Clean, list[Clean]] = {}
    for (what, value), paths in claims.items():
        owners = tuple(dict.fromkeys(paths))
        for path in owners:
            rivals = [other for other in owners if other != path]
            more = f" and {len(rivals) - 1} more" if len(rivals) > 1 else ""
            if rivals:
                note = clean(f"{what} {value} is also that of {rivals[0]}{more}")
                notes.setdefault(path, []).append(note)
            if paths.count(path) > 1:
                notes.setdefault(path, []).append(clean(f"{what} {value} is used twice"))
    return {path: tuple(texts) for path, texts in notes.items()}


def _claims(each: SubhostConf) -> Iterator[tuple[str, Clean]]:
    yield "NAME", each.name
    if each.upper.startswith("/"):
        yield "UPPER", each.upper
    if each.work.startswith("/") and each.upper != each.lower:
        yield "WORK", each.work
    for cable in each.cables:
        if cable.fault is None:
            yield "interface", cable.outer
            if cable.mac is not None:
                yield "MAC", cable.mac


def _scanned(body: str) -> _Script:
    values: dict[str, str] = {}
    shares: list[str] = []
    repeated: dict[str, str] = {}
    odd: list[str] = []
    # The shell drops NUL bytes; a byte order mark hides the first line from it.
    for number, raw in enumerate(body.replace("\0", "").split("\n"), 1):
        line = raw.removesuffix("\r")
        if share := _SHARE.match(line):
            shares.append(_read(share[1]))
        elif found := _ASSIGNMENT.match(line):
            key = found[1]
            if key in values:
                repeated.setdefault(key, f"line {number}: second {key}= ignored")
            elif key in _VARIABLES:
                values[key] = _read(found[2])
        elif _BLANKS_AROUND_NAME.match(line):
            odd.append(f"line {number}: ignored for the blanks around its name: {line.strip()}")
    # An empty value is no value: the default applies.
    filled = {key: value for key, value in values.items() if value}
    return _Script(filled, tuple(filter(None, shares)), (*repeated.values(), *odd))


def _read(value: str) -> str:
    """What ``read V`` without ``-r`` leaves of a line."""
    return re.sub(r"\\(.?)", r"\1", value.strip(" \t"))


def _is_command(value: str) -> bool:
    return value.startswith("!")


def _settings(where: str, stem: str, script: _Script) -> SubhostConf:
    values = script.values
    name = clean(values.get("NAME", stem))
    base = _base(where, values.get("BASE"))
    wiring = values.get("CABLES", "")
    pairs = (_share(value) for value in script.shares if not _is_command(value))
    return SubhostConf(
        path=clean_path(where),
        name=name,
        base=None if base is None else clean_path(base),
        lower=_placed(base, values.get("LOWER", "/")),
        upper=_placed(base, values.get("UPPER", "root")),
        work=_placed(base, values.get("WORK", "work")),
        live=_placed(base, values.get("LIVE", "live")),
        cables=() if _is_command(wiring) else cable_specs(name, wiring),
        services=_services(values.get("START", _START)),
        ram_size=clean(values.get("RAM_SIZE", _RAM_SIZE)),
        log=clean_path(values.get("LOG", f"/tmp/oly-{name}.log")),  # noqa: S108 (its default)
        shares=tuple((clean_path(host), clean_path(inside)) for host, inside in pairs),
        reaper=clean_path(values.get("REAPER", "/.reaper")),
        commands=_commands(script),
        hooks=tuple((clean(key), clean_path(values[key])) for key in _HOOKS if key in values),
        wait_online=clean(values["WAIT_ONLINE"]) if "WAIT_ONLINE" in values else None,
        keep_dev=values.get("KEEP_DEV") == "yes",
    )


def _commands(script: _Script) -> tuple[tuple[Clean, Clean], ...]:
    named = (*script.values.items(), *(("SHARE", value) for value in script.shares))
    return tuple((clean(key), clean_path(value)) for key, value in named if _is_command(value))


def _normal(path: str) -> str:
    # POSIX lets two leading slashes differ from one; Linux does not.
    return re.sub(r"^//+", "/", posixpath.normpath(path))


def _base(where: str, value: str | None) -> str | None:
    if value is None or _is_command(value):
        return value
    return _normal(posixpath.join(posixpath.dirname(where), value))


def _placed(base: str | None, value: str) -> Clean:
    if value.startswith("/"):
        value = _normal(value)
    elif not _is_command(value) and base is not None and not _is_command(base):
        value = _normal(posixpath.join(base, value))
    return clean_path(value)


def _share(value: str) -> tuple[str, str]:
    host, colon, inside = value.partition(":")
    return host, inside if colon else host


def _services(start: str) -> tuple[Clean, ...]:
    if start == "none" or _is_command(start):
        return ()
    return tuple(clean(word) for word in _WORD.findall(start))


def _place_notes(settings: SubhostConf, stem: str) -> Iterator[str]:
    name, lower, upper = settings.name, settings.lower, settings.upper
    if settings.base is None:
        yield "BASE is missing: overlay-boot refuses this file"
    if name != clean(stem):
        yield f"NAME is {name} but the file's is {stem}: overlay-boot will not find it running"
    if not NAME_RULE.fullmatch(name):
        yield f"NAME {name} is not {NAME_SHAPE}, the first a letter or digit"
    if ":" in lower and not _is_command(lower):
        yield "LOWER has a colon: overlay-boot takes one directory only"
    if "," in upper and not _is_command(upper):
        yield "UPPER has a comma, which ends a mount option"
    if upper == lower:
        yield "UPPER is LOWER: a bind mount, no overlay"


def _value_notes(values: Mapping[str, str]) -> Iterator[str]:
    for hook in _HOOKS:
        if hook in values and not _is_command(values[hook]):
            yield f"{hook} runs a program of its own as root at start: {values[hook]}"
    start = values.get("START", _START)
    if not all(map(_SERVICE.fullmatch, _WORD.findall(start))) and not _is_command(start):
        yield f"START is more than services and programs, and a shell evaluates it: {start}"
    size = values.get("RAM_SIZE", _RAM_SIZE)
    if not TMPFS_SIZE.fullmatch(size) and not _is_command(size):
        yield f"RAM_SIZE {size} is not a size that tmpfs takes"
    elif re.fullmatch(r"0+\D?", size):
        yield f"RAM_SIZE {size} sets no limit"
    if not values.get("LOG", "/").startswith(("/", "!")):
        yield "LOG is relative to wherever overlay-boot is started"
    wiring = values.get("CABLES", "")
    if len(_WORD.findall(wiring)) > CABLES_KEPT and not _is_command(wiring):
        yield f"CABLES holds more than {CABLES_KEPT} tokens: the rest was not read"
    if "REAPER" in values:
        yield "REAPER counts in the environment of overlay-boot, perhaps not in this file"


def _share_notes(host: str, inside: str) -> Iterator[str]:
    shown = host if host == inside else f"{host}:{inside}"
    if not inside:
        yield f"SHARE {shown} covers the subhost's own root"
    # The place inside is appended to LIVE as it stands.
    elif not inside.startswith("/") or posixpath.normpath(f".{inside}").startswith(".."):
        yield f"SHARE {shown} is mounted outside the subhost"
    if not host.startswith("/"):
        yield f"SHARE {shown} is relative to BASE"
    elif _normal(host) == "/":
        yield f"SHARE {shown} exposes the host root"
    if _WORD.findall(shown) != [shown]:
        yield f"SHARE {shown} has blanks, which overlay-boot splits at"


def _file_notes(text: bytes) -> Iterator[str]:
    if len(text) > SIZE_KEPT:
        yield f"larger than {SIZE_KEPT // 1024} KiB: only the beginning was read"
    if text.startswith(b"\xef\xbb\xbf"):
        yield "starts with a byte order mark: overlay-boot does not see its first line"
    if b"\r\n" in text:
        yield "has CRLF line ends: overlay-boot may take the carriage return into each value"
    if b"\0" in text:
        yield "has NUL bytes, which the shell drops"


def _bounded(notes: tuple[str, ...]) -> tuple[Clean, ...]:
    kept = tuple(map(clean, notes[:_NOTES_KEPT]))
    more = len(notes) - len(kept)
    return (*kept, clean(f"and {more} more notes")) if more else kept
