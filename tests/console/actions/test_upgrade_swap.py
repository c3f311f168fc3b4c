from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from console.actions.verbs import hindrance, planned, request
from console.clean import Clean
from console.images.staged import StagedFile, StagedImage
from console.model import Boot, Host, LoopDevice, Memory, Overlay, Running, Style
from console.operations import line
from console.parse.mountinfo import mounts
from console.plan import Method, Plan, Tier, Verb, Wish
from console.shell import script
from console.survey import TOOLS, Found, Kin, PathFact, Stores, Survey, User
from tests.console.actions.ground import fact, host, subhost

MIB = 1 << 20
MOUNTS = b"""\
130 104 0:40 / / rw,relatime - tmpfs none rw,mode=755
106 130 8:1 / /boot_disk ro,relatime - vfat /dev/sda1 ro
107 130 7:0 / /rofs_root ro,nosuid,nodev,relatime - squashfs /dev/loop0 ro
"""
BOOT = "/boot_disk/autosvr/system.img"
NEW = "/var/lib/subdeck/images/edge/2/system.img"
IMAGE = StagedImage(
    Clean("edge"), Clean("2"), (StagedFile(Clean("squashfs"), Clean(NEW), MIB, Clean("ab" * 32)),)
)
SSHD = User(Kin(312, 900, Clean("sshd")), 1, Clean("ctrtool"), 1)
SESSION = User(Kin(313, 950, Clean("sshd")), 312, Clean("sshd"), 900)
WEB = User(
    Kin(400, 901, Clean("httpd")),
    *(1, Clean("ctrtool"), 1, Clean("/etc/init.d/web"), Clean("/run/web.pid")),
)
WORKER = User(Kin(401, 902, Clean("httpd")), 400, Clean("httpd"), 901)
CRON = User(Kin(500, 903, Clean("crond")), 499, Clean("runsv"), 899)
LOOSE = User(Kin(600, 904, Clean("top")), 1, Clean("ctrtool"), 1)


def autoserver(**changed: object) -> Host:
    boot = Boot(
        Style.AUTOSERVER, Clean("6.1"), None, Clean("autoserver_boot_dev=x"), 9, None, None
    )
    return replace(host(subhost()), boot=replace(boot, **changed))  # type: ignore[arg-type]


def survey(
    text: bytes = MOUNTS,
    users: tuple[User, ...] = (),
    paths: Mapping[str, PathFact] | None = None,
    **changed: object,
) -> Survey:
    loop = LoopDevice(
        Clean("loop0"), (7, 0), Clean(BOOT), BOOT.encode(), False, None, 2 * MIB, 0, True
    )
    known = {
        "/rofs_root/_upgrade": fact("/rofs_root/_upgrade"),
        "/lib64": fact("/lib64"),
        BOOT: fact(BOOT, Found.FILE),
        NEW: fact(NEW, Found.FILE),
        **(paths or {}),
    }
    found = Survey(
        boot_id=Clean("b"),
        root=True,
        tools=frozenset(TOOLS),
        paths={Clean(path): each for path, each in known.items()},
        stores=Stores(Memory(0, 0, 0, 0, 0, 0), mounts(text)[0], loops=(loop,)),
        users=users,
    )
    return replace(found, **changed)  # type: ignore[arg-type]


def plan(found: Survey | None = None, image: StagedImage | None = IMAGE) -> Plan:
    wish = Wish(Verb.UPGRADE, Clean(""), image=image)
    return planned(autoserver(), wish, found or survey())


def commands(made: Plan) -> list[str]:
    return [line(each).split()[0] for step in made.steps for each in step.operations]


def test_the_whole_of_it() -> None:
    made = plan()
    assert not made.obstacles
    assert (made.method, made.tier, made.lock) == (Method.SWAP, Tier.INTERRUPTS, "@host")
    assert commands(made) == [
        *("stock", "mount_beside", "may_follow", "copy_libraries", "rehearse", "pivot"),
        *("detach", "swapped", "stragglers", "switch_file"),
    ]
    assert all(f"\n{name}() {{" in script(made).decode() for name in commands(made))
    checks = [line(each.operation) for each in made.checks]
    assert f"is_staged {NEW} {MIB} {'ab' * 32}" in checks
    # vfat has no second name for a file, so that the old image is copied there too.
    assert f"has_room /boot_disk {3 * MIB}" in checks


def test_what_is_asked_before() -> None:
    asked = request(autoserver(), Wish(Verb.UPGRADE, Clean(""), image=IMAGE))
    assert (asked.stores, asked.users_of) == (True, "/rofs_root")
    assert {NEW, BOOT, "/lib64"} <= set(asked.extra)
    elsewhere = autoserver(cmdline=Clean("autoserver_dir=other"))
    asked = request(elsewhere, Wish(Verb.UPGRADE, Clean(""), image=IMAGE))
    assert "/boot_disk/other/system.img" in asked.extra


def test_services_are_restarted_by_their_own_way_and_ssh_last() -> None:
    made = plan(survey(users=(SSHD, SESSION, WEB, WORKER, CRON, LOOSE)))
    restarts = [line(step.operations[0]) for step in made.steps if "renew" in commands_of(step)]
    assert restarts == [
        "renew 30 by_script /etc/init.d/web /run/web.pid",
        "renew 30 by_supervisor 499 899",
        "renew 30 by_hup 312 900",
    ]
    assert "run from the old image until they end: sshd (313), top (600)" in made.consequences
    (pivot,) = (step for step in made.steps if "pivot" in commands_of(step))
    assert [line(each).split()[0] for each in pivot.undo] == ["pivot_back", *["renew_back"] * 3]
    assert "sshd" in next(
        line(s.operations[0]) for s in made.steps if "rehearse" in commands_of(s)
    )


def commands_of(step: object) -> list[str]:
    return [line(each).split()[0] for each in step.operations]  # type: ignore[attr-defined]


def test_a_boot_disk_that_is_no_disk_is_not_written() -> None:
    made = plan(survey(MOUNTS.replace(b"vfat /dev/sda1", b"iso9660 /dev/sr0")))
    assert "switch_file" not in commands(made)
    assert any("brings back the old image: /boot_disk is iso9660" in note for note in made.notes)
    assert f"{NEW} must stay: the host runs from it until then" in made.notes


def test_no_copies_of_libraries_where_there_are_none() -> None:
    made = plan(survey(paths={"/lib64": fact("/lib64", Found.LINK)}))
    assert "copy_libraries" not in commands(made)


def test_mounts_that_others_get_are_private_meanwhile() -> None:
    made = plan(survey(MOUNTS.replace(b"relatime - tmpfs", b"relatime shared:1 - tmpfs")))
    lines = [line(each) for step in made.steps for each in step.operations]
    assert lines[0] == "mount --make-private /"
    assert "mount --make-shared /" in lines[lines.index("detach /rofs_root loop0") :]


def test_a_path_that_leads_through_links_is_used_as_it_is() -> None:
    real = "/rw_disk/var/lib/subdeck/images/edge/2/system.img"
    iso = MOUNTS.replace(b"vfat", b"iso9660")
    made = plan(survey(iso, paths={NEW: PathFact(Found.FILE, real=Clean(real), device=1)}))
    beside = next(step for step in made.steps if "mount_beside" in commands_of(step))
    assert line(beside.operations[0]).split()[1] == real


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (survey(b""), "/rofs_root is no squashfs on a loop device"),
        (
            survey(MOUNTS + b"108 107 7:1 / /rofs_root/_upgrade ro - squashfs /dev/loop1 ro\n"),
            "/rofs_root/_upgrade is in use by another swap",
        ),
        (
            survey(paths={"/rofs_root/_upgrade": PathFact(Found.MISSING)}),
            "the running image has no folder _upgrade",
        ),
        (survey(paths={NEW: PathFact(Found.LINK)}), f"{NEW} is no regular file"),
        (
            survey(paths={NEW: PathFact(Found.FILE, Clean(NEW), foreign=Clean("/var"))}),
            "others than root may write /var, where the image lies",
        ),
        (
            survey(paths={NEW: fact(BOOT, Found.FILE)}),
            f"/rofs_root runs from {NEW} already",
        ),
        (survey(tools=frozenset(TOOLS) - {"pivot_root"}), "pivot_root is not installed"),
        (survey(root=False), "we are not root there"),
    ],
)
def test_what_stands_in_the_way(found: Survey, told: str) -> None:
    made = plan(found)
    assert told in [each.text for each in made.obstacles]
    assert made.steps == ()


def test_an_image_that_no_loop_device_can_show_whole() -> None:
    cut = StagedFile(Clean("squashfs"), Clean(NEW), MIB + 1, Clean("ab" * 32))
    assert "whole sector" in plan(image=replace(IMAGE, files=(cut,))).obstacles[0].text
    kernel = replace(IMAGE.files[0], role=Clean("kernel"))
    assert plan(image=replace(IMAGE, files=(kernel,))).obstacles[0].text == (
        "edge/2 has no squashfs"
    )


def test_subhosts_on_the_old_image_are_told() -> None:
    overlay = Overlay((Clean("/rofs_root"),), None, None)
    guest = subhost(state=Running.RUNNING, pid=70, overlay=overlay)
    wish = Wish(Verb.UPGRADE, Clean(""), image=IMAGE)
    made = planned(replace(autoserver(), subhosts=(guest,)), wish, survey())
    assert "mta runs on the old image until it is restarted" in made.consequences


def test_only_an_autoserver_host_is_swapped() -> None:
    assert hindrance(autoserver(), Clean(""), Verb.UPGRADE) is None
    wish = Wish(Verb.UPGRADE, Clean(""), image=IMAGE, method=Method.SWAP)
    made = planned(autoserver(style=Style.DISK), wish, survey())
    assert "no Autoserver host" in made.obstacles[0].text
