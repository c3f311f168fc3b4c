"""What an upper layer would hide of another lower one: looked at, never changed, bounded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from backends.run import Ended
from console.actions.lowers import Tree, spelled, tree
from console.clean import Clean, clean
from console.errors import Unparsable
from console.parse.subhost_conf import conf as subhost_conf
from console.parse.upper_audit import upper_audit
from console.shell.libraries import texts
from console.survey import Survey, SurveyRequest

SECONDS = 5
"""Through which an upper layer is looked."""
_PATIENCE = 45.0
"""Seconds for that, and to read the whole of an image."""

_LOOK = r"""
cd /
command -v unshare >/dev/null || { echo 'unshare is not installed' >&2; exit 1; }
[ ! -f "$1" ] || sha256sum <"$1" | sed 's/^\([0-9a-f]*\).*/digest \1/'
exec unshare -m /bin/sh -c "$layered$machines$audit" sh "$@" "$audit_here"
"""
PROGRAM = "\n".join((*texts("values", "layering"), _LOOK)).encode()

Run = Callable[[bytes, Sequence[bytes], float], Awaitable[Ended]]
"""Runs a program of ``sh`` with these words for at most so many seconds."""


async def audited(run: Run, request: SurveyRequest, survey: Survey) -> Survey:
    """Return the survey with what UPPER makes of ``request.lower``. Raises what ``run`` raises."""
    words = _words(request, survey)
    if words is None:
        return survey
    ended = await run(PROGRAM, [word.encode() for word in words], _PATIENCE)
    if ended.status != 0:
        told = clean(ended.trouble.strip().partition(b"\n")[0]) or f"status {ended.status}"
        return replace(survey, unaudited=Clean(told))
    return replace(survey, audit=upper_audit(ended.said))


def _words(request: SurveyRequest, survey: Survey) -> tuple[str, ...] | None:
    """Return the layers; ``None``: there is nothing that could be looked at."""
    if request.conf is None or request.lower is None or survey.conf is None or not survey.root:
        return None
    try:
        conf = subhost_conf(request.conf.encode(), survey.conf)
    except Unparsable:
        return None
    value = spelled(conf, request.lower, survey.paths.get(request.lower))
    new = tree(conf, value) if value else None
    if new is None or not conf.upper.startswith("/"):
        return None
    old = tree(conf, conf.lower) or Tree("")
    return (*new.words, *old.words, conf.upper, str(SECONDS))
