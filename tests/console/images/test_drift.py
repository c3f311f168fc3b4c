"""Would a reboot change this host? By content, whatever it is called."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.clean import Clean
from console.images.drift import Alike, Identity, Known, compared, identity
from console.images.heads import Head
from console.images.manifest import Role
from console.model import Host, Image, Style
from tests.console.images.sets import (
    BANNER,
    FILES,
    IDENTITY,
    LIVE,
    MADE,
    RELEASE,
    host,
    known,
    token,
    version,
)

RAM = replace(LIVE, styles=(Style.INITRAMFS,), files=FILES[:2])
IN_RAM = replace(IDENTITY, squashfs=(), cmdline=())
INIT = replace(LIVE, styles=(Style.SLASHINIT,), files=FILES[:1])


def squashfs(built: int = MADE, size: int = 4000, digest: str | None = None) -> Image:
    sha256 = Clean(digest) if digest else None
    return Image(None, None, Clean("/x"), sha256=sha256, built=built, size=size)


def stamped(name: str | None, number: str | None) -> Image:
    return Image(Clean(name) if name else None, Clean(number) if number else None, None)


SAME = {
    "its squashfs, by superblock": (host(), known(), "runs its squashfs, made 2023-11-14"),
    "its squashfs, by digest": (
        host(image=squashfs(digest=FILES[2].sha256)),
        known(),
        "runs its squashfs, by SHA-256",
    ),
    "a set rebuilt alike under another name": (
        host(),
        known(replace(LIVE, name=Clean("other"), built=MADE + 99)),
        "runs its squashfs",
    ),
    "what it calls itself": (
        host(style=Style.INITRAMFS, image=stamped("web", "2024.2")),
        known(RAM, IN_RAM),
        "calls itself web/2024.2",
    ),
    "its command line": (
        host(style=Style.INITRAMFS, cmdline=f"a {token(RAM)}", image=stamped(None, "x")),
        known(RAM, IN_RAM),
        "was booted as web/2024.2",
    ),
    "its kernel, where that is all": (
        host(style=Style.SLASHINIT, image=stamped(None, "x")),
        known(INIT, IN_RAM),
        "runs its kernel, by release and build",
    ),
}
DIFFERS = {
    "another build of its kernel": (
        host(banner=f"Linux version {RELEASE} (x) #2 SMP later"),
        known(),
        f"runs kernel {RELEASE} #2 SMP later, not {RELEASE} #1",
    ),
    "another release, where builds do not show": (
        host(banner=None, kernel="6.12.1"),
        known(identity=replace(IDENTITY, kernel=None)),
        f"runs kernel 6.12.1, not {RELEASE}",
    ),
    "a squashfs made at another time": (host(image=squashfs(1)), known(), "made 1970-01-01"),
    "a squashfs of another size": (host(image=squashfs(size=5)), known(), "of 5 bytes"),
    "alike by superblock, but not by digest": (
        host(image=squashfs(digest="ab" * 32)),
        known(),
        "runs a squashfs with SHA-256 abababababab…",
    ),
    "another version of its name": (
        host(style=Style.INITRAMFS, image=stamped("web", "2024.1")),
        known(RAM, IN_RAM),
        "runs web/2024.1",
    ),
    "booted as another": (
        host(image=stamped(None, "x"), cmdline=token(version("1", of=RAM))),
        known(RAM, IN_RAM),
        "was booted as web/1:",
    ),
    "a word of the command line": (
        host(cmdline="boot=live"),
        known(),
        "its command line lacks quiet",
    ),
}
UNKNOWN = {
    "nothing tells": (
        host(style=Style.INITRAMFS, image=stamped(None, "x")),
        known(RAM, IN_RAM),
        "nothing tells which image it runs",
    ),
    "a name that means nothing here": (
        host(style=Style.INITRAMFS, image=stamped("archlinux", "2024")),
        known(RAM, IN_RAM),
        "what it runs, archlinux, does not tell",
    ),
    "a disk": (host(style=Style.DISK), known(), "its style is disk: it boots no image"),
    "not looked at yet": (replace(host(), boot=None), known(), "how it booted is not known"),
}


@pytest.mark.parametrize(
    ("seen", "of", "why", "word"),
    [
        pytest.param(*case, word, id=name)
        for word, cases in ((Alike.SAME, SAME), (Alike.DIFFERS, DIFFERS), (Alike.UNKNOWN, UNKNOWN))
        for name, case in cases.items()
    ],
)
def test_whether_they_are_alike_and_why(seen: Host, of: Known, why: str, word: Alike) -> None:
    drift = compared(seen, of)
    assert (drift.word, drift.known) == (word, of)
    assert why in drift.why


def test_identity_is_what_the_files_say() -> None:
    heads = {
        "vmlinuz": Head(Clean("kernel"), Clean(BANNER), Clean("x86_64")),
        "live/root.squashfs": Head(Clean("squashfs"), built=MADE, used=4000),
    }
    assert identity(LIVE, heads, b"quiet  boot=live\n") == IDENTITY
    assert identity(LIVE, {}, b"") == Identity(None, (), ())
    assert {each.role for each in FILES} == {*Role} - {Role.TREE}
