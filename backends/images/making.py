"""The steps by which packages become a root, and that what a machine boots from."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.images.commands import Commands, reaching
from backends.images.kernel import Kernel, lay_modules, of_host, unpacked
from backends.images.tree import Tree
from console.clean import clean
from console.images import recipe as recipes
from console.images.recipe import Form, Recipe
from console.images.sizes import Share, owners, shares

_EMPTY = ("dev", "run", "tmp")
_MACHINE = ("etc/hostname", "etc/resolv.conf")
"""What mmdebstrap takes from this machine."""
_PLACES = ("dev", "proc", "run", "sys", "mnt")
_PASSED = ("http_proxy", "https_proxy", "no_proxy")
"""Of our environment, what apt goes by."""


_Pruned = Mapping[str, Sequence[tuple[str, int]]]
"""Files that were left out, with their sizes, by what they were."""


@dataclass(frozen=True, slots=True)
class Made:
    """What is known of a set besides its files."""

    release: str
    """The kernel's."""
    size: int
    """Bytes of the root."""
    shares: tuple[Share, ...]
    pruned: Mapping[str, int]
    """Bytes left out, by what they were."""


class Making:
    """The steps, in a folder of their own; what they make comes to lie in its ``set``."""

    def __init__(self, recipe: Recipe, scratch: Path, tell: Callable[[str], None]) -> None:
        self._recipe = recipe
        self._scratch = scratch
        self._tell = tell
        self._set = scratch / "set"
        ours = {name: os.environ[name] for name in _PASSED if name in os.environ}
        path = reaching(os.environ.get("PATH", os.defpath))
        theirs = recipes.environment(recipe, str(scratch))
        self._commands = Commands(scratch, {**ours, "PATH": path, **theirs})

    def make(self, files: Path | None) -> Made:
        """Make all but the manifest."""
        recipe = self._recipe
        # what is here already is asked whether it will do before packages are fetched
        here = None if recipe.package else self._chosen(of_host(Path(recipe.kernel)))
        tree = self._unpacked()
        pruned = self._pruned(tree)
        kernel, modules = here or self._chosen(
            unpacked(self._scratch / "kernel", recipe.package, self._commands)
        )
        for name, (content, mode) in recipes.planted(recipe, *_debians(tree)).items():
            tree.put(name, content, mode)
        for name in (*_PLACES, "etc/dropbear"):
            tree.folder(name)
        tree.folder("root", 0o700)
        tree.folder("tmp", 0o1777)
        tree.link("etc/resolv.conf", "/run/resolv.conf")
        self._name_applets(tree)
        lay_modules(tree, kernel, modules, self._commands)
        if files:
            tree.lay(files)
        self._set.mkdir()
        shutil.copyfile(kernel.image, self._set / "vmlinuz")
        tree.settle(recipe.epoch)
        size = self._packed(tree, kernel)
        gone = {kind: sum(size for _, size in files) for kind, files in pruned.items()}
        return Made(kernel.release, size, self._shares(tree, pruned, kernel), gone)

    def _unpacked(self) -> Tree:
        self._tell("fetching and unpacking packages")
        root = self._scratch / "tree"
        self._commands.run(*recipes.bootstrap(self._recipe, str(root)), apart=True)
        return Tree(root)

    def _pruned(self, tree: Tree) -> _Pruned:
        tree.empty(_EMPTY)
        tree.prune(_MACHINE)
        kinds = [kind for kind in recipes.PRUNED if kind not in self._recipe.keep]
        return {kind: tree.prune(recipes.PRUNED[kind]) for kind in kinds}

    def _chosen(self, kernel: Kernel) -> tuple[Kernel, frozenset[str] | None]:
        """Return a kernel with those of its modules that go in; ``None``: all."""
        return kernel, recipes.wanted(self._recipe, kernel.needs, kernel.builtin)

    def _name_applets(self, tree: Tree) -> None:
        """Have busybox be every tool that no package brought."""
        box = "/bin/busybox"
        said = self._commands.run("chroot", str(tree.root), box, "--list-full", apart=True)
        for name in said.split():
            tree.link(name, box)

    def _packed(self, tree: Tree, kernel: Kernel) -> int:
        """Write initrd and, in there or as a file, squashfs; return the bytes of the root."""
        recipe, initrd = self._recipe, self._set / "initrd"
        size = sum(size for _, size in tree.files())
        packer = recipes.COMPRESSORS[recipe.packed]
        if recipe.form is Form.RAM:
            self._tell("packing the initrd")
            self._commands.pack(tree.names(), tree.root, initrd, packer)
            return size
        self._tell("packing the squashfs")
        squashfs = self._set / "filesystem.squashfs"
        self._commands.run(*recipes.compressed(recipe, str(tree.root), str(squashfs)))
        self._tell("packing the initrd")
        small = self._initramfs(tree, kernel)
        self._commands.pack(small.names(), small.root, initrd, packer)
        if not recipe.fetch:
            self._embed(squashfs, initrd)
        return size

    def _initramfs(self, whole: Tree, kernel: Kernel) -> Tree:
        """Make the root of an initrd that comes to a squashfs."""
        root = self._scratch / "initramfs"
        root.mkdir()
        tree = Tree(root)
        tree.merge()
        for name in (*_PLACES, "tmp"):
            tree.folder(name)
        for name, (content, mode) in recipes.initramfs().items():
            tree.put(name, content, mode)
        tree.copy("usr/bin/busybox", whole.root / "usr/bin/busybox")
        self._name_applets(tree)
        lay_modules(tree, kernel, recipes.early(kernel.needs), self._commands)
        tree.settle(self._recipe.epoch)
        return tree

    def _embed(self, squashfs: Path, initrd: Path) -> None:
        """Append it, not packed again, as the kernel takes archives: each begins at four bytes."""
        place = self._scratch / "within"
        (place / "live").mkdir(parents=True)
        squashfs.rename(place / "live" / squashfs.name)
        Tree(place).settle(self._recipe.epoch)
        with initrd.open("ab") as file:
            file.write(bytes(-file.tell() % 4))
        self._commands.pack(Tree(place).names(), place, initrd, ())

    def _shares(self, tree: Tree, pruned: _Pruned, kernel: Kernel) -> tuple[Share, ...]:
        files = tree.files()
        owned = dict(owners((self._scratch / "owners").read_text(errors="replace")))
        name = clean(self._recipe.package or f"kernel {kernel.release}")
        owned |= {path: name for path, _ in files if path.startswith("usr/lib/modules/")}
        image = [("vmlinuz", kernel.image.stat().st_size)]
        gone = [each for kind in pruned.values() for each in kind]
        return shares([*files, *image], gone, {**owned, "vmlinuz": name})


def _debians(tree: Tree) -> tuple[str, str, str]:
    """Return os-release, passwd and group as the packages have them."""
    base = "usr/share/base-passwd"
    names = ("usr/lib/os-release", f"{base}/passwd.master", f"{base}/group.master")
    release, passwd, group = map(tree.text, names)
    return release, passwd, group
