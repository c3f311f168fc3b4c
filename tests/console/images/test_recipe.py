"""What goes into an image, and what it says of itself."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from console.errors import ConsoleError
from console.images import recipe as recipes
from console.images.recipe import EVERY, Form, Recipe
from console.model import Style
from console.parse.os_release import os_release

RAM = Recipe("edge", "7", Form.RAM, ("deb http://mirror.example/debian sid main",), epoch=1)
FETCHED = replace(RAM, form=Form.SQUASHFS, fetch="http://boot.example/edge.squashfs")
DEP = """\
kernel/drivers/net/virtio_net.ko: kernel/net/core/failover.ko
kernel/net/core/failover.ko:
kernel/fs/squashfs/squashfs.ko:
kernel/fs/xfs/xfs.ko: kernel/lib/crc.ko
kernel/lib/crc.ko:
"""


def test_a_host_knows_its_image_by_os_release() -> None:
    debian = 'PRETTY_NAME="Debian"\nIMAGE_ID=other\nIMAGE_VERSION=1\n\n'
    text, mode = recipes.planted(RAM, debian, "", "")["etc/os-release"]
    found = os_release(text.encode())
    assert found == {"PRETTY_NAME": "Debian", "IMAGE_ID": "edge", "IMAGE_VERSION": "7"}
    assert mode == 0o644


def test_root_is_let_in_by_key_alone() -> None:
    assert "root/.ssh/authorized_keys" not in recipes.planted(RAM, "", "", "")
    keyed = recipes.planted(replace(RAM, keys="ssh-ed25519 AAAA me\n"), "", "", "")
    assert keyed["root/.ssh/authorized_keys"] == ("ssh-ed25519 AAAA me\n", 0o600)


def test_debians_own_users_stay() -> None:
    users = "root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33::/:/bin/false\n"
    assert recipes.planted(RAM, "", users, "")["etc/passwd"] == (users, 0o644)
    assert recipes.planted(RAM, "", "", "")["etc/passwd"][0].startswith("root:x:0:0:")


def test_the_command_line_never_makes_rootfs_a_ramfs() -> None:
    assert recipes.cmdline(RAM, None) == ""
    assert recipes.cmdline(replace(RAM, cmdline="quiet"), None) == "quiet"
    assert recipes.cmdline(replace(FETCHED, fetch=None), None) == "boot=live"
    fetched = recipes.cmdline(replace(FETCHED, cmdline="quiet"), "ab12")
    assert fetched == f"boot=live fetch={FETCHED.fetch} fetch_sha256=ab12 quiet"
    assert (RAM.style, FETCHED.style) == (Style.INITRAMFS, Style.LIVE_BOOT)


def test_modules_come_with_what_they_need() -> None:
    usual = recipes.wanted(RAM, DEP, "")
    assert usual is not None
    assert sorted(usual) == [
        "kernel/drivers/net/virtio_net.ko",
        "kernel/fs/squashfs/squashfs.ko",
        "kernel/net/core/failover.ko",
    ]
    more = recipes.wanted(replace(RAM, modules=("xfs", "ext4")), DEP, "kernel/fs/ext4/ext4.ko\n")
    assert more == usual | {"kernel/fs/xfs/xfs.ko", "kernel/lib/crc.ko"}
    assert recipes.wanted(replace(RAM, modules=(EVERY,)), DEP, "") is None
    with pytest.raises(ConsoleError, match="btrfs: the kernel has no such module"):
        recipes.wanted(replace(RAM, modules=("btrfs",)), DEP, "")


def test_a_kernel_is_a_package_or_a_file() -> None:
    parts = recipes.environment(replace(RAM, kernel="linux-image-arm64"), "/work")
    assert (parts["KERNEL"], parts["SOURCE_DATE_EPOCH"]) == ("linux-image-arm64", "1")
    assert recipes.environment(replace(RAM, kernel="/boot/vmlinuz"), "/work")["KERNEL"] == ""


def test_a_root_in_memory_takes_half_of_it() -> None:
    tree, mib = 300 << 20, 1 << 20
    assert 600 * mib < recipes.memory(Form.RAM, tree, 90 * mib, 0) < 750 * mib
    assert recipes.memory(Form.SQUASHFS, tree, 5 * mib, 100 * mib) < 350 * mib


@pytest.mark.needs("busybox")
@pytest.mark.parametrize("shell", ["sh", "busybox"])
def test_what_boots_is_a_script_for_any_shell(shell: str, tmp_path: Path) -> None:
    argv = ["sh", "-n"] if shell == "sh" else ["busybox", "sh", "-n"]
    files = {
        **recipes.planted(RAM, "", "", ""),
        **recipes.initramfs(),
        "ram": (recipes.init(Form.RAM), 0),
    }
    scripts = [text for text, _ in files.values() if text.startswith(("#!", "# "))]
    assert len(scripts) >= 5
    for text in scripts:
        (tmp_path / "script").write_text(text)
        subprocess.run([*argv, tmp_path / "script"], check=True)
