"""From the facts of one look to the picture of a host; pure, and cheap when little changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from typing import NamedTuple

from console import identity
from console.beneath import RAM, Ground, beneath, level_id, standing, under_mapped
from console.cabling import Network, network, rated
from console.clean import Clean
from console.facts import Evidence, Facts
from console.levels import mapped_levels, memory_level, mount_levels
from console.memo import Kept
from console.model import Boot, Host, Image, Level, Netns, Running, Subhost
from console.states import Judge
from console.subhosts import Guests, footing, subhosts

_Backs = Mapping[Clean, tuple[Clean, ...]]
"""By id of a level who stops when it is full."""

_Footings = Sequence[tuple[Clean, Sequence[Clean]]]
"""By name what the root of each subhost stands on, as far as it goes down."""

_PARTS = tuple(field.name for field in fields(Host))
_bare = attrgetter(*(field.name for field in fields(Evidence) if field.name != "uptime"))
"""All of the evidence but the uptime, which alone is another at each look."""


@dataclass(slots=True)
class Memo:
    """What followed from the looks at one host so far, each part with what it followed from."""

    ground: Ground | None = None
    guests: Guests = field(default_factory=Guests)
    network: Kept[Network] = field(default_factory=Kept)
    boot: Kept[Boot] = field(default_factory=Kept)
    images: Kept[tuple[Image, ...]] = field(default_factory=Kept)
    mapped: Kept[tuple[Level, ...]] = field(default_factory=Kept)
    memory: Kept[tuple[Level, ...]] = field(default_factory=Kept)
    footings: Kept[_Footings] = field(default_factory=Kept)
    backs: Kept[_Backs] = field(default_factory=Kept)
    backed: dict[Clean, tuple[Level, tuple[Clean, ...], Level]] = field(default_factory=dict)
    """By id a level without ``backs``, those, and it with them."""
    netns: Kept[tuple[Netns, ...]] = field(default_factory=Kept)


def derive(
    name: Clean,
    facts: Facts,
    before: Host | None,
    judge: Judge,
    memo: Memo | None = None,
) -> Host:
    """Return the host these facts describe.

    ``before`` gives processes their CPU share, and parts equal to its own are reused so that
    comparing two pictures of a quiet host costs almost nothing. ``memo`` is that of all looks at
    this host; it changes nothing but what a look costs.
    """
    memo = memo or Memo()
    ground = memo.ground = standing(facts, memo.ground)
    known = memo.network.of(
        (facts.links, facts.netns, facts.links_at), lambda: _network(facts, before)
    )
    guests = subhosts(facts, ground, known, before, judge, memo.guests)
    host = Host(
        name=name,
        boot=_boot(facts, memo),
        memory=facts.memory,
        levels=(
            before.levels
            if before is not None and not facts.view.mounts  # the table could not be read
            else _levels(facts, ground, judge, guests, memo)
        ),
        subhosts=guests,
        links=known.links,
        netns=_owned(facts, guests, memo),
        images=_images(facts, memo),
        gaps=facts.gaps,
        time=facts.time,
        at=facts.at,
        links_at=facts.links_at,
        routing=facts.routing,
    )
    return reused(host, before)


def _network(facts: Facts, before: Host | None) -> Network:
    then, was = (before.links_at, before.links) if before else (None, ())
    return network(rated(facts.links, facts.links_at, was, then), facts.netns)


def _boot(facts: Facts, memo: Memo) -> Boot | None:
    evidence = facts.evidence
    if evidence is None:
        return None
    inputs = (_bare(evidence), facts.view.mounts, facts.dm, facts.loops)
    boot = memo.boot.of(
        inputs, lambda: identity.boot(evidence, facts.view.mounts, facts.dm, facts.loops)
    )
    return boot if boot.uptime == evidence.uptime else replace(boot, uptime=evidence.uptime)


def _images(facts: Facts, memo: Memo) -> tuple[Image, ...]:
    evidence = facts.evidence
    if evidence is None:
        return ()
    inputs = (_bare(evidence), facts.view.mounts, facts.dm, facts.loops)
    return memo.images.of(
        inputs, lambda: identity.images(evidence, facts.view.mounts, facts.loops, facts.dm)
    )


def _levels(
    facts: Facts, ground: Ground, judge: Judge, guests: Sequence[Subhost], memo: Memo
) -> tuple[Level, ...]:
    """Return the host's own levels, ``backs`` filled."""
    under = {mount.id: beneath(mount, ground) for mount in ground.stores.values()}
    mapped: tuple[Level, ...] = ()
    if facts.dm:
        seen = (facts.view, facts.dm, facts.loops, facts.memory, judge)
        mapped = memo.mapped.of(seen, lambda: mapped_levels(ground, judge))
    memory: tuple[Level, ...] = ()
    if (of := facts.memory) is not None:
        memory = memo.memory.of(
            (of.total, of.available, judge), lambda: (memory_level(of, judge),)
        )
    levels = (*mapped, *mount_levels(ground, under, judge), *memory)
    standing = _Standing(
        [level.id for level in levels],
        [[bound.id for bound in bounds] for bounds in under.values()],
        [[bound.id for bound in under_mapped(device, ground)] for device in facts.dm],
        memo.footings.of(
            (facts.view, facts.inside, facts.dm, facts.loops, guests),
            lambda: [(guest.name, footing(guest, facts, ground)) for guest in guests],
        ),
    )
    inputs = (facts.view.mounts, facts.dm, *standing)
    return _backed(levels, memo.backs.of(inputs, lambda: _backs(ground, standing)), memo)


def _backed(levels: Sequence[Level], backs: _Backs, memo: Memo) -> tuple[Level, ...]:
    before, memo.backed = memo.backed, {}
    found: list[Level] = []
    for level in levels:
        if names := backs.get(level.id):
            known = before.get(level.id)
            if known is None or known[0] is not level or known[1] != names:
                known = level, names, replace(level, backs=names)
            memo.backed[level.id] = known
            level = known[2]
        found.append(level)
    return tuple(found)


class _Standing(NamedTuple):
    """Who stands on what, by ids of levels, each as far as it goes down."""

    levels: Sequence[Clean]
    """All there are."""
    stores: Sequence[Sequence[Clean]]
    """Under each of the ground's stores."""
    mapped: Sequence[Sequence[Clean]]
    """Under each of its mapped devices."""
    guests: _Footings


def _backs(ground: Ground, standing: _Standing) -> _Backs:
    """Return by level who stops when it is full."""
    known = set(standing.levels)
    above = (
        *map(level_id, ground.stores.values()),
        *(Clean(f"dm:{device.name}") for device in ground.dm),
    )
    backs: dict[Clean, dict[Clean, None]] = {}
    for level, stores in zip(above, (*standing.stores, *standing.mapped), strict=True):
        for store in stores:
            if level in known and level != store:
                backs.setdefault(store, {})[level] = None
    for guest, stores in standing.guests:
        for store in stores:
            if store != RAM:
                backs.setdefault(store, {})[guest] = None
    return {store: tuple(names) for store, names in backs.items()}


def _owned(facts: Facts, guests: Sequence[Subhost], memo: Memo) -> tuple[Netns, ...]:
    """Return the namespaces with their owner, the running subhost of that name, and processes."""
    if not facts.netns:
        return ()
    alive = {guest.name for guest in guests if guest.state is not Running.STOPPED and guest.pid}
    return memo.netns.of((facts.netns, facts.processes, alive), lambda: _with_owners(facts, alive))


def _with_owners(facts: Facts, alive: set[Clean]) -> tuple[Netns, ...]:
    inside = Counter(process.net_ns for process in facts.processes or ())
    return tuple(
        replace(
            each,
            owner=each.name if each.name in alive else None,
            processes=None if facts.processes is None else inside[each.inode],
        )
        for each in facts.netns
    )


def reused(host: Host, before: Host | None) -> Host:
    """Return the host with the very objects of ``before`` for every part that did not change."""
    if before is None:
        return host
    same = {
        part: was
        for part in _PARTS
        if (was := getattr(before, part)) is not (now := getattr(host, part)) and was == now
    }
    return replace(host, **same) if same else host
