"""A manifest made of files: what their heads tell need not be typed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.clean import Clean
from console.errors import ConsoleError
from console.images.draft import Draft, drafted
from console.images.heads import Head
from console.images.manifest import Role
from console.model import Style
from tests.console.images.sets import BANNER, FILES, MADE, MIB, RELEASE, entry

KERNEL = Head(Clean("kernel"), Clean(BANNER), Clean("x86_64"))
HEADS = {
    "vmlinuz": KERNEL,
    "initrd.img": Head(Clean("zstd")),
    "live/root.squashfs": Head(Clean("squashfs"), built=MADE, used=3),
    "cmdline": Head(Clean("text")),
}
DRAFT = Draft("web", "1", [Style.LIVE_BOOT, Style.CASPER, Style.CASPER], 512 * MIB)
TREE = entry(Role.TREE, "tree.tar")


def test_files_tell_what_is_not_typed() -> None:
    made = drafted(DRAFT, FILES, HEADS, now=5.0)
    assert (made.title, made.built, made.kernel, made.arch) == ("web/1", MADE, RELEASE, "x86_64")
    assert made.styles == (Style.CASPER, Style.LIVE_BOOT)
    assert made.files == FILES


def test_what_is_typed_holds() -> None:
    typed = replace(DRAFT, built=7, kernel="6.1", arch="i386", styles=[Style.SUBHOST])
    made = drafted(typed, [TREE], {TREE.path: Head(Clean("tar"))}, now=5.0)
    assert (made.built, made.kernel, made.arch) == (7, "6.1", "i386")


def test_where_nothing_tells_when_it_was_made_it_is_now() -> None:
    typed = replace(DRAFT, arch="x86_64")
    assert drafted(typed, [TREE], {TREE.path: Head(Clean("tar"))}, now=5.5).built == 5


@pytest.mark.parametrize(
    ("draft", "kernel", "told"),
    [
        (DRAFT, Head(Clean("kernel")), "do not tell for which architecture"),
        (DRAFT, replace(KERNEL, version=None), "does not tell its release"),
        (
            replace(DRAFT, arch="aarch64"),
            KERNEL,
            "vmlinuz: is a kernel for x86_64, not for aarch64",
        ),
        (replace(DRAFT, kernel="6.2"), KERNEL, f"vmlinuz: is kernel {RELEASE}, not 6.2"),
        (DRAFT, Head(Clean("html")), "do not tell for which architecture"),
        (replace(DRAFT, arch="x86_64", kernel="6"), Head(Clean("html")), "vmlinuz: is a web page"),
        (replace(DRAFT, name="../x"), KERNEL, "expected a name, got 'name ../x'"),
        (replace(DRAFT, styles=[]), KERNEL, "styles [].*"),
    ],
)
def test_what_makes_no_sense(draft: Draft, kernel: Head, told: str) -> None:
    with pytest.raises(ConsoleError) as raised:
        drafted(draft, FILES, {**HEADS, "vmlinuz": kernel}, now=5.0)
    assert told.removesuffix(".*") in str(raised.value)
