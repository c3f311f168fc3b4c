"""From the facts of one look to the picture of a host; pure, and cheap when little changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from math import inf, isfinite
from operator import attrgetter, is_

from console import identity
from console.backs import Backs, Footings, Standing
from console.beneath import RAM, Ground, standing, under_mapped
from console.cabling import Network, network
from console.clean import Clean
from console.facts import Facts
from console.levels import mapped_levels, memory_level
from console.memo import Kept, equal, same
from console.model import Boot, DmDevice, Host, Image, Level, Netns, Running, Subhost
from console.mounted import Found, again, mount_levels
from console.renewed import all_but, renewing
from console.states import Judge
from console.subhosts import Guests, footing, subhosts

_PARTS = ("memory", "links", "netns", "images", "gaps", "routing", "boot")
"""Of a host, what may be equal without being the same object."""
_up_for = renewing(Boot, "uptime")
_gone_on = renewing(Host, "boot", "memory", "levels", "time", "at")
_stand: Callable[[Facts], tuple[object, ...]] = attrgetter("view", "inside", "dm", "loops")
"""What levels stand on, but for main memory."""
_still = all_but(Facts, "time", "at", "uptime", "memory")
"""What mostly is the same from look to look, and is then the very same object."""


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
    footings: Kept[Footings] = field(default_factory=Kept)
    backs: Backs = field(default_factory=Backs)
    found: list[Found] = field(default_factory=list)
    """What the host's own mounts make, in their order …"""
    levels: tuple[Level, ...] = ()
    """… and all its levels, which are those, mapped devices before and main memory after them."""
    netns: Kept[tuple[Netns, ...]] = field(default_factory=Kept)
    host: Host | None = None
    """What followed from the last facts in which more than main memory was another …"""
    still: tuple[object, ...] = ()
    """… which were these …"""
    stood: tuple[object, ...] = ()
    """… and of them what the levels stand on, with the subhosts that were found …"""
    needs: float = inf
    """… and holds while main memory has so many bytes left …"""
    tight: tuple[int, ...] = ()
    """… but for the levels in these places, which that bounds."""

    def told(self, host: Host) -> None:
        """Have what is told of the host, with what its past tells, stand for what was found.

        So each level is kept once. ``host`` is the one that followed last, but for that.
        """
        if self.levels:
            self.hold(host.levels)
        if self.guests.told:
            self.guests.hold(host.subhosts)
        if self.stood:
            self.stood = (*self.stood[:-1], self.guests.told)
        self.host = host

    def hold(self, levels: tuple[Level, ...]) -> None:
        """Have these stand for the levels that were found, in their order."""
        memory = levels[-1:] if levels and levels[-1].id == RAM else ()
        mapped = levels[: len(levels) - len(self.found) - len(memory)]
        for each, level in zip(self.found, levels[len(mapped) :], strict=False):
            each.level = level
        self.mapped.put(mapped)
        self.memory.put(memory)
        self.levels = levels

    def find_anew(self) -> None:
        """Forget the levels that were found: what was told of them besides holds no more."""
        self.mapped.forget()
        self.memory.forget()
        self.found, self.levels, self.stood = [], (), ()


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
    if memo.host is not None and _goes_on(facts, ground, memo):
        levels = _bound(facts, ground, judge, memo)
        return _gone_on(memo.host, _boot(facts, memo), facts.memory, levels, facts.time, facts.at)
    guests = subhosts(facts, ground, _network(facts, memo), before, judge, memo.guests)
    host = Host(
        name=name,
        boot=_boot(facts, memo),
        memory=facts.memory,
        levels=_levels(facts, ground, judge, guests, before, memo),
        subhosts=guests,
        links=facts.links,
        netns=_owned(facts, guests, memo),
        images=_images(facts, memo),
        gaps=facts.gaps,
        time=facts.time,
        at=facts.at,
        routing=facts.routing,
    )
    memo.host, memo.still = _reused(host, before), _still(facts)
    _rest(facts, memo)
    return memo.host


def _rest(facts: Facts, memo: Memo) -> None:
    """Take note of what of the levels depends on main memory, and how."""
    needs = [each.needs for each in memo.found]
    memo.tight = tuple(place for place, each in enumerate(needs) if each == inf)
    guests = [each.needs for each in memo.guests.mounted]
    idle = all(each.cpu is not None for each in facts.processes or ())  # else it tells of time
    whole = facts.view.mounts and not facts.dm and idle
    memo.needs = max([*filter(isfinite, needs), *guests], default=-inf) if whole else inf


def _goes_on(facts: Facts, ground: Ground, memo: Memo) -> bool:
    """Whether nothing but what main memory has left is another, and nothing is bound by that."""
    return _holds(memo, facts, ground) and all(map(is_, _still(facts), memo.still))


def _holds(memo: Memo, facts: Facts, ground: Ground) -> bool:
    """Whether levels bound by main memory go on to be so, and no others are."""
    known = memo.host is not None and memo.host.memory is not None
    return memo.needs <= ground.left and known == (facts.memory is not None)


def _bound(facts: Facts, ground: Ground, judge: Judge, memo: Memo) -> tuple[Level, ...]:
    """Return the levels where all they stand on but main memory is as before."""
    if facts.memory is not None:
        levels = [*memo.levels[:-1], *_memory(facts, judge, memo)]
        for place in memo.tight:
            found = memo.found[place] = again(memo.found[place], ground, judge)
            found.level = levels[place] = memo.backs.named(found.level)
        levels[-1] = memo.backs.named(levels[-1])
        memo.memory.put((levels[-1],))
        memo.levels = same(tuple(levels), memo.levels)
    return memo.levels


def _network(facts: Facts, memo: Memo) -> Network:
    links, netns = facts.links, facts.netns
    return memo.network.of((links, netns), lambda: network(links, netns))


def _boot(facts: Facts, memo: Memo) -> Boot | None:
    evidence = facts.evidence
    if evidence is None:
        return None
    inputs = (evidence, facts.view.mounts, facts.dm, facts.loops)
    boot = memo.boot.of(
        inputs, lambda: identity.boot(evidence, facts.view.mounts, facts.dm, facts.loops)
    )
    return boot if facts.uptime is None else _up_for(boot, facts.uptime)


def _images(facts: Facts, memo: Memo) -> tuple[Image, ...]:
    evidence = facts.evidence
    if evidence is None:
        return ()
    inputs = (evidence, facts.view.mounts, facts.dm, facts.loops)
    return memo.images.of(
        inputs, lambda: identity.images(evidence, facts.view.mounts, facts.loops, facts.dm)
    )


def _levels(
    facts: Facts,
    ground: Ground,
    judge: Judge,
    guests: Sequence[Subhost],
    before: Host | None,
    memo: Memo,
) -> tuple[Level, ...]:
    """Return the host's own levels, ``backs`` filled; those of before if no mounts were read."""
    if before is not None and not facts.view.mounts:
        memo.find_anew()
        return before.levels
    stood = (*_stand(facts), guests)
    if memo.stood and _holds(memo, facts, ground) and all(map(is_, stood, memo.stood)):
        return _bound(facts, ground, judge, memo)
    levels = _found(facts, ground, judge, memo)
    if memo.backs.learn(_standing(levels, facts, ground, guests, memo)) and memo.levels:
        memo.find_anew()
        levels = _found(facts, ground, judge, memo)
    memo.stood = stood
    memo.hold(same(tuple([memo.backs.named(level) for level in levels]), memo.levels))
    return memo.levels


def _found(facts: Facts, ground: Ground, judge: Judge, memo: Memo) -> Sequence[Level]:
    """Return the host's own levels, without the names of those who stop if they are other ones."""
    mapped: tuple[Level, ...] = ()
    if facts.dm:
        seen = (facts.view, facts.dm, facts.loops, facts.memory, judge)
        mapped = memo.mapped.of(seen, lambda: mapped_levels(ground, judge))
    stores = ground.stores.values()
    memo.found = mount_levels(stores, ground.view.statfs, ground, judge, memo.found)
    return [*mapped, *[each.level for each in memo.found], *_memory(facts, judge, memo)]


def _standing(
    levels: Sequence[Level], facts: Facts, ground: Ground, guests: Sequence[Subhost], memo: Memo
) -> Standing:
    return Standing(
        [level.id for level in levels],
        [(each.level.id, each.under) for each in memo.found],
        [_under(device, ground) for device in facts.dm],
        memo.footings.of(
            (facts.view, facts.inside, facts.dm, facts.loops, memo.guests.found or guests),
            lambda: [(guest.name, footing(guest, facts, ground)) for guest in guests],
        ),
    )


def _memory(facts: Facts, judge: Judge, memo: Memo) -> tuple[Level, ...]:
    """Return the level of main memory, if that is known."""
    of = facts.memory
    if of is None:
        memo.memory.forget()
        return ()
    return memo.memory.of((of.total, of.available, judge), lambda: (memory_level(of, judge),))


def _under(device: DmDevice, ground: Ground) -> tuple[Clean, Sequence[Clean]]:
    """Return the id of a mapped device's level and those of what it stands on."""
    return Clean(f"dm:{device.name}"), [bound.id for bound in under_mapped(device, ground)]


def _owned(facts: Facts, guests: Sequence[Subhost], memo: Memo) -> tuple[Netns, ...]:
    """Return the namespaces with their owner, the running subhost of that name, and processes."""
    if not facts.netns:
        return ()
    running = (each for each in guests if each.state is not Running.STOPPED and each.pid)
    alive = tuple(guest.name for guest in running)
    was = memo.host.netns if memo.host else ()
    inputs = (facts.netns, facts.processes, alive)
    return memo.netns.of(inputs, lambda: equal(_with_owners(facts, alive), was))


def _with_owners(facts: Facts, alive: Collection[Clean]) -> tuple[Netns, ...]:
    inside = Counter(process.net_ns for process in facts.processes or ())
    return tuple(
        replace(
            each,
            owner=each.name if each.name in alive else None,
            processes=None if facts.processes is None else inside[each.inode],
        )
        for each in facts.netns
    )


def _reused(host: Host, before: Host | None) -> Host:
    """Return the host with the very objects of ``before`` for every part that did not change.

    Levels come anew with their forecasts, of which the same holds.
    """
    if before is None:
        return host
    same = {
        part: was
        for part in _PARTS
        if (was := getattr(before, part)) is not (now := getattr(host, part)) and was == now
    }
    return replace(host, **same) if same else host
