"""Plans and what became of them, told as text and as JSON.

``subdeck start TARGET... --json`` prints one document, version 1. With ``--dry-run`` it holds
``plans``: of each its ``target``, ``host``, ``subhost`` (empty: the host), ``level`` (``null``: it
is about the subhost) with the ``total`` and ``inodes`` it is to have, the ``image`` that is to be
booted and the ``method`` by which (``null``: it is about none), ``verb``, ``title``,
``config``, ``tier``
(1 reversible, 2 may interrupt services, 3 may lose data, or the host is protected), ``digest`` (of
the script, ``null`` where obstacles leave none), ``script``, ``checks``, ``steps`` (``why``,
``where``, ``commands``, ``undo``), ``consequences``, ``notes`` and ``obstacles`` (``text``,
``remedy``). With ``--yes`` it holds ``outcomes``: of each ``target``, ``host``, ``subhost``,
``level``, ``verb``, whether it is ``done``, the job's ``id``, ``state`` and ``digest``, the
``seconds`` it took, what there is to be ``told`` of it, the ``remedy``, and the last lines of
``output``. Where no job was begun ``id`` and ``state`` are ``null``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from console.actions.remains import LASTING
from console.clean import Clean, clean
from console.jobs import Job, JobState
from console.operations import Operation
from console.plan import Obstacle, Plan, Tier, Where, named
from console.shell import digest, script, text

Json = dict[str, object]
Line = tuple[str, str]
"""A line and its style."""

_LINE = 4096
_TIERS = {
    Tier.REVERSIBLE: "",
    Tier.INTERRUPTS: "may interrupt services",
    Tier.LOSES: "data or our way there may be lost, or the host is protected",
}
_PLACES = {
    Where.HOST: "",
    Where.PRIVATE: " [private]",
    Where.INSIDE: " [inside]",
    Where.UP: " [when it is up]",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the wish for one target."""

    host: Clean
    subhost: Clean
    verb: Clean
    job: Job | None = None
    """``None``: none was begun."""
    told: Clean | None = None
    """Why none was begun, or it is not known how it ended."""
    remedy: Clean | None = None
    level: Clean | None = None
    """Id of the level it was about; ``None``: it was about a subhost."""

    @property
    def target(self) -> Clean:
        """As it is named on a command line."""
        return target(self.host, self.subhost)

    @property
    def done(self) -> bool:
        """Whether the host shows what was wished."""
        return self.told is None and self.job is not None and self.job.state is JobState.DONE

    @property
    def line(self) -> str:
        """Say it in one line."""
        state = self.job.state.value if self.job else "not begun"
        if self.done and self.job and self.job.seconds is not None:
            state = f"{state} in {self.job.seconds:.1f} s"
        told = self.told or (self.job.told if self.job else None)
        remedy = f" ({self.remedy})" if self.remedy else ""
        what = " ".join(filter(None, (self.target, self.level)))
        return f"{what}: {state}{f': {told}' if told else ''}{remedy}"


def target(host: Clean, subhost: Clean) -> Clean:
    """Return a host, or a subhost, as it is named on a command line."""
    return named(host, subhost or None)


def plan_text(plan: Plan) -> Iterator[Line]:
    """Yield all that there is to know of a plan, every command included."""
    yield from plan_head(plan)
    for check in plan.checks:
        yield (f"   refused if {check.refusal}", "dim")
    for number, step in enumerate(plan.steps, 1):
        yield (f"{number:3}. {clean(step.why, _LINE)}{_PLACES[step.where]}", "bold")
        yield from ((f"       {line}", "") for line in _lines(step.operations))
        if step.undo == LASTING:
            yield ("       cannot be taken back", "yellow")
        else:
            yield from ((f"       back: {line}", "dim") for line in _lines(step.undo))


def plan_head(plan: Plan) -> Iterator[Line]:
    """Yield what is to be known of one of many plans."""
    meant = _TIERS[plan.tier]
    yield (f"{plan.title}{f' ({meant})' if meant else ''}", "bold")
    yield from ((f"   ! {each}", "yellow") for each in plan.consequences)
    yield from ((f"   {each}", "") for each in plan.notes)
    for each in plan.obstacles:
        yield (f"   cannot run: {each.text}{_hint(each)}", "bold red")


def obstructed(plan: Plan) -> Outcome:
    """Return the outcome of a plan that cannot run."""
    verb = Clean(plan.verb.value)
    if len(plan.obstacles) == 1:
        (only,) = plan.obstacles
        return Outcome(plan.host, plan.subhost, verb, None, only.text, only.remedy, plan.level)
    every = "; ".join(f"{each.text}{_hint(each)}" for each in plan.obstacles)
    return Outcome(plan.host, plan.subhost, verb, None, clean(every, _LINE), level=plan.level)


def plan_json(plan: Plan) -> Json:
    """Return one plan."""
    runs = not plan.obstacles
    return {
        "target": target(plan.host, plan.subhost),
        "host": plan.host,
        "subhost": plan.subhost,
        "level": plan.level,
        "total": plan.total,
        "inodes": plan.inodes,
        "image": plan.image.title if plan.image else None,
        "method": plan.method.value if plan.method else None,
        "verb": plan.verb.value,
        "title": plan.title,
        "config": plan.config,
        "tier": plan.tier.value,
        "digest": digest(plan) if runs else None,
        "script": script(plan).decode() if runs else None,
        "checks": [
            {"command": text(check.operation), "refusal": check.refusal} for check in plan.checks
        ],
        "steps": [
            {
                "why": step.why,
                "where": step.where.value,
                "commands": [text(each) for each in step.operations],
                "undo": [text(each) for each in step.undo],
            }
            for step in plan.steps
        ],
        "consequences": list(plan.consequences),
        "notes": list(plan.notes),
        "obstacles": [{"text": each.text, "remedy": each.remedy} for each in plan.obstacles],
    }


def outcome_json(outcome: Outcome) -> Json:
    """Return what became of one target."""
    job = outcome.job
    return {
        "target": outcome.target,
        "host": outcome.host,
        "subhost": outcome.subhost,
        "level": outcome.level,
        "verb": outcome.verb,
        "done": outcome.done,
        "id": job.id if job else None,
        "state": job.state.value if job else None,
        "digest": job.digest if job else None,
        "seconds": job.seconds if job else None,
        "told": outcome.told or (job.told if job else None),
        "remedy": outcome.remedy,
        "output": list(job.output) if job else [],
    }


def _lines(operations: Iterable[Operation]) -> Iterator[Clean]:
    for operation in operations:
        yield from (clean(line, _LINE) for line in text(operation).splitlines())


def _hint(obstacle: Obstacle) -> str:
    return f" ({obstacle.remedy})" if obstacle.remedy else ""
