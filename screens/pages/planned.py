"""Plans as text: steps with their commands, consequences, what hinders; and what says yes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from console import shell
from console.clean import Clean, clean
from console.operations import Operation
from console.plan import ON_STORES, Obstacle, Plan, Step, Tier, Verb, Where, named
from screens.consent import Consent
from screens.doing import Target
from screens.page import Line, Tone, Words, sentence

_LINE = 1 << 16
"""Characters kept of a line of a program."""
_DIGEST = 16
"""Hexadecimal digits shown of a digest."""
_BLANK = Line(())
_PLACES = {
    Where.HOST: "",
    Where.PRIVATE: " (unseen outside)",
    Where.INSIDE: " (inside)",
    Where.UP: " (when it is up)",
}


@dataclass(frozen=True, slots=True)
class Planned:
    """What is known of one target's plan."""

    target: Target
    plan: Plan | None = None
    """``None``: not made yet, or it could not be."""
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def known(self) -> bool:
        """Whether planning has ended."""
        return self.plan is not None or bool(self.obstacles)

    @property
    def runs(self) -> bool:
        """Whether it can be done."""
        return self.plan is not None and not self.obstacles


def title(verb: Verb, plans: Sequence[Planned], hidden: int) -> Line:
    """Return what is to be done to how many, in one line."""
    if len(plans) == 1:
        target, plan = plans[0].target, plans[0].plan
        if plan is not None:
            return Line((Words(plan.title, Tone.HEAD),))
        what = named(target.subhost, target.level)
        return Line((Words(f"{verb} {what} on {target.host}", Tone.HEAD),))
    hosts = len({each.target.host for each in plans})
    many = "levels" if verb in ON_STORES else "subhosts"
    told = f"{verb} {len(plans)} {many} on {hosts} host{'s' * (hosts != 1)}"
    more = f"  {hidden} of them hidden by the filter" if hidden else ""
    return Line((Words(told, Tone.HEAD), Words(more, Tone.WATCH)))


def pages(plans: Sequence[Planned]) -> int:
    """Return how many texts there are: of several targets an overview and one each."""
    return 1 + len(plans) if len(plans) > 1 else 1


def text(plans: Sequence[Planned], page: int) -> tuple[Line, ...]:
    """Return what there is to read before it is done; of several targets first an overview."""
    if page or len(plans) == 1:
        return tuple(_headed(plans, page, _whole(plans[max(page - 1, 0)])))
    runs, known = sum(each.runs for each in plans), sum(each.known for each in plans)
    if known < len(plans):
        lines = [Line((Words(f"planning… {known} of {len(plans)}", Tone.DIM),))]
    elif runs < len(plans):
        lines = [sentence(f"{runs} of {len(plans)} can be done; only those are.", Tone.WATCH)]
    else:
        lines = [Line((Words("all of them can be done", Tone.GOOD),))]
    hindered_first = sorted(plans, key=lambda each: not each.obstacles)
    return (*lines, _BLANK, *(line for each in hindered_first for line in _overview(each)))


def program(plans: Sequence[Planned], page: int) -> tuple[Line, ...]:
    """Return the program that runs, byte for byte; of several targets that of one."""
    if not page and len(plans) > 1:
        return (sentence("Each target has a program of its own: n shows one after the other."),)
    each = plans[max(page - 1, 0)]
    if each.plan is None or not each.runs:
        return (sentence(f"{each.target}: nothing would run", Tone.WATCH),)
    digest = Line((Words(f"{each.target}  sha256 {shell.digest(each.plan)}", Tone.DIM),))
    return (digest, *_code(shell.script(each.plan).decode(), 0))


def _headed(plans: Sequence[Planned], page: int, lines: Iterator[Line]) -> Iterator[Line]:
    if page:
        yield Line((Words(f"{plans[page - 1].target}", Tone.HEAD),))
    yield from lines


def consent(plans: Sequence[Planned], hosts: int) -> Consent | None:
    """Return what has to be done to say yes; ``None``: nothing can be done.

    Several targets are never tier 1; all of a fleet of ``hosts`` hosts are tier 3.
    """
    ready = [each.plan for each in plans if each.plan and each.runs]
    if not ready:
        return None
    number, verb = len(ready), ready[0].verb
    on = {plan.host for plan in ready}
    tier = max(plan.tier for plan in ready)
    if number > 1:
        tier = max(tier, Tier.INTERRUPTS)
    if len(on) == hosts > 2:
        tier = Tier.LOSES
    does = f"{verb}s it" if number == 1 else f"{verb}s {number} of {len(plans)}"
    if len(plans) == number > 1:
        does = f"{verb}s all {number}"
    match tier:
        case Tier.REVERSIBLE:
            return Consent(does)
        case Tier.INTERRUPTS:
            return Consent(does, ("yes", str(number)))
    return Consent(does, _names(ready, on))


def _names(ready: Sequence[Plan], on: set[Clean]) -> tuple[str, ...]:
    """Return the names of which one has to be typed."""
    subhosts = {plan.subhost for plan in ready}
    if len(ready) == 1:
        return tuple(filter(None, (ready[0].subhost, ready[0].host)))
    for names in (on, subhosts):
        if len(names) == 1 and all(names):
            return tuple(names)
    return (f"{ready[0].verb} {len(ready)}",)


def _overview(each: Planned) -> Iterator[Line]:
    said = Words("planning…", Tone.DIM)
    if each.obstacles:
        said = Words(f"cannot: {each.obstacles[0].text}", Tone.BAD)
    elif each.plan:
        said = Words(f"{len(each.plan.steps)} steps", Tone.DIM)
    yield Line((Words(f"{each.target}  ", Tone.HEAD), said))
    if each.plan:
        yield from (sentence(f"  ! {text}", Tone.WATCH, 4) for text in each.plan.consequences)


def _whole(each: Planned) -> Iterator[Line]:
    if not each.known:
        yield Line((Words("planning…", Tone.DIM),))
    if each.obstacles:
        yield Line((Words("It cannot be done:", Tone.BAD),))
        for obstacle in each.obstacles:
            yield sentence(f"- {obstacle.text}", Tone.BAD, 2)
            if obstacle.remedy:
                yield sentence(f"  {obstacle.remedy}", Tone.ACCENT, 2)
    if (plan := each.plan) is None:
        return
    if each.obstacles:
        yield _BLANK
    yield from (sentence(f"! {text}", Tone.WATCH, 2) for text in plan.consequences)
    yield from (sentence(f"- {text}", Tone.PLAIN, 2) for text in plan.notes)
    if plan.consequences or plan.notes:
        yield _BLANK
    for number, step in enumerate(plan.steps, 1):
        yield from _step(number, step)
    if not each.runs:
        return
    yield _BLANK
    checks = len(plan.checks)
    first = f"{checks} check{'s' * (checks != 1)} on the host first; " if checks else ""
    digest = shell.digest(plan)[:_DIGEST]
    yield sentence(f"{first}what fails is taken back. Program sha256 {digest}…", Tone.DIM)


def _step(number: int, step: Step) -> Iterator[Line]:
    why = sentence(f"{number:>2}  {step.why}", Tone.HEAD, 4)
    yield replace(why, pieces=(*why.pieces, Words(_PLACES[step.where], Tone.DIM)))
    for operation in step.operations:
        yield from _code(_shown(operation), 4)


def _shown(operation: Operation) -> str:
    try:
        return shell.text(operation)
    except ValueError as error:
        return f"# {error}"


def _code(text: str, indent: int) -> Iterator[Line]:
    """Yield lines of a program; what is too long for a line goes on further in."""
    for line in text.rstrip("\n").split("\n"):
        words = line.split(" ")
        pieces = [Words(f"{clean(word, _LINE)} ", Tone.DIM) for word in words]
        pieces[0] = Words(" " * indent + pieces[0].text, Tone.DIM)
        yield Line(tuple(pieces), hang=indent + 4)
