"""One survey of a host: its program, fed to a shell there, and what it is asked for.

First the machine and the text of the configuration, then the paths that this names.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from backends.run import Ended
from console.actions.folders import paths as folders
from console.clean import Clean, clean
from console.errors import ConsoleError, Unparsable
from console.parse.subhost_conf import conf as subhost_conf
from console.parse.survey import host, paths
from console.survey import OPTIONS, TOOLS, Survey, SurveyRequest

PROGRAM = Path(__file__).with_name("survey.sh").read_bytes()
AUTOSTART = Clean("/etc/subhosts.conf")

_SECONDS = 20.0
_PATHS = 500
"""Most paths that are asked for."""


Run = Callable[[bytes, Sequence[bytes], float], Awaitable[Ended]]
"""Runs a program of ``sh`` with these words for at most so many seconds."""


async def surveyed(run: Run, request: SurveyRequest) -> Survey:
    """Return what a plan is made from. Raises ``ConsoleError``, and whatever ``run`` raises."""
    pid = "" if request.pid is None else str(request.pid)
    options = [word for option in OPTIONS for word in option.split()]
    words = ["host", request.conf or "", pid, *TOOLS, "--", *options]
    about = host(await _answer(run, words))
    asked = (*_of_conf(request.conf, about.conf), AUTOSTART, *request.extra)
    absolute = [path for path in dict.fromkeys(asked) if path.startswith("/")]
    return replace(about, paths=paths(await _answer(run, ["paths", *absolute[:_PATHS]])))


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
