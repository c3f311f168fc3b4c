"""How a set of boot files is made of Debian packages, as data: what goes in, and what runs.

``bootstrap(recipe, "/var/tmp/tree")`` is the command that fetches and unpacks the packages,
``planted(recipe)`` what is laid on top of them; ``backends/images/build.py`` does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from console.clean import Clean
from console.errors import ConsoleError
from console.model import Style
from console.parse.modules_dep import builtin, modules, spelled

PACKAGES: Final = ("base-files", "busybox-static", "dropbear-bin")
"""What every image has: names of the system, a shell with its tools, an SSH server."""

_TOOLS = {
    "mmdebstrap": "mmdebstrap",
    "dpkg-deb": "dpkg",
    "apt-get": "apt",
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "depmod": "kmod",
    "cpio": "cpio",
}

_DOCS = ("doc", "man", "info", "lintian", "bug", "doc-base", "common-licenses", "menu")
PRUNED: Final[Mapping[str, tuple[str, ...]]] = {
    "docs": tuple(f"usr/share/{name}" for name in _DOCS),
    "locales": ("usr/share/locale", "usr/share/i18n", "usr/lib/locale", "usr/lib/*/gconv"),
    "caches": ("etc/apt", "var/cache/*", "var/lib/apt", "var/lib/dpkg", "var/log/*"),
}
"""What is left out unless asked for: patterns below the root."""

_NICS = (
    *("virtio_pci", "virtio_net", "vmxnet3", "hv_netvsc", "ena", "gve", "e1000", "e1000e", "igb"),
    *("igc", "ixgbe", "ixgbevf", "i40e", "iavf", "ice", "r8169", "tg3", "bnx2", "bnxt_en"),
    *("mlx4_en", "mlx5_core", "atlantic", "ahci", "nvme", "virtio_blk", "virtio_scsi"),
)
_LAYERS = ("loop", "squashfs", "overlay")
_SUBHOSTS = ("veth", "bridge", "8021q", "bonding", "macvlan", "dm_snapshot", "ext4", "sd_mod")
EVERY: Final = "all"
"""Instead of names of modules: all that the kernel has."""

_PACKERS = {"zstd": "zstd", "gzip": "gzip", "xz": "xz-utils"}
COMPRESSORS: Final[Mapping[str, tuple[str, ...]]] = {
    "zstd": ("zstd", "-q", "-12", "-T1"),
    "gzip": ("gzip", "-9n"),
    "xz": ("xz", "-6", "-T1", "--check=crc32"),  # the only check that the kernel knows
}
"""How an initrd is packed; the kernel must know it."""

_HERE = Path(__file__).with_name("boot")
_SCRIPTS = {path.name: path.read_text() for path in _HERE.glob("*.sh")}
_MERGED = ("bin", "sbin", "lib", "lib64")
_MERGE = "; ".join(f'mkdir -p "$1/usr/{name}"; ln -s usr/{name} "$1/{name}"' for name in _MERGED)
_USERS = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n"
_INITTAB = """\
::sysinit:/etc/rc
::respawn:/usr/sbin/dropbear -F -R -s
::once:/bin/sh -c '[ ! -x /etc/rc.local ] || exec /etc/rc.local'
::ctrlaltdel:/sbin/reboot
"""
_AROUND = 96 << 20
"""Memory that the kernel and what runs there take besides the image."""


class Form(StrEnum):
    """How the system lies in memory once it has booted."""

    RAM = "ram"
    """What the kernel unpacks is the root."""
    SQUASHFS = "squashfs"
    """An overlay on a squashfs is."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what is built: equal recipes and packages give equal files."""

    name: str
    version: str
    form: Form
    sources: tuple[str, ...]
    """Entries of a sources.list."""
    epoch: int
    """No file is newer, in seconds since 1970."""
    packages: tuple[str, ...] = ()
    """Besides ``PACKAGES``; what they depend on comes with them."""
    kernel: str = ""
    """A package, or with a ``/`` in it the path of a kernel image; empty: not chosen yet."""
    modules: tuple[str, ...] = ()
    """Besides those that are always taken where the kernel has them; or ``EVERY``."""
    keep: frozenset[str] = frozenset()
    """Keys of ``PRUNED`` that stay."""
    packed: str = "zstd"
    fetch: str | None = None
    """Where the initrd fetches the squashfs; ``None``: it lies in the initrd."""
    cmdline: str = ""
    """Words added to the kernel's."""
    keys: str = ""
    """Lines of authorized_keys for root."""

    @property
    def style(self) -> Style:
        """What a console sees it as."""
        return Style.INITRAMFS if self.form is Form.RAM else Style.LIVE_BOOT

    @property
    def package(self) -> str:
        """The kernel's package; empty where it is a file."""
        return "" if "/" in self.kernel else self.kernel


def tools(recipe: Recipe) -> Mapping[str, str]:
    """Return the commands that a build takes, with the packages that bring them."""
    squashfs = {"mksquashfs": "squashfs-tools"} if recipe.form is Form.SQUASHFS else {}
    return {**_TOOLS, **squashfs, recipe.packed: _PACKERS[recipe.packed]}


def bootstrap(recipe: Recipe, tree: str) -> tuple[str, ...]:
    """Return the command that fetches the packages and unpacks them into a new folder ``tree``.

    None of their scripts is run. ``environment`` is what it needs besides ours.
    """
    return (
        *("mmdebstrap", "--mode=root", "--variant=extract", "--format=directory"),
        *("--skip=cleanup", f"--include={','.join((*PACKAGES, *recipe.packages))}"),
        *(f"--setup-hook={_MERGE}", f"--extract-hook={_SCRIPTS['gather.sh']}"),
        *("", tree, *recipe.sources),
    )


def environment(recipe: Recipe, parts: str) -> Mapping[str, str]:
    """Return what ``bootstrap`` needs; ``parts`` is where it lays what is no part of the tree."""
    return {
        "LC_ALL": "C",
        "SOURCE_DATE_EPOCH": str(recipe.epoch),
        "TMPDIR": parts,
        "PARTS": parts,
        "KERNEL": recipe.package,
    }


def init(form: Form) -> str:
    """Return the first process of an initrd: a script for a POSIX shell."""
    return _SCRIPTS["early.sh"] + _SCRIPTS[f"{form}.sh"]


def initramfs() -> Mapping[str, tuple[str, int]]:
    """Return the files, with their modes, of an initrd whose root is a squashfs."""
    return {"init": (init(Form.SQUASHFS), 0o755), **_network()}


def planted(
    recipe: Recipe, release: str, passwd: str, group: str
) -> Mapping[str, tuple[str, int]]:
    """Return the files, with their modes, that are laid on top of the packages.

    ``release`` is the packages' own os-release; ``passwd`` and ``group`` what Debian begins
    with where they bring that, else empty.
    """
    files = {
        "etc/os-release": (os_release(release, recipe.name, recipe.version), 0o644),
        "etc/hostname": (f"{recipe.name}\n", 0o644),
        "etc/hosts": ("127.0.0.1 localhost\n::1 localhost\n", 0o644),
        "etc/passwd": (passwd or _USERS, 0o644),
        "etc/group": (group or "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n", 0o644),
        "etc/shells": ("/bin/sh\n/bin/bash\n", 0o644),
        "etc/inittab": (_INITTAB, 0o644),
        "etc/rc": (_SCRIPTS["rc.sh"], 0o755),
        **_network(),
    }
    if recipe.form is Form.RAM:
        files["init"] = init(Form.RAM), 0o755
    if recipe.keys:
        files["root/.ssh/authorized_keys"] = recipe.keys, 0o600
    return files


def os_release(text: str, name: str, version: str) -> str:
    """Return an os-release(5) that also names the image, by which a host is known to run it."""
    ours = ("IMAGE_ID=", "IMAGE_VERSION=")
    lines = [line for line in text.splitlines() if line and not line.startswith(ours)]
    return "\n".join([*lines, f'IMAGE_ID="{name}"', f'IMAGE_VERSION="{version}"', ""])


def cmdline(recipe: Recipe, squashfs: str | None) -> str:
    """Return the kernel's words; ``squashfs`` is the SHA-256 of the one that is fetched.

    None of them is ``root=``: with that the kernel unpacks into a ramfs, which has no limit.
    """
    words = ["boot=live"] if recipe.form is Form.SQUASHFS else []
    if recipe.fetch and squashfs:
        words += [f"fetch={recipe.fetch}", f"fetch_sha256={squashfs}"]
    return " ".join(filter(None, [*words, recipe.cmdline]))


def wanted(recipe: Recipe, dep: str, built_in: str) -> frozenset[str] | None:
    """Return the files of the modules that go in, by ``modules.dep``; ``None``: all there are.

    Raises ``ConsoleError`` for one asked for that the kernel has not.
    """
    if EVERY in recipe.modules:
        return None
    found, within = modules(dep), builtin(built_in)
    for name in spelled(recipe.modules):
        if name not in found and name not in within:
            raise ConsoleError(f"{name}: the kernel has no such module", "modinfo tells its name")
    usual = (*_NICS, *_LAYERS, *_SUBHOSTS, *recipe.modules)
    return _files(usual, found)


def early(dep: str) -> frozenset[str]:
    """Return the files of the modules that an initrd needs to come to a squashfs."""
    return _files((*_NICS, *_LAYERS), modules(dep))


def compressed(recipe: Recipe, tree: str, out: str) -> tuple[str, ...]:
    """Return the command that makes a squashfs; ``environment`` says when it was made."""
    quiet = ("-noappend", "-no-progress", "-quiet")
    return ("mksquashfs", tree, out, "-comp", recipe.packed, *quiet)


def memory(form: Form, tree: int, initrd: int, squashfs: int) -> int:
    """Return bytes of main memory that a host needs: the largest of what lies there at a time.

    The root of an initrd, and a tmpfs, are given half of the memory.
    """
    if form is Form.RAM:
        return max(2 * tree, initrd + tree) + _AROUND
    return 2 * (initrd + squashfs) + _AROUND


def title(recipe: Recipe) -> Clean:
    """Return what the folder of the set is called."""
    return Clean(f"{recipe.name}-{recipe.version}")


def _network() -> Mapping[str, tuple[str, int]]:
    return {
        "etc/network.sh": (_SCRIPTS["network.sh"], 0o644),
        "etc/lease.sh": (_SCRIPTS["lease.sh"], 0o755),
    }


def _files(names: Sequence[str], found: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    return frozenset(file for name in spelled(names) for file in found.get(name, ()))
