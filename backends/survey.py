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
from console.actions.folders import paths as folders
from console.actions.ground import mount_at
from console.actions.ground import places as places_of
from console.clean import Clean, clean
from console.errors import ConsoleError, Unparsable
from console.parse.stores import places, stores
from console.parse.subhost_conf import conf as subhost_conf
from console.parse.survey import host, paths, staged, users
from console.survey import OPTIONS, TOOLS, Stores, Survey, SurveyRequest, User

PROGRAM = Path(__file__).with_name("survey.sh").read_bytes()
AUTOSTART = Clean("/etc/subhosts.conf")

_SECONDS = 20.0
_LASTING = 30.0
"""Seconds for which the programs of a host are taken to be the same."""
_PATHS = 500
"""Most paths that are asked for."""


Run = Callable[[bytes, Sequence[bytes], float], Awaitable[Ended]]
"""Runs a program of ``sh`` with these words for at most so many seconds."""


class Surveyor:
    """Surveys one host; which programs it has is asked now and then, not for every plan."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._asking = asyncio.Lock()
        self._like: Survey | None = None
        self._until = 0.0

    async def survey(self, request: SurveyRequest) -> Survey:
        """Return what a plan is made from, as ``surveyed`` does."""
        async with self._asking:
            if self._like is None or time.monotonic() > self._until:
                self._like = await surveyed(self._run, request)
                self._until = time.monotonic() + _LASTING
                return self._like
        return await surveyed(self._run, request, self._like)


async def surveyed(run: Run, request: SurveyRequest, like: Survey | None = None) -> Survey:
    """Return what a plan is made from. Raises ``ConsoleError``, and whatever ``run`` raises.

    Programs are taken to be what they were in ``like``, unless the host was booted anew.
    """
    pid = "" if request.pid is None else str(request.pid)
    options = [word for option in OPTIONS for word in option.split()]
    tools = [] if like else [*TOOLS, "--", *options]
    about = host(await _answer(run, ["host", request.conf or "", pid, *(tools or ["--"])]))
    if like is not None:
        if about.boot_id != like.boot_id:
            return await surveyed(run, request)
        about = replace(about, tools=like.tools, options=like.options)
    asked = (*_of_conf(request.conf, about.conf), AUTOSTART, *request.extra)
    absolute = [path for path in dict.fromkeys(asked) if path.startswith("/")]
    about = replace(about, paths=paths(await _answer(run, ["paths", *absolute[:_PATHS]])))
    if request.losses:
        about = replace(about, losses=await losses(run, request.losses))
    if request.lower is not None:
        about = await audited(run, request, about)
    if request.staged_in:
        there = await _answer(run, ["staged", *request.staged_in])
        about = replace(about, staged=staged(there))
    if not request.stores:
        return about
    found = await _stores(run, pid)
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


async def _answer(run: Run, words: Sequence[str]) -> bytes:
    ended = await run(PROGRAM, [word.encode() for word in words], _SECONDS)
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
