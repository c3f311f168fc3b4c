"""Guests that boot another image and come back with it, as the command line has them do it."""

from __future__ import annotations

import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from tests.lab.guests.fleet import NEEDS_LAB, Guest
from tests.lab.guests.images import built
from tests.lab.guests.kernel import KERNEL, release, vmlinuz
from tests.lab.upgrading import REASON, Operator, called, stored

pytestmark = NEEDS_LAB

ALL = "LEAKS" in os.environ
"""``make leaks`` takes the time for all ways."""
HOMES = "/var/lib/subdeck/images"
KEXEC_TOOLS = KERNEL.with_name("kexec")
"""Laid down by ``.ci/kexec``, without the C library."""
KEXECED = "booted by kexec: a cold reboot boots what the firmware finds"


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
    assert boot["armed"] == [KEXECED]
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
    crashing_kernel_is_told(operator)


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
    bad = broken(operator.folder / "bad", 0x236, 1)  # not to be loaded where kexec loads it
    status, told, complaints = operator.run("upgrade", "--file", f"kernel={bad}", *REASON, "--yes")
    assert status == 1
    assert "armed still" in complaints, (told, complaints)
    assert guest.boot_id() == before
    assert "/kernel armed" in str(operator.boot()["armed"])
    job_id = told["outcomes"][0]["id"]
    status, _, complaints = operator.run("jobs", "--roll-back", job_id)
    assert status == 0, complaints
    assert operator.boot()["armed"] == [KEXECED]


def broken(place: Path, offset: int, value: int) -> Path:
    """Write the beginning of the kernel with another byte in its head, which tells as much."""
    content = bytearray(vmlinuz().read_bytes()[: 1 << 20])
    content[offset] = value
    place.write_bytes(content)
    return place


def crashing_kernel_is_told(operator: Operator) -> None:
    """Have one loaded that ends the machine at once: what its firmware boots is alike."""
    before = operator.guest.boot_id()
    bad = broken(operator.folder / "worse", 0x1F1, 0)  # the jump leads past its beginning
    status, _, complaints = operator.run("upgrade", "--file", f"kernel={bad}", *REASON, "--yes")
    assert status == 1
    assert "its firmware booted it, not kexec" in complaints
    assert operator.guest.boot_id() != before
    assert operator.boot()["armed"] == []


def cold_reboot(operator: Operator, file: tuple[str, str]) -> None:
    boot = operator.upgraded("--method", "network", *file)
    assert "subdeck.image" not in str(boot["cmdline"]), "firmware does not know of it"
    assert boot["armed"] == []
    assert boot["image"] == {**boot["image"], "name": "golf", "version": "3"}  # type: ignore[dict-item]


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
    operator.assign("edge/10")

    boot = operator.upgraded("--image", "edge@10", *handing)
    assert boot["image"] == {**boot["image"], "name": "edge", "version": "10"}  # type: ignore[dict-item]
    assert "lab.image=http://10.0.2.100/initrd" in str(boot["cmdline"]), "its words are kept"
    assert "subdeck.image=edge/10:" in str(boot["cmdline"])
    assert (guest.folder / "boot.ipxe.previous").read_text() == script
    assert operator.drift() == ("same", "main:edge/10")

    boot = operator.upgraded("--image", "edge@9", *handing)
    assert boot["image"] == {**boot["image"], "name": "edge", "version": "9"}  # type: ignore[dict-item]
    assert "subdeck.image=edge/9:" in str(boot["cmdline"])
    assert (store / "edge" / "good").readlink() == Path("9")
    assert boot["armed"] == []
    assert operator.drift() == ("differs", "main:edge/10")
    switch.write_text(script)


@pytest.mark.skipif(not ALL, reason="takes a minute: make leaks")
@pytest.mark.skipif(
    not KEXEC_TOOLS.exists() and os.environ.get("CI") != "true",
    reason="needs kexec-tools for a guest: `make leaks` fetches them from Debian's archive",
)
@pytest.mark.parametrize("guest", ["ipxe"], indirect=True)
def test_a_set_is_jumped_into_where_there_are_kexec_tools(guest: Guest, tmp_path: Path) -> None:
    operator = Operator(guest, tmp_path)
    store = tmp_path / "store"
    stored(store, "11", called(built(guest.style).initrd, "edge", "11", tmp_path / "initrd"))
    operator.configure(f'[[store]]\nname = "main"\npath = "{store}"\n')
    given = ("--method", "kexec", "--image", "edge@11", *REASON)
    status, _, complaints = operator.run("upgrade", *given, "--yes")
    assert (status, "kexec" in complaints) == (1, True), "it has none"
    install(guest, KEXEC_TOOLS)

    before = operator.boot()
    boot = operator.upgraded(*given[:-2])
    assert boot["image"] == {**boot["image"], "name": "edge", "version": "11"}  # type: ignore[dict-item]
    kept = {word for word in str(before["cmdline"]).split() if "subdeck.image=" not in word}
    assert kept <= {*str(boot["cmdline"]).split()}
    assert "subdeck.image=edge/11:" in str(boot["cmdline"])
    assert boot["armed"] == [KEXECED]
    guest.reboot("reboot -f")
    boot = operator.boot()
    assert boot["image"] == {**boot["image"], "name": "edge", "version": "9"}  # type: ignore[dict-item]
    assert boot["armed"] == []


def install(guest: Guest, tree: Path) -> None:
    """Put files into the root of a guest."""
    packed = subprocess.run(["tar", "-C", tree, "-c", "usr"], capture_output=True, check=True)
    client = ["ssh", "-F", str(guest.config), guest.name, "tar -x -C /"]
    subprocess.run(client, input=packed.stdout, check=True, timeout=60)


@pytest.mark.skipif(not ALL, reason="takes a minute: make leaks")
@pytest.mark.parametrize("guest", ["live-stick"], indirect=True)
def test_another_squashfs_is_put_on_a_live_medium_and_booted(guest: Guest, tmp_path: Path) -> None:
    operator = Operator(guest, tmp_path)
    place, old = "live/filesystem.squashfs", tmp_path / "old.squashfs"
    (disk,) = built(guest.style).disks
    subprocess.run(["debugfs", "-R", f"dump {place} {old}", disk], check=True, capture_output=True)
    new = Path(shutil.copyfile(old, tmp_path / "new.squashfs"))
    (tmp_path / "second").write_text("2\n")
    more = ("mksquashfs", tmp_path / "second", new, "-quiet", "-no-progress")
    subprocess.run(more, check=True, capture_output=True)

    operator.upgraded("--method", "medium", "--file", f"squashfs={new}")
    assert guest.ssh("cat /second") == "2\n"
    medium = "/run/live/medium"
    there = guest.ssh(f"cd {medium}/live; sha256sum <filesystem.squashfs; ls").split()
    assert there[0] == sha256(new.read_bytes()).hexdigest()
    assert there[2:] == ["filesystem.squashfs", "filesystem.squashfs.old"]
    assert f" {medium} ext4 ro," in guest.ssh("cat /proc/mounts")

    operator.upgraded("--method", "medium", "--file", f"squashfs={old}")
    assert guest.ssh("ls -d /second 2>/dev/null || echo none") == "none\n"
