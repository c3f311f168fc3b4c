"""Upgrade by kexec-tools: load the new kernel beside the one that runs, and jump into it."""

from __future__ import annotations

from collections.abc import Iterator

from console.actions import booting
from console.actions.tools import lacking
from console.blast import rebooting
from console.clean import Clean, clean
from console.images.staged import MARK, StagedImage
from console.model import Host, Style
from console.operations import Operation, Variable
from console.plan import Check, Method, Obstacle, Plan, Step, Tier, Wish
from console.survey import Survey

_TOOLS = ("flock", "sha256sum", "stat", "sync", "sleep", "kexec")


def plan(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return what loads the set and jumps into it."""
    told = tuple(_obstacles(host, wish, survey))
    image = wish.image
    ready = image if not told else None
    return Plan(
        verb=wish.verb,
        host=host.name,
        subhost=wish.subhost,
        tier=Tier.LOSES,
        boot_id=survey.boot_id,
        checks=_checks(host, ready) if ready else (),
        steps=tuple(_steps(ready)) if ready else (),
        consequences=rebooting(host, survey),
        notes=(Clean("what boots after a power cut stays what it was: a kexec writes nothing"),),
        obstacles=told,
        image=image,
        method=Method.KEXEC,
    )


def hindrance(host: Host, name: Clean) -> Obstacle | None:
    """Return why it is of no use on that host."""
    if host.boot is not None and host.boot.style is Style.SLASHINIT:
        return Obstacle(Clean("angt's /init does it itself"), Clean("--method init"))
    return None


def _obstacles(host: Host, wish: Wish, survey: Survey) -> Iterator[Obstacle]:
    yield from booting.unfit(wish, survey)
    yield from lacking(survey, *_TOOLS)
    if wish.image is None:
        return
    if wish.image.file("kernel") is None:
        yield Obstacle(Clean(f"{wish.image.title} has no kernel"))
    if len([each for each in wish.image.files if each.role == "initrd"]) > 1:
        yield Obstacle(clean(f"{wish.image.title} has several initrds"), Clean("make them one"))
    yield from booting.crowded(host, _loaded(wish.image))


def _loaded(image: StagedImage) -> int:
    """Return the bytes that are held in memory besides the staged ones."""
    return sum(file.size for file in image.files if file.role in {"kernel", "initrd"})


def _checks(host: Host, image: StagedImage) -> tuple[Check, ...]:
    return (
        *booting.staged(image),
        *booting.affordable(host, _loaded(image)),
        Check(Operation(("unloaded",)), Clean("another kernel is loaded already: kexec -u")),
    )


def _steps(image: StagedImage) -> Iterator[Step]:
    files = [image.file("kernel"), image.file("initrd")]
    named = [word for file in files if file is not None for word in booting.words(file)]
    line = Variable("words", "", f" {MARK}{image.token}")
    yield Step(
        Clean("load the new kernel"),
        (booting.command_line(image), Operation(("load_kernel", line, *named))),
        (Operation(("unload",)),),
    )
    yield Step(Clean("jump into it"), (Operation(("jump",)),))
