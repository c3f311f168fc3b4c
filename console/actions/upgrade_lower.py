"""Upgrade of a subhost: another LOWER beneath it, and the old one again where it does not do.

The configuration names LOWER; one line of it changes. What builds the subhost reads there what it
is, so the same steps start it with the new one, and with the old one where all is taken back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from console import blast
from console.actions import hiding, obstacles, start, stop, values
from console.actions.lowers import Edit, Tree, edited, spelled, tree, wished
from console.actions.obstacles import obstacle
from console.actions.reading import subhost
from console.actions.tools import absent, inexact, lacking
from console.clean import Clean, clean
from console.errors import Unparsable
from console.model import Host, Running, Subhost, SubhostConf
from console.operations import Operation, Variable
from console.parse.subhost_conf import conf as subhost_conf
from console.plan import Check, Method, Obstacle, Plan, Step, Tier, Verb, Where, Wish
from console.survey import Found, Survey, SurveyRequest

_TOOLS = ("unshare", "mount", "find", "sort", "head", "tail", "cmp", "stat", "sha256sum", "sed")
_SURVEYED = frozenset(("unshare", "mount", "find", "cmp", "stat", "sha256sum", "sed"))
_SECONDS = 10
"""Through which an upper layer is looked while the subhost waits."""


@dataclass(frozen=True, slots=True)
class _Change:
    """One LOWER for another."""

    old: SubhostConf
    new: SubhostConf
    value: Clean
    """As the file is to say it."""
    edit: Edit
    tree: Tree
    before: Tree | None
    """``None``: a command decides, and only that knows."""

    @property
    def trees(self) -> tuple[str, ...]:
        """Both as the programs take them that look at them."""
        return (*self.tree.words, *(self.before or Tree("")).words)


def asked(host: Host, wish: Wish, request: SurveyRequest) -> SurveyRequest:
    """Return what has to be looked at before: the new layer, and what UPPER makes of it."""
    lower = wished(wish)
    if lower is None:
        return request
    return replace(request, extra=(*request.extra, lower), lower=lower)


def plan(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return what puts another LOWER beneath it, and starts it anew where it runs."""
    guest = subhost(host, wish.subhost)
    found = _change(host, wish, survey)
    change = found if isinstance(found, _Change) else None
    runs = guest is not None and guest.state is not Running.STOPPED
    stands = tuple(_obstacles(host, wish, survey, found))
    made = (
        ()
        if stands or guest is None or change is None
        else _steps(host, guest, wish, survey, change)
    )
    return Plan(
        verb=wish.verb,
        host=host.name,
        subhost=wish.subhost,
        tier=blast.tier(host, guest, survey) if guest and runs else Tier.REVERSIBLE,
        boot_id=survey.boot_id,
        config=guest.config if guest else None,
        checks=() if change is None else tuple(_checks(wish, survey, change, runs=runs)),
        steps=made,
        consequences=tuple(_consequences(host, guest, survey, change)) if guest and change else (),
        notes=tuple(_notes(survey, change, runs=runs)) if change else (),
        obstacles=stands,
        image=wish.image,
        method=Method.LOWER,
    )


def hindrance(host: Host, name: Clean) -> Obstacle | None:
    """Return why it cannot be upgraded, as far as the host alone tells."""
    guest = subhost(host, name)
    if guest is None:
        return absent(host, name)
    if guest.config is None:
        return obstacle(f"{name} has no configuration that is known", "put its .conf back")
    return None if guest.state is Running.STOPPED else stop.hindrance(host, name, Verb.STOP)


def _change(host: Host, wish: Wish, survey: Survey) -> _Change | Obstacle:
    guest, wanted = subhost(host, wish.subhost), wished(wish)
    if wanted is None:
        return obstacle("it is not said what LOWER is to be", "--lower FOLDER or IMAGE")
    if guest is None or guest.config is None or survey.conf is None:
        return obstacle(f"the configuration of {wish.subhost} cannot be read")
    if not wanted.startswith(("/", "!")) or wanted.strip() != wanted:
        return obstacle(f"{wanted} is no absolute path", "begin it with /")
    path = guest.config.encode()
    try:
        old = subhost_conf(path, survey.conf)
        value = spelled(old, wanted, survey.paths.get(wanted))
        if value is None:
            return obstacle(
                f"{wanted} is an image, and LOWER {old.lower} is none",
                f"--lower '!overlay-diskfile PLACE {wanted}', with PLACE a folder in BASE",
            )
        place = tree(old, value)
        if place is None:
            return obstacle(f"{value} is no overlay-diskfile PLACE IMAGE [PARTITION]")
        edit = edited(survey.conf, value)
        new = None if edit is None else subhost_conf(path, edit.text)
    except Unparsable as wrong:
        return obstacle(str(wrong))
    if edit is None or new is None or tree(new, new.lower) != place:
        return obstacle(f"LOWER cannot be written into {guest.config}", "edit it by hand")
    return _Change(old, new, value, edit, place, tree(old, old.lower))


def _obstacles(
    host: Host, wish: Wish, survey: Survey, change: _Change | Obstacle
) -> Iterator[Obstacle]:
    guest = subhost(host, wish.subhost)
    found = hindrance(host, wish.subhost)
    if found is not None or guest is None:
        yield from (found,) if found else ()
        return
    yield from lacking(survey, *_SURVEYED)
    if isinstance(change, Obstacle):
        yield change
        return
    yield from inexact(change.value)
    if guest.state is not Running.STOPPED:
        yield from stop.obstacles(host, guest, wish, survey)
    yield from obstacles.settings(host, change.new, replace(survey, conf=change.edit.text))
    yield from obstacles.tools(survey, change.new)
    yield from _unfit(survey, change)
    yield from hiding.obstacles(survey, _digest(wish, survey), change.tree)


def _unfit(survey: Survey, change: _Change) -> Iterator[Obstacle]:
    old, new = change.old, change.new
    if old.upper == old.lower:
        yield obstacle("UPPER is LOWER: it has no lower layer", "upgrade it inside")
    if change.value == old.lower:
        yield obstacle(f"LOWER is {old.lower} already", "restart it, if it runs on another one")
    for folder, _ in new.shares:
        if folder in {old.lower, new.lower}:
            yield obstacle(f"SHARE {folder} is LOWER itself", "take it out of the configuration")
    fact = survey.paths.get(Clean(change.tree.path))
    if change.tree.image and fact is not None:
        if fact.found is not Found.FILE:
            yield obstacle(f"{change.tree.path} is no regular file")
        elif fact.foreign:
            yield obstacle(
                f"others than root may write {fact.foreign}, and the kernel would mount it",
                f"chown root {fact.foreign} && chmod go-w {fact.foreign}",
            )


def _digest(wish: Wish, survey: Survey) -> Clean | None:
    """Return the SHA-256 that an image is to have."""
    files = wish.image.files if wish.image else ()
    lower = wished(wish)
    staged = next((file.sha256 for file in files if file.path == lower), None)
    return staged or (survey.audit.digest if survey.audit else None)


def _checks(wish: Wish, survey: Survey, change: _Change, *, runs: bool) -> Iterator[Check]:
    conf, place = change.old, change.tree
    if runs:
        yield from stop.checks(wish, survey)
        yield from start.checks(conf, survey, again=True)
    else:
        yield start.check(f"{conf.name} is running", "free", conf.name)
        yield start.check(f"{conf.name} is running", "idle", conf.path)
        changed = f"{conf.path} was changed since this was planned"
        yield start.check(changed, "same", conf.path, survey.conf_digest or "")
    digest = _digest(wish, survey)
    if place.image and digest is not None:
        yield start.check(
            f"{place.path} is not what it was, or was to be", "same", place.path, digest
        )
    elif not place.image:
        yield start.check(f"{place.path} is no folder", "test", "-d", place.path)
    yield start.check(
        f"{place.path} cannot be looked at, or its programs are for another machine",
        *("kindred", *change.trees),
    )


def _steps(
    host: Host, guest: Subhost, wish: Wish, survey: Survey, change: _Change
) -> tuple[Step, ...]:
    look = Operation(("audit_upper", *change.trees, change.old.upper, str(_SECONDS)))
    looked = Step(clean(f"look what {change.old.upper} hides of {change.tree.path}"), (look,))
    if guest.state is Running.STOPPED:
        return (looked, _switch(survey, change))
    return (
        *_ending(host, guest, wish, survey, change),
        looked,
        _switch(survey, change),
        *_building(wish, survey, change),
    )


def _ending(
    host: Host, guest: Subhost, wish: Wish, survey: Survey, change: _Change
) -> Iterator[Step]:
    """Yield the steps of a stop; taking back the first of them starts it anew."""
    stops = stop.steps(host, guest, wish, survey)
    if survey.lineage is None or not stops:
        return
    first = (str(survey.lineage.first.pid), str(survey.lineage.first.started))
    services = [each for each in guest.services if stop.SERVICE.fullmatch(each)]
    note = Operation(("note_answering", *first, *services))
    yield Step(Clean("note which services and ports answer"), (note,))
    forced = (step for step in stops if step.operations[0].argv[0] not in {"stop_service", "ask"})
    rest = tuple(operation for step in forced for operation in step.operations)
    gone = tuple(Operation(("see_link_go", spec.outer)) for spec in change.old.cables)
    again = Operation(("run_again", change.old.path))
    yield replace(stops[0], undo=(*rest, *gone, again))
    yield from (replace(step, undo=()) for step in stops[1:])


def _switch(survey: Survey, change: _Change) -> Step:
    path, edit, old = change.old.path, change.edit, survey.conf_digest or ""
    words = (path, str(edit.kept), str(edit.begin), edit.line, old, edit.digest)
    return Step(
        clean(f"let {path} say {edit.line.strip()}, and nothing else", 1000),
        (Operation(("edit_line", *words)),),
        (Operation(("edit_back", path, old, edit.digest)),),
    )


def _building(wish: Wish, survey: Survey, change: _Change) -> Iterator[Step]:
    others = tuple(each for each in change.new.commands if each[0] != "LOWER")
    literal = replace(change.new, commands=others)
    base, digest = values.place(literal, "BASE"), _digest(wish, survey)
    lower = Operation(
        (
            *("lower_now", change.old.path, base, change.edit.digest, change.value),
            *(survey.conf_digest or "", change.old.lower, change.tree.path),
            digest if change.tree.image and digest else "",
        ),
        into="LOWER",
    )
    named = Step(
        Clean("take LOWER as the configuration says it now"), (lower,), where=Where.PRIVATE
    )
    # Its value stands in no step: the file decides, whichever of the two it is.
    opened = replace(literal, commands=(*others, (Clean("LOWER"), Clean("!"))), lower=Clean("!"))
    yield from start.steps(opened, survey, (*values.steps(literal), named))
    seconds = str(max(1, round(wish.patience)))
    yield Step(
        Clean("see that it runs on that, and that what answered before does again"),
        (Operation(("see_lower", Variable("LOWER"))), Operation(("see_answering", seconds))),
        where=Where.UP,
    )


def _consequences(host: Host, guest: Subhost, survey: Survey, change: _Change) -> Iterator[Clean]:
    if guest.state is not Running.STOPPED:
        yield from blast.ending(host, guest, survey)
        yield from start.consequences(change.new)
    yield from blast.beside(host, guest, Clean(change.tree.path))
    yield from hiding.consequences(survey)


def _notes(survey: Survey, change: _Change, *, runs: bool) -> Iterator[Clean]:
    back = f"'{change.old.lower}'" if " " in change.old.lower else change.old.lower
    yield clean(f"LOWER was {change.old.lower}: --lower {back} makes it so again", 1000)
    if runs:
        yield from start.notes(change.new, survey)
        yield Clean(
            "where it does not come up as it was, the old LOWER comes back, and it with it"
        )
    else:
        yield Clean("it does not run: it stands on the new LOWER when it is started")
    yield from hiding.notes(survey)
