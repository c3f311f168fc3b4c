"""From the facts of one look to the picture of a host; pure, and cheap when little changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, replace

from console import identity
from console.beneath import RAM, Ground, beneath, level_id, standing, under_mapped
from console.cabling import network
from console.clean import Clean
from console.facts import Facts
from console.levels import Judge, mapped_levels, memory_level, mount_levels
from console.model import Host, Image, Level, Netns, Running, Subhost
from console.subhosts import footing, subhosts


def derive(
    name: Clean,
    facts: Facts,
    before: Host | None,
    judge: Judge,
    ground: Ground | None = None,
) -> Host:
    """Return the host these facts describe.

    ``before`` gives processes their CPU share, and parts equal to its own are reused so that
    comparing two pictures of a quiet host costs almost nothing. ``ground`` is that of these facts,
    where the caller has it.
    """
    ground = ground or standing(facts, None)
    known = network(facts.links, facts.netns)
    guests = subhosts(facts, ground, known, before, judge)
    evidence = facts.evidence
    host = Host(
        name=name,
        boot=(
            identity.boot(evidence, facts.view.mounts, facts.dm, facts.loops) if evidence else None
        ),
        memory=facts.memory,
        levels=(
            before.levels
            if before is not None and not facts.view.mounts  # the table could not be read
            else _backed(_host_levels(facts, ground, judge), facts, ground, guests)
        ),
        subhosts=guests,
        links=known.links,
        netns=_owned(facts, guests),
        images=_images(facts),
        gaps=facts.gaps,
        time=facts.time,
        at=facts.at,
    )
    return reused(host, before)


def _images(facts: Facts) -> tuple[Image, ...]:
    if facts.evidence is None:
        return ()
    return identity.images(facts.evidence, facts.view.mounts, facts.loops, facts.dm)


def _host_levels(facts: Facts, ground: Ground, judge: Judge) -> tuple[Level, ...]:
    memory = (memory_level(facts.memory, judge),) if facts.memory else ()
    return (*mapped_levels(ground, judge), *mount_levels(ground, judge), *memory)


def _backed(
    levels: Sequence[Level], facts: Facts, ground: Ground, guests: Sequence[Subhost]
) -> tuple[Level, ...]:
    """Return the levels with ``backs`` filled: who stops when this one is full."""
    known = {level.id for level in levels}
    standing = [
        *((level_id(mount), beneath(mount, ground)) for mount in ground.stores.values()),
        *((Clean(f"dm:{device.name}"), under_mapped(device, ground)) for device in ground.dm),
    ]
    backs: dict[str, list[Clean]] = {}
    for above, bounds in standing:
        for bound in bounds:
            if above in known and above != bound.id:
                backs.setdefault(bound.id, []).append(above)
    for guest in guests:
        for store in footing(guest, facts, ground):
            if store != RAM:
                backs.setdefault(store, []).append(guest.name)
    return tuple(
        replace(level, backs=tuple(dict.fromkeys(backs[level.id]))) if level.id in backs else level
        for level in levels
    )


def _owned(facts: Facts, guests: Sequence[Subhost]) -> tuple[Netns, ...]:
    """Return the namespaces with their owner, the running subhost of that name, and processes."""
    alive = {guest.name for guest in guests if guest.state is not Running.STOPPED and guest.pid}
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
        field.name: getattr(before, field.name)
        for field in fields(Host)
        if getattr(before, field.name) == getattr(host, field.name)
    }
    return replace(host, **same)
