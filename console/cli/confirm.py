"""The question before something is done: the more it may cost, the more has to be typed."""

from __future__ import annotations

import asyncio
import sys
import termios
from collections.abc import Container, Sequence

from console.plan import Plan, Tier, named


def is_terminal() -> bool:
    """Whether there is somebody to be shown something and asked."""
    return all(
        stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)
    )


async def confirmed(plans: Sequence[Plan], words: Sequence[str]) -> bool:
    """Ask whether to run these plans; ``words`` are the targets as they were typed."""
    return await answered(*_question(plans, words))


async def answered(question: str, answers: Container[str]) -> bool:
    """Ask on the terminal; whether what is typed is one of the answers."""
    termios.tcflush(sys.stdin, termios.TCIFLUSH)  # what was typed before is no answer
    sys.stdout.write(question)
    sys.stdout.flush()
    return (await _line()).strip() in answers


def _question(plans: Sequence[Plan], words: Sequence[str]) -> tuple[str, frozenset[str]]:
    tier = max(plan.tier for plan in plans)
    only = plans[0] if len(plans) == 1 else None
    if tier is Tier.REVERSIBLE:
        what = "Do it" if only else f"Do all {len(plans)}"
        return f"{what}? [y/N] ", frozenset(("y", "Y", "yes"))
    if tier is Tier.INTERRUPTS:
        count = str(len(plans))
        how = "yes" if only else f"yes, or {count},"
        return f"Type {how} to do it: ", frozenset(("yes", count) if not only else ("yes",))
    name = named(only.host, only.subhost or None) if only else " ".join(words)
    return f"Type {name} to do it: ", frozenset((name,))


async def _line() -> str:
    """Return a line from the terminal; empty at its end. Ctrl-C is heard meanwhile."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(sys.stdin, ready.set)
    try:
        await ready.wait()
        return sys.stdin.readline()
    finally:
        loop.remove_reader(sys.stdin)
