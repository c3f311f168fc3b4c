"""An iPXE script that boots one kernel, and the same script made to boot another one.

``kernel [--name N] URI [WORD...]`` and ``initrd [--name N] URI`` are the commands that matter
(ipxe.org/cmd/kernel); a relative URI counts from the script's own. All other lines stay.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from console.images.staged import MARK, StagedImage

_COMMAND = re.compile(r"\s*(kernel|initrd)\s")
_OPTION = re.compile(r"--?\w")
_JOINTS = frozenset(("||", "&&"))
_RELATIVE = re.compile(r"[A-Za-z0-9._+/-]+")


class Unclear(ValueError):
    """The script does not tell what there is to be put in the place of what."""


def handing_out(script: str, folder: str, image: StagedImage) -> str:
    """Return the script that boots the set; its folder is ``folder``. Raises ``Unclear``.

    The kernel keeps its words; one is added, or replaced, that tells which set was booted.
    """
    if not script.startswith("#!ipxe"):
        raise Unclear("its first line is not #!ipxe")
    kernel = [file.path for file in image.files if file.role == "kernel"]
    initrds = [file.path for file in image.files if file.role == "initrd"]
    lines = script.split("\n")
    found = [(at, match[1]) for at, line in enumerate(lines) if (match := _COMMAND.match(line))]
    for command, paths in (("kernel", kernel), ("initrd", initrds)):
        places = [at for at, name in found if name == command]
        if len(places) != len(paths):
            raise Unclear(f"it has {len(places)} lines {command}, the set has {len(paths)}")
        for at, path in zip(places, paths, strict=True):
            lines[at] = _line(lines[at], _uri(folder, path), tuple(_names(initrds)), image)
    return "\n".join(lines)


def _line(line: str, uri: str, initrds: Sequence[str], image: StagedImage) -> str:
    words = line.split()
    end = next((at for at, word in enumerate(words) if word in _JOINTS), len(words))
    at = 1
    while at < end and _OPTION.match(words[at]):
        at += 1 if "=" in words[at] else 2
    if at >= end:
        raise Unclear(f"nothing is named in: {line.strip()}")
    if words[0] == "initrd":
        return " ".join((*words[:at], uri, *words[at + 1 :]))
    named = iter(initrds)
    kept = [
        f"initrd={next(named, word[7:])}" if word.startswith("initrd=") else word
        for word in words[at + 1 : end]
        if not word.startswith(MARK)
    ]
    return " ".join((*words[:at], uri, *kept, f"{MARK}{image.token}", *words[end:]))


def _uri(folder: str, path: str) -> str:
    """Return the way from the script to a file, which is below its folder."""
    uri = posixpath.relpath(path, folder)
    if uri.startswith("../") or not _RELATIVE.fullmatch(uri):
        raise Unclear(f"{path} is not below {folder}, or has a name that no URI takes as it is")
    return uri


def _names(paths: Sequence[str]) -> Iterator[str]:
    """Yield what iPXE calls the files."""
    yield from map(posixpath.basename, paths)
