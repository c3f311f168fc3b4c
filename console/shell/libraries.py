"""Functions of sh that not every job has: the files of those that a plan uses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from console.plan import Plan

_HERE = Path(__file__).parent
_NEEDS = {
    "paths": (),
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
    """Yield the text of each file that the plan needs."""
    used = frozenset(_commands(plan))
    needed = {name for name, functions in _FUNCTIONS.items() if functions & used}
    if plan.supervises:
        needed.add("paths")
    needed.update(*(_NEEDS[name] for name in tuple(needed)))
    yield from (text for name, text in _TEXTS.items() if name in needed)


def _commands(plan: Plan) -> Iterator[str]:
    operations = [check.operation for check in plan.checks]
    for step in plan.steps:
        operations += (*step.operations, *step.undo)
    for operation in operations:
        if isinstance(operation.argv[0], str):
            yield operation.argv[0]
