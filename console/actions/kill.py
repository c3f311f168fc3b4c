"""Kill: a signal to everything inside a subhost but its first process."""

from __future__ import annotations

from collections.abc import Iterator

from console.actions import remains, stop
from console.actions.reading import subhost
from console.actions.tools import lacking
from console.blast import ending
from console.clean import Clean, clean
from console.model import Host
from console.operations import Operation
from console.plan import Obstacle, Plan, Step, Tier, Verb, Wish
from console.survey import Survey

SIGNALS = (
    *("HUP", "INT", "QUIT", "ABRT", "USR1", "USR2", "PIPE", "ALRM", "TERM", "KILL"),
    *("CONT", "STOP", "TSTP", "WINCH"),
)
"""Names as every kill(1) knows them."""


def plan(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return what sends the signal."""
    guest = subhost(host, wish.subhost)
    line, signal = survey.lineage, wish.signal
    words = () if line is None else (str(line.first.pid), str(line.first.started))
    step = Step(
        clean(f"send {signal} to all inside but the first process"),
        (Operation(("send", *words, signal or "")),),
        remains.LASTING,
    )
    return Plan(
        verb=wish.verb,
        host=host.name,
        subhost=wish.subhost,
        tier=Tier.LOSES if signal == "KILL" else Tier.INTERRUPTS,
        boot_id=survey.boot_id,
        config=guest.config if guest else None,
        checks=stop.checks(wish, survey),
        steps=(step,),
        consequences=(
            *(ending(host, guest, survey) if guest else ()),
            Clean(f"where all that get it end, so does {wish.subhost}"),
        ),
        obstacles=tuple(_obstacles(host, wish, survey)),
    )


def hindrance(host: Host, name: Clean, verb: Verb) -> Obstacle | None:
    """Return why nothing in it can be signalled, as far as the host alone tells."""
    return stop.hindrance(host, name, verb)


def _obstacles(host: Host, wish: Wish, survey: Survey) -> Iterator[Obstacle]:
    found = hindrance(host, wish.subhost, wish.verb)
    if found is not None:
        yield found
        return
    yield from lacking(survey, "flock", "nsenter")
    if survey.lineage is None:
        yield Obstacle(Clean(f"{wish.subhost} has ended just now"), Clean("look again"))
    if wish.signal not in SIGNALS:
        known = Clean(f"one of {' '.join(SIGNALS)}")
        yield Obstacle(clean(f"{wish.signal or 'nothing'} is no signal that is known here"), known)
