from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean
from console.images.ipxe import Unclear, handing_out
from console.images.staged import StagedFile, StagedImage, booted

FOLDER = "/srv/boot"
SHA = Clean("0" * 64)


def image(*names: str) -> StagedImage:
    files = tuple(
        StagedFile(Clean(name.partition("-")[0]), Clean(f"{FOLDER}/edge/10/{name}"), 1, SHA)
        for name in names
    )
    return StagedImage(Clean("edge"), Clean("10"), files, folder=Clean(f"{FOLDER}/edge/10"))


NEW = image("kernel", "initrd")
SCRIPT = """#!ipxe
dhcp || shell
kernel --name linux http://10.0.2.100/old/vmlinuz initrd=old.img console=ttyS0 || goto failed
initrd old/old.img
boot
:failed
shell"""


def test_files_change_and_words_stay() -> None:
    assert handing_out(SCRIPT, FOLDER, NEW).split("\n") == [
        "#!ipxe",
        "dhcp || shell",
        "kernel --name linux edge/10/kernel initrd=initrd console=ttyS0 "
        f"subdeck.image={NEW.token} || goto failed",
        "initrd edge/10/initrd",
        "boot",
        ":failed",
        "shell",
    ]


def test_a_script_that_was_made_to_boot_one_is_made_to_boot_another() -> None:
    once = handing_out(SCRIPT, FOLDER, image("kernel-a", "initrd-a"))
    assert handing_out(once, FOLDER, NEW) == handing_out(SCRIPT, FOLDER, NEW)
    assert handing_out(handing_out(SCRIPT, FOLDER, NEW), FOLDER, NEW) == handing_out(
        SCRIPT, FOLDER, NEW
    )


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("kernel a\ninitrd b", "#!ipxe"),
        ("#!ipxe\ninitrd b", "0 lines kernel, the set has 1"),
        ("#!ipxe\nkernel a\nkernel b\ninitrd c", "2 lines kernel"),
        ("#!ipxe\nkernel a\ninitrd b\ninitrd c", "2 lines initrd, the set has 1"),
        ("#!ipxe\nkernel --name linux\ninitrd b", "nothing is named"),
        ("#!ipxe\nkernel || shell\ninitrd b", "nothing is named"),
    ],
)
def test_what_is_not_clear_is_not_guessed(script: str, why: str) -> None:
    with pytest.raises(Unclear, match=why):
        handing_out(script, FOLDER, NEW)


def test_what_is_not_below_the_script_is_not_handed_out_by_it() -> None:
    with pytest.raises(Unclear, match="not below"):
        handing_out(SCRIPT, "/srv/other", NEW)


LINES = st.lists(st.text(st.characters(blacklist_characters="\n"), max_size=30), max_size=8)


@given(LINES)
def test_any_script_is_refused_or_boots_what_it_is_to(lines: list[str]) -> None:
    script = "\n".join(("#!ipxe", *lines))
    try:
        made = handing_out(script, FOLDER, NEW)
    except Unclear:
        return
    assert f"edge/10/kernel subdeck.image={NEW.token}" in made


def test_what_was_booted_is_told_by_the_last_word_that_says_so() -> None:
    assert booted(f"quiet subdeck.image=old:0 subdeck.image={NEW.token} ro") == NEW.token
    assert booted("quiet xsubdeck.image=old:0") is None
    assert booted("") is None
    assert image("kernel").token != image("initrd").token
