"""Where a level is written to: from the picture of a host to the mounts and folders of a store.

The writers of ``tmpfs:/srv`` on which the uppers of two subhosts lie are those that write in
``/srv`` and those that write anywhere in the roots of the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from console.beneath import RAM
from console.clean import Clean
from console.errors import ConsoleError
from console.model import Host, Kind, Level, Mount, Overlay, Subhost
from console.mounts import visible
from console.observed import level as find_level
from console.tracing import Layer, Layers, Place, Root, Spaces, Terrain, TraceRequest

_BLOCK = frozenset({Kind.FILESYSTEM, Kind.DM_SNAPSHOT, Kind.THIN_POOL})
_HOST = Clean("")
_AVOIDED = 500
"""Mount points of a store that a walk goes around; more would make a request too long."""


def request(host: Host, subhost: Clean, level_id: Clean, since: float) -> TraceRequest:
    """Return what is to be asked about a level. Raises ``ConsoleError`` where there is no such."""
    level = find_level(host, subhost, level_id)
    if level is None:
        owner = "/".join(filter(None, (host.name, subhost)))
        known = (
            lev.id for own, lev in host.owned_levels if own == subhost and not lev.always_full
        )
        raise ConsoleError(f"{level_id}: no such level of {owner}", f"it has {', '.join(known)}")
    if level.always_full:
        raise ConsoleError(f"{level_id}: a read-only image: nobody writes to it")
    places = dict.fromkeys(_places(host, subhost, level))
    layers = tuple(
        Layers(sub.overlay, Clean("/") if sub.pid is not None else None, sub.name)
        for sub in host.subhosts
        if sub.overlay is not None and sub.overlay.upper is not None
    )
    return TraceRequest(tuple(places), layers, since, since_boot=level.kind is Kind.DM_SNAPSHOT)


def _places(host: Host, subhost: Clean, level: Level) -> Iterator[Place]:
    """Yield the level's own mount, then the mounts of all that stands on it."""
    if level.mount is not None:
        yield replace(_place(host, subhost, level), walked=True)
    own = {each.id: each for each in host.levels}
    gathers = level.mount is None  # memory and pools hold nothing but what stands on them
    seen = {level.id}
    standing = list(level.backs)
    while standing:
        name = standing.pop(0)
        if name in seen:
            continue
        seen.add(name)
        if above := own.get(name):
            standing += above.backs
            if above.mount is not None and not above.always_full:
                walked = gathers and above.kind is not Kind.OVERLAY
                yield replace(_place(host, _HOST, above), walked=walked)
        else:
            yield from (
                _place(host, sub.name, root)
                for sub in host.subhosts
                if sub.name == name and sub.pid is not None
                for root in sub.levels
                if root.mount == "/"
            )
    if level.id == RAM:
        for sub in host.subhosts:
            for store in sub.levels:
                if store.kind is Kind.TMPFS and store.mount is not None:
                    yield replace(_place(host, sub.name, store), walked=True)


def _place(host: Host, subhost: Clean, level: Level) -> Place:
    owner = next((each for each in host.subhosts if subhost and each.name == subhost), None)
    is_root = owner is not None and level.mount == "/"
    return Place(
        mount=level.mount or Clean("/"),
        subhost=subhost,
        pid=owner.pid if owner else None,
        block=_on_block(host, owner, level),
        overlay=owner.overlay if owner and is_root else None,
    )


def _on_block(host: Host, owner: Subhost | None, level: Level) -> bool:
    """Whether what is written there ends on a block device rather than in memory."""
    if level.kind is not Kind.OVERLAY:
        return level.kind in _BLOCK
    name = owner.name if owner else level.id
    return any(name in store.backs and store.kind in _BLOCK for store in host.levels)


def terrain(asked: TraceRequest, spaces: Spaces) -> Terrain:
    """Return which mounts those are, and what folders to look through."""
    found: dict[Place, Mount] = {}
    unseen: list[Clean] = []
    for place in asked.places:
        mount = _mounted(place, spaces)
        if mount is None:
            where = f"{place.subhost}: " if place.subhost else ""
            unseen.append(Clean(f"{where}{place.mount}: no longer mounted"))
        else:
            found[place] = mount
    memory = {mount.device for place, mount in found.items() if not place.block}
    block = {mount.device for place, mount in found.items() if place.block}
    every = [mount for table in spaces.tables.values() for mount in table]
    roots = []
    for place, mount in found.items():
        if place.walked:
            root = _root(place, mount, spaces)
            if root is None:
                unseen.append(Clean(f"{place.mount}: its upper layer has no absolute path"))
            else:
                roots.append(root)
    if spaces.untold:
        unseen.append(Clean(f"the mounts of {spaces.untold} more namespaces"))
    return Terrain(
        frozenset(mount.id for mount in every if mount.device in memory),
        frozenset(mount.id for mount in every if mount.device in block),
        tuple(roots),
        (*_own_layers(spaces), *_layers(asked)),
        tuple(unseen),
    )


def _mounted(place: Place, spaces: Spaces) -> Mount | None:
    table = visible(spaces.tables.get(place.pid or 0, ()))
    return next((mount for mount in reversed(table) if mount.point == place.mount), None)


def _root(place: Place, mount: Mount, spaces: Spaces) -> Root | None:
    overlay = place.overlay or mount.overlay
    if mount.overlay is not None and overlay is not None:
        upper = overlay.upper
        if upper is None or not upper.startswith("/"):
            return None
        path = upper.rstrip("/").encode()
        return Root(path, place.subhost, _bare(mount.path), _below(path, spaces.tables.get(0, ())))
    inside = _bare(mount.path)
    table = spaces.tables.get(place.pid or 0, ())
    way = b"" if place.pid is None else b"/proc/%d/root" % place.pid
    avoid = tuple(way + point for point in _below(inside, table))
    return Root(way + inside, place.subhost, inside, avoid)


def _below(path: bytes, table: tuple[Mount, ...]) -> tuple[bytes, ...]:
    points = dict.fromkeys(mount.path for mount in table if mount.path.startswith(path + b"/"))
    return tuple(point for point in points if point != b"/")[:_AVOIDED]


def _own_layers(spaces: Spaces) -> Iterator[Layer]:
    for mount in visible(spaces.tables.get(0, ())):
        if mount.overlay is not None:
            yield from _layer(mount.overlay, _bare(mount.path), _HOST)


def _layers(asked: TraceRequest) -> Iterator[Layer]:
    for each in asked.layers:
        merged = None if each.merged is None else _bare(each.merged.encode())
        yield from _layer(each.overlay, merged, each.subhost)


def _layer(overlay: Overlay, merged: bytes | None, subhost: Clean) -> Iterator[Layer]:
    """Yield the upper layer, and the work folder, which nobody but the kernel is to touch."""
    lower = tuple(_bare(path.encode()) for path in overlay.lower if path.startswith("/"))
    if overlay.upper and overlay.upper.startswith("/"):
        yield Layer(_bare(overlay.upper.encode()), lower, merged, subhost)
    if overlay.work and overlay.work.startswith("/"):
        yield Layer(_bare(overlay.work.encode()), (), None, subhost)


def _bare(path: bytes) -> bytes:
    """Return a path to put more behind; of the root nothing is left."""
    return path.rstrip(b"/")
