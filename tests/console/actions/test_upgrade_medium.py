"""Which files of a live medium give way, and which media are left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.actions.upgrade import ROLES
from console.actions.verbs import request
from console.clean import Clean
from console.model import Host, Image, LoopDevice, Memory, Mount, Style
from console.plan import Method, Plan, Verb, Wish
from console.survey import Found, PathFact, Stores, Survey
from tests.console.actions.test_upgrade import LOOKED, booted, image, lines, plan, told

CDROM, STICK = "/cdrom", "/run/initramfs/live"
SQUASHFS = f"{CDROM}/casper/filesystem.squashfs"


def live(style: Style, cmdline: str = "boot=casper noprompt") -> Host:
    return booted(style, cmdline, image=Image(None, None, None, device=Clean("/dev/loop0")))


def loop(backing: str, number: int = 0, *, deleted: bool = False) -> LoopDevice:
    name, path = Clean(f"loop{number}"), Clean(backing)
    return LoopDevice(name, (7, number), path, backing.encode(), deleted, None, 9, 0, True)


def mount(point: str, fstype: str) -> Mount:
    return Mount(
        *(30, 1, (8, 1), Clean("/"), Clean(point), point.encode(), (Clean("ro"),), ()),
        *(Clean(fstype), Clean("/dev/sda1"), ((Clean("ro"), None),)),
    )


def looked(
    *files: str, point: str = CDROM, fstype: str = "vfat", loops: tuple[LoopDevice, ...] = ()
) -> Survey:
    mounts = (mount("/", "overlay"), mount(point, fstype))
    there = {Clean(f"{point}/{file}"): PathFact(Found.FILE) for file in files}
    found = loops or (loop(SQUASHFS),)
    memory = Memory(1 << 30, 1 << 29, 0, 0, 0, 0)
    return replace(LOOKED, stores=Stores(memory, mounts, loops=found), paths=there)


def made(on: Host, survey: Survey, *roles: str) -> Plan:
    return plan(on, image(*roles), survey, method=Method.MEDIUM)


def old(of: Plan) -> list[str]:
    """Return the files of the medium that give way."""
    switch = next(line for line in lines(of) if line.startswith("switch_medium "))
    return switch.split()[3:]


CASPER = live(Style.CASPER)
ON_CDROM = looked("casper/vmlinuz", "casper/initrd")


def test_all_is_written_beside_before_a_name_changes_and_the_host_reboots() -> None:
    found = made(CASPER, ON_CDROM, "squashfs", "kernel", "initrd")
    assert told(found) == ""
    names = [line.split()[0] for line in lines(found)]
    assert names == [*("stock", "stock", "stock", "switch_medium", "leave")]
    assert old(found) == [SQUASHFS, f"{CDROM}/casper/vmlinuz", f"{CDROM}/casper/initrd"]
    assert not any("noprompt" in note for note in found.notes)
    asking = made(live(Style.CASPER, "boot=casper"), ON_CDROM, "squashfs")
    assert any("ask for the medium to be taken out" in note for note in asking.notes)
    assert ROLES[Method.MEDIUM] == {"squashfs", "kernel", "initrd"}


def test_what_the_boot_loader_says_it_has_read_is_believed() -> None:
    files = ("boot/linux", "syslinux/vmlinuz", "isolinux/vmlinuz", "boot/rd")
    point = {"point": STICK, "loops": (loop(f"{STICK}/LiveOS/squashfs.img"),)}
    words = "BOOT_IMAGE=(hd0,1)/boot/linux initrd=/boot/rd root=live:LABEL=STICK"
    survey = looked(*files, **point)  # type: ignore[arg-type]
    found = made(live(Style.DRACUT_OVERLAY, words), survey, "squashfs", "kernel", "initrd")
    assert old(found)[1:] == [f"{STICK}/boot/linux", f"{STICK}/boot/rd"]
    wish = Wish(Verb.UPGRADE, Clean(""), image=image("squashfs"), method=Method.MEDIUM)
    asked = request(live(Style.DRACUT_OVERLAY, words), wish)
    assert {f"{STICK}/boot/linux", f"{STICK}/syslinux/vmlinuz"} <= {*asked.extra}
    found = made(live(Style.DRACUT_OVERLAY, "root=live:x"), survey, "squashfs", "kernel")
    assert "which kernel of its medium is booted is not known: it may be any of" in told(found)
    assert not found.steps


@pytest.mark.parametrize(
    ("on", "survey", "roles", "why"),
    [
        (CASPER, looked(fstype="iso9660"), ["squashfs"], "is iso9660, which nobody can write"),
        (CASPER, looked(fstype="tmpfs"), ["squashfs"], "is not on a medium any more"),
        (CASPER, looked(loops=(loop("/x"),)), ["squashfs"], "not on a medium any more"),
        (CASPER, looked(loops=(loop(SQUASHFS, 1),)), ["squashfs"], "not seen which file"),
        (CASPER, ON_CDROM, ["kernel"], "edge/10 has no squashfs"),
        (CASPER, looked(), ["squashfs", "kernel"], "none is where one usually is"),
        (CASPER, ON_CDROM, ["squashfs", "initrd", "initrd"], "several initrds"),
        (
            CASPER,
            looked(loops=(loop(SQUASHFS, deleted=True),)),
            ["squashfs"],
            "another image is on the medium already",
        ),
        (
            CASPER,
            looked(loops=(loop(SQUASHFS), loop(f"{CDROM}/casper/more.squashfs", 1))),
            ["squashfs"],
            "runs from several images of its medium",
        ),
        (live(Style.DISK), ON_CDROM, ["squashfs"], "boots no live medium: its style is disk"),
        (live(Style.AUTOSERVER), ON_CDROM, ["squashfs"], "boots no live medium"),
    ],
)
def test_what_cannot_be_done_is_refused(
    on: Host, survey: Survey, roles: list[str], why: str
) -> None:
    found = made(on, survey, *roles)
    assert why in told(found)
    assert not found.steps
