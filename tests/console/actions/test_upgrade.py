from __future__ import annotations

from dataclasses import replace

import pytest

from console.actions.upgrade import ROLES, method
from console.actions.verbs import hindrance, planned, request
from console.actions.weighing import standing, weighed
from console.clean import Clean
from console.images.fitness import Against, Objection
from console.images.staged import StagedFile, StagedImage
from console.model import Boot, Host, Memory, Style
from console.operations import line
from console.plan import Method, Plan, Tier, Verb, Wish
from console.shell import script
from console.survey import TOOLS, Found, PathFact, Survey
from tests.console.actions.ground import NAME, host

BOOT_ID = Clean("0b5d6d1e-0000-4000-8000-000000000000")
FOLDER = Clean("/var/lib/subdeck/images/edge/10-0123456789ab")
LOOKED = Survey(BOOT_ID, root=True, tools=frozenset(TOOLS), machine=Clean("x86_64"))
MIB = 1 << 20


def booted(style: Style, cmdline: str = "quiet", **more: object) -> Host:
    boot = Boot(style, Clean("6.1.0"), None, Clean(cmdline), 9.0, BOOT_ID, None)
    memory = Memory(512 * MIB, 400 * MIB, 0, 0, 0, 0)
    made = replace(host(), boot=replace(boot, **more), memory=memory)  # type: ignore[arg-type]
    return replace(made, subhosts=())


def image(*roles: str, size: int = 8 * MIB) -> StagedImage:
    files = tuple(
        StagedFile(Clean(role), Clean(f"{FOLDER}/{role}"), size, Clean(f"{at}" * 64))
        for at, role in enumerate(roles)
    )
    return StagedImage(
        Clean("edge"), Clean("10"), files, Clean("6.1.1"), Clean("x86_64"), folder=FOLDER
    )


def plan(on: Host, of: StagedImage | None, survey: Survey = LOOKED, **more: object) -> Plan:
    wish = replace(Wish(Verb.UPGRADE, Clean(""), image=of), **more)  # type: ignore[arg-type]
    return planned(on, wish, survey)


def told(made: Plan) -> str:
    return "; ".join(each.text for each in made.obstacles)


def lines(made: Plan) -> list[str]:
    return [line(each) for step in made.steps for each in step.operations]


INIT = booted(Style.SLASHINIT)


def test_init_is_armed_by_a_rename_after_all_was_looked_at() -> None:
    of = image("kernel")
    made = plan(INIT, of)
    assert told(made) == ""
    assert made.tier is Tier.LOSES
    assert made.title == "upgrade web1 to edge/10"
    assert [line(each.operation) for each in made.checks] == [
        f"is_staged {FOLDER}/kernel {8 * MIB} {'0' * 64}",
        f"affords {16 * MIB + 64 * MIB}",
        "absent /kernel",
    ]
    assert lines(made) == [
        f"adopt {FOLDER}/kernel {8 * MIB} {'0' * 64} /kernel",
        "old_words",
        f"line_up 1023 \"$words\"' subdeck.image={of.token}' /kernel.cmdline",
        "arm",
        f"is_staged /kernel {8 * MIB} {'0' * 64}",
        "end_boot 10",
    ]
    assert [[line(each) for each in step.undo] for step in made.steps[:3]] == [["disarm"]] * 3
    assert b"end_boot() {" in script(made)


def test_init_takes_the_words_of_the_set_where_it_has_some() -> None:
    made = plan(INIT, image("kernel", "cmdline"))
    assert f"words_of {FOLDER}/cmdline {8 * MIB} {'1' * 64}" in lines(made)


@pytest.mark.parametrize(
    ("on", "of", "why"),
    [
        (INIT, image("kernel", "initrd"), "has an initrd, and /init loads none"),
        (INIT, image("initrd"), "has no kernel"),
        (INIT, None, "no image is named"),
        (INIT, image("kernel", size=200 * MIB), "more have no room"),
        (INIT, replace(image("kernel"), arch=Clean("aarch64")), "for aarch64, and this is x86_64"),
        (booted(Style.SLASHINIT, armed=(Clean("/kernel armed: 5.4"),)), image("kernel"), "armed"),
    ],
)
def test_init_is_refused(on: Host, of: StagedImage | None, why: str) -> None:
    made = plan(on, of)
    assert why in told(made)
    assert made.steps == ()


def test_kexec_loads_what_was_looked_at_and_jumps() -> None:
    of = image("kernel", "initrd")
    made = plan(booted(Style.LIVE_BOOT), of)
    assert (told(made), made.method) == ("", Method.KEXEC)
    assert lines(made)[1].startswith(f"load_kernel \"$words\"' subdeck.image={of.token}' ")
    assert lines(made)[1].endswith(f"{FOLDER}/initrd {8 * MIB} {'1' * 64}")
    assert lines(made)[2:] == ["jump"]
    assert [line(each) for each in made.steps[0].undo] == ["unload"]
    without = replace(LOOKED, tools=LOOKED.tools - {"kexec"})
    assert "kexec is not installed" in told(plan(booted(Style.LIVE_BOOT), of, without))
    assert "several initrds" in told(
        plan(booted(Style.LIVE_BOOT), image("kernel", "initrd", "initrd"))
    )


SYSTEMD = replace(LOOKED, paths={Clean("/run/systemd/system"): PathFact(Found.FOLDER)})


@pytest.mark.parametrize(
    ("style", "survey", "said"),
    [
        (Style.INITRAMFS, LOOKED, ["leave reboot"]),
        (Style.DRACUT_DM, SYSTEMD, ["leave systemctl reboot"]),
        (Style.AUTOSERVER, SYSTEMD, ["leave kill -TERM 1"]),
        (Style.SLASHINIT, LOOKED, ["touch /reboot", "end_boot 10"]),
    ],
)
def test_a_reboot_is_asked_of_whoever_is_first(
    style: Style, survey: Survey, said: list[str]
) -> None:
    made = plan(booted(style), image(), survey, method=Method.NETWORK)
    assert (told(made), lines(made)) == ("", said)
    assert [line(each.operation) for each in made.checks] == (
        ["absent /kernel"] if style is Style.SLASHINIT else []
    )


@pytest.mark.parametrize(
    ("style", "cmdline", "way"),
    [
        (Style.SLASHINIT, "quiet", Method.INIT),
        (Style.AUTOSERVER, "quiet", Method.SWAP),
        (Style.INITRAMFS, "quiet", Method.NETWORK),
        (Style.LIVE_BOOT, "boot=live fetch=http://boot/x.squashfs", Method.NETWORK),
        (Style.LIVE_BOOT, "boot=live", Method.KEXEC),
        (Style.DISK, "root=/dev/vda", Method.KEXEC),
    ],
)
def test_the_way_goes_by_how_the_host_was_booted(style: Style, cmdline: str, way: Method) -> None:
    on = booted(style, cmdline)
    assert method(on, Clean("")) is way
    assert method(on, NAME) is Method.LOWER
    assert method(on, Clean(""), Method.KEXEC) is Method.KEXEC
    assert way in ROLES


def test_one_way_is_not_taken_for_another() -> None:
    assert "a host is not upgraded by lower" in told(
        plan(INIT, image("kernel"), method=Method.LOWER)
    )
    assert "was not booted by angt's /init" in told(
        plan(booted(Style.DISK), image("kernel"), method=Method.INIT)
    )
    assert "does it itself" in told(plan(INIT, image("kernel"), method=Method.KEXEC))
    lost = hindrance(INIT, NAME, Verb.UPGRADE)
    assert lost is not None
    assert "no subhost mta" in lost.text


def test_who_is_at_a_terminal_of_the_host_is_asked_for() -> None:
    asked = request(INIT, Wish(Verb.UPGRADE, Clean(""), image=image("kernel")))
    assert (asked.pid, Clean("/run/systemd/system") in asked.extra) == (1, True)
    assert asked.subhost == ""


def test_who_upgrades_the_host_of_the_console_is_told_so() -> None:
    ours = replace(INIT, name=Clean("local"))
    assert "this console runs there" in plan(ours, image("kernel")).consequences[0]
    assert "this console" not in str(plan(INIT, image("kernel")).consequences)


UNSIGNED = Objection(Against.SIGNATURE, Clean("edge/10: unsigned"), Clean("a reason"), True)
WRONG = Objection(Against.ARCH, Clean("edge/10 is for aarch64"), Clean("choose"), waivable=False)


def test_what_speaks_against_it_takes_a_reason_or_stands() -> None:
    made = plan(INIT, image("kernel"))
    assert weighed(made, (), None) == made
    bare = weighed(made, (UNSIGNED,), None)
    assert (bare.obstacles[0].text, bare.steps) == ("edge/10: unsigned", ())
    assert bare.obstacles[0].remedy == "a reason: --in-spite REASON"
    reason = Clean("the lab's")
    waived = weighed(made, (UNSIGNED,), reason)
    assert (waived.obstacles, waived.waived, waived.steps) == ((), reason, made.steps)
    assert "unsigned" in waived.consequences[0]
    assert standing((UNSIGNED, WRONG), reason) == (WRONG,)
    assert [each.text for each in weighed(made, (UNSIGNED, WRONG), reason).obstacles] == [
        "edge/10 is for aarch64"
    ]
