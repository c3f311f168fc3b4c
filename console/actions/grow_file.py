"""More room in a file behind a loop device, and in the filesystem beneath where that binds."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from console.actions import grow_tmpfs
from console.actions.ground import mount_of
from console.actions.growth import Asked, Growth, Guard, refused
from console.actions.tools import inexact
from console.beneath import MEMORY_FILESYSTEMS
from console.clean import Clean, clean
from console.model import LoopDevice, Mount
from console.operations import Operation
from console.parse.amount import shown
from console.plan import Step

TOOLS = ("losetup", "dd", "stat", "mount")


@dataclass(frozen=True, slots=True)
class Room:
    """A file that is to have ``end`` bytes behind its loop device; ``used`` of the store are."""

    asked: Asked
    loop: LoopDevice
    end: int
    used: int

    @property
    def is_hidden(self) -> bool:
        """Whether no path leads to it, but its disk can be mounted again."""
        device = self.loop.file_device
        return self.loop.name not in self.asked.stores.reachable and bool(device and device[0])


def growth(room: Room) -> Growth:
    """Return how the file is made so large and its loop device sees it."""
    loop, stores = room.loop, room.asked.stores
    if loop.name in stores.limited:
        return refused(f"{loop.name} shows but a part of {loop.backing}")
    if loop.read_only:
        return refused(f"{loop.name} is read-only")
    if told := tuple(inexact(loop.backing)):
        return Growth(obstacles=told)
    if room.is_hidden:
        return Growth(steps=_steps(room), tools=(*TOOLS, "unshare"), notes=(_hidden(loop),))
    place = stores.places.get(Clean(posixpath.dirname(loop.backing)))
    holder = mount_of(stores, place)
    if place is None or holder is None:
        return refused(f"where {loop.backing} lies cannot be told", "look again")
    ground = _beneath(room, holder)
    memory = _memory(room, holder)
    return Growth(
        steps=(*ground.steps, *_steps(room)),
        checks=memory.checks if memory else (),
        obstacles=(*ground.obstacles, *(memory.obstacles if memory else ())),
        consequences=memory.consequences if memory else (),
        notes=ground.notes,
        tier=memory.tier if memory else Growth().tier,
        tools=TOOLS,
    )


def _memory(room: Room, holder: Mount) -> Guard | None:
    if holder.fstype not in MEMORY_FILESYSTEMS:
        return None
    limit = room.asked.level.limit
    now = min(room.loop.size, limit.total) if limit else room.loop.size
    return Guard(room.asked, room.end - room.used, room.end - now)


def _beneath(room: Room, holder: Mount) -> Growth:
    """Return what gives the filesystem that holds the file room for all of it."""
    place = room.asked.stores.places[Clean(posixpath.dirname(room.loop.backing))]
    kept = max((room.loop.file_allocated or 0) - room.used, 0)
    lacking = room.end - room.used - kept - place.statfs.available
    if place.statfs.total <= 0 or lacking <= 0:
        return Growth()
    if holder.fstype not in MEMORY_FILESYSTEMS:
        left = shown(place.statfs.available)
        return refused(
            f"the {holder.fstype} at {holder.point}, which holds it, has but {left} left",
            f"make room in {holder.point}",
        )
    size = place.statfs.total + lacking
    step = grow_tmpfs.step(room.asked, holder, place, -(-size >> 20) << 20)
    was = f"{holder.point}, which held {shown(place.statfs.total)}, is what would be full first"
    return Growth(steps=(step,), notes=(clean(was),))


def _steps(room: Room) -> tuple[Step, ...]:
    loop = room.loop
    if room.end <= loop.size:
        return ()
    old, new = str(loop.size + loop.offset), str(room.end + loop.offset)
    way = ("{}:{}".format(*loop.file_device),) if room.is_hidden and loop.file_device else ()
    enlarge = Operation(("enlarge", loop.backing, old, new, loop.name, *way))
    back = Operation(("cut_back", loop.backing, old, new, loop.name, *way))
    return (
        Step(clean(f"make {loop.backing} {shown(room.end)} large", 1000), (enlarge,), (back,)),
        Step(
            clean(f"have {loop.name} see it"),
            (Operation(("widen", loop.name, str(room.end))),),
        ),
    )


def _hidden(loop: LoopDevice) -> Clean:
    return clean(f"the filesystem of {loop.backing} is mounted for a moment, seen by this alone")
