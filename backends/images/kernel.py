"""The kernel of a set and its modules: from a package that was unpacked, or from this host."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from backends.images.commands import Commands
from backends.images.tree import Tree
from console.clean import clean_path
from console.errors import ConsoleError, Unparsable
from console.parse import bzimage

_IMAGES = ("boot/vmlinuz-*", "usr/lib/modules/*/vmlinuz")
_LISTS = ("modules.order", "modules.builtin", "modules.builtin.modinfo")
"""What depmod needs besides the modules."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """One kernel image with the modules that fit it."""

    image: Path
    release: str
    base: Path
    """Has the modules below ``lib/modules``."""

    @property
    def modules(self) -> Path:
        """Their folder."""
        return self.base / "lib/modules" / self.release

    @property
    def needs(self) -> str:
        """What each needs: ``modules.dep``."""
        return (self.modules / "modules.dep").read_text()

    @property
    def builtin(self) -> str:
        """What needs no file: ``modules.builtin``."""
        return (self.modules / "modules.builtin").read_text()


def unpacked(base: Path, package: str, commands: Commands) -> Kernel:
    """Return the kernel of a package that was unpacked to ``base``. Raises ``ConsoleError``."""
    found = [path for each in _IMAGES for path in base.glob(each)]
    if len(found) != 1:
        raise ConsoleError(f"{package}: brings no kernel", "--kernel PACKAGE, as linux-image-...")
    kernel = Kernel(
        found[0], _release(found[0]), base if (base / "lib").is_dir() else base / "usr"
    )
    if not kernel.modules.is_dir():
        raise ConsoleError(f"{package}: brings no modules", "--kernel PACKAGE that has both")
    # as in a root, where /lib leads below /usr
    commands.run("depmod", "-b", str(kernel.base), kernel.release)
    return kernel


def of_host(image: Path) -> Kernel:
    """Return a kernel whose modules lie as a package lays them, or are this host's.

    Raises ``ConsoleError``.
    """
    release = _release(image)
    bases = (image.resolve().parent.parent, Path("/"))
    for base in bases:
        kernel = Kernel(image, release, base)
        if (kernel.modules / "modules.dep").is_file():
            return kernel
    place = clean_path(str(bases[0] / "lib/modules" / release))
    raise ConsoleError(f"{place}: no modules of this kernel", "depmod makes modules.dep")


def lay_modules(
    tree: Tree, kernel: Kernel, chosen: frozenset[str] | None, commands: Commands
) -> None:
    """Copy these files of modules, or all, and write down there what each needs."""
    place = f"usr/lib/modules/{kernel.release}"
    every = {path.relative_to(kernel.modules).as_posix() for path in _files(kernel.modules)}
    lists = (name for name in _LISTS if (kernel.modules / name).is_file())
    for name in (*lists, *sorted(every if chosen is None else every & chosen)):
        tree.copy(f"{place}/{name}", kernel.modules / name)
    commands.run("depmod", "-b", str(tree.root), kernel.release)


def _files(modules: Path) -> list[Path]:
    return [path for path in modules.glob("**/*.ko*") if path.is_file()]


def _release(image: Path) -> str:
    """Return the release of a kernel: by its own word, else by its name."""
    try:
        with image.open("rb") as file:
            return bzimage.release(bzimage.version(file.read(bzimage.HEAD)))
    except OSError as error:
        raise ConsoleError(f"{clean_path(str(image))}: {error.strerror}") from None
    except Unparsable:
        return image.name.removeprefix("vmlinuz-")
