from __future__ import annotations

from dataclasses import replace

import pytest

from console.clean import Clean
from console.facts import Evidence
from console.identity import TRIGGERS, boot
from console.model import Style
from tests.console.identity.worlds import PLAIN, SLASHINIT, WORLDS, evidence, loop

NEW = Clean("6.1.0-57 (me@here) #2 SMP Debian")
RUNNING = Clean("6.1.0-56-cloud-amd64 (d@example) #1 SMP Debian 6.1.192-2")
NO_CMDLINE = "/kernel.cmdline missing: the new kernel gets an empty command line"


def armed(world: str, given: Evidence) -> tuple[str, ...]:
    host = WORLDS[world]
    return boot(given, host.mounts, host.dm, host.loops).armed


def stop(*present: str, kernel: Clean | None = None) -> tuple[str, ...]:
    """Return what is armed on a slashinit host."""
    given = replace(SLASHINIT, present=frozenset(present), armed_kernel=kernel)
    return armed("slashinit", given)


def test_nothing_armed_is_a_soft_restart_and_needs_no_words() -> None:
    assert stop() == ()
    assert stop("/kernel.cmdline") == ()


def test_a_kernel_is_told_by_its_build() -> None:
    expected = "/kernel armed: 6.1.0-57 #2 SMP Debian; next stop kexecs into it"
    assert stop("/kernel", "/kernel.cmdline", kernel=NEW) == (expected,)


def test_the_running_kernel_is_recognised() -> None:
    (line,) = stop("/kernel", "/kernel.cmdline", kernel=RUNNING)
    assert line.endswith("6.1.192-2 (the running one); next stop kexecs into it")


def test_a_kernel_without_command_line_gets_an_empty_one() -> None:
    assert stop("/kernel", kernel=NEW)[1:] == (NO_CMDLINE,)


def test_a_kernel_that_cannot_be_read_may_not_load() -> None:
    (line,) = stop("/kernel", "/kernel.cmdline")
    assert line.startswith("/kernel armed: version not readable")


def test_reboot_alone_is_cold() -> None:
    assert stop("/reboot") == ("/reboot present: next stop is a cold reboot",)


def test_kexec_wins_over_reboot() -> None:
    first, last = stop("/kernel", "/kernel.cmdline", "/reboot", kernel=NEW)
    assert first.endswith("next stop kexecs into it")
    assert last == "/kernel and /reboot both present: kexec wins"


def test_what_kexec_booted_is_not_what_a_cold_reboot_boots() -> None:
    line = "booted by kexec: a cold reboot boots what the firmware finds"
    assert armed("subhost", replace(PLAIN, loader=0xD0)) == (line,)
    assert armed("subhost", replace(PLAIN, loader=0x72)) == ()


@pytest.mark.parametrize("world", WORLDS)
def test_triggers_mean_something_only_where_they_are_heeded(world: str) -> None:
    given = replace(WORLDS[world].evidence, present=frozenset(TRIGGERS), armed_kernel=NEW)
    lines = armed(world, given)
    match WORLDS[world].style:
        case Style.SLASHINIT:
            assert len(lines) == 2
        case Style.DISK:
            assert lines == ("/run/reboot-required present: an upgrade waits for a reboot",)
        case _:
            assert lines == ()


def test_a_version_cannot_move_the_cursor() -> None:
    (line,) = stop("/kernel", "/kernel.cmdline", kernel=Clean("6.1 #1 \x1b[2J"))
    assert "\x1b" not in line


@pytest.mark.parametrize("world", WORLDS)
def test_identity_is_carried_over(world: str) -> None:
    host = WORLDS[world]
    found = boot(host.evidence, host.mounts, host.dm, host.loops)
    assert found.style is host.style
    assert (found.kernel, found.version) == (PLAIN.kernel, PLAIN.version)
    assert found.boot_id == "6f9c"
    assert found.cmdline == host.evidence.cmdline


@pytest.mark.parametrize(
    ("world", "device"),
    [
        ("slashinit", "rootfs"),
        ("casper", "/cow"),
        ("dracut dm", "/dev/mapper/live-rw"),
        ("disk", "/dev/vda"),
    ],
)
def test_the_root_device_is_the_source_of_the_root(world: str, device: str) -> None:
    host = WORLDS[world]
    assert boot(host.evidence, host.mounts, host.dm, host.loops).root_device == device


def test_without_mounts_the_rest_is_still_told() -> None:
    found = boot(PLAIN, (), (), ())
    assert (found.style, found.image, found.root_device) == (Style.UNKNOWN, None, None)
    assert found.kernel == PLAIN.kernel


@pytest.mark.parametrize(
    ("os", "expected"),
    [
        ({"PRETTY_NAME": "Debian GNU/Linux 12", "NAME": "Debian"}, "Debian GNU/Linux 12"),
        ({"NAME": "Debian"}, "Debian"),
        ({}, None),
    ],
)
def test_the_system_is_named_by_os_release(os: dict[str, str], expected: str | None) -> None:
    assert boot(evidence(os=os), (), (), ()).os == expected


def test_an_image_that_was_swapped_in_lasts_until_the_next_boot() -> None:
    world = WORLDS["autoserver"]
    assert boot(world.evidence, world.mounts, world.dm, world.loops).armed == ()
    swapped = (loop(0, "/var/lib/images/10/system.img"),)
    (line,) = boot(world.evidence, world.mounts, world.dm, swapped).armed
    assert line == (
        "/var/lib/images/10/system.img was swapped in: the next boot reads what is on /boot_disk"
    )
