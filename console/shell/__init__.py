"""One renderer: a plan as the one text of POSIX sh that is shown, and runs here and over SSH.

``script(plan)`` is the whole program; ``digest(plan)`` names it in audit and dialogs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from string import ascii_letters

from console.operations import Operation, Variable, line, quoted
from console.plan import Check, Plan, Step, Where
from console.shell.libraries import inner, libraries

_HERE = Path(__file__).parent
FRAME = (_HERE / "frame.sh").read_text()
"""What all jobs have in common: journal, locks, rollback."""
SUPERVISOR = (_HERE / "supervisor.sh").read_text()
"""What those have that go on as the supervisor of a subhost."""
_PRIVATE = "\n".join((_HERE / f"{name}.sh").read_text() for name in ("furnishing", "enclosing"))
"""What they need besides where they make one: the shell before that need not read it."""
FIRST = (_HERE / "first.sh").read_text()
"""What the first process of a subhost has, before its reaper takes over."""

_Numbered = Iterable[tuple[int, Step]]


def script(plan: Plan) -> bytes:
    """Return the program of a plan. Raises ``ValueError`` for one with obstacles."""
    if plan.obstacles:
        raise ValueError(f"{plan.title}: {plan.obstacles[0].text}")
    return "\n".join(_lines(plan)).encode() + b"\n"


def digest(plan: Plan) -> str:
    """Return the SHA-256 of the program, in hexadecimal."""
    return fingerprint(script(plan))


def fingerprint(program: bytes) -> str:
    """Return what names a program that was rendered already."""
    return sha256(program).hexdigest()


@lru_cache(4096)  # plans for many subhosts are alike, and each is shown, named and begun
def text(operation: Operation, otherwise: str = "") -> str:
    """Return the operation as the lines that run it, and do ``otherwise`` where it fails."""
    said = line(operation)
    otherwise = " || :" if operation.may_fail else otherwise
    if operation.stdin is not None:
        end = _delimiter("STDIN", operation.stdin)
        said = f"{said} <<'{end}'"
        body = f"\n{operation.stdin}{end}"
        if operation.into is not None:
            return f"{operation.into}=$({said}{body}\n){otherwise}"
        return f"{said}{otherwise}{body}"
    if operation.into is not None:
        said = f"{operation.into}=$({said})"
    return f"{said}{otherwise}"


def _delimiter(wanted: str, body: str) -> str:
    # No line may even begin like it: dash then loses a byte where other than ASCII follows.
    begun = {each[:1] for each in body.split("\n")}
    ends = (wanted, *(f"{letter}{wanted}" for letter in ascii_letters))
    for end in ends:
        if end[0] not in begun:
            return end
    raise ValueError("a text has lines that begin with every letter")


def _lines(plan: Plan) -> Iterator[str]:
    yield "#!/bin/sh"
    yield f"# {plan.title}"
    yield FRAME
    yield from libraries(plan)
    if plan.supervises:
        yield SUPERVISOR
    yield from _undo(plan)
    yield ""
    steps = tuple(enumerate(plan.steps, 1))
    on_host = [(number, step) for number, step in steps if step.where is Where.HOST]
    private = [(number, step) for number, step in steps if step.where is Where.PRIVATE]
    inside = [(number, step) for number, step in steps if step.where is Where.INSIDE]
    up = [(number, step) for number, step in steps if step.where is Where.UP]
    yield f"host_steps={len(on_host)}"
    yield f"begin {quoted(plan.lock)} {quoted(plan.boot_id or '')}"
    yield 'if [ "$mode" != finish ] && [ "$mode" != private ]; then'
    yield from map(_check, plan.checks)
    yield "    :"
    yield "fi"
    if not plan.supervises:
        yield from _steps(on_host)
        return
    yield ""
    yield 'if [ "$mode" != private ]; then'
    yield from _steps(on_host)
    yield f"supervise {quoted(plan.config or '')}"
    yield "fi"
    yield ""
    yield _PRIVATE
    yield from _first(inside)
    yield from _steps(private)
    yield ""
    yield "accompany"
    yield from _steps(up)
    yield "attend"


def _first(steps: _Numbered) -> Iterator[str]:
    """The program of the first process: one function, so that it is read whole before it runs."""
    numbered = tuple(steps)
    named = _variables(numbered)
    lines = (
        *(FIRST, *inner(step for _, step in numbered), "first() {"),
        *(f"keep {named}", "greet", *_steps(numbered)),
        *("}", "first </dev/null"),
    )
    program = "\n".join(lines)
    end = _delimiter("FIRST", program)
    # Of a long text it is this shell that has a child which writes it, not the unshare.
    yield "begin_first() {"
    yield "{"
    yield f"enclose {named} <&3 3<&- &"
    yield "begun $!"
    yield f"}} 3<<'{end}'"
    yield program
    yield end
    yield "}"


def _variables(steps: _Numbered) -> str:
    operations = (operation for _, step in steps for operation in step.operations)
    words = (word for operation in operations for word in operation.argv)
    return " ".join(("here", *sorted({word.name for word in words if isinstance(word, Variable)})))


def _undo(plan: Plan) -> Iterator[str]:
    yield "undo() {"
    yield "    case $1 in"
    for number, step in enumerate(plan.steps, 1):
        if step.undo:
            yield f"    {number})"
            yield from (text(operation, " || bad=1") for operation in step.undo)
            yield "    ;;"
    yield "    esac"
    yield "}"


def _check(check: Check) -> str:
    return f"    {text(check.operation, f' || refuse {quoted(check.refusal)}')}"


def _steps(steps: _Numbered) -> Iterator[str]:
    for number, step in steps:
        yield ""
        yield f"# {number}. {step.why}"
        yield f"if step {number}; then"
        yield from map(text, step.operations)
        yield "fi"
