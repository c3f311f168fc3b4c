"""``subdeck jobs``: what runs or ran on hosts, whoever began it; follow, finish, roll back, audit.

``--json`` prints one document, version 1: ``jobs``, newest first, each as in ``status --json``; or
with ``--audit`` the ``records`` of this console's operators, oldest first.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from fnmatch import fnmatchcase

from console.clean import Clean
from console.cli.saying import say
from console.cli.setup import audit, settings, wanted
from console.cli.watching import mute, watched
from console.contract import iso, job_json
from console.deeds import Deeds
from console.errors import ConsoleError
from console.fleet import Fleet
from console.jobs import Job, JobState, Settling
from console.targets import Target, Wanted

_LINES = 1000
"""Lines of a job's output asked for at once."""
_PAUSE = 0.5


def run(arguments: Namespace) -> int:
    """Print the jobs, or follow one; return the exit status."""
    if arguments.audit:
        return _audit(arguments)
    config = settings(arguments)
    asked = wanted(arguments, config)

    async def main() -> int:
        async with watched(arguments, config, asked) as fleet:
            troubles = await _looked(fleet)
            for trouble in troubles:
                say(trouble)
            job_id = arguments.follow or arguments.finish or arguments.roll_back
            if job_id is None:
                _print(arguments, _of(fleet.deeds.jobs, asked))
                return int(bool(troubles))
            return await _one(arguments, fleet.deeds, Clean(job_id))

    return asyncio.run(main())


async def _looked(fleet: Fleet) -> list[str]:
    """Ask every host for its jobs; return in a line each who could not be asked."""
    silent = dict(mute(fleet.view.contacts))

    async def look(name: Clean) -> str | None:
        try:
            await fleet.deeds.look(name)
        except ConsoleError as error:
            return "; ".join(filter(None, (f"{name}: {error}", error.hint)))
        return None

    names = [each.name for each in fleet.view.contacts if each.name not in silent]
    said = await asyncio.gather(*map(look, names))
    return [*silent.values(), *filter(None, said)]


def _of(jobs: Sequence[Job], asked: Wanted) -> list[Job]:
    def meant(job: Job, target: Target) -> bool:
        return job.host == target.host and fnmatchcase(job.subhost, target.subhost or "*")

    return [job for job in jobs if any(meant(job, target) for target in asked.targets)]


def _print(arguments: Namespace, jobs: Sequence[Job]) -> None:
    if arguments.json:
        _document("jobs", [job_json(job) for job in jobs])
        return
    from console.cli.job_tables import jobs_table

    sys.stdout.write(jobs_table(jobs, time.time()))


async def _one(arguments: Namespace, deeds: Deeds, job_id: Clean) -> int:
    """Follow one job, having begun to settle it where that is asked; return 1 unless it is done.

    A job that is to be rolled back is done when it is undone.
    """
    job = next((job for job in deeds.jobs if job.id == job_id), None)
    if job is None:
        say(f"{job_id}: no such job there (subdeck jobs lists them)")
        return 1
    good = JobState.UNDONE if arguments.roll_back else JobState.DONE
    if not arguments.follow:
        how = Settling.FINISH if arguments.finish else Settling.ROLL_BACK
        try:
            await deeds.settle(job.host, job_id, how)
        except ConsoleError as error:
            say(error.whole)
            return 1
    job = await _followed(deeds, job, quiet=arguments.json)
    if arguments.json:
        _document("jobs", [job_json(job)])
    else:
        told = f": {job.told}" if job.told else ""
        took = "" if job.seconds is None else f" after {job.seconds:.1f} s"
        sys.stdout.write(f"{job.verb} {job.subhost} on {job.host}: {job.state}{took}{told}\n")
    return int(job.state is not good)


async def _followed(deeds: Deeds, job: Job, *, quiet: bool) -> Job:
    """Return a job at its end, having printed what its commands said."""
    ending = asyncio.ensure_future(deeds.ended(job.id))
    said: tuple[Clean, ...] = ()
    over = False
    while not over:
        over = ending.done()
        if not quiet:
            try:
                now = await deeds.output(job.host, job.id, _LINES)
            except ConsoleError as error:
                now = said
                say(f"{job.host}: {error}")
            for line in _news(said, now):
                sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
            said = now
        if not over:
            await asyncio.wait([ending], timeout=_PAUSE)
    return await ending


def _news(before: Sequence[Clean], now: Sequence[Clean]) -> Sequence[Clean]:
    """Return the lines that came: those after the longest end of ``before`` that now begins."""
    for kept in range(min(len(before), len(now)), 0, -1):
        if before[-kept:] == now[:kept]:
            return now[kept:]
    return now


def _audit(arguments: Namespace) -> int:
    """Print the record of what was done from here; return 1 where it cannot be relied upon."""
    file = audit()
    found = asyncio.run(file.read())
    file.close()
    for trouble in found.troubles:
        say(trouble)
    if arguments.json:
        records = [{**asdict(record), "time": iso(record.time)} for record in found.records]
        _document("records", records)
    else:
        from console.cli.job_tables import audit_table

        sys.stdout.write(audit_table(found.records))
    return int(bool(found.troubles))


def _document(name: str, parts: Sequence[object]) -> None:
    whole = {"version": 1, "time": iso(time.time()), name: parts}
    sys.stdout.write(json.dumps(whole, allow_nan=False) + "\n")
