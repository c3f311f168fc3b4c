"""Forecasts: what they cost, and how good they are beside Prometheus' and the plain rule.

``python -m tests.bench.bench_forecast [FAMILY ...]``. Prints the tables of ``docs/forecast.md``.
A few minutes: seventeen days of samples and more go through every rule. ``cost`` as the only name
measures the cost alone.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from array import array
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import accumulate

from console.clean import Clean
from console.config import Thresholds
from console.model import Host, Kind, Level, Limit, State
from console.trends import Trends
from tests.bench.budget import Figure, table
from tests.bench.forecast.families import STEP, Trace, corpus
from tests.bench.forecast.held import held_out
from tests.bench.forecast.judging import (
    ACT,
    BEFORE,
    FAR,
    OURS,
    RULES,
    WATCH,
    Misses,
    Scores,
    beats,
    judged,
    together,
)
from tests.bench.forecast.once_held import once_held_out
from tests.bench.forecast.recording import PAGE, RECORDED

HOSTS, LEVELS = 20, 10
"""What is measured; told for fifty times as many."""
LOOKS = 150
"""Looks at each host before the cost of one is measured."""
MEASURED = 60
"""Looks of which one costs the mean: all of this is not done at each."""


_IDLE = 300
"""Samples for which a recorded store is idle before its workload begins."""


def recorded() -> Iterator[Trace]:
    """Yield the traces of real workloads."""
    for name, found in json.loads(RECORDED.read_text()).items():
        differences = [found["used"][0], *[0] * _IDLE, *found["used"][1:]]
        used = array("q", [pages * PAGE for pages in accumulate(differences)])
        yield Trace("recorded", name, found["total"] * PAGE, used)


def main(names: Sequence[str] = ()) -> list[Figure]:
    """Measure, print it all, return what has a budget."""
    figures = [] if names and "cost" not in names else _cost()
    print(table(figures))
    if tuple(names) != ("cost",):
        figures += _quality(names)
    return figures


# Quality


def _quality(names: Sequence[str]) -> list[Figure]:
    held = {trace.family for trace in held_out()}
    traces = [
        each
        for each in (*corpus(), *once_held_out(), *held_out(), *recorded())
        if not names or each.family in names
    ]
    with ProcessPoolExecutor() as workers:
        found = list(workers.map(judged, traces))
    families = {
        family: together(
            each for each, trace in zip(found, traces, strict=True) if trace.family == family
        )
        for family in dict.fromkeys(trace.family for trace in traces)
    }
    named = {family: f"{family} (held out)" if family in held else family for family in families}
    for horizon, title in ((ACT, "20 minutes"), (WATCH, "2 hours"), (FAR, "4 hours")):
        print(f"\n### Alarms {title} ahead\n")
        print("\n".join(_alarms({named[f]: s for f, (s, _) in families.items()}, horizon)))
    print("\n### All three together\n")
    print("\n".join(_together({named[f]: s for f, (s, _) in families.items()})))
    print("\n### Error of the estimate\n")
    print("\n".join(_errors({named[f]: m for f, (_, m) in families.items()})))
    lost = [
        f"{family}, {horizon:g} s, {name}"
        for family, (scores, _) in families.items()
        for (name, horizon), score in scores.items()
        if name != OURS and not scores[OURS, horizon].beats(score)
    ]
    print("\nnot beaten at one horizon:", "; ".join(lost) or "none")
    whole = list(_unbeaten({family: scores for family, (scores, _) in families.items()}))
    print("\nnot beaten in all:", "; ".join(whole) or "none")
    return [
        Figure("forecast: rules not beaten on a family", len(whole), "", 0),
        Figure("forecast: rules not beaten on a family at one horizon", len(lost), ""),
    ]


def _alarms(families: dict[str, Scores], horizon: float) -> Iterator[str]:
    """Yield a table: mean lead before full in minutes, and false alarms a day."""
    rules = [name for name in RULES if (name, horizon) in next(iter(families.values()))]
    yield from _table(("family", *rules))
    for family, scores in families.items():
        cells = (scores[name, horizon] for name in rules)
        yield _row(
            family,
            (
                f"{each.lead / 60:.1f} min, {each.false_a_day:.1f}"
                if each.leads
                else f"-, {each.false_a_day:.1f}"
                for each in cells
            ),
        )


_FORMS = {
    OURS: (OURS, OURS, OURS),
    "predict_linear": ("predict_linear 15 min",) * 2 + ("predict_linear 1 h, for 5 min",),
    "last rate": ("last rate",) * 3,
}
"""What a rule is called at each horizon."""


def _whole(scores: Scores, name: str) -> tuple[float, float]:
    """Return the mean leads of a rule at all horizons together, and its false alarms a day."""
    found = [scores[form, at] for form, at in zip(_FORMS[name], (ACT, WATCH, FAR), strict=True)]
    return sum(each.lead for each in found), sum(each.false_a_day for each in found)


def _unbeaten(families: dict[str, Scores]) -> Iterator[str]:
    """Yield families and rules that do as well as ours there, all horizons together."""
    for family, scores in families.items():
        for name in _FORMS:
            if name != OURS and not beats(_whole(scores, OURS), _whole(scores, name)):
                yield f"{family}, {name}"


def _together(families: dict[str, Scores]) -> Iterator[str]:
    """Yield a table: mean leads at all horizons added up, in minutes, and false alarms a day."""
    yield from _table(("family", *_FORMS))
    for family, scores in families.items():
        cells = (_whole(scores, name) for name in _FORMS)
        yield _row(family, (f"{lead / 60:.1f} min, {false:.1f}" for lead, false in cells))


def _errors(families: dict[str, Misses]) -> Iterator[str]:
    """Yield a table: median error at so many minutes before full, and how often one was told."""
    rules = list(RULES)
    yield from _table(("family", "before full", *rules))
    for family, misses in families.items():
        for before in BEFORE:
            cells = [misses.get((name, before)) for name in rules]
            if any(cells):
                told = (
                    "-"
                    if each is None or each.typical is None
                    else f"{each.typical:.0%} ({len(each.shares)}/{each.asked})"
                    for each in cells
                )
                yield _row(family, (f"{before / 60:.0f} min", *told))


def _table(columns: Sequence[str]) -> Iterator[str]:
    yield _row(columns[0], columns[1:])
    yield "|" + " --- |" * len(columns)


def _row(first: str, others: Iterable[str]) -> str:
    return f"| {' | '.join((first, *others))} |"


# Cost


def _cost() -> list[Figure]:
    """Return what a look at 10,000 levels costs beyond the look itself."""
    return [
        Figure(f"forecast: 10,000 levels, {name}", asyncio.run(_tick(moving)), "ms", budget)
        for name, moving, budget in (
            ("all at rest", 0, None),
            ("3 of 10 moving", 3, 100.0),
            ("5 of 10 moving", 5, 100.0),
            ("all moving", 10, None),
        )
    ]


async def _tick(moving: int) -> float:
    """Return milliseconds of CPU that following 1,000 hosts takes a look: the mean of many."""
    trends = Trends(None)
    hosts = [_host(n) for n in range(HOSTS)]
    took: list[float] = []
    for look in range(LOOKS + MEASURED):
        at = look * STEP
        hosts = [_later(host, moving, at, n) for n, host in enumerate(hosts)]
        begin = time.process_time()
        for host in hosts:
            await trends.followed(host, _judge)
        took.append(time.process_time() - begin)
    return statistics.fmean(took[LOOKS:]) * 1000 * 50


def _judge(kind: Kind, level_id: Clean) -> Thresholds:
    return Thresholds()


def _host(number: int) -> Host:
    levels = tuple(
        Level(
            id=Clean(f"tmpfs:/store{n}"),
            kind=Kind.TMPFS,
            mount=None,
            device=None,
            backs=(),
            used=10**8 * (n + 1),
            total=10**10,
            inodes_used=1000,
            inodes_total=10**6,
            limit=Limit(10**10, Clean("own size")),
            state=State.OK,
            on_full="",
        )
        for n in range(LEVELS)
    )
    return Host(Clean(f"host{number}"), None, None, levels, (), (), (), (), (), 0.0, 0.0)


def _later(host: Host, moving: int, at: float, number: int) -> Host:
    """Return a look at a host of which some levels take this and that, each at its own pace."""
    levels = tuple(
        replace(
            level,
            used=(level.used or 0) + _taken(number, n, at),
            inodes_used=(level.inodes_used or 0) + n % 2,
        )
        if n < moving
        else level
        for n, level in enumerate(host.levels)
    )
    return replace(host, levels=levels, at=at, time=at)


def _taken(number: int, level: int, at: float) -> int:
    return (number % 7 + 1) * (level + 1) * (4096 + hash((number, level, at)) % 999)


if __name__ == "__main__":
    main(tuple(sys.argv[1:]))
