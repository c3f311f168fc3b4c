"""Gates: what must show on a target after it was upgraded, or taken back, before others follow.

Each gate passes, is to be waited for, or has failed, and says so in one line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from console.clean import Clean, clean
from console.errors import Problem
from console.listed import listed
from console.model import Host, Level, Running, State, Subhost

_GROWN_UP = 60.0
"""Seconds after which a program that a subhost's first process has adopted counts as a service."""
_BARRED = frozenset(
    {
        *(Problem.UNKNOWN_KEY, Problem.CHANGED_KEY, Problem.REVOKED_KEY),
        *(Problem.AUTH, Problem.DENIED),
    }
)
"""Problems of hosts that are there: a power cycle does not help."""
_NAMED = 5
"""Things that one line names."""


class Gate(StrEnum):
    """What is asked of a target, in this order."""

    CONTACT = "contact"
    ACCESS = "access"
    BOOT = "boot"
    IMAGE = "image"
    STYLE = "style"
    LEVELS = "levels"
    SUBHOSTS = "subhosts"
    SERVICES = "services"
    COMMAND = "command"


class Verdict(StrEnum):
    """What came of asking."""

    PASS = "pass"  # noqa: S105  no password
    WAIT = "wait"
    """Not yet; it has failed when it takes too long."""
    FAIL = "fail"


class Runs(StrEnum):
    """Which image a target runs, told by content."""

    NEW = "new"
    OLD = "old"
    """The one it is to go back to."""
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Before:
    """What a target was like before it was upgraded."""

    boot_id: Clean | None
    style: Clean | None
    image: Clean
    """The set it goes back to, as the catalogue names it."""
    reboots: bool
    """Whether the upgrade boots its host anew."""
    pressed: tuple[Clean, ...] = ()
    """Ids of levels that were to be acted on already."""
    running: tuple[Clean, ...] = ()
    """Subhosts that ran."""
    services: tuple[Clean, ...] = ()
    """Programs that ran in these for long: ``mta:master``."""
    armed: tuple[Clean, ...] = ()
    """What its next stop or reboot was to do differently."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at a target, begun after it was asked for."""

    host: Host | None
    """``None``: it does not answer."""
    runs: Runs = Runs.UNKNOWN
    trouble: Clean | None = None
    """Why it does not answer, or which image it runs is not known."""
    problem: Problem | None = None
    """The word for why it does not answer."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one gate says."""

    gate: Gate
    verdict: Verdict
    line: Clean


def before(host: Host, subhost: Clean, image: Clean, *, reboots: bool) -> Before:
    """Return what a host, or one subhost of it, is like; ``subhost`` is empty for the host."""
    boot = host.boot
    concerned = [each for each in _concerned(host, subhost) if each.state is Running.RUNNING]
    return Before(
        boot_id=boot.boot_id if boot else None,
        style=Clean(boot.style.value) if boot else None,
        image=image,
        reboots=reboots,
        pressed=tuple(dict.fromkeys(_pressed(_levels(host, subhost)))),
        running=tuple(each.name for each in concerned),
        services=tuple(_services(concerned, older=host.time - _GROWN_UP)),
        armed=boot.armed if boot else (),
    )


def untouched(was: Before, seen: Sight) -> bool:
    """Whether a target runs the old image, and will after its next boot."""
    armed = seen.host.boot.armed if seen.host and seen.host.boot else ()
    return seen.runs is Runs.OLD and set(armed) <= set(was.armed)


def readings(was: Before, seen: Sight, subhost: Clean, wanted: Runs) -> tuple[Reading, ...]:
    """Return what each gate says of a target that is to run the ``wanted`` image.

    Where it does not answer, that alone. On the way back levels and services are not asked about:
    they may have suffered from what was taken back.
    """
    if seen.host is None:
        return (silence(seen.trouble or "it was not seen yet", seen.problem),)
    host = seen.host
    asked = [
        Reading(Gate.CONTACT, Verdict.PASS, Clean("it answers")),
        Reading(Gate.ACCESS, Verdict.PASS, Clean("it lets us in")),
        _boot(was, host, wanted),
        _image(was, seen, wanted, rebooted=host.boot_id != was.boot_id),
        _style(was, host),
        _subhosts(was, host),
    ]
    if wanted is Runs.NEW:
        asked += [_level(was, _levels(host, subhost)), _serving(was, host)]
    order = list(Gate)
    return tuple(sorted(asked, key=lambda each: order.index(each.gate)))


def silence(trouble: str, problem: Problem | None) -> Reading:
    """Return what is to be said of a target that cannot be looked at."""
    if problem in _BARRED:
        return Reading(Gate.ACCESS, Verdict.WAIT, clean(f"it does not let us in: {trouble}"))
    return Reading(Gate.CONTACT, Verdict.WAIT, clean(f"no answer: {trouble}"))


def _boot(was: Before, host: Host, wanted: Runs) -> Reading:
    if not was.reboots or wanted is Runs.OLD:
        return Reading(Gate.BOOT, Verdict.PASS, Clean("need not be booted anew"))
    if host.boot_id in {None, was.boot_id}:
        return Reading(Gate.BOOT, Verdict.WAIT, Clean("it was not booted anew yet"))
    return Reading(Gate.BOOT, Verdict.PASS, Clean("it was booted anew"))


def _image(was: Before, seen: Sight, wanted: Runs, *, rebooted: bool) -> Reading:
    if seen.runs is wanted:
        return Reading(Gate.IMAGE, Verdict.PASS, Clean(f"it runs the {wanted} image"))
    if seen.runs is Runs.UNKNOWN:
        why = f": {seen.trouble}" if seen.trouble else ""
        return Reading(Gate.IMAGE, Verdict.WAIT, clean(f"which image it runs is not known{why}"))
    if wanted is Runs.NEW and seen.runs is Runs.OLD and was.reboots and rebooted:
        return Reading(Gate.IMAGE, Verdict.FAIL, clean(f"it fell back to {was.image}"))
    what = "another image" if seen.runs is Runs.OTHER else f"the {seen.runs} image still"
    failed = seen.runs is Runs.OTHER and wanted is Runs.NEW
    return Reading(Gate.IMAGE, Verdict.FAIL if failed else Verdict.WAIT, Clean(f"it runs {what}"))


def _style(was: Before, host: Host) -> Reading:
    style = host.boot.style.value if host.boot else None
    if style is None:
        return Reading(Gate.STYLE, Verdict.WAIT, Clean("how it booted is not known"))
    if was.style not in {None, style}:
        told = clean(f"it booted as {style}, not as {was.style}")
        return Reading(Gate.STYLE, Verdict.FAIL, told)
    return Reading(Gate.STYLE, Verdict.PASS, Clean(f"it booted as {style}"))


def _level(was: Before, levels: Sequence[Level]) -> Reading:
    lost = [each.id for each in levels if each.state is State.LOST and each.id not in was.pressed]
    if lost:
        return Reading(Gate.LEVELS, Verdict.FAIL, clean(f"lost: {listed(lost, _NAMED)}"))
    if pressed := [each for each in _pressed(levels) if each not in was.pressed]:
        return Reading(Gate.LEVELS, Verdict.WAIT, clean(f"too full: {listed(pressed, _NAMED)}"))
    return Reading(Gate.LEVELS, Verdict.PASS, Clean("no level is too full that was not before"))


def _subhosts(was: Before, host: Host) -> Reading:
    running = {each.name for each in host.subhosts if each.state is Running.RUNNING}
    if missing := [name for name in was.running if name not in running]:
        return Reading(
            Gate.SUBHOSTS, Verdict.WAIT, clean(f"not running: {listed(missing, _NAMED)}")
        )
    return Reading(Gate.SUBHOSTS, Verdict.PASS, Clean("every subhost runs that ran"))


def _serving(was: Before, host: Host) -> Reading:
    now = set(_services(host.subhosts))
    if missing := [name for name in was.services if name not in now]:
        return Reading(Gate.SERVICES, Verdict.WAIT, clean(f"not there: {listed(missing, _NAMED)}"))
    return Reading(Gate.SERVICES, Verdict.PASS, Clean("every service is there that was"))


def _concerned(host: Host, subhost: Clean) -> tuple[Subhost, ...]:
    return tuple(each for each in host.subhosts if subhost in {"", each.name})


def _levels(host: Host, subhost: Clean) -> Sequence[Level]:
    if not subhost:
        return host.all_levels
    return [level for each in _concerned(host, subhost) for level in each.levels]


def _pressed(levels: Sequence[Level]) -> Iterator[Clean]:
    return (each.id for each in levels if each.state.severity >= State.ACT.severity)


def _services(subhosts: Sequence[Subhost], older: float | None = None) -> list[Clean]:
    """Return the programs that first processes have adopted: what went to the background."""
    return sorted(
        {
            clean(f"{subhost.name}:{process.name}")
            for subhost in subhosts
            for process in subhost.processes
            if process.parent == subhost.pid and (older is None or process.started < older)
        }
    )
