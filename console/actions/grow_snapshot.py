"""Grow the exception store of a snapshot, live: a root that would be lost else.

The kernel reads the size of a store anew at each use, so a larger file is enough where there is a
way to it. Where there is none, the store goes on in a second file: a ``linear`` device of both
takes its place, for which the snapshot is suspended for a moment. Only a store that is kept on its
device survives that; of type N it is kept in the kernel's memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from console.actions import grow_file, joining
from console.actions.ground import loop_of, mount_at
from console.actions.grow_file import Room
from console.actions.growth import Asked, Growth, Guard, refused
from console.actions.joining import Segment
from console.actions.reviving import Revived
from console.beneath import MEMORY_FILESYSTEMS
from console.clean import Clean, clean
from console.model import SECTOR, DmDevice, LoopDevice, Snapshot
from console.operations import Operation
from console.parse.amount import shown
from console.plan import Check, Obstacle, Step
from console.survey import Stores

_HIDDEN_ROOTS = frozenset({(0, 1), (0, 2)})
"""Where the initramfs lies that a root was switched to from: the first of all filesystems."""


@dataclass(frozen=True, slots=True)
class Store:
    """The exception store as it is."""

    device: DmDevice
    snapshot: Snapshot
    line: str
    """Its table."""
    segments: tuple[Segment, ...]
    """What it is made of: one loop device, or several one after the other."""
    wrapper: DmDevice | None
    """The ``linear`` device that they are joined by, where they are."""
    last: LoopDevice | None
    """The loop device at its end."""

    @property
    def size(self) -> int:
        """Bytes it holds in all."""
        return sum(each.sectors for each in self.segments) * SECTOR

    @property
    def overflown(self) -> bool:
        """Whether it was full, so that it takes nothing more as it is."""
        return self.snapshot.fault == "Overflow"


def growth(asked: Asked) -> Growth:
    """Return how the store gets larger, or why nothing can make it so."""
    store = _store(asked)
    if isinstance(store, Growth):
        return store
    snapshot = store.snapshot
    unit = snapshot.chunk * SECTOR
    size = -(-asked.size // unit) * unit
    if store.overflown and size <= store.size:
        return refused(f"it is full with {shown(store.size)}: it takes more to go on")
    used = store.size if store.overflown else (snapshot.allocated or 0) * SECTOR
    limit = asked.level.limit.total if asked.level.limit else store.size
    if size <= min(store.size, limit):
        return refused(f"it holds {shown(min(store.size, limit))} as it is; none is cut off")
    size = max(size, store.size)
    if store.last is not None and _leads_to(asked, store.last):
        found = _in_its_file(asked, store, store.last, size, used)
    else:
        found = _in_another_file(asked, store, size, used)
    if found.obstacles:
        return found
    return replace(
        found,
        checks=(*found.checks, _same(store)),
        notes=(*found.notes, *_notes(store)),
        tools=(*found.tools, "dmsetup"),
        total=size,
    )


def _store(asked: Asked) -> Store | Growth:
    name = asked.level.id.removeprefix("dm:")
    stores = asked.stores
    device = next((each for each in stores.dm if each.name == name), None)
    snapshot = device.targets[0] if device and len(device.targets) == 1 else None
    lines = stores.tables.get(device.name, ()) if device else ()
    if device is None or not isinstance(snapshot, Snapshot) or len(lines) != 1:
        return refused(f"{name} is no single snapshot any more", "look again")
    if snapshot.merging:
        return refused(f"{name} is being merged into its origin: it empties by itself", "wait")
    if snapshot.fault and snapshot.fault != "Overflow":
        return _lost(name, snapshot)
    wrapper = next((d for d in stores.dm if "{}:{}".format(*d.device) == snapshot.cow), None)
    loop = loop_of(stores, snapshot.cow)
    if loop is not None:
        segments: tuple[Segment, ...] | None = (Segment(snapshot.cow, 0, loop.size // SECTOR),)
    else:
        segments = joining.segments(stores.tables.get(wrapper.name, ()) if wrapper else ())
    if not segments:
        what = f"the device {snapshot.cow}" if wrapper is None else wrapper.name
        return refused(f"the store is {what}, which is no file behind a loop device", "grow that")
    last = loop_of(stores, segments[-1].device)
    return Store(device, snapshot, lines[0], segments, wrapper, last)


def _lost(name: str, snapshot: Snapshot) -> Growth:
    why = {
        "N": "its changes were found through the kernel's memory alone, and that is gone",
        "P": "its header says so on its device, also after a reboot",
        "PO": "the filesystem that holds it was full, and its header says so on its device",
    }.get(snapshot.persistence, "it is lost")
    return refused(
        f"{name} is {snapshot.fault}: {why}; growing, reloading or making it anew brings nothing "
        "back",
        "reboot, by a power cycle where nothing else answers",
    )


def _leads_to(asked: Asked, loop: LoopDevice) -> bool:
    """Whether its file can be made larger: by its path, or by mounting its disk again."""
    if loop.name in asked.stores.reachable:
        return True
    return loop.file_device is not None and loop.file_device[0] != 0 and not loop.deleted


def _in_its_file(asked: Asked, store: Store, loop: LoopDevice, size: int, used: int) -> Growth:
    before = store.size - store.segments[-1].sectors * SECTOR
    found = grow_file.growth(Room(asked, loop, size - before, max(used - before, 0)))
    if found.obstacles:
        return found
    end = store.segments[-1]
    grown = (*store.segments[:-1], replace(end, sectors=(size - before) // SECTOR))
    joined = _joined(asked, store, grown, None)
    if isinstance(joined, Growth):
        return joined
    return _with(found, joined, asked, store, size)


def _in_another_file(asked: Asked, store: Store, size: int, used: int) -> Growth:
    if told := tuple(_no_second_file(asked.stores, store)):
        return Growth(obstacles=told)
    more = size - store.size
    guard = Guard(asked, size - used, more)
    if obstacles := tuple(guard.obstacles):
        return Growth(obstacles=obstacles)
    place = joining.place(asked.stores, store.device.name)
    why = f"make room for {shown(more)} more in memory, at {place}"
    room = Step(
        clean(why),
        (Operation(("make_room", place, str(more))),),
        (Operation(("drop_room", place)),),
    )
    joined = _joined(asked, store, store.segments, place)
    if isinstance(joined, Growth):
        return joined
    found = Growth(
        steps=(room,),
        checks=guard.checks,
        consequences=guard.consequences,
        notes=(Clean(f"{place} must stay mounted as long as the host is up"),),
        tier=guard.tier,
        tools=(*grow_file.TOOLS, "mkdir", "rmdir", "umount"),
    )
    return _with(found, joined, asked, store, size)


def _no_second_file(stores: Stores, store: Store) -> Iterator[Obstacle]:
    """Yield why what does not fit into its file cannot go into another."""
    loop, snapshot = store.last, store.snapshot
    if store.wrapper is None and snapshot.persistence == "N":
        yield Obstacle(
            Clean(
                "no path leads to its file any more, and it is of type N: to go on in another "
                "file its table would be loaded anew, which discards all changes at once"
            ),
            Clean("delete nothing for it: save what matters, then reboot with a larger store"),
        )
    elif loop is None or loop.file_device is None:
        yield Obstacle(
            Clean("on what its file lies cannot be told"),
            Clean("install losetup of util-linux"),
        )
    elif store.wrapper is None and not _in_memory(stores, loop.file_device):
        yield Obstacle(
            clean(
                f"its file {loop.backing} lies on a filesystem to which no path leads "
                "({}:{}): a boot that reads it would find but half of the changes".format(
                    *loop.file_device
                )
            ),
            Clean("reboot with a larger store"),
        )


def _in_memory(stores: Stores, device: tuple[int, int]) -> bool:
    """Whether what lies on this filesystem is gone with the next boot."""
    mounted = {mount.device for mount in stores.mounts if mount.fstype in MEMORY_FILESYSTEMS}
    return device in _HIDDEN_ROOTS | mounted


def _joined(
    asked: Asked, store: Store, segments: tuple[Segment, ...], place: str | None
) -> tuple[Step, ...] | Growth:
    """Return what makes these, and the file in ``place``, the store."""
    if store.wrapper is not None and not store.overflown:
        lines = asked.stores.tables.get(store.wrapper.name, ())
        return (joining.longer(store.wrapper, lines, segments, place),)
    if store.wrapper is None and not store.overflown and place is None:
        return ()
    if store.snapshot.persistence == "N":
        return refused("it is of type N: its table loaded anew discards all changes at once")
    if told := tuple(joining.unfit(asked.stores, store.device)):
        return Growth(obstacles=told)
    wrapper = joining.name(asked.stores, store.device.name)
    limit = None if store.overflown else store.size // SECTOR
    made = joining.exchanged(store.device.name, store.snapshot.cow, wrapper, limit)
    old = (joining.dropped(store.wrapper),) if store.wrapper is not None else ()
    return (joining.joined(wrapper, segments, place), made, *old)


def _with(
    found: Growth, joined: tuple[Step, ...], asked: Asked, store: Store, size: int
) -> Growth:
    """Return all of it, with the last look at what came of it."""
    name = store.device.name
    seen = Operation(("store_holds", name, str(size // SECTOR)))
    steps = [*found.steps, *joined, Step(clean(f"see that {name} holds {shown(size)}"), (seen,))]
    consequences = list(found.consequences)
    if store.overflown and asked.level.mount:
        revived = _revived(asked, store, asked.level.mount)
        steps.append(revived.step)
        consequences += revived.consequences
    tools = (*found.tools, *(joining.TOOLS if joined else ()))
    return replace(
        found,
        steps=tuple(steps),
        consequences=tuple(consequences),
        tools=tuple(dict.fromkeys(tools)),
    )


def _revived(asked: Asked, store: Store, mount: Clean) -> Revived:
    found = mount_at(asked.stores.mounts, mount)
    place = store.last.file_device if store.last else None
    forgotten = place is not None and _in_memory(asked.stores, place)
    return Revived(mount, found.fstype if found else "", store.device.name, forgotten)


def _same(store: Store) -> Check:
    refusal = clean(f"{store.device.name} is made up otherwise than it was")
    return Check(Operation(("is_made_of", store.device.name), stdin=f"{store.line}\n"), refusal)


def _notes(store: Store) -> Iterator[Clean]:
    if not store.overflown:
        yield Clean("nothing makes it smaller again before the next boot")
