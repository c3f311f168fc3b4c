"""Why the folders of a subhost do not do: missing, led astray by symlinks, used, nested."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from console.actions.reading import Lines
from console.actions.values import literal, place, same_tree, under, words
from console.clean import Clean, clean
from console.model import Host, Kind, Running, SubhostConf
from console.plan import Obstacle
from console.survey import Found, PathFact, Survey

_KEYS = ("LOWER", "UPPER", "WORK", "LIVE")
_UNFIT = re.compile(r'[,\\"]')

_Reason = tuple[str, str, str | None]
"""Variable, what is wrong, and the remedy."""


def paths(conf: SubhostConf) -> tuple[Clean, ...]:
    """Return the paths that a survey is to look at, the configuration's own first."""
    typed = [place(conf, key) for key in ("BASE", *_KEYS)]
    typed += [under(conf, host) for host, _ in conf.shares]
    typed += [under(conf, words(command)[0]) for _, command in conf.hooks]
    known = dict.fromkeys(Clean(path) for path in typed if isinstance(path, str) and path)
    return (conf.path, *known)


def obstacles(host: Host, conf: SubhostConf, survey: Survey, lines: Lines) -> Iterator[Obstacle]:
    """Yield what speaks against the folders, the shares and the hooks."""
    for key, text, remedy in (
        *_each(conf, survey),
        *_layers(conf, survey),
        *_nested(conf),
        *_used(host, conf),
        *_ground(host, conf),
        *_shares(conf, survey),
        *_hooks(conf, survey),
    ):
        said = clean(remedy, 1000) if remedy else None
        yield Obstacle(clean(f"{lines.at(key)}{text}", 1000), said)


def _fact(conf: SubhostConf, survey: Survey, key: str) -> tuple[str, PathFact] | None:
    path = place(conf, key)
    fact = survey.paths.get(Clean(path)) if isinstance(path, str) else None
    return None if fact is None else (str(path), fact)


def _wanted(conf: SubhostConf) -> tuple[str, ...]:
    return ("UPPER", "LIVE") if same_tree(conf) else _KEYS


def _each(conf: SubhostConf, survey: Survey) -> Iterator[_Reason]:
    for key in _wanted(conf):
        known = _fact(conf, survey, key)
        if known is None:
            continue
        path, fact = known
        if fact.found is Found.MISSING or fact.real is None:
            yield key, f"{key} {path} is missing", f"mkdir -p {path}" if key != "LOWER" else None
        elif fact.found in {Found.FILE, Found.OTHER}:
            yield key, f"{key} {path} is not a folder", None
        elif key != "LOWER" and _leads_out(conf, path, fact.real):
            yield (
                key,
                f"{key} {path} leads to {fact.real} by a symlink, out of BASE",
                f"write {key}={fact.real} if that is meant",
            )
        if key == "LIVE" and fact.mount_point and not (same_tree(conf) and _same(conf)):
            yield (
                key,
                f"something is mounted at LIVE {path}",
                f"umount {path}, if it is not needed",
            )


def _same(conf: SubhostConf) -> bool:
    return conf.upper == conf.live


def _leads_out(conf: SubhostConf, path: str, real: str) -> bool:
    base = conf.base
    if base is None or real == path or not _within(path, base):
        return False
    # BASE itself may lie behind a symlink: then all that is below goes the same way.
    return not real.endswith(path[len(base) :])


def _layers(conf: SubhostConf, survey: Survey) -> Iterator[_Reason]:
    if same_tree(conf):
        return
    for key in ("LOWER", "UPPER", "WORK"):
        path = place(conf, key)
        unfit = _UNFIT.search(path) if isinstance(path, str) else None
        if unfit:
            yield key, f"{key} {path}: {unfit[0]} cannot be in the path of a layer", "rename it"
    if literal(conf, "LOWER") and ":" in conf.lower:
        yield "LOWER", f"LOWER {conf.lower}: there is one LOWER only, and no : in its path", None
    upper, work = _fact(conf, survey, "UPPER"), _fact(conf, survey, "WORK")
    if upper and work and _apart(upper[1], work[1]):
        text = f"WORK {work[0]} is on another filesystem than UPPER {upper[0]}"
        yield "WORK", text, f"make it beside UPPER: {posixpath.dirname(upper[0])}/work"


def _apart(one: PathFact, other: PathFact) -> bool:
    return None not in {one.device, other.device} and one.device != other.device


def _within(inner: str, outer: str) -> bool:
    return inner == outer or inner.startswith(outer.rstrip("/") + "/")


def _nested(conf: SubhostConf) -> Iterator[_Reason]:
    if not literal(conf, *_KEYS):
        return
    lower, upper, work, live = conf.lower, conf.upper, conf.work, conf.live
    if same_tree(conf):
        if live != upper and (_within(live, upper) or _within(upper, live)):
            yield "LIVE", f"LIVE {live} and UPPER {upper} lie in one another", None
        return
    for key, path in (("LOWER", lower), ("UPPER", upper), ("WORK", work)):
        if _within(path, live):
            yield key, f"{key} {path} lies in LIVE {live}, which covers it", None
    for key, path in (("LIVE", live), ("LOWER", lower)):
        if _within(path, upper):
            yield key, f"{key} {path} lies in UPPER {upper}", None
    if _within(work, upper) or _within(upper, work):
        yield "WORK", f"WORK {work} and UPPER {upper} lie in one another", "put them side by side"


def _used(host: Host, conf: SubhostConf) -> Iterator[_Reason]:
    if same_tree(conf):
        return
    for guest in host.subhosts:
        layers = guest.overlay
        if guest.name == conf.name or guest.state is Running.STOPPED or layers is None:
            continue
        for key, path in (("UPPER", conf.upper), ("WORK", conf.work)):
            if path in {layers.upper, layers.work}:
                text = f"{key} {path} is used by {guest.name}, which is {guest.state}"
                yield key, text, "two overlays that write to one folder destroy it"


def _ground(host: Host, conf: SubhostConf) -> Iterator[_Reason]:
    if same_tree(conf) or not literal(conf, "UPPER"):
        return
    above = [each for each in host.levels if each.mount and _within(conf.upper, each.mount)]
    nearest = max(above, key=lambda level: len(level.mount or ""), default=None)
    if nearest is not None and nearest.kind is Kind.OVERLAY:
        text = f"UPPER {conf.upper} is on the overlay {nearest.mount}, which cannot hold one"
        yield "UPPER", text, "put UPPER and WORK on a disk or a tmpfs of their own"


def _shares(conf: SubhostConf, survey: Survey) -> Iterator[_Reason]:
    for source, inside in conf.shares:
        if source == conf.lower:
            continue
        said = source if source == inside else f"{source}:{inside}"
        if not inside.strip("/"):
            yield "SHARE", f"SHARE {said} covers the subhost's own root", None
        elif not inside.startswith("/") or ".." in inside.split("/"):
            yield "SHARE", f"SHARE {said}: its place inside is no plain absolute path", None
        host = under(conf, source)
        if not isinstance(host, str):
            continue
        if posixpath.normpath(host) in {"/", "//"}:
            yield "SHARE", f"SHARE {said} exposes the whole host", "share the folders it needs"
        fact = survey.paths.get(Clean(host))
        if fact is not None and not _is_folder(fact):
            yield "SHARE", f"SHARE {said}: {host} is not a folder of this host", f"mkdir {host}"


def _is_folder(fact: PathFact) -> bool:
    return fact.found in {Found.FOLDER, Found.LINK} and fact.real is not None


def _hooks(conf: SubhostConf, survey: Survey) -> Iterator[_Reason]:
    for key, command in conf.hooks:
        program = under(conf, words(command)[0])
        if command.startswith("!") or not isinstance(program, str):
            continue
        fact = survey.paths.get(Clean(program))
        if fact is None:
            continue
        if not fact.executable:
            yield key, f"{key} {program} is not an executable file", f"chmod +x {program}"
        elif fact.foreign:
            text = f"others than root may write {fact.foreign}, and {key} runs as root"
            yield key, text, f"chown root {fact.foreign} && chmod go-w {fact.foreign}"
