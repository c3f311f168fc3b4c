"""An operator who types upgrades of one guest, and the sets that it is upgraded to."""

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

from console.clean import Clean
from console.images.manifest import NAME, Entry, Manifest, Role, rendered
from console.model import Style
from tests.lab.guests.fleet import Guest
from tests.lab.guests.kernel import ROOT, release, vmlinuz

REASON = ("--in-spite", "the lab's own")


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
        about = (*verb.split(), self.guest.name, "-F", str(self.guest.config), "--json")
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

    def assign(self, image: str) -> None:
        """Say what the guest is to boot."""
        words = ("images", "assign", image, self.guest.name, "-F", str(self.guest.config), "--yes")
        subprocess.run(
            [sys.executable, "-m", "console", *words],
            cwd=ROOT,
            env={**os.environ, **self._env},
            check=True,
            timeout=60,
        )

    def drift(self) -> tuple[str, str | None]:
        """Return whether a reboot would change it, and what is assigned to it."""
        _, told, _ = self.run("images list")
        return told["hosts"][0]["drift"], told["hosts"][0]["assigned"]

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
