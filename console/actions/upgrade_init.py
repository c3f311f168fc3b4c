"""Upgrade where the first process is angt's ``/init``: arm ``/kernel``, then end ``/etc/boot``.

``/init`` loads ``/kernel``, without an initrd, with the words in ``/kernel.cmdline``; where that
fails it begins ``/etc/boot`` anew in the same boot, and all stays armed.
"""

from __future__ import annotations

from collections.abc import Iterator

from console.actions import booting
from console.actions.tools import lacking
from console.blast import rebooting
from console.clean import Clean, clean
from console.images.staged import MARK, StagedFile, StagedImage
from console.model import Host, Style
from console.operations import Operation, Variable
from console.plan import Check, Method, Obstacle, Plan, Step, Tier, Wish
from console.survey import Survey

_TOOLS = ("flock", "sha256sum", "stat", "cp", "rm", "sync", "sleep")
_LONGEST = 1023
"""Bytes of ``/kernel.cmdline`` that ``/init`` reads."""
_COPIES = 2
"""Of the kernel in memory besides the staged one: ``/kernel``, and what is loaded of it."""


def plan(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return what arms the new kernel and has ``/init`` jump into it."""
    image = wish.image
    kernel = image.file("kernel") if image else None
    told = tuple(_obstacles(host, wish, survey, kernel))
    ready = image is not None and kernel is not None and not told
    return Plan(
        verb=wish.verb,
        host=host.name,
        subhost=wish.subhost,
        tier=Tier.LOSES,
        boot_id=survey.boot_id,
        checks=_checks(host, image, kernel) if ready and image and kernel else (),
        steps=tuple(_steps(image, kernel)) if ready and image and kernel else (),
        consequences=rebooting(host, survey),
        notes=(
            Clean("where /init cannot load it, /etc/boot begins anew and /kernel stays armed"),
        ),
        obstacles=told,
        image=image,
        method=Method.INIT,
    )


def hindrance(host: Host, name: Clean) -> Obstacle | None:
    """Return why it is of no use on that host."""
    boot = host.boot
    if boot is None or boot.style is not Style.SLASHINIT:
        return Obstacle(clean(f"{host.name} was not booted by angt's /init"))
    if any(line.startswith("/kernel armed") for line in boot.armed):
        remedy = f"see subdeck status; subdeck delete /kernel {host.name} disarms it"
        return Obstacle(Clean("another /kernel is armed already"), clean(remedy))
    return None


def _obstacles(
    host: Host, wish: Wish, survey: Survey, kernel: StagedFile | None
) -> Iterator[Obstacle]:
    yield from booting.unfit(wish, survey)
    yield from lacking(survey, *_TOOLS)
    if wish.image is None:
        return
    if kernel is None:
        yield Obstacle(Clean(f"{wish.image.title} has no kernel"))
        return
    if wish.image.file("initrd") is not None:
        yield Obstacle(
            Clean(f"{wish.image.title} has an initrd, and /init loads none"),
            Clean("build the initramfs into the kernel"),
        )
    yield from booting.crowded(host, kernel.size * _COPIES)


def _checks(host: Host, image: StagedImage, kernel: StagedFile) -> tuple[Check, ...]:
    return (
        *booting.staged(image),
        *booting.affordable(host, kernel.size * _COPIES),
        Check(Operation(("absent", "/kernel")), Clean("another /kernel is armed by now")),
    )


def _steps(image: StagedImage, kernel: StagedFile) -> Iterator[Step]:
    tidy = (Operation(("disarm",)),)
    yield Step(
        Clean("put the new kernel beside /kernel"),
        (Operation(("adopt", *booting.words(kernel), "/kernel")),),
        tidy,
    )
    line = Variable("words", "", f" {MARK}{image.token}")
    yield Step(
        Clean("put its command line beside /kernel.cmdline"),
        (
            booting.command_line(image),
            Operation(("line_up", str(_LONGEST), line, "/kernel.cmdline")),
        ),
        tidy,
    )
    yield Step(
        Clean("arm both by renaming them, /kernel last"),
        (Operation(("arm",)), Operation(("is_staged", "/kernel", *booting.words(kernel)[1:]))),
        tidy,
    )
    yield Step(
        Clean("end /etc/boot: /init ends all that runs and jumps into the new kernel"),
        (Operation(("end_boot", str(booting.PATIENCE))),),
    )
