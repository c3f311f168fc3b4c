"""What upgrades have in common: files that were staged, what the next kernel is told, memory."""

from __future__ import annotations

from collections.abc import Iterator

from console.actions.growth import left, reserve
from console.actions.tools import inexact
from console.clean import Clean, clean
from console.images.heads import same_arch
from console.images.staged import StagedFile, StagedImage
from console.model import Host
from console.operations import Operation
from console.parse.amount import shown
from console.plan import Check, Obstacle, Wish
from console.survey import Survey

PATIENCE = 10
"""Seconds that what supervises the services has to end them."""


def staged(image: StagedImage) -> tuple[Check, ...]:
    """Return that every file of the set is there still, and is what was staged."""
    return tuple(
        Check(
            Operation(("is_staged", *words(file))),
            clean(f"{file.path} is not what was staged any more", 1000),
        )
        for file in image.files
    )


def words(file: StagedFile) -> tuple[str, str, str]:
    """Return what operations are told of a staged file: its path, size and SHA-256."""
    return file.path, str(file.size), file.sha256


def command_line(image: StagedImage) -> Operation:
    """Return what leaves the words for the new kernel in ``$words``: its own, else today's."""
    own = image.file("cmdline")
    argv = ("old_words",) if own is None else ("words_of", *words(own))
    return Operation(argv, into="words")


def unfit(wish: Wish, survey: Survey) -> Iterator[Obstacle]:
    """Yield why no set can be meant, it is for other machines, or its files cannot be named."""
    image = wish.image
    if image is None:
        yield Obstacle(Clean("no image is named"), Clean("--image NAME, or --file ROLE=PATH"))
        return
    yield from inexact(*(file.path for file in image.files))
    if image.arch and survey.machine and not same_arch(image.arch, survey.machine):
        yield Obstacle(
            clean(f"{image.title} is for {image.arch}, and this is {survey.machine}"),
            Clean("choose an image for it"),
        )


def crowded(host: Host, needed: int) -> Iterator[Obstacle]:
    """Yield why memory has no room for so many bytes more."""
    memory = host.memory
    if memory is not None and needed > left(memory):
        yield Obstacle(
            clean(
                f"{shown(memory.available)} of memory are available, of which "
                f"{shown(reserve(memory))} stay in reserve: {shown(needed)} more have no room"
            ),
            Clean("free memory first, or take a smaller image"),
        )


def affordable(host: Host, needed: int) -> tuple[Check, ...]:
    """Return that memory has that room still."""
    if host.memory is None:
        return ()
    least = needed + reserve(host.memory)
    refusal = Clean(f"less than {shown(least)} of memory are available by now")
    return (Check(Operation(("affords", str(least))), refusal),)
