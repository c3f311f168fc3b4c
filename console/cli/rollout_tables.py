"""Rollouts told as text and as JSON.

``subdeck rollout show --json`` prints one document, version 1, with ``rollout``: its ``id``,
``image`` and its ``digest``, ``who`` began it and when (``begun``), its ``course`` (running,
paused, held, stopping, stopped, done), why it was ``stopped`` and who ``paused`` it, who is its
``driver`` just now (``null``: nobody), ``failures`` so far, its ``rules``, and ``waves``: of each
whether it has ``held``, and ``targets``: of each the ``phase``, ``since`` when, what there is
``told`` of it, and to which image it goes back (``old``). ``rollout list --json`` has
``rollouts``: the same without ``waves``.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from rich.text import Text

from backends.rollouts import Kept
from console.clean import Clean
from console.cli.tables import new_table, rendered
from console.contract import iso
from console.listed import listed
from console.rollout.machine import Machine
from console.rollout.phases import Course, Phase
from console.rollout.records import Begun, Mark, Record, Said, Soaked, What, Word
from screens import marks

Json = dict[str, object]

_COURSES = {
    Course.RUNNING: "cyan",
    Course.PAUSED: "yellow",
    Course.DONE: "green",
}
_BAD = "bold red"
_PHASES = {
    Phase.WAITING: "dim",
    Phase.STAGED: "dim",
    Phase.PASSED: "green",
    Phase.MOVING: "cyan",
    Phase.SETTLING: "cyan",
    Phase.RETURNING: "yellow",
    Phase.CHECKING: "yellow",
    Phase.BACK: "yellow",
}
_QUIET = frozenset({Phase.WAITING, Phase.STAGED, Phase.PASSED})
_NAMED = 8
"""Hosts that a line names."""
_NOBODY = "nobody (subdeck rollout resume)"
_SHOWN = 200
"""Targets that are shown one by one."""
_SAID = {
    Word.DRIVE: "driven by",
    Word.PAUSE: "paused by",
    Word.RESUME: "resumed by",
    Word.ABORT: "aborted by",
}
_MARKED = {
    What.STAGED: "the image is there",
    What.MOVING: "upgrade begins",
    What.MOVED: "upgraded, gates to be passed",
    What.PASSED: "passed every gate",
    What.WAVERED: "passes no more",
    What.FAILED: "failed",
    What.LOST: "lost",
    What.FOUND: "answers again",
    What.RETURNING: "goes back",
    What.RETURNED: "taken back, to be seen",
    What.BACK: "is back on the old image",
    What.STUCK: "could not be taken back",
}


def kept_table(kept: Sequence[Kept], now: float) -> str:
    """Return all rollouts as a table; ``now`` is the wall clock."""
    table = new_table(
        *("ROLLOUT", "COURSE", "IMAGE", "WAVE", "PASSED", "FAILED", "AGO", "DRIVER", "TOLD"),
        right=("WAVE", "PASSED", "FAILED", "AGO"),
        wrap=("DRIVER", "TOLD"),
    )
    for each in kept:
        if (machine := each.machine) is None:
            table.add_row(
                Text(each.id), Text("unreadable", _BAD), *([""] * 6), Text(each.trouble or "")
            )
            continue
        counts = Counter(standing.phase for standing in machine.standings.values())
        waves = len(machine.begun.waves)
        table.add_row(
            Text(each.id),
            Text(machine.course.value, _COURSES.get(machine.course, _BAD)),
            Text(machine.begun.image),
            f"{min(machine.wave + 1, waves)}/{waves}",
            f"{counts[Phase.PASSED]}/{len(machine.standings)}",
            str(machine.failures),
            marks.duration(max(now - machine.begun.at, 0.0)),
            Text(each.driver or ("-" if machine.over else _NOBODY)),
            Text(machine.stopped or ""),
        )
    return rendered([table])


def rollout_table(kept: Kept, machine: Machine) -> str:
    """Return one rollout: its waves, and every target of which something is to be told."""
    waves = new_table(
        *("WAVE", "STATE", "TARGETS", *(phase.value.upper() for phase in _shown(machine))),
        right=("WAVE", "TARGETS", *(phase.value.upper() for phase in _shown(machine))),
    )
    for number, members in enumerate(machine.begun.waves):
        counts = Counter(machine.standings[each].phase for each in members)
        waves.add_row(
            str(number + 1),
            _wave(machine, number),
            str(len(members)),
            *(str(counts[phase] or "-") for phase in _shown(machine)),
        )
    lively = [each for each in machine.standings.items() if each[1].phase not in _QUIET]
    targets = new_table(*("TARGET", "STATE", "SINCE", "TOLD"), wrap=("TOLD",))
    for target, standing in lively[:_SHOWN]:
        targets.add_row(
            Text(target),
            Text(standing.phase.value, _PHASES.get(standing.phase, _BAD)),
            iso(standing.since) or "-",
            Text(standing.told or ""),
        )
    more = [Text(f"and {len(lively) - _SHOWN} more")] if len(lively) > _SHOWN else []
    head = Text("\n".join(_head(kept, machine)))
    return rendered([head, waves, *([targets] if lively else []), *more])


def rollout_json(kept: Kept, *, whole: bool) -> Json:
    """Return one rollout, with its waves if it is to be ``whole``."""
    if (machine := kept.machine) is None:
        return {"id": kept.id, "course": None, "trouble": kept.trouble}
    begun, rules = machine.begun, machine.begun.rules
    said: Json = {
        "id": kept.id,
        "image": begun.image,
        "digest": begun.digest,
        "who": begun.who,
        "begun": iso(begun.at),
        "course": machine.course.value,
        "stopped": machine.stopped,
        "paused": machine.paused,
        "driver": kept.driver,
        "wave": machine.wave,
        "failures": machine.failures,
        "rules": {
            "max_unavailable": rules.most,
            "failures": rules.failures,
            "soak": rules.soak,
            "limit": rules.limit,
            "gate_command": rules.command,
        },
    }
    return {**said, "waves": list(_waves(machine))} if whole else said


def record_text(machine: Machine, record: Record) -> str:
    """Return what just happened in a line: ``web1: passed every gate``."""
    match record:
        case Mark():
            told = f": {record.told}" if record.told else ""
            return f"{record.target}: {_MARKED[record.what]}{told}"
        case Said():
            return f"{_SAID[record.word]} {record.who}"
        case Soaked():
            return f"wave {record.wave + 1} of {len(machine.begun.waves)} has held"
    return ""


def course_text(machine: Machine) -> str:
    """Return how it stands in a line."""
    counts = Counter(standing.phase for standing in machine.standings.values())
    parts = [f"{counts[phase]} {phase}" for phase in Phase if counts[phase]]
    why = f": {machine.stopped}" if machine.stopped else ""
    return f"{machine.begun.id}: {machine.course}{why} ({', '.join(parts)})"


def begun_text(begun: Begun) -> Iterator[str]:
    """Yield what is to be done, for who is to be asked."""
    total = sum(map(len, begun.waves))
    yield f"rollout of {begun.image} to {total} host{'s' * (total != 1)}, {_rules(begun)}"
    for number, members in enumerate(begun.waves, 1):
        yield f"   wave {number}: {listed(members, _NAMED)}"
    yield "   each is booted anew or swapped, and its services are interrupted meanwhile"
    yield "   where a gate fails, its wave goes back to what it ran before"
    if begun.reason:
        yield f"   in spite of what speaks against it: {begun.reason}"


def _rules(begun: Begun) -> str:
    rules = begun.rules
    command = f", gate command {rules.command}" if rules.command else ""
    return (
        f"at most {rules.most} unavailable, {rules.failures} may fail, "
        f"soak {marks.duration(rules.soak)}, limit {marks.duration(rules.limit)}{command}"
    )


def _waves(machine: Machine) -> Iterator[Json]:
    for number, members in enumerate(machine.begun.waves):
        targets = [_target(machine, target) for target in members]
        yield {"held": number < machine.wave, "targets": targets}


def _target(machine: Machine, target: Clean) -> Json:
    standing = machine.standings[target]
    before = standing.moving.before if standing.moving else None
    return {
        "target": target,
        "phase": standing.phase.value,
        "since": iso(standing.since),
        "told": standing.told,
        "old": before.image if before else None,
    }


def _head(kept: Kept, machine: Machine) -> Iterator[str]:
    begun = machine.begun
    yield f"{begun.id}: {begun.image}, begun {iso(begun.at)} by {begun.who}"
    why = f": {machine.stopped}" if machine.stopped else ""
    who = f" by {machine.paused}" if machine.paused else ""
    drives = kept.driver or (None if machine.over else _NOBODY)
    yield f"{machine.course}{who}{why}{f'; driven by {drives}' if drives else ''}"
    yield f"{_rules(begun)}; {machine.failures} failed so far"
    lost = sum(each.phase is Phase.LOST for each in machine.standings.values())
    if lost:
        yield f"{lost} lost: power cycle needed, then subdeck rollout resume {begun.id}"


def _wave(machine: Machine, number: int) -> Text:
    if number < machine.wave:
        return Text("held", "green")
    if number > machine.wave:
        return Text("to come", "dim")
    left = machine.soaked_at - time.time()
    if 0 < left < float("inf"):
        return Text(f"soaks for {marks.duration(left)}", "cyan")
    return Text(machine.course.value, _COURSES.get(machine.course, _BAD))


def _shown(machine: Machine) -> tuple[Phase, ...]:
    there = {standing.phase for standing in machine.standings.values()}
    return tuple(phase for phase in Phase if phase in there)


def document(name: str, content: object) -> None:
    """Print one document."""
    whole = {"version": 1, "time": iso(time.time()), name: content}
    sys.stdout.write(json.dumps(whole, allow_nan=False) + "\n")
