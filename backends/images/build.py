"""Makes a set of boot files of Debian packages in a new folder, and nothing else anywhere.

``build(recipe, None, Path("/srv/sets"), print)`` gives ``/srv/sets/edge-1`` with its manifest. All
work is done in a hidden folder beside it, in commands whose mounts and processes end with
ours; a folder that a killed build has left goes away with the next build.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from backends.images.commands import missing
from backends.images.making import Made, Making
from console.clean import Clean, clean, clean_path
from console.errors import ConsoleError
from console.images import recipe as recipes
from console.images.manifest import NAME, Entry, Manifest, Role, rendered
from console.images.recipe import Recipe
from console.images.sizes import Share

_SCRATCH = ".subdeck-build-"
_LEAST = 512 << 20
"""Bytes that must be free where it is made: lists of packages, packages, the tree, its images."""
_ROLES: Mapping[str, Role] = {
    "vmlinuz": Role.KERNEL,
    "initrd": Role.INITRD,
    "filesystem.squashfs": Role.SQUASHFS,
    "cmdline": Role.CMDLINE,
}


@dataclass(frozen=True, slots=True)
class Built:
    """What came of it."""

    folder: Path
    manifest: Manifest
    shares: tuple[Share, ...]
    """Of the packages, the largest first."""
    pruned: Mapping[str, int]
    """Bytes left out, by what they were."""


def build(recipe: Recipe, files: Path | None, output: Path, tell: Callable[[str], None]) -> Built:
    """Make the set in a new folder below ``output``; ``files`` are laid on top of the packages.

    ``tell`` is told what is done. Raises ``ConsoleError`` where it cannot be made.
    """
    target = output / recipes.title(recipe)
    _check(recipe, output, target)
    with _scratch(output) as scratch:
        made = Making(recipe, scratch, tell).make(files)
        manifest = _manifest(recipe, scratch, made)
        (scratch / "set" / NAME).write_bytes(rendered(manifest))
        try:
            (scratch / "set").rename(target)
        except OSError as error:
            raise ConsoleError(f"{clean_path(str(target))}: {error.strerror}") from None
    return Built(target, manifest, made.shares, made.pruned)


def _check(recipe: Recipe, output: Path, target: Path) -> None:
    """Refuse what cannot end well before anything is done."""
    if os.geteuid() != 0:
        raise ConsoleError("images build needs root: the files of an image are root's", "sudo")
    tools = recipes.tools(recipe)
    if lacking := missing(tools, os.environ.get("PATH", os.defpath)):
        packages = " ".join(dict.fromkeys(tools[tool] for tool in lacking))
        raise ConsoleError(f"missing here: {', '.join(lacking)}", f"apt install {packages}")
    if os.path.lexists(target):
        raise ConsoleError(f"{clean_path(str(target))}: is there already", "another --version")
    free = shutil.disk_usage(output).free
    if free < _LEAST:
        wanted = f"{free >> 20} MiB free, {_LEAST >> 20} are needed"
        raise ConsoleError(f"{clean_path(str(output))}: {wanted}", "--output DIR elsewhere")


@contextmanager
def _scratch(output: Path) -> Iterator[Path]:
    """Give a folder that goes away, having removed those whose makers were killed."""
    turn = os.open(output, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for old in output.glob(f"{_SCRATCH}*"):
            shutil.rmtree(old)
        with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=output.resolve()) as made:
            Path(made).chmod(0o711)  # apt fetches as a user of its own where that one gets here
            yield Path(made)
    except BlockingIOError:
        place = clean_path(str(output))
        raise ConsoleError(f"{place}: another build goes on there", "wait for it") from None
    except OSError as error:
        place = clean_path(str(error.filename or output))
        hint = "--output DIR elsewhere" if error.errno == errno.ENOSPC else ""
        raise ConsoleError(f"{place}: {error.strerror}", hint) from None
    finally:
        os.close(turn)


def _manifest(recipe: Recipe, scratch: Path, made: Made) -> Manifest:
    """Describe the files there are, having written the command line."""
    folder = scratch / "set"
    squashfs = folder / "filesystem.squashfs"
    digest = _digest(squashfs) if squashfs.exists() else None
    if words := recipes.cmdline(recipe, digest):
        (folder / "cmdline").write_text(f"{words}\n")
    found = [
        Entry(role, Clean(name), path.stat().st_size, Clean(_digest(path)))
        for name, role in _ROLES.items()
        if (path := folder / name).exists()
    ]
    sizes = {entry.role: entry.size for entry in found}
    memory = recipes.memory(
        recipe.form, made.size, sizes[Role.INITRD], sizes.get(Role.SQUASHFS, 0)
    )
    return Manifest(
        name=clean(recipe.name),
        version=clean(recipe.version),
        built=recipe.epoch,
        kernel=clean(made.release),
        arch=clean(platform.machine()),
        styles=(recipe.style,),
        ram=memory,
        files=tuple(found),
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
