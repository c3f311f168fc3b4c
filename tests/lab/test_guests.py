"""Every guest is what its style says, by its own word, and can be reached by SSH alone."""

from __future__ import annotations

import re
import socket
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from console.model import Style as Found
from tests.lab.guests import images
from tests.lab.guests.facts import DMSETUP, room, running, stored
from tests.lab.guests.fleet import NEEDS_LAB, Guest
from tests.lab.guests.images import built
from tests.lab.guests.kernel import release, vmlinuz
from tests.lab.guests.styles import STYLES, TESTED
from tests.lab.guests.userland import Userland
from tests.lab.inventory import until

pytestmark = NEEDS_LAB

ROOTS = {
    Found.DRACUT_DM: r"- ext4 /dev/mapper/live-rw rw",
    Found.DRACUT_OVERLAY: r"- overlay LiveOS_rootfs .*,upperdir=/run/overlayfs,",
    Found.LIVE_BOOT: r"- overlay overlay .*,upperdir=/run/live/overlay/rw,",
    Found.CASPER: r"- overlay /cow .*=/minimal.standard.squashfs:/minimal.squashfs,upper.*=/cow/",
    Found.ARCHISO: r"- (overlay airootfs .*/cowspace/|ext4 /dev/mapper/arch_airootfs rw)",
    Found.KIWI: r"- overlay LiveOS_rootfs .*,upperdir=/run/overlay/overlayfs/rw,",
    Found.AUTOSERVER: r"- tmpfs none rw,mode=755",
    Found.INITRAMFS: r"- rootfs rootfs rw",
    Found.SLASHINIT: r" rw,nosuid - rootfs rootfs rw",
    Found.DISK: r"- ext4 /dev/vda rw",
}
STORES = [name for name in TESTED if STYLES[name].store]


def test_it_has_come_to_its_root_as_its_style_does(guest: Guest) -> None:
    tools = "for each in bash busybox dmsetup; do command -v $each; done; ip -j link 2>/dev/null"
    said = guest.ssh(f"hostname; cat /proc/cmdline /proc/self/mountinfo; {tools}; true")
    hostname, cmdline, *lines = said.splitlines()
    assert hostname == guest.name
    assert cmdline.startswith(guest.style.cmdline)
    root = [line for line in lines if " / / rw" in line]
    assert len(root) == 1
    assert re.search(ROOTS[guest.style.found], root[0])

    found = {Path(line).name for line in lines if not line.startswith("[")}
    bare = guest.style.userland is Userland.BUSYBOX
    assert found & {"bash", "busybox"} == ({"busybox"} if bare else {"bash"})
    assert ("dmsetup" in found) == ("dmsetup" in guest.style.extra)
    whole = not bare or "ip" in guest.style.extra
    assert any('"ifname":"eth0"' in line for line in lines) is whole


@pytest.mark.parametrize("guest", STORES, indirect=True)
def test_its_store_fills_with_what_is_written(guest: Guest) -> None:
    write = "dd if=/dev/urandom of=/root/blob bs=1M count=2 2>/dev/null; sync"
    said = guest.ssh(f"sync; {DMSETUP} status {guest.style.store}; {write}")
    before = re.fullmatch(r"0 262144 snapshot (\d+)/\d+ (\d+)\n", said)
    assert before
    after = stored(guest)
    assert isinstance(after, int)
    assert 2 << 20 <= after - int(before[1]) * 512 < 4 << 20
    # Only a store that is kept has a header, and so something in it from the start.
    assert (before[2] == "0") == (guest.name in {"dracut-n", "dracut-n-bare", "archiso-dm"})


@pytest.mark.parametrize(
    "guest", [name for name in TESTED if name.startswith("ram-")], indirect=True
)
def test_a_root_on_the_command_line_makes_rootfs_a_ramfs(guest: Guest) -> None:
    words = guest.ssh("cat /proc/cmdline").split()
    assert (room(guest, "/").total == 0) == any(word.startswith("root=") for word in words)


@pytest.mark.parametrize("guest", ["subhosts"], indirect=True)
def test_subhosts_run_and_their_cables_are_up(guest: Guest) -> None:
    assert running(guest) == guest.style.running
    links = guest.ssh("ip -br link").splitlines()
    up = {line.split("@")[0].split()[0] for line in links if "LOWER_UP" in line}
    assert {"br0", "mta0", "mta0.5", "web0", "web1"} <= up
    assert "id 5" in guest.ssh("ip -d link show mta0.5")


@pytest.mark.parametrize("guest", ["autoserver"], indirect=True)
def test_words_of_the_kernel_are_the_environment_of_the_first_process(guest: Guest) -> None:
    assert "\0autoserver_boot_dev=/dev/sr0\0" in f"\0{guest.ssh('cat /proc/1/environ')}"
    assert guest.ssh("readlink /proc/1/exe").strip() == "/__autoserver__/ctrtool"


@pytest.mark.parametrize("guest", ["slashinit"], indirect=True)
def test_slashinit_starts_over_or_goes_on_with_another_kernel(guest: Guest) -> None:
    assert guest.ssh("readlink /proc/1/exe").strip() == "/init (deleted)"
    assert guest.ssh("cat /proc/1/cmdline").rstrip("\0") == "/init"

    before = guest.boot_id()
    stop = "kill $(pidof dropbear)"
    seen = guest.log.count("READY")
    guest.ssh(f"(sleep 0.5; {stop}) >/dev/null 2>&1 </dev/null &")
    until(lambda: guest.log.count("READY") > seen, 60, "the stages to be run again")
    assert guest.boot_id() == before

    for file, place in ((vmlinuz(), "/kernel"), (built(guest.style).initrd, "/kernel.initrd")):
        client = ["ssh", "-F", str(guest.config), guest.name, f"cat >{place}"]
        with file.open("rb") as content:
            subprocess.run(client, stdin=content, check=True, timeout=60)
    guest.ssh("echo console=ttyS0 again >/kernel.cmdline")
    guest.reboot(stop)
    assert "again" in guest.ssh("cat /proc/cmdline")
    assert release() in guest.ssh("uname -r; ls /kernel 2>/dev/null; true")


@pytest.mark.parametrize("guest", ["ram-ramfs"], indirect=True)
def test_it_comes_back_from_a_reboot_without_what_was_written(guest: Guest) -> None:
    guest.ssh("touch /root/written")
    guest.reboot()
    assert "written" not in guest.ssh("ls -A /root")


@pytest.mark.parametrize("guest", ["ram-ramfs"], indirect=True)
def test_nothing_of_this_machine_can_be_reached_from_inside(guest: Guest) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        tried = guest.ssh(f"nc -w 3 10.0.2.2 {port} </dev/null 2>&1 || echo refused")
    assert "refused" in tried


def test_one_that_does_not_come_up_is_reported_with_its_console(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "CACHE", tmp_path / "cache")
    guest = Guest(replace(STYLES["disk"], name="lost", cmdline="root=/dev/nowhere"), tmp_path)
    guest.power_on()
    try:
        with pytest.raises(RuntimeError, match=r"(?s)lost does not come up.*/dev/nowhere.*panic"):
            guest.await_up()
    finally:
        guest.power_off()
    assert not guest.runs


def test_it_is_built_once_until_something_of_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "CACHE", tmp_path)
    style = STYLES["ram-tmpfs"]
    first = built(style).initrd
    made = first.stat().st_mtime_ns
    assert built(style).initrd.stat().st_mtime_ns == made
    other = built(replace(style, os_release={"IMAGE_ID": "other"})).initrd
    assert other.read_bytes() != b""
    assert not first.exists()  # or what nobody boots any more would fill the disk
