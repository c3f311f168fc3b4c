"""Upgrade of a subhost: another LOWER beneath it, and the old one again where it does not do.

The configuration names LOWER; one line of it changes. What builds the subhost reads there what it
is, so the same steps start it with the new one, and with the old one where all is taken back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from console import blast
from console.actions import hiding, obstacles, start, stop, values
from console.actions.lower_change import Change, change_of, coming
from console.actions.lowers import mounted_in, packed, wished
from console.actions.obstacles import obstacle
from console.actions.reading import subhost
from console.actions.tools import absent, inexact, lacking
from console.clean import Clean, clean
from console.model import Host, Running, Subhost
from console.operations import Operation, Variable
from console.plan import Check, Method, Obstacle, Plan, Step, Tier, Verb, Where, Wish
from console.survey import Found, PathFact, Survey, SurveyRequest

_TOOLS = ("unshare", "mount", "find", "sort", "head", "tail", "cmp", "stat", "sha256sum", "sed")
_SURVEYED = frozenset(("unshare", "mount", "find", "cmp", "stat", "sha256sum", "sed"))
_SECONDS = 10
"""Through which an upper layer is looked while the subhost waits."""


def asked(host: Host, wish: Wish, request: SurveyRequest) -> SurveyRequest:
    """Return what has to be looked at before: the new layer, and what UPPER makes of it."""
    lower = wished(wish)
    if lower is None:
        return request
    return replace(request, extra=(*request.extra, lower), lower=lower)


def plan(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return what puts another LOWER beneath it, and starts it anew where it runs."""
    guest = subhost(host, wish.subhost)
    found = change_of(host, wish, survey)
    change = found if isinstance(found, Change) else None
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
        notes=tuple(_notes(wish, survey, change, runs=runs)) if change else (),
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


def _obstacles(
    host: Host, wish: Wish, survey: Survey, change: Change | Obstacle
) -> Iterator[Obstacle]:
    guest = subhost(host, wish.subhost)
    found = hindrance(host, wish.subhost)
    if found is not None or guest is None:
        yield from (found,) if found else ()
        return
    yield from lacking(survey, *_SURVEYED, *(("tar",) if packed(wish) else ()))
    if isinstance(change, Obstacle):
        yield change
        return
    yield from inexact(change.value)
    if guest.state is not Running.STOPPED:
        yield from stop.obstacles(host, guest, wish, survey)
    yield from obstacles.settings(host, change.new, _as_it_will_be(wish, survey, change))
    yield from obstacles.tools(survey, change.new)
    yield from _unfit(survey, change)
    if not coming(wish, survey):
        yield from _unfit_image(survey, change)
        yield from hiding.obstacles(survey, _digest(wish, survey), change.tree)


def _as_it_will_be(wish: Wish, survey: Survey, change: Change) -> Survey:
    """Return what a start will find: the changed configuration, and what was unpacked."""
    paths = dict(survey.paths)
    if packed(wish) and coming(wish, survey):
        paths[change.value] = PathFact(Found.FOLDER, real=change.value)
    return replace(survey, conf=change.edit.text, paths=paths)


def _unfit(survey: Survey, change: Change) -> Iterator[Obstacle]:
    old, new = change.old, change.new
    if old.upper == old.lower:
        yield obstacle("UPPER is LOWER: it has no lower layer", "upgrade it inside")
    if change.value == old.lower:
        yield obstacle(f"LOWER is {old.lower} already", "restart it, if it runs on another one")
    for folder, _ in new.shares:
        if folder in {old.lower, new.lower}:
            yield obstacle(f"SHARE {folder} is LOWER itself", "take it out of the configuration")


def _unfit_image(survey: Survey, change: Change) -> Iterator[Obstacle]:
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


def _checks(wish: Wish, survey: Survey, change: Change, *, runs: bool) -> Iterator[Check]:
    conf, place = change.old, change.tree
    if runs:
        yield from stop.checks(wish, survey)
        yield from start.checks(conf, survey, again=True)
    else:
        yield start.check(f"{conf.name} is running", "free", conf.name)
        yield start.check(f"{conf.name} is running", "idle", conf.path)
        changed = f"{conf.path} was changed since this was planned"
        yield start.check(changed, "same", conf.path, survey.conf_digest or "")
    digest, archive = _digest(wish, survey), packed(wish)
    if archive is not None and coming(wish, survey):
        staged = f"{archive.path} is not what was staged any more"
        yield start.check(staged, "same", archive.path, archive.sha256)
        return
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
    host: Host, guest: Subhost, wish: Wish, survey: Survey, change: Change
) -> tuple[Step, ...]:
    unpacked = tuple(_unpacked(wish, survey, change))
    look = Operation(("audit_upper", *change.trees, change.old.upper, str(_SECONDS)))
    looked = Step(clean(f"look what {change.old.upper} hides of {change.tree.path}"), (look,))
    if guest.state is Running.STOPPED:
        return (*unpacked, looked, *_place(change), _switch(survey, change))
    return (
        *unpacked,
        *_ending(host, guest, wish, survey, change),
        looked,
        *_place(change),
        _switch(survey, change),
        *_building(wish, survey, change),
    )


def _ending(
    host: Host, guest: Subhost, wish: Wish, survey: Survey, change: Change
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


def _unpacked(wish: Wish, survey: Survey, change: Change) -> Iterator[Step]:
    archive = packed(wish)
    if archive is not None and coming(wish, survey):
        words = (archive.path, archive.sha256, change.tree.path)
        yield Step(
            clean(f"unpack {archive.path} beside it, while all goes on", 1000),
            (Operation(("unpack_tree", *words)), Operation(("see_kindred", *change.trees))),
        )


def _place(change: Change) -> Iterator[Step]:
    folder = mounted_in(change.old, change.value)
    if folder is not None:
        yield Step(
            clean(f"have the folder {folder} for it", 1000),
            (Operation(("mkdir", "-p", folder)),),
            (Operation(("drop_empty", folder)),),
        )


def _switch(survey: Survey, change: Change) -> Step:
    path, edit, old = change.old.path, change.edit, survey.conf_digest or ""
    words = (path, str(edit.kept), str(edit.begin), edit.line, old, edit.digest)
    return Step(
        clean(f"let {path} say {edit.line.strip()}, and nothing else", 1000),
        (Operation(("edit_line", *words)),),
        (Operation(("edit_back", path, old, edit.digest)),),
    )


def _building(wish: Wish, survey: Survey, change: Change) -> Iterator[Step]:
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


def _consequences(host: Host, guest: Subhost, survey: Survey, change: Change) -> Iterator[Clean]:
    if guest.state is not Running.STOPPED:
        yield from blast.ending(host, guest, survey)
        yield from start.consequences(change.new)
    yield from blast.beside(host, guest, Clean(change.tree.path))
    yield from hiding.consequences(survey)


def _notes(wish: Wish, survey: Survey, change: Change, *, runs: bool) -> Iterator[Clean]:
    back = f"'{change.old.lower}'" if " " in change.old.lower else change.old.lower
    yield clean(f"LOWER was {change.old.lower}: --lower {back} makes it so again", 1000)
    if runs:
        yield from start.notes(change.new, survey)
        yield Clean(
            "where it does not come up as it was, the old LOWER comes back, and it with it"
        )
    else:
        yield Clean("it does not run: it stands on the new LOWER when it is started")
    if coming(wish, survey):
        yield Clean("what UPPER hides of it is looked at when it was brought there")
    else:
        yield from hiding.notes(survey)
