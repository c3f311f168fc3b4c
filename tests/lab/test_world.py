"""The world builder is what it says and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.inventory import NOTHING, end, inventory, prefix_of, sweep_the_dead, until
from tests.lab.subhost import Subhost
from tests.lab.world import NEEDS_WORLD, ODD_FOLDER, ODD_NAMES, World

pytestmark = NEEDS_WORLD


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world
    assert world.inventory() == NOTHING


def mountinfo(pid: int | str = "self") -> list[str]:
    return Path(f"/proc/{pid}/mountinfo").read_text(errors="surrogateescape").splitlines()


def test_tmpfs_is_limited_in_bytes_and_inodes(world: World) -> None:
    numbers = os.statvfs(world.tmpfs("size=8M,nr_inodes=200"))
    assert numbers.f_blocks * numbers.f_frsize == 8 << 20
    assert numbers.f_files == 200


def test_overlay_of_odd_paths_merges_its_layers(world: World) -> None:
    overlay = world.overlay(ODD_FOLDER, lowers=2)
    (overlay.lower[1] / "below").write_text("b")
    (overlay.place / "above").write_text("a")
    assert overlay.upper is not None
    assert (overlay.upper / "above").read_text() == "a"
    assert (overlay.place / "below").read_text() == "b"
    (line,) = (line for line in mountinfo() if f" overlay {overlay.source} " in line)
    assert r"a\040space\054\040a\040comma" not in line.split(" - ")[0]
    assert r"a\040comma:a\040colon\134a\040backslash" in line.split(" - ")[0]


def test_read_only_overlay_has_no_upper_layer(world: World) -> None:
    overlay = world.overlay(lowers=2, writable=False)
    with pytest.raises(OSError, match="Read-only"):
        (overlay.place / "x").touch()
    assert "upperdir" not in next(line for line in mountinfo() if overlay.source in line)


def test_squashfs_is_mounted_from_a_loop_device(world: World) -> None:
    image = world.squashfs()
    assert (image.place / "release").read_text() == "1\n"
    assert world.inventory().loops == (image.device,)
    assert os.statvfs(image.place).f_bfree == 0


def test_stacked_mounts_show_the_topmost(world: World) -> None:
    place = world.stacked()
    assert os.statvfs(place).f_blocks * os.statvfs(place).f_frsize == 2 << 20
    assert world.inventory().mounts == (os.fsencode(place),) * 2


def test_covered_mount_is_listed_but_out_of_reach(world: World) -> None:
    place, cover = world.covered()
    assert world.inventory().mounts == (os.fsencode(place), os.fsencode(cover))
    assert not place.exists()


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_mount_points_may_be_any_bytes(world: World, name: str) -> None:
    place = world.tmpfs(place=world.place(name))
    assert world.inventory().mounts == (os.fsencode(place),)


def test_cable_joins_a_bridge_and_a_namespace(world: World) -> None:
    netns, bridge = world.netns(), world.bridge()
    outer, inner = world.cable(netns, bridge, mac="02:aa:00:00:00:01")
    assert (Path("/sys/class/net", outer) / "master").resolve().name == bridge
    show = ["ip", "-n", netns, "link", "show", inner]
    assert "02:aa:00:00:00:01" in subprocess.run(show, capture_output=True, text=True).stdout
    assert world.inventory().links == tuple(sorted((bridge, outer)))


@pytest.fixture
def subhost(world: World) -> Subhost:
    bridge = world.bridge()
    return world.subhost(f"CABLES={bridge}=02:aa:00:00:00:02 =\nRAM_SIZE=40M\n").start()


def test_subhost_has_the_process_tree_of_overlay_boot(subhost: Subhost) -> None:
    def cmdline(pid: int) -> list[str]:
        return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")

    shell, script, conf = cmdline(subhost.pids.holder)
    assert (shell, Path(script).name, conf) == ("/bin/sh", "overlay-boot", str(subhost.conf))
    assert b"UNSHARED=yes" in Path(f"/proc/{subhost.pids.holder}/environ").read_bytes()
    assert cmdline(subhost.pids.unshare) == ["unshare", "-fpiuT", "--kill-child", "/bin/sh"]
    assert cmdline(subhost.pids.init) == ["/.reaper", subhost.name]
    assert (
        f"NSpid:\t{subhost.pids.init}\t1\n"
        in Path(f"/proc/{subhost.pids.init}/status").read_text()
    )


def test_subhost_has_mounts_of_its_own(subhost: Subhost) -> None:
    root, *others = mountinfo(subhost.pids.init)
    assert f" / / rw,relatime - overlay {subhost.name} " in root
    assert f"upperdir={subhost.folder}/root" in root
    assert any(
        " /dev " in line and "tmpfs dev " in line and "size=51200k" in line for line in others
    )
    assert any(" /run " in line and "size=40960k,mode=755" in line for line in others)
    assert not any(str(subhost.folder) in line for line in mountinfo())


def test_subhost_is_measured_through_its_root(subhost: Subhost) -> None:
    run = os.statvfs(subhost.inside("/run"))
    assert run.f_blocks * run.f_frsize == 40 << 20
    assert os.statvfs("/run").f_blocks != run.f_blocks
    subhost.writer(megabytes=30)
    after = os.statvfs(subhost.inside("/run"))
    assert (run.f_bfree - after.f_bfree) * run.f_frsize >= 30 << 20


def test_subhost_has_a_named_and_cabled_network_namespace(world: World, subhost: Subhost) -> None:
    named = Path("/run/netns", subhost.name).stat().st_ino
    assert Path(f"/proc/{subhost.pids.init}/ns/net").stat().st_ino == named
    assert Path(f"/proc/{subhost.pids.holder}/ns/net").stat().st_ino != named
    assert {f"{subhost.name}0", f"{subhost.name}1"} < set(world.inventory().links)
    inner = subhost.inside("/proc/1/net/dev").read_text()
    assert "eth0:" in inner and "eth1:" in inner


def test_stopped_subhost_leaves_no_process_and_no_cable(world: World, subhost: Subhost) -> None:
    subhost.stop()
    until(lambda: len(world.inventory().links) == 1, 10, "the cables to go")
    assert world.inventory().netns == ()
    assert world.inventory().processes == ()


def test_abandoned_subhost_leaves_residue(world: World, subhost: Subhost) -> None:
    subhost.abandon()
    assert world.inventory().processes == ()
    assert world.inventory().netns == (subhost.name,)
    assert f"{subhost.name}0" in world.inventory().links


@pytest.mark.needs("busybox")
def test_upper_that_is_lower_is_bound_not_overlaid(world: World) -> None:
    tree = world.busybox()
    subhost = world.subhost(f"UPPER={tree}\nLOWER={tree}\n").start()
    root = mountinfo(subhost.pids.init)[0]
    assert f" {tree} / rw" in root and "overlay" not in root


@pytest.mark.needs("busybox")
def test_lower_may_be_a_small_tree(world: World) -> None:
    tree = world.busybox()
    subhost = world.subhost(f"LOWER=!echo {tree}\nRAM_SIZE=none\n").start()
    assert f"lowerdir={tree}," in mountinfo(subhost.pids.init)[0]
    assert not any(" /run " in line for line in mountinfo(subhost.pids.init))


BUILD_AND_DIE = """
import os, signal
from tests.lab.world import World
with World() as world:
    world.covered(), world.squashfs(), world.overlay()
    world.cable(world.netns(), world.bridge())
    world.subhost("CABLES==").start().writer(megabytes=1)
    print(world.prefix, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed_world_is_swept_by_the_next() -> None:
    run = subprocess.run([sys.executable, "-c", BUILD_AND_DIE], stdout=subprocess.PIPE, text=True)
    assert run.returncode == -signal.SIGKILL
    prefix = run.stdout.strip()
    assert all((inventory(prefix).mounts, inventory(prefix).netns, inventory(prefix).loops))
    sweep_the_dead()
    assert inventory(prefix) == NOTHING


def test_world_ends_clean_though_all_its_processes_were_killed() -> None:
    with World() as world:
        world.subhost("CABLES==").start()
        for pid in world.inventory().processes:
            end(pid)
    assert world.inventory() == NOTHING


def test_world_ends_clean_after_a_failure() -> None:
    with pytest.raises(ZeroDivisionError), World() as world:
        world.stacked()
        raise ZeroDivisionError
    assert inventory(prefix_of(os.getpid())) == NOTHING
