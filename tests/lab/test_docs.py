"""What stands in docs/ about each kind of live host, typed to a guest of that kind.

Here it is what a page begins with, up to the first command that does more than look;
``make leaks`` types all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from itertools import takewhile
from pathlib import Path

import pytest

from tests.lab.guests.fleet import NEEDS_LAB, Guest
from tests.lab.guests.images import built
from tests.lab.guests.kernel import ROOT, vmlinuz
from tests.lab.guests.styles import TESTED
from tests.lab.pages import Desk, Typed, differs, sections
from tests.lab.upgrading import called, stored

ALL = "LEAKS" in os.environ
GUESTS = {
    "web1": "subhosts",
    "live1": "live-boot",
    "fedora1": "dracut-po",
    "ubuntu1": "casper",
    "arch1": "archiso",
    "pxe1": "ipxe",
    "golf1": "slashinit",
}
"""By the name that a page calls it."""
PAGES = {
    "overlay-boot": ("web1",),
    "live-boot": ("live1", "ubuntu1", "arch1", "fedora1"),
    "network-boot": ("pxe1",),
    "init": ("golf1",),
}
STORE = """
[[store]]
name = "main"
path = "{home}/images"
allowed_signers = "{home}/signers"
"""
INSTALLED = "/usr/lib/subhosts"


def page(name: str) -> Mapping[str, list[Typed]]:
    """Return what stands in a page, by host."""
    found: dict[str, list[Typed]] = {}
    for title, typed in sections(ROOT / f"docs/{name}.md").items():
        hosts = [host for host in PAGES[name] if any(host in each.command for each in typed)]
        assert len(hosts) == 1, f"docs/{name}.md: {title}: {hosts}"
        found.setdefault(hosts[0], []).extend(typed)
    return found


def looks(typed: Typed) -> bool:
    return typed.command.startswith("subdeck status ")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_of_the_hosts_that_it_is_typed_to(name: str) -> None:
    found = page(name)
    assert tuple(found) == PAGES[name]
    assert all(looks(typed[0]) for typed in found.values())


@pytest.mark.parametrize(
    ("shown", "said", "wrong"),
    [
        (["ok  12M  ───"], "ok 3.4G ─────", None),
        (["ok  12M"], "full 12M", "ok  12M"),
        (["edge/9"], "edge/10", "edge/9"),
        (["a ... d"], "a b c d", None),
        (["a", "..."], "a\nb", None),
        (["...", "b"], "a\nb", None),
        (["b"], "a\nb", "b"),
        (["a"], "a\nb", "nothing more, but: b"),
        (["...", "b", "a"], "a\nb", "a"),
    ],
)
def test_what_a_page_shows_must_be_there(shown: list[str], said: str, wrong: str | None) -> None:
    assert differs(shown, said) == wrong


CASES = [
    pytest.param(name, host, GUESTS[host], marks=NEEDS_LAB, id=f"{name}-{host}")
    for name, hosts in PAGES.items()
    for host in hosts
    if GUESTS[host] in TESTED
]


@pytest.fixture
def desk(guest: Guest, host: str, tmp_path: Path) -> Iterator[Desk]:
    """Where the guest is known by the name of the page; it boots anew where much was done."""
    desk = Desk(tmp_path, guest, host, STORE.format(home=tmp_path) if host == "pxe1" else "")
    if ALL and host in PREPARED:
        PREPARED[host](guest, desk.home)
    yield desk
    if ALL:
        guest.power_off()
        guest.power_on()
        guest.await_up()


@pytest.mark.parametrize(("name", "host", "guest"), CASES, indirect=["guest"])
def test_a_page_does_what_it_says(name: str, host: str, desk: Desk) -> None:
    commands = page(name)[host]
    for typed in commands if ALL else takewhile(looks, commands):
        desk.type(typed)


def with_tools(guest: Guest, _home: Path) -> None:
    """Have overlay-boot's own tools, and subhosts without services, of which guests have none."""
    lines = [f"set -e; mkdir -p {INSTALLED}; cd {INSTALLED}"]
    for tool in (ROOT / "tests/lab/overlay_tools").iterdir():
        lines += [f"cat >{tool.name} <<'THE_END'", tool.read_text(), "THE_END"]
    lines += [
        f"chmod 755 *; ln -s {INSTALLED}/overlay-* /usr/bin",
        f"cp /var/lib/overlay-boot/reaper {INSTALLED}",
        "for conf in /opt/*/*.conf; do echo START=none >>$conf; done",
    ]
    guest.ssh("\n".join(lines))


def with_sets(guest: Guest, home: Path) -> None:
    """Have a store, two sets to publish, a key that counts and the root of the boot server."""
    (home / "images").mkdir()
    (home / "boot").symlink_to(guest.folder)
    key = home / ".ssh/images"
    key.parent.mkdir()
    made = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "images", "-f", key)
    subprocess.run(made, check=True)
    public = key.with_suffix(".pub").read_text()
    (home / "signers").write_text(f'operator namespaces="boot-image" {public}')
    first = built(guest.style).initrd
    stored(home / "built", "9", first)
    stored(home / "built", "10", called(first, "edge", "10", home / "initrd"))


def with_kernel(guest: Guest, home: Path) -> None:
    """Have a kernel; the real /init takes one with an initramfs, this one a file beside it."""
    shutil.copyfile(vmlinuz(), home / "vmlinuz")
    initrd = called(built(guest.style).initrd, "golf", "4", home / "initrd")
    fed(guest, "cat >/kernel.initrd", initrd)


PREPARED: Mapping[str, Callable[[Guest, Path], None]] = {
    "web1": with_tools,
    "pxe1": with_sets,
    "golf1": with_kernel,
}


def fed(guest: Guest, script: str, file: Path) -> None:
    """Run a script there with a file as its input."""
    client = ["ssh", "-F", str(guest.config), guest.name, f"set -e\n{script}"]
    with file.open("rb") as content:
        subprocess.run(client, stdin=content, check=True, timeout=60)
