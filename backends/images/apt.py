"""Where packages come from: as told, else what apt of this host goes by."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from console.clean import clean
from console.errors import ConsoleError
from console.images.recipe import Recipe
from console.parse import apt_targets

_SECONDS = 30.0


def origin(recipe: Recipe, mirrors: Sequence[str], suite: str | None) -> Recipe:
    """Return the recipe with its sources and its kernel filled in. Raises ``ConsoleError``."""
    kernel = recipe.kernel or f"linux-image-{_said(('dpkg', '--print-architecture')).strip()}"
    return replace(recipe, kernel=kernel, sources=_sources(mirrors, suite))


def _sources(mirrors: Sequence[str], suite: str | None) -> tuple[str, ...]:
    if mirrors and all(map(_is_entry, mirrors)):
        return tuple(mirrors)
    targets = _said(("apt-get", "indextargets", "Created-By: Packages"))
    if not mirrors:
        found = apt_targets.sources(targets, suite, _lines(targets))
    elif suite := suite or apt_targets.suite(targets):
        found = tuple(each if _is_entry(each) else f"deb {each} {suite} main" for each in mirrors)
    else:
        found = ()
    if not found:
        raise ConsoleError("apt here knows no archive", "apt-get update, or --mirror and --suite")
    return found


def _is_entry(mirror: str) -> bool:
    return mirror.startswith("deb ")


def _lines(targets: str) -> Mapping[str, str]:
    """Return those lines in which apt here was told of archives that can be read."""
    found = {}
    for file, line in apt_targets.places(targets):
        with suppress(OSError, IndexError):
            text = Path(file).read_text(errors="replace")
            found[f"{file}:{line}"] = text.splitlines()[line - 1].strip()
    return found


def _said(argv: Sequence[str]) -> str:
    try:
        ran = subprocess.run(  # noqa: S603 # argv of constants
            argv, capture_output=True, check=True, timeout=_SECONDS
        )
    except FileNotFoundError:
        raise ConsoleError(f"missing here: {argv[0]}", "images are built on Debian") from None
    except (subprocess.SubprocessError, OSError) as error:
        raise ConsoleError(f"{argv[0]}: {clean(str(error))}") from None
    return ran.stdout.decode(errors="replace")
