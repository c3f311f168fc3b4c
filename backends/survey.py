"""One survey of a host: its program, fed to a shell there, and what it is asked for.

First the machine and the text of the configuration, then the paths that this names.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from backends.layers import audited
from backends.losses import losses
from backends.run import Ended
from backends.together import Together
from console.actions.folders import paths as folders
from console.actions.ground import mount_at
from console.actions.ground import places as places_of
from console.clean import Clean, clean
from console.errors import ConsoleError, Denied, Problem, Unparsable, Unreachable
from console.parse.stores import places, stores
from console.parse.subhost_conf import conf as subhost_conf
from console.parse.survey import hosts, paths, staged, users
from console.survey import OPTIONS, TOOLS, PathFact, Stores, Survey, SurveyRequest, User

PROGRAM = Path(__file__).with_name("survey.sh").read_bytes()
AUTOSTART = Clean("/etc/subhosts.conf")

_SECONDS = 20.0
_TOGETHER = 8.0
"""The same for many subhosts: then each is asked for alone, since one of them may hang."""
_LASTING = 30.0
"""Seconds for which the programs of a host are taken to be the same."""
_PATHS = 500
"""Most paths that are asked for at once, and of one subhost."""
_AT_ONCE = 64
"""Subhosts asked for by one program."""
_ALONE = 8
"""Programs that ask for one alone, at once: where one that asked for all came to nothing."""


Run = Callable[[bytes, Sequence[bytes], float], Awaitable[Ended]]
"""Runs a program of ``sh`` with these words for at most so many seconds."""


class Surveyor:
    """Surveys one host; which programs it has is asked now and then, not for every plan."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._together = Together(self._seen, _AT_ONCE)
        self._turns = asyncio.Semaphore(_ALONE)
        self._like: Survey | None = None
        self._until = 0.0

    async def survey(self, request: SurveyRequest) -> Survey:
        """Return what a plan is made from, as ``surveyed`` does; many at once cost little more."""
        return await _whole(self._run, request, await self._together.ask(request))

    async def _seen(self, requests: Sequence[SurveyRequest]) -> Sequence[Survey | Exception]:
        if time.monotonic() > self._until:
            self._like = None
        try:
            found = await _grounds(self._run, requests, self._like)
        except ConsoleError as error:
            if len(requests) == 1 or not _of_one(error):
                return [error] * len(requests)
            alone = await asyncio.gather(*map(self._alone, requests))
            return [each for (each,) in alone]
        if self._like is None:
            self._like, self._until = found[0], time.monotonic() + _LASTING
        return found

    async def _alone(self, request: SurveyRequest) -> Sequence[Survey | Exception]:
        async with self._turns:
            return await self._seen([request])


def _of_one(error: ConsoleError) -> bool:
    """Whether it may be the trouble of one subhost alone, as where its folder hangs."""
    if isinstance(error, Unreachable):
        return error.problem in {Problem.HUNG, Problem.TIMEOUT, Problem.GARBLED}
    return not isinstance(error, Denied)


async def surveyed(run: Run, request: SurveyRequest) -> Survey:
    """Return what a plan is made from. Raises ``ConsoleError``, and whatever ``run`` raises."""
    (ground,) = await _grounds(run, [request], None)
    return await _whole(run, request, ground)


async def _grounds(
    run: Run, requests: Sequence[SurveyRequest], like: Survey | None
) -> Sequence[Survey]:
    """Return of each what all plans are made from: the machine, the subhost and its paths.

    Programs are taken to be what they were in ``like``, unless the host was booted anew.
    """
    options = [word for option in OPTIONS for word in option.split()]
    asked = ["--", "--"] if like else [*TOOLS, "--", *options, "--"]
    for request in requests:
        asked += [request.conf or "", "" if request.pid is None else str(request.pid)]
    seconds = _SECONDS if len(requests) == 1 else _TOGETHER
    found = hosts(await _answer(run, ["host", *asked], seconds))
    if len(found) != len(requests):
        raise Unparsable("survey", f"{len(found)} subhosts", f"{len(requests)} of them")
    if like is not None:
        if any(each.boot_id != like.boot_id for each in found):
            return await _grounds(run, requests, None)
        found = tuple(replace(each, tools=like.tools, options=like.options) for each in found)
    named = [_named(*each) for each in zip(requests, found, strict=True)]
    every = tuple(dict.fromkeys(path for each in named for path in each))
    facts: dict[Clean, PathFact] = {}
    for at in range(0, len(every), _PATHS):
        some = every[at : at + _PATHS]
        facts |= paths(await _answer(run, ["paths", *some], seconds))
    return [
        replace(about, paths={path: facts[path] for path in each if path in facts})
        for about, each in zip(found, named, strict=True)
    ]


def _named(request: SurveyRequest, about: Survey) -> Sequence[Clean]:
    """Return the paths that are to be looked at."""
    asked = (*_of_conf(request.conf, about.conf), AUTOSTART, *request.extra)
    return [path for path in dict.fromkeys(asked) if path.startswith("/")][:_PATHS]


async def _whole(run: Run, request: SurveyRequest, about: Survey) -> Survey:
    """Return the survey with what only some plans are made from."""
    if request.losses:
        about = replace(about, losses=await losses(run, request.losses))
    if request.lower is not None:
        about = await audited(run, request, about)
    if request.staged_in:
        there = await _answer(run, ["staged", *request.staged_in])
        about = replace(about, staged=staged(there))
    if not request.stores:
        return about
    found = await _stores(run, "" if request.pid is None else str(request.pid))
    point = request.users_of
    return replace(about, stores=found, users=await _users(run, found, point) if point else ())


async def _stores(run: Run, pid: str) -> Stores:
    found = stores(await _answer(run, ["stores", pid]))
    inside = f"/proc/{pid}/root" if pid else ""
    wanted = places_of(found, inside)
    return replace(found, places=places(await _answer(run, ["places", *wanted[:_PATHS]])))


async def _users(run: Run, stores: Stores, point: Clean) -> tuple[User, ...]:
    mount = mount_at(stores.mounts, point)
    if mount is None:
        return ()
    return users(await _answer(run, ["users", "{:02x}:{:02x}".format(*mount.device)]))


async def _answer(run: Run, words: Sequence[str], seconds: float = _SECONDS) -> bytes:
    ended = await run(PROGRAM, [word.encode() for word in words], seconds)
    if ended.status != 0:
        told = clean(ended.trouble.strip().rpartition(b"\n")[2]) or f"status {ended.status}"
        raise ConsoleError(f"the host cannot be surveyed: {told}")
    return ended.said


def _of_conf(path: Clean | None, text: bytes | None) -> tuple[Clean, ...]:
    if path is None:
        return ()
    if text is not None:
        with suppress(Unparsable):
            return folders(subhost_conf(path.encode(), text))
    return (path,)
