"""What can be done with the chosen rows: every entry there is, and why one cannot be chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from console.clean import Clean
from console.contact import Contact
from console.fleet import FleetView
from console.jobs import Job, JobState, Settling
from console.model import Host
from console.plan import ON_STORES, Obstacle, Verb
from console.recabling import Change
from screens.doing import Chosen, Doing, Target
from screens.pages.contact import acceptable

Hinders = Callable[[Host, Target, Verb], Obstacle | None]
"""Why a verb makes no sense for a subhost or a level as it is now."""


class Kind(StrEnum):
    """What an entry does to the world."""

    VIEW = "view"
    CHANGE = "change"
    DESTRUCTIVE = "destructive"


class Other(StrEnum):
    """What can be done besides the verbs."""

    SHELL = "shell"
    LOOK = "look again"
    ACCEPT = "accept its key"
    WRITERS = "who writes"
    RELIEF = "relief"


Does = Verb | Change | Settling | Other


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be done, or cannot be just now."""

    letter: str
    does: Does
    title: str
    kind: Kind
    targets: tuple[Target, ...] = ()
    """Those it can be done to."""
    why: str = ""
    """Why it cannot be done, to all or to some, with what would help; empty: it can."""

    @property
    def possible(self) -> bool:
        """Whether it can be chosen."""
        return bool(self.targets)


VERBS: Mapping[Verb, tuple[str, str, Kind]] = {
    Verb.GROW: ("m", "give it more room", Kind.CHANGE),
    Verb.START: ("s", "start it", Kind.CHANGE),
    Verb.STOP: ("t", "stop it, its services first", Kind.DESTRUCTIVE),
    Verb.RESTART: ("r", "stop it, then start it", Kind.DESTRUCTIVE),
    Verb.SHARE: ("h", "show a folder of the host inside", Kind.CHANGE),
    Verb.UNSHARE: ("n", "take a shared folder back", Kind.DESTRUCTIVE),
    Verb.CLEAN: ("c", "drop files its lower has alike", Kind.DESTRUCTIVE),
    Verb.ENABLE: ("e", "start it when the host boots", Kind.CHANGE),
    Verb.DISABLE: ("d", "do not start it at boot", Kind.CHANGE),
    Verb.KILL: ("i", "send a signal to all inside", Kind.DESTRUCTIVE),
    Verb.REPAIR: ("p", "take away what a crash left", Kind.CHANGE),
}
"""Letter, meaning and kind of every verb; no letter is a key of tables."""
CHANGES: Mapping[Change, tuple[str, str, Kind]] = {
    Change.UP: ("U", "set up all that is down on its way out", Kind.CHANGE),
    Change.BRIDGE: ("B", "plug it into a bridge, out of any other", Kind.CHANGE),
    Change.NO_BRIDGE: ("X", "take it out of its bridge", Kind.DESTRUCTIVE),
    Change.VLAN: ("L", "make a VLAN on it", Kind.CHANGE),
    Change.NO_VLAN: ("D", "remove a VLAN from it", Kind.DESTRUCTIVE),
    Change.MAC: ("M", "give its end inside another MAC", Kind.CHANGE),
}
"""The same of what can become of a cable."""
_SETTLING = {
    Settling.FINISH: ("f", "go on where it was killed"),
    Settling.ROLL_BACK: ("b", "take back what it did"),
}
LETTERS = (
    "".join(letter for table in (VERBS, CHANGES, _SETTLING) for letter, *_ in table.values())
    + "olywv"
)
"""Every letter that may choose an entry."""


def entries(
    view: FleetView, doing: Doing | None, hinders: Hinders, chosen: Chosen, jobs: Sequence[Job]
) -> tuple[Entry, ...]:
    """Return what there is to do, in the order it is listed."""
    contacts = {contact.name: contact for contact in view.contacts}
    found = [*_of_jobs(doing, jobs)] if jobs else []
    wholes = tuple(dict.fromkeys(each.whole for each in chosen.targets))
    for change in CHANGES if chosen.cables else ():
        found.append(_deed(change, contacts, doing, hinders, chosen.cables))
    for verb in VERBS:
        targets = chosen.levels if verb in ON_STORES else wholes if chosen.subhosts else ()
        if targets:
            found.append(_deed(verb, contacts, doing, hinders, targets))
    return (*found, *_of_levels(chosen), *_others(contacts, doing, wholes))


def _deed(
    does: Verb | Change,
    contacts: Mapping[Clean, Contact],
    doing: Doing | None,
    hinders: Hinders,
    targets: Sequence[Target],
) -> Entry:
    verb = Verb.CABLE if isinstance(does, Change) else does
    able: list[Target] = []
    whys: list[str] = []
    for target in targets:
        contact = contacts.get(target.host)
        why = _refused(doing, target.host, verb)
        if not why and contact and contact.host:
            why = _said(hinders(contact.host, target, verb))
        if not target.subhost and not target.level:
            why = f"{target} is a host"
        if why:
            whys.append(why)
        else:
            able.append(target)
    letter, title, kind = CHANGES[does] if isinstance(does, Change) else VERBS[does]
    return Entry(letter, does, title, kind, tuple(able), _why(whys, able, targets))


def _of_levels(chosen: Chosen) -> Iterator[Entry]:
    """Yield what there is to see of a level."""
    if chosen.levels:
        able = chosen.levels if len(chosen.targets) == 1 else ()
        why = "" if able else "one at a time"
        yield Entry("w", Other.WRITERS, "who fills it (key w)", Kind.VIEW, able, why)
        yield Entry("v", Other.RELIEF, "every way to relieve it (key r)", Kind.VIEW, able, why)


def _why(whys: Sequence[str], able: Sequence[Target], targets: Sequence[Target]) -> str:
    if not whys:
        return ""
    first = whys[0] if len(set(whys)) == 1 else f"{whys[0]} …"
    return f"{len(able)} of {len(targets)}: {first}" if able else first


def _of_jobs(doing: Doing | None, jobs: Sequence[Job]) -> Iterator[Entry]:
    for how, (letter, title) in _SETTLING.items():
        able = []
        why = ""
        for job in jobs:
            why = why or unsettled(doing, job, how)
            if not why:
                able.append(Target(job.host, job.subhost))
        yield Entry(letter, how, title, Kind.DESTRUCTIVE, tuple(able), why)


def unsettled(doing: Doing | None, job: Job, how: Settling) -> str:
    """Return why a job cannot be finished, or taken back; empty: it can."""
    return _unsettled(job, how) or _refused(doing, job.host, None)


def _unsettled(job: Job, how: Settling) -> str:
    if job.state is JobState.UNKNOWN:
        return "what became of it is not known: Ctrl-R looks"
    if job.state is not JobState.KILLED:
        return "it runs" if job.state is JobState.RUNNING else f"it ended by itself: {job.state}"
    if how is Settling.FINISH and not job.finishable:
        return "it cannot go on where it was"
    return ""


def _others(
    contacts: Mapping[Clean, Contact], doing: Doing | None, targets: tuple[Target, ...]
) -> Iterator[Entry]:
    if not targets:
        return
    first = targets[0]
    where = "inside" if first.subhost else "on the host"
    why = _refused(doing, first.host, None)
    if len(targets) > 1:
        why = "one at a time"
    able = () if why else (first,)
    yield Entry("o", Other.SHELL, f"open a shell {where} (key s)", Kind.CHANGE, able, why)
    title = "look again now (Ctrl-R)"
    yield Entry("l", Other.LOOK, title, Kind.VIEW, targets)
    if acceptable(contacts.get(first.host)):
        yield Entry("y", Other.ACCEPT, "compare and accept its key", Kind.CHANGE, (first,))


def _refused(doing: Doing | None, host: Clean, verb: Verb | None) -> str:
    return "still looking" if doing is None else _said(doing.refusal(host, verb))


def _said(obstacle: Obstacle | None) -> str:
    return "" if obstacle is None else ": ".join(filter(None, (obstacle.text, obstacle.remedy)))
