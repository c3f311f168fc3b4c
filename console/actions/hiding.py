"""What an upper layer hides of a new lower one, in the words of a plan."""

from __future__ import annotations

from collections.abc import Iterator

from console.actions.lowers import Tree
from console.actions.obstacles import obstacle
from console.clean import Clean, clean
from console.parse.amount import shown
from console.plan import Obstacle
from console.survey import Survey, UpperAudit

_SHOWN = 5


def obstacles(survey: Survey, digest: Clean | None, tree: Tree) -> Iterator[Obstacle]:
    """Yield why UPPER cannot be laid over that tree, or that tree is not what is meant."""
    if survey.unaudited is not None:
        yield obstacle(f"{tree.path} cannot be looked at: {survey.unaudited}")
    found = survey.audit
    if found is None:
        return
    if found.digest is not None and digest is not None and found.digest != digest:
        yield obstacle(
            f"{tree.path} is not the image that was meant: its SHA-256 is {found.digest}",
            f"it was to be {digest}: put it there anew",
        )
    if None not in {found.machine, found.old_machine} and found.machine != found.old_machine:
        yield obstacle(
            f"the programs in {tree.path} are for another machine than those in LOWER now",
            "take one for the same architecture",
        )
    if found.moved:
        yield obstacle(
            f"UPPER holds {found.moved} folders that were moved, or files of which it has but the "
            "metadata: they are made of the old LOWER",
            "copy what they show into new files first, or begin with an empty UPPER",
        )


def consequences(survey: Survey) -> Iterator[Clean]:
    """Yield what of the new tree will not be seen, of each kind the worst."""
    found = survey.audit
    if found is None:
        return
    if found.shadows:
        told = (
            f"UPPER has {found.shadows} files of its own ({shown(found.shadow_bytes)}) for those"
        )
        yield _line(f"{told} that change: {_worst(found, 'shadow')}")
    if found.whiteouts:
        told = f"{found.whiteouts} deleted in UPPER stay so, though they change"
        yield _line(f"{told}: {_worst(found, 'whiteout')}")
    if found.opaque:
        told = f"{found.opaque} folders of UPPER hide all of the new tree there"
        yield _line(f"{told}: {_worst(found, 'opaque')}")


def notes(survey: Survey) -> Iterator[Clean]:
    """Yield what was not looked at."""
    found = survey.audit
    if found is None:
        if survey.unaudited is None:
            yield Clean("what UPPER hides of it is not known: a command decides where that is")
        return
    if not found.complete:
        yield Clean(f"only {found.folders} folders of UPPER were looked at: there are more")
    if found.moved is None:
        yield Clean("whether folders were moved is not known: getfattr (package attr) is missing")


def _worst(found: UpperAudit, kind: str) -> str:
    shown_ = [each for each in found.worst if each.kind == kind]
    count = {"shadow": found.shadows, "whiteout": found.whiteouts, "opaque": found.opaque}[kind]
    named = [
        f"{each.path} ({shown(each.size)})" if kind == "shadow" else each.path
        for each in shown_[:_SHOWN]
    ]
    return ", ".join(named) + (" …" if count > len(named) else "")


def _line(text: str) -> Clean:
    return clean(text, 1000)
