"""``subdeck images`` as an operator types it, on real stores."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.backends.images.serving import Plain, serving
from tests.backends.images.shelving import Workshop, inventory
from tests.console.cli.commands import ROOT, subdeck
from tests.lab.sshd import sshd
from tests.lab.terminal import Terminal

pytestmark = pytest.mark.needs("mksquashfs", "ssh-keygen", "sshd")


class Desk:
    """An operator with a store, and the files of a set."""

    def __init__(self, folder: Path) -> None:
        self.workshop = Workshop(folder)
        asyncio.run(self.workshop.parcel())  # makes the files
        self.config = folder / "config.toml"
        self.stores("")

    def stores(self, more: str) -> None:
        """Configure a store in a folder, and more."""
        self.config.write_text(
            f'[[host]]\nname = "web1"\ntags = ["web"]\n[[store]]\nname = "main"\n'
            f'path = "{self.workshop.root}"\nallowed_signers = "{self.workshop.signers}"\n{more}'
        )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subdeck("images", *words, "--config", str(self.config))

    def publish(self, version: str, *more: str) -> subprocess.CompletedProcess[str]:
        folder = self.workshop.folder
        options = ["--name", "web", "--version", version, "--style", "live-boot", "--ram", "512M"]
        files = [
            f"kernel={folder}/vmlinuz",
            f"initrd={folder}/initrd.img",
            f"squashfs={folder}/root.squashfs",
            f"cmdline={folder}/cmdline",
        ]
        return self.run("publish", "main", *files, *options, *more)

    def listed(self, *words: str) -> dict[str, list[dict[str, object]]]:
        said = self.run("list", "--json", "--no-hosts", *words)
        found: dict[str, list[dict[str, object]]] = json.loads(said.stdout)
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_published_listed_and_verified(desk: Desk) -> None:
    key = str(desk.workshop.key)
    said = desk.publish("1", "--sign", key, "--dry-run")
    assert (said.returncode, said.stderr) == (0, "")
    assert "publish main:web/1 into" in said.stdout
    assert "signed by release@example" in said.stdout
    assert not inventory(desk.workshop.root)

    said = desk.publish("1", "--sign", key, "--current", "--yes")
    assert said.stdout.endswith("main:web/1: published\n"), said.stderr
    assert desk.publish("2", "--yes").returncode == 0
    (one, two) = desk.listed()["images"]
    assert (one["title"], one["pointers"], one["hosts"]) == ("main:web/1", ["current"], [])
    assert one["kernel"] == "6.1.0-56-cloud-amd64"
    assert [each["signature"] for each in (one, two)] == [
        {"word": "signed", "signer": "release@example", "key": one_key(one), "why": None},
        {"word": "unsigned", "signer": None, "key": None, "why": None},
    ]
    assert desk.run("verify", "web/1").stdout == "main:web/1: whole, signed by release@example\n"
    assert desk.run("verify", "web/1", "web/2").returncode == 1


def test_what_is_needed_is_not_deleted(desk: Desk) -> None:
    desk.publish("1", "--current", "--yes")
    desk.publish("2", "--yes")
    said = desk.run("assign", "web", "web1", "--yes")
    assert said.stdout == (
        "web is main:web/1, unsigned\nweb1: nothing → web\nweb1: is to boot web\n"
    )
    assert desk.listed()["images"][0]["assigned"] == ["web1"]
    assert desk.run("assign", "web/2", "@web", "--yes").returncode == 0

    said = desk.run("delete", "web/1", "web/2", "--yes", "--timeout", "2")
    assert said.returncode == 1
    told = said.stderr.replace("subdeck: ", "").splitlines()
    assert "main:web/1 is the current one of its name" in told
    assert "main:web/1 is assigned to web1" in told
    assert "main:web/2 is assigned to @web" in told
    assert "main:web/2 may run on web1, which could not be asked" in told

    assert desk.run("unassign", "@web", "--yes").returncode == 0
    said = desk.run("delete", "web/2", "--yes", "--timeout", "2", "--reason", "web1 is scrap")
    assert (said.returncode, said.stdout.splitlines()[-1]) == (0, "main:web/2: deleted")
    assert [each["title"] for each in desk.listed()["images"]] == ["main:web/1"]

    audit = json.loads(subdeck("jobs", "--audit", "--json").stdout)["records"]
    verbs = ["publish", "publish", "assign", "assign", "unassign", "delete"]
    images = ["main:web/1", "main:web/2", "web", "web/2", "web/2", "main:web/2"]
    assert [each["verb"] for each in audit[::2]] == verbs
    assert [each["image"] for each in audit[::2]] == images
    assert {each["outcome"] for each in audit[1::2]} == {"done"}
    assert audit[-1]["reason"] == "web1 is scrap"
    assert "main:web/2" in subdeck("jobs", "--audit").stdout


def one_key(image: dict[str, object]) -> object:
    signature = image["signature"]
    assert isinstance(signature, dict)
    return signature["key"]


def test_tables_for_people(desk: Desk) -> None:
    desk.publish("1", "--yes", "--current")
    desk.run("assign", "web", "local", "--yes")
    said = desk.run("list", "local")
    assert said.returncode == 0, said.stderr
    assert "main:web/1" in said.stdout
    assert "local" in said.stdout
    said = desk.run("show", "web", "local")
    assert said.returncode == 0, said.stderr
    for told in ("root.squashfs", "needs 512M of memory", "for hosts that boot as live-boot"):
        assert told in said.stdout


def test_a_tampered_set_is_not_whole(desk: Desk) -> None:
    desk.publish("1", "--sign", str(desk.workshop.key), "--yes")
    path = desk.workshop.root / "web/1/root.squashfs"
    content = bytearray(path.read_bytes())
    content[2000] ^= 1
    path.write_bytes(content)
    said = desk.run("verify", "web/1")
    assert said.returncode == 1
    assert said.stdout == "main:web/1: NOT WHOLE, signed by release@example\n"
    assert said.stderr.startswith("subdeck: main:web/1: root.squashfs: its SHA-256 is ")
    (found,) = json.loads(desk.run("verify", "web/1", "--json").stdout)["images"]
    assert len(found["faults"]) == 1


def test_stores_elsewhere(desk: Desk, tmp_path: Path) -> None:
    desk.publish("1", "--sign", str(desk.workshop.key), "--yes")
    root, signers = desk.workshop.root, desk.workshop.signers
    with (
        sshd(tmp_path / "sshd", alias="boot1") as server,
        serving(partial(Plain, directory=str(root))) as url,
    ):
        desk.stores(
            f'[[store]]\nname = "hosted"\nhost = "boot1"\npath = "{root}"\n'
            f'allowed_signers = "{signers}"\n'
            f'[[store]]\nname = "mirror"\nurl = "{url}"\nallowed_signers = "{signers}"\n'
        )
        ssh = ("-F", str(server.config))
        found = desk.listed(*ssh)
        assert [each["title"] for each in found["images"]] == [
            "main:web/1",
            "hosted:web/1",
            "mirror:web/1",
        ]
        assert len({str(each["signature"]) for each in found["images"]}) == 1
        said = desk.run("verify", "hosted:web/1", "mirror:web/1", *ssh)
        assert (said.returncode, said.stdout.count("whole, signed by")) == (0, 2), said.stderr
        said = desk.run("publish", "hosted", f"{root}/web/1", "--yes", *ssh)
        assert said.returncode == 2
        assert f"hosted is boot1:{root}, which is not changed from here" in said.stderr


def test_nothing_is_done_before_it_is_confirmed(desk: Desk) -> None:
    said = desk.publish("1")
    assert said.returncode == 2
    assert "asks before it does anything, and here is no terminal" in said.stderr
    desk.publish("1", "--yes")
    argv = [sys.executable, "-m", "console", "images", "delete", "web/1"]
    more = ["--config", str(desk.config), "--timeout", "2", "--reason", "x"]
    for typed, status, is_left in (("y\n", 1, True), ("main:web/1\n", 0, False)):
        with Terminal([*argv, *more], (120, 30), {"PYTHONPATH": str(ROOT)}) as shown:
            shown.see("Type main:web/1 to do it:")
            shown.type(typed)
            assert shown.exit_status() == status
        assert (desk.workshop.root / "web/1").exists() is is_left


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show", "web"), "web: there is no such image in any store"),
        (("delete", "web", "--yes"), "web: which version of it?"),
        (("publish", "x", "/srv", "--yes"), "x: there is no such store (known: main)"),
        (("publish", "main", "/nowhere", "--yes"), "/nowhere: has no manifest.json"),
        (("publish", "main", "disk=/x", "--yes"), "disk=/x: is neither a folder alone nor ROLE="),
        (("publish", "main", "kernel=/x", "--yes"), "files without a manifest need --name"),
        (("publish", "main", "/x", "--ram", "+5%"), "+5%: is no size such as 512M"),
        (
            ("publish", "main", "/x", "--style", "live"),
            "live: no way to boot; did you mean live-bo",
        ),
        (("assign", "web", "web1", "--yes"), "web: there is no such image in any store"),
        (("unassign", "web1/mta", "--yes"), "images are assigned to hosts, not to subhosts"),
        (("unassign", "@nobody", "--yes"), "nobody"),
        (("frob",), "invalid choice: 'frob'"),
        ((), "the following arguments are required"),
    ],
)
def test_what_makes_no_sense_is_one_line(desk: Desk, words: tuple[str, ...], told: str) -> None:
    said = desk.run(*words) if words and words != ("frob",) else subdeck("images", *words)
    assert said.returncode == 2
    assert told in said.stderr
    assert said.stderr.count("\n") == 1


def test_without_a_store_it_says_how_to_name_one() -> None:
    said = subdeck("images", "list")
    assert said.returncode == 2
    assert "no store of boot images is configured" in said.stderr
