"""Subhosts of a host, from configurations, process trees and what each sees from inside."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from console.beneath import Ground, beneath, level_id
from console.cabling import Network, cables, residue
from console.clean import Clean
from console.facts import Facts, View
from console.guests import Guest, measured, measures
from console.memo import Kept, same
from console.model import Host, Mount, Overlay, Process, Running, Subhost, SubhostConf
from console.mounted import Found, Inside
from console.mounts import fillable, visible
from console.parse.mountinfo import absolute
from console.parse.subhost_conf import collisions
from console.states import Judge
from console.trees import Family, Tree, family, members, starter, trees


@dataclass(frozen=True, slots=True)
class _Scene:
    """What every subhost of one look shares."""

    facts: Facts
    network: Network
    family: Family
    clashes: Mapping[Clean, tuple[Clean, ...]]
    alive: frozenset[Clean]
    """Names of the subhosts that have processes."""
    devices: frozenset[tuple[int, int]]
    """Of every filesystem the host itself has mounted."""
    known: Mapping[tuple[Clean, Clean | None], Sequence[Found]]
    """By subhost, and what names its root's level, its levels as they were last."""


@dataclass(slots=True)
class Guests:
    """What followed from the looks at the subhosts of one host so far."""

    kept: Kept[tuple[Guest, ...]] = field(default_factory=Kept)
    found: tuple[Guest, ...] = ()
    told: tuple[Subhost, ...] = ()
    """Those that were found last, as they were told."""

    @property
    def mounted(self) -> Iterable[Found]:
        """The levels of all that they have mounted."""
        return chain.from_iterable(each.found for each in self.found)

    def hold(self, told: tuple[Subhost, ...]) -> None:
        """Have these stand for the subhosts that were found, in their order."""
        if told is not self.told:
            for guest, subhost in zip(self.found, told, strict=True):
                guest.hold(subhost)
            self.told = told

    def find_anew(self) -> None:
        """Forget them: what was told of their levels besides may hold no more."""
        self.kept.forget()
        self.found = self.told = ()


def subhosts(
    facts: Facts,
    ground: Ground,
    network: Network,
    before: Host | None,
    judge: Judge,
    memo: Guests | None = None,
) -> tuple[Subhost, ...]:
    """Return every subhost, configured or running, ordered by name.

    Where nothing is known of processes, who runs is not known either: then those of ``before``.
    """
    memo = memo or Guests()
    if facts.processes is None:
        memo.find_anew()
        return before.subhosts if before else ()
    tables = [(pid, view.mounts) for pid, view in facts.inside.items()]
    where = (facts.view.mounts, tables, facts.links, facts.netns)
    inputs = (facts.processes, facts.confs, facts.logs, facts.autostart, *where)
    found = memo.kept.of(inputs, lambda: _found(facts, facts.processes or (), network, memo.found))
    told = measured(found, measures(facts, ground, before, judge)) if found else ()
    memo.found, memo.told = found, same(told, memo.told)
    return memo.told


def _found(
    facts: Facts, processes: Sequence[Process], network: Network, before: Sequence[Guest]
) -> tuple[Guest, ...]:
    if not processes and not facts.confs:
        return ()
    running = {tree.conf: tree for tree in trees(processes)}
    scene = _Scene(
        facts=facts,
        network=network,
        family=family(processes),
        clashes=collisions(facts.confs),
        alive=frozenset(tree.name for tree in running.values()),
        devices=frozenset(mount.device for mount in facts.view.mounts),
        known={(each.subhost.name, each.live): each.found for each in before},
    )
    found: list[Guest] = []
    for conf in facts.confs:
        tree = running.pop(conf.path, None) or _by_name(running, conf.name)
        found.append(_guest(conf.name, conf, tree, scene))
    found += [_guest(tree.name, None, tree, scene) for tree in running.values()]
    return tuple(sorted(found, key=lambda each: (each.subhost.name, each.subhost.config or "")))


def _by_name(running: dict[Clean, Tree], name: Clean) -> Tree | None:
    """Take the tree whose configuration was typed as a relative path but has this name."""
    for typed, tree in running.items():
        if tree.name == name and not typed.startswith("/"):
            return running.pop(typed)
    return None


def _guest(name: Clean, conf: SubhostConf | None, tree: Tree | None, scene: _Scene) -> Guest:
    facts = scene.facts
    init = scene.family.by_pid.get(tree.init) if tree and tree.init else None
    view = facts.inside.get(init.pid) if init else None
    left = _left_behind(name, conf, scene) if tree is None else ()
    root = _root(view, _base(conf, tree)) if view else None
    live = _live(conf, tree)
    named = live if root and live and live.startswith("/") else None  # else a !command
    subhost = Subhost(
        name=name,
        config=conf.path if conf else None,
        state=tree.state if tree else (Running.BROKEN if left else Running.STOPPED),
        pid=init.pid if init else None,
        since=tree.since if tree else None,
        overlay=_overlay(conf, root, live),
        levels=(),
        cables=cables(conf, name, scene.network, running=tree is not None),
        services=conf.services if conf else (),
        started_by=starter(tree, scene.family) if tree else None,
        processes=members(init, scene.family) if init else (),
        log=facts.logs.get(conf.path, ()) if conf else (),
        autostart=conf is not None and conf.path in facts.autostart,
        notes=tuple(Clean(f"residue: {each}") for each in left) + _notes(conf, tree, init, scene),
        shares=conf.shares if conf else (),
        configured_lower=conf.lower if conf and conf.lower.startswith("/") else None,
        residue=left,
    )
    stores = _stores(root, view, scene) if view else ()
    return Guest(subhost, subhost.processes, stores, named, scene.known.get((name, named), ()))


def _base(conf: SubhostConf | None, tree: Tree | None) -> Clean:
    """Return BASE; where no configuration says, the folder of the file that was named."""
    if conf and conf.base is not None:
        return conf.base
    path = conf.path if conf else tree.conf if tree else ""
    return Clean(posixpath.dirname(path) or "/")


def _live(conf: SubhostConf | None, tree: Tree | None) -> Clean | None:
    """Return LIVE, which names the root's level; by default it is below the configuration."""
    if conf is not None:
        return conf.live
    return Clean(f"{_base(conf, tree)}/live") if tree and tree.conf.startswith("/") else None


def _notes(
    conf: SubhostConf | None, tree: Tree | None, init: Process | None, scene: _Scene
) -> tuple[Clean, ...]:
    notes = conf.notes + scene.clashes.get(conf.path, ()) if conf is not None else ()
    if tree is not None and tree.holder is None:
        notes = (
            Clean("its holder is gone, but it still runs: stop it before any start"),
            *notes,
        )
    elif tree is not None and conf is None:
        notes = (Clean(f"started from {tree.conf}, which could not be read"),)
    if init is not None and any(each.netns == f"pid:{init.pid}" for each in scene.facts.links):
        notes = (*notes, Clean("its network namespace has no name under /run/netns"))
    return notes


def _left_behind(name: Clean, conf: SubhostConf | None, scene: _Scene) -> tuple[Clean, ...]:
    """Return what a crash left of a subhost; names belong to a namesake that is alive."""
    named = () if name in scene.alive else residue(name, scene.network)
    return named + _leaked_mounts(conf, scene.facts.view)


def _leaked_mounts(conf: SubhostConf | None, view: View) -> tuple[Clean, ...]:
    """Return mounts at or under LIVE that a dead subhost left in the host's own namespace."""
    if conf is None or conf.upper == conf.live:
        return ()
    return tuple(
        Clean(f"mount {mount.point}")
        for mount in view.mounts
        if mount.point == conf.live or mount.point.startswith(f"{conf.live}/")
    )


def _root(view: View, base: Clean) -> Mount | None:
    """Return what is mounted at ``/`` inside, its relative layers resolved against BASE."""
    root = next((mount for mount in reversed(visible(view.mounts)) if mount.point == "/"), None)
    if root is None or root.overlay is None:
        return root
    overlay = absolute(root.overlay, base)
    return root if overlay == root.overlay else replace(root, overlay=overlay)


def _overlay(conf: SubhostConf | None, root: Mount | None, live: Clean | None) -> Overlay | None:
    if root is not None:
        return replace(root.overlay, live=live) if root.overlay else None
    if conf is None or conf.lower == conf.upper:
        return None
    return Overlay((conf.lower,), conf.upper, conf.work, conf.live)


def footing(guest: Subhost, facts: Facts, ground: Ground) -> tuple[Clean, ...]:
    """Return the ids of the host's levels that a running subhost's root stands on.

    That is the store of its upper, or its whole root where that is a bind mount, and what is
    beneath.
    """
    view = facts.inside.get(guest.pid) if guest.pid is not None else None
    root = _root(view, Clean("/")) if view else None
    if view is None or root is None:
        return ()
    ground = Inside(view, {}).ground(ground)
    if guest.overlay is None:
        store = ground.stores.get(root.device)
        own = () if store is None else (level_id(store),)
    else:
        root, own = replace(root, overlay=guest.overlay), ()
    return own + tuple(bound.id for bound in beneath(root, ground))


def _stores(root: Mount | None, view: View, scene: _Scene) -> tuple[Mount, ...]:
    """Return the root first, then every store that is the subhost's own and not the host's."""
    own = [] if root is None else [root]
    devices = {*scene.devices, *(mount.device for mount in own)}
    return (*own, *(mount for mount in fillable(view.mounts) if mount.device not in devices))
