"""Functions of sh that not every job has: the files of those that a plan uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from console.operations import Operation
from console.plan import Plan, Step, Where

_HERE = Path(__file__).parent
_NEEDS = {
    "paths": (),
    "serving": (),
    "ending": (),
    "sharing": ("paths", "ending"),
    "cleaning": (),
    "listing": (),
    "values": (),
    "cabling": (),
    "removing": ("ending",),
    "growing": ("ending",),
    "ballast": ("growing", "removing"),
    "swapping": ("growing",),
    "pivoting": ("ending", "growing"),
    "renewing": ("ending", "growing", "pivoting"),
    "booting": ("ending",),
    "publishing": ("booting",),
    "pruning": (),
    "media": ("ending", "growing", "pivoting", "booting"),
    "layering": ("values", "ending"),
    "lowering": ("paths", "values", "ending", "growing", "layering"),
    "recabling": ("ending",),
    "awaiting": ("ending",),
}
"""Each file, after those it needs itself."""
_TEXTS = {name: (_HERE / f"{name}.sh").read_text() for name in _NEEDS}
_FUNCTIONS = {
    name: frozenset(re.findall(r"^(\w+)\(\) \{", text, re.MULTILINE))
    for name, text in _TEXTS.items()
}


def texts(*names: str) -> tuple[str, ...]:
    """Return these files, as a program that is no job may need them."""
    return tuple(_TEXTS[name] for name in names)


def libraries(plan: Plan) -> Iterator[str]:
    """Yield the text of each file that the job of a plan needs."""
    operations = [check.operation for check in plan.checks]
    for step in plan.steps:
        operations += step.undo if step.where is Where.INSIDE else (*step.operations, *step.undo)
    yield from _needed(operations, *(("paths",) if plan.supervises else ()))


def inner(steps: Iterable[Step]) -> Iterator[str]:
    """Yield the text of each file that the first process of a subhost needs for these."""
    yield from _needed(operation for step in steps for operation in step.operations)


def _needed(operations: Iterable[Operation], *always: str) -> Iterator[str]:
    used = {each.argv[0] for each in operations}
    needed = {*always, *(name for name, functions in _FUNCTIONS.items() if functions & used)}
    needed.update(*(_NEEDS[name] for name in tuple(needed)))
    yield from (text for name, text in _TEXTS.items() if name in needed)
