"""Guests that boot another image and come back with it, as the command line has them do it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from console.clean import Clean
from console.images.manifest import NAME, Entry, Manifest, Role, rendered
from console.model import Style
from tests.lab.guests.fleet import NEEDS_LAB, Guest
from tests.lab.guests.images import built
from tests.lab.guests.kernel import release, vmlinuz

pytestmark = NEEDS_LAB

ALL = "LEAKS" in os.environ
"""``make leaks`` takes the time for all ways."""
ROOT = Path(__file__).parents[2]
REASON = ("--in-spite", "the lab's own")
HOMES = "/var/lib/subdeck/images"


class Operator:
    """Who types commands about one guest, at a bastion of its own."""

    def __init__(self, guest: Guest, folder: Path) -> None:
        self.guest = guest
        self.folder = folder
        self._env = {"XDG_STATE_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        self._config = folder / "subdeck" / "config.toml"
        self._config.parent.mkdir()
        self.configure("")

    def configure(self, text: str) -> None:
        """Write the configuration: looks are so frequent that a lost host is soon missed."""
        self._config.write_text(f"interval = 1.0\n{text}")

    def run(self, verb: str, *words: str) -> tuple[int, Any, str]:
        """Return the status of a command, its document and its complaints."""
        about = (verb, self.guest.name, "-F", str(self.guest.config), "--json")
        said = subprocess.run(
            [sys.executable, "-m", "console", *about, *words],
            cwd=ROOT,
            env={**os.environ, **self._env},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        document = json.loads(said.stdout) if said.stdout.startswith("{") else {}
        return said.returncode, document, said.stderr

    def upgraded(self, *words: str) -> Mapping[str, object]:
        """Upgrade the guest, see that it was, and return how it shows to have booted."""
        before = self.guest.boot_id()
        status, told, complaints = self.run("upgrade", *words, *REASON, "--yes")
        assert status == 0, complaints
        assert {each["state"] for each in told["outcomes"]} == {"done"}
        assert self.guest.boot_id() != before
        return self.boot()

    def boot(self) -> Mapping[str, object]:
        """Return what the console says of its boot."""
        _, told, _ = self.run("status")
        found: Mapping[str, object] = told["hosts"][0]["boot"]
        return found

    @property
    def audit(self) -> list[Mapping[str, object]]:
        """What was written down."""
        lines = (self.folder / "subdeck" / "audit.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines if line]


def called(initrd: Path, name: str, version: str, place: Path) -> Path:
    """Make an initrd that is the same but for what it calls itself: the kernel unpacks both."""
    text = f"IMAGE_ID={name}\nIMAGE_VERSION={version}\n"
    more = place.parent / f"{place.name}.tree"
    (more / "etc").mkdir(parents=True)
    (more / "etc" / "os-release").write_text(text)
    packed = subprocess.run(
        ["cpio", "-o", "-H", "newc", "--quiet"],
        input=b"etc\netc/os-release\n",
        cwd=more,
        capture_output=True,
        check=True,
    ).stdout
    content = initrd.read_bytes()
    place.write_bytes(content + bytes(-len(content) % 4) + packed)
    return place


@pytest.mark.skipif(not ALL, reason="takes a minute: make leaks")
@pytest.mark.parametrize("guest", ["slashinit"], indirect=True)
def test_another_kernel_is_armed_and_jumped_into(guest: Guest, tmp_path: Path) -> None:
    operator = Operator(guest, tmp_path)
    # The real /init takes a kernel that has this in itself; this one a file beside it.
    initrd = called(built(guest.style).initrd, "golf", "4", tmp_path / "initrd")
    client = ["ssh", "-F", str(guest.config), guest.name, "cat >/kernel.initrd"]
    with initrd.open("rb") as content:
        subprocess.run(client, stdin=content, check=True, timeout=60)
    file = ("--file", f"kernel={vmlinuz()}")
    words = {*guest.ssh("cat /proc/cmdline").split()}

    boot = operator.upgraded(*file)
    assert boot["armed"] == []
    assert boot["kernel"] == release()
    assert boot["image"] == {**boot["image"], "name": "golf", "version": "4"}  # type: ignore[dict-item]
    assert words <= {*str(boot["cmdline"]).split()}
    assert "subdeck.image=vmlinuz" in str(boot["cmdline"])
    begun = next(each for each in operator.audit if each["verb"] == "upgrade")
    assert (begun["told"], begun["image"]) == ("the lab's own", vmlinuz().name)

    status, _, complaints = operator.run("upgrade", *file, "--yes")
    assert (status, "bear no signature" in complaints) == (1, True)
    tampered_is_refused(operator, file)
    bad_kernel_stays_armed(operator)
    cold_reboot(operator, file)


def tampered_is_refused(operator: Operator, file: tuple[str, str]) -> None:
    guest, before = operator.guest, operator.guest.boot_id()
    size = vmlinuz().stat().st_size
    with vmlinuz().open("rb") as content:
        client = ["ssh", "-F", str(guest.config), guest.name]
        home = sha256_home()
        made = f"umask 077; mkdir -p {home}; cat >{home}/vmlinuz; printf x | dd of={home}/vmlinuz"
        command = f"{made} bs=1 seek={size // 2} conv=notrunc 2>/dev/null"
        subprocess.run([*client, command], stdin=content, check=True, timeout=60)
    status, _, complaints = operator.run("upgrade", *file, *REASON, "--yes")
    assert status == 1
    assert "is not what was staged" in complaints
    assert guest.boot_id() == before
    guest.ssh(f"rm -r {HOMES}")


def sha256_home() -> str:
    """Return where the kernel is staged as a set of its own."""
    digest = sha256(vmlinuz().read_bytes()).hexdigest()
    made_of = sha256(f"kernel {digest}\n".encode()).hexdigest()
    return f"{HOMES}/{vmlinuz().name}-{made_of[:12]}"


def bad_kernel_stays_armed(operator: Operator) -> None:
    guest, before = operator.guest, operator.guest.boot_id()
    bad = operator.folder / "bad"
    content = bytearray(vmlinuz().read_bytes()[: 1 << 20])
    content[0x1F1] = 0  # no setup sectors: its head tells all the same
    bad.write_bytes(content)
    status, told, complaints = operator.run("upgrade", "--file", f"kernel={bad}", *REASON, "--yes")
    assert status == 1
    assert "armed still" in complaints, (told, complaints)
    assert guest.boot_id() == before
    assert "kernel armed" in str(operator.boot()["armed"])
    job_id = told["outcomes"][0]["id"]
    status, _, complaints = operator.run("jobs", "--roll-back", job_id)
    assert status == 0, complaints
    assert operator.boot()["armed"] == []


def cold_reboot(operator: Operator, file: tuple[str, str]) -> None:
    boot = operator.upgraded("--method", "network", *file)
    assert "subdeck.image" not in str(boot["cmdline"]), "firmware does not know of it"
    assert boot["image"] == {**boot["image"], "name": "golf", "version": "3"}  # type: ignore[dict-item]


def stored(store: Path, version: str, initrd: Path) -> None:
    """Put a set into a store that is a folder."""
    folder = store / "edge" / version
    folder.mkdir(parents=True)
    shutil.copyfile(vmlinuz(), folder / "vmlinuz")
    shutil.copyfile(initrd, folder / "initrd")
    entries = tuple(
        Entry(role, Clean(path.name), path.stat().st_size, Clean(digest))
        for role, path in ((Role.KERNEL, folder / "vmlinuz"), (Role.INITRD, folder / "initrd"))
        if (digest := sha256(path.read_bytes()).hexdigest())
    )
    of = Manifest(
        name=Clean("edge"),
        version=Clean(version),
        built=1_700_000_000 + int(version),
        kernel=Clean(release()),
        arch=Clean("x86_64"),
        styles=(Style.INITRAMFS,),
        ram=0,
        files=entries,
    )
    (folder / NAME).write_bytes(rendered(of))


@pytest.mark.skipif(not ALL, reason="takes a minute: make leaks")
@pytest.mark.parametrize("guest", ["ipxe"], indirect=True)
def test_another_image_is_handed_out_booted_and_the_old_one_booted_again(
    guest: Guest, tmp_path: Path
) -> None:
    operator = Operator(guest, tmp_path)
    store = tmp_path / "store"
    first = built(guest.style).initrd
    stored(store, "9", first)
    stored(store, "10", called(first, "edge", "10", tmp_path / "initrd"))
    operator.configure(f'[[store]]\nname = "main"\npath = "{store}"\n')
    switch = guest.folder / "boot.ipxe"
    script = switch.read_text()
    handing = ("--switch", str(switch))

    boot = operator.upgraded("--image", "edge@10", *handing)
    assert boot["image"] == {**boot["image"], "name": "edge", "version": "10"}  # type: ignore[dict-item]
    assert "lab.image=http://10.0.2.100/initrd" in str(boot["cmdline"]), "its words are kept"
    assert "subdeck.image=edge/10:" in str(boot["cmdline"])
    assert (guest.folder / "boot.ipxe.previous").read_text() == script

    boot = operator.upgraded("--image", "edge@9", *handing)
    assert boot["image"] == {**boot["image"], "name": "edge", "version": "9"}  # type: ignore[dict-item]
    assert "subdeck.image=edge/9:" in str(boot["cmdline"])
    assert (store / "edge" / "good").readlink() == Path("9")
    switch.write_text(script)
