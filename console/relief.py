"""Relief: what can be done about a level that fills, best first; each with gain, risk, why not.

What is not known to take room is not proposed: without a report of who fills the level only what
the level itself tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from math import inf

from console import relief_files
from console.actions import ballast, grow, growth, removal
from console.actions import clean as cleaning
from console.clean import Clean, clean
from console.model import Host, Kind, Level, State
from console.parse.amount import amount, typed
from console.plan import Verb, Wish
from console.relief_option import HELD, Option, order
from console.writers import Deleted, Writers

_STEP = amount("+50%")
_ALLOCATED = Clean("deleting files frees nothing here: what was once written stays allocated")
_POOL = Clean("deleting files frees nothing here before their filesystem was trimmed: fstrim")
_HELD_BACK = (
    Verb.RELEASE,
    Clean("let go of its ballast, where one is held"),
    Clean("none: it can be held again"),
)
_TO_HOLD = (
    Verb.HOLD,
    Clean("hold a ballast, to be let go when it is full"),
    Clean("it takes a little room meanwhile"),
)
_CROWDED = 2
_FOLDERS: Mapping[Clean, Verb] = {
    **{Clean(folder): Verb.VACUUM for folder in removal.JOURNALS},
    **{Clean(folder): Verb.PURGE for folder in removal.CACHES},
}


def options(
    host: Host, subhost: Clean, level: Level, writers: Writers | None = None
) -> tuple[Option, ...]:
    """Return every way to relieve a level, those that can be done first."""
    found = [*_grow(host, subhost, level)]
    if level.never_shrinks or not _shrinks(level):
        why = _POOL if level.kind is Kind.THIN_POOL else _ALLOCATED
        found.append(Option(Verb.DELETE, Clean("delete files"), 0, Clean("-"), why))
    else:
        found += _less(host, subhost, level, writers)
    return tuple(sorted((*found, *_ballast(host, subhost, level)), key=order))


def _shrinks(level: Level) -> bool:
    """Whether files that are deleted give it room again; pools get it by trimming."""
    return level.kind is Kind.MEMORY or "delete" in level.relief or level.total is None


def _inodes_bind(level: Level) -> bool:
    """Whether it is the inodes that run out."""
    return (level.inode_fill or 0.0) >= max(level.fill or 0.0, 0.5)


def _grow(host: Host, subhost: Clean, level: Level) -> Iterator[Option]:
    base = grow.size_of(level)
    hindrance = grow.hindrance(host, subhost, Verb.GROW, level.id)
    if hindrance is not None or base is None:
        why = hindrance.text if hindrance else Clean("its size is not known")
        yield Option(Verb.GROW, Clean("more room"), None, Clean("-"), why)
        return
    risk = Clean("none while memory lasts; can be taken back")
    size = int(min(_STEP.of(base), _promisable(host, level)))
    if size - base >= relief_files.LEAST:
        yield Option(
            Verb.GROW,
            clean(f"more room: {typed(size)} in all"),
            size - base,
            risk,
            wish=Wish(Verb.GROW, subhost, level=level.id, size=size),
        )
    else:
        why = Clean("memory has none to promise but what stays in reserve: free some first")
        yield Option(Verb.GROW, Clean("more room"), None, Clean("-"), why)
    if _inodes_bind(level) and level.inodes_total and level.kind in {Kind.TMPFS, Kind.OVERLAY}:
        inodes = _STEP.of(level.inodes_total)
        yield Option(
            Verb.GROW,
            clean(f"more inodes: {inodes:,} in all"),
            None,
            risk,
            wish=Wish(Verb.GROW, subhost, level=level.id, inodes=inodes),
        )


def _promisable(host: Host, level: Level) -> float:
    """Return how large memory lets a store be made that lies in it, whole MiB; else no bound."""
    in_memory = level.kind is Kind.TMPFS or (level.on or "").startswith("tmpfs:")
    if not in_memory or host.memory is None:
        return inf
    return ((level.used or 0) + growth.left(host.memory)) >> 20 << 20


def _ballast(host: Host, subhost: Clean, level: Level) -> Iterator[Option]:
    """Yield that it is let go where that is of use, or else that one may be held."""
    if ballast.hindrance(host, subhost, Verb.RELEASE, level.id) is not None:
        return
    verb, title, risk = _HELD_BACK
    if level.state.severity < State.ACT.severity:
        verb, title, risk = _TO_HOLD
    yield Option(verb, title, None, risk, wish=Wish(verb, subhost, level=level.id))


def _less(host: Host, subhost: Clean, level: Level, writers: Writers | None) -> Iterator[Option]:
    """Yield what makes less of what is there."""
    yield from _cleaned(host, subhost, level)
    if writers is None:
        why = Clean("it is not known yet what takes room: who fills it (key w) tells")
        yield Option(Verb.DELETE, Clean("the largest new files"), None, Clean("-"), why)
        return
    yield from _held(writers)
    yield from _known_folders(host, writers)
    if _inodes_bind(level):
        yield from _crowded(writers)
    else:
        yield from relief_files.options(host, level, writers)


def _crowded(writers: Writers) -> Iterator[Option]:
    """Yield where the inodes are; which of so many files may go only their owner knows."""
    folders = sorted(writers.folders, key=lambda each: -each.inodes)
    for folder in folders[:_CROWDED]:
        where = f" in {folder.subhost}" if folder.subhost else ""
        yield Option(
            Verb.DELETE,
            clean(f"{folder.inodes:,} entries below {folder.merged or folder.path}{where}", 1000),
            None,
            Clean("-"),
            Clean(
                "which of them may go only their owner knows; one that a lower layer has leaves a "
                "mark that takes its inode"
            ),
        )


def _held(writers: Writers) -> Iterator[Option]:
    """Yield what gives room back that files without a name take."""
    by_holder: defaultdict[tuple[Clean, Clean | None], list[Deleted]] = defaultdict(list)
    for each in writers.deleted:
        if each.size < relief_files.LEAST:
            continue
        by_holder[each.subhost, None if each.subhost else each.service or each.name].append(each)
        yield Option(
            Verb.TRUNCATE,
            clean(f"{each.path}, deleted and held by {each.name} ({each.pid})", 1000),
            each.size,
            Clean("what is in it is lost; its holder meets an empty file"),
            wish=Wish(
                Verb.TRUNCATE,
                Clean(""),
                paths=(Clean(f"{HELD}{each.pid}/fd/{each.descriptor}"),),
            ),
        )
    for (subhost, service), files in by_holder.items():
        gain = sum(each.size for each in files)
        what = "a deleted file" if len(files) == 1 else f"{len(files)} deleted files"
        title = clean(f"{subhost or service}, which holds {what}")
        if subhost:
            risk = Clean("all that it does is interrupted")
            yield Option(Verb.RESTART, title, gain, risk, wish=Wish(Verb.RESTART, subhost))
        else:
            unit = files[0].service
            how = f"systemctl restart {unit}" if unit else f"restart process {files[0].pid}"
            why = clean(f"on the host that is done by hand: {how}")
            yield Option(Verb.RESTART, title, gain, Clean("-"), why)


def _known_folders(host: Host, writers: Writers) -> Iterator[Option]:
    """Yield journals and package caches that take room."""
    for (verb, subhost, folder), size in _sizes(writers).items():
        keeps = removal.KEPT if verb is Verb.VACUUM else 0
        if size - keeps < relief_files.LEAST:
            continue
        inside = f" in {subhost}" if subhost else ""
        what = "journal" if keeps else "package cache"
        risk = "its older entries are lost" if keeps else "none: it can be fetched again"
        obstacle = removal.hindrance(host, subhost, verb)
        yield Option(
            verb,
            clean(f"{what} {folder}{inside}"),
            size - keeps,
            Clean(risk),
            None if obstacle is None else obstacle.text,
            Wish(verb, subhost, paths=(folder,), size=keeps or None) if obstacle is None else None,
        )


def _sizes(writers: Writers) -> Mapping[tuple[Verb, Clean, Clean], int]:
    """Return what is known to be in journals and caches, by verb, subhost and folder."""
    sizes: defaultdict[tuple[Verb, Clean, Clean], int] = defaultdict(int)
    for file in writers.files:
        for folder, verb in _FOLDERS.items():
            if file.merged and file.merged.startswith(f"{folder}/"):
                sizes[verb, file.subhost, folder] += file.size
    for each in writers.folders:
        if each.merged is not None and each.merged in _FOLDERS:
            key = _FOLDERS[each.merged], each.subhost, each.merged
            sizes[key] = max(sizes[key], each.size)
    return sizes


def _cleaned(host: Host, subhost: Clean, level: Level) -> Iterator[Option]:
    """Yield for subhosts whose upper layer is there that what repeats the lower one goes."""
    for guest in host.subhosts:
        upper = guest.overlay.upper if guest.overlay else None
        if upper is None or guest.config is None:
            continue
        is_root = guest.name == subhost and level.mount == "/"
        if not is_root and (subhost or not _lies_in(host, upper, level)):
            continue
        obstacle = cleaning.hindrance(host, guest.name, Verb.CLEAN)
        why = None
        if obstacle is not None:
            why = clean("; ".join(filter(None, (obstacle.text, obstacle.remedy))))
        yield Option(
            Verb.CLEAN,
            clean(f"what {guest.name} has the same in its lower layer"),
            None,
            Clean("none: the same shows from there; it stays stopped meanwhile"),
            why,
            Wish(Verb.CLEAN, guest.name) if why is None else None,
        )


def _lies_in(host: Host, path: Clean, level: Level) -> bool:
    """Whether a path of the host is on that level of it, as far as names tell."""
    holders = [
        each
        for each in host.levels
        if each.mount is not None
        and not each.always_full
        and (path == each.mount or path.startswith(f"{each.mount.rstrip('/')}/"))
    ]
    return bool(holders) and max(holders, key=lambda each: len(each.mount or "")) is level
