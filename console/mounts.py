"""What a table of mounts means: what can be seen, what can fill, what may hang.

With ``/dev/shm`` mounted twice, ``visible`` keeps the upper of the two; ``fillable`` then
names each filesystem once however often it is bound elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from console.clean import Clean
from console.model import Mount

PSEUDO = frozenset({
    "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts",
    "efivarfs", "fuse.gvfsd-fuse", "fuse.lxcfs", "fuse.portal", "fusectl", "hugetlbfs", "mqueue",
    "nfsd", "nsfs", "proc", "pstore", "rpc_pipefs", "securityfs", "selinuxfs", "sysfs", "tracefs",
})  # fmt: skip
"""Filesystem types that store nothing of their own."""

_IMAGES = frozenset({"cramfs", "erofs", "iso9660", "romfs", "squashfs", "udf"})

# autofs asks a daemon, which may then mount one of the others.
_REMOTE = frozenset({
    "9p", "afs", "autofs", "beegfs", "ceph", "cifs", "coda", "fuse", "fuseblk", "gfs2",
    "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "smb3", "smbfs",
    "virtiofs",
})  # fmt: skip


def visible(mounts: Sequence[Mount]) -> tuple[Mount, ...]:
    """Return the mounts that a path can still lead to, in the order given.

    Hidden are a mount with another stacked on it, one beneath a directory over which its parent
    got a mount later, and whatever is mounted inside something that is hidden. The parent of the
    root is not in the list of a process, so a mount without a listed parent counts as a root.
    """
    ids = {mount.id for mount in mounts}
    children: defaultdict[int | None, list[Mount]] = defaultdict(list)
    for mount in mounts:
        # The kernel's own rootfs names itself as its parent.
        orphan = mount.parent not in ids or mount.parent == mount.id
        children[None if orphan else mount.parent].append(mount)
    places = {(mount.parent, mount.path) for mount in mounts if mount.parent != mount.id}

    reached: set[int] = set()
    frontier = children[None]
    while frontier:
        frontier = [
            mount
            for mount in frontier
            if mount.id not in reached
            and not any((mount.parent, above) in places for above in _above(mount.path))
        ]
        news = {mount.id for mount in frontier}
        reached |= news
        frontier = [child for parent in news for child in children[parent]]
    return tuple(m for m in mounts if m.id in reached and (m.id, m.path) not in places)


def holding(path: bytes | Clean, mounts: Sequence[Mount]) -> Mount | None:
    """Return the visible mount that holds an absolute ``path``, symbolic links not followed.

    ``None``: the path is relative, or nothing listed holds it.
    """
    name = path.encode("utf-8", "replace") if isinstance(path, str) else path
    if not name.startswith(b"/"):
        return None
    name = name.rstrip(b"/") or b"/"
    # What hides a mount is mounted on a directory above it, so the others need not be looked at.
    above = {name, *_above(name)}
    candidates = visible([mount for mount in mounts if mount.path in above])
    return max(candidates, key=lambda mount: len(mount.path), default=None)


def stores(mount: Mount) -> bool:
    """Whether something can be kept in a mount."""
    return mount.fstype not in PSEUDO


def fillable(mounts: Sequence[Mount]) -> tuple[Mount, ...]:
    """Return one visible mount for each filesystem that stores something.

    Of several mounts of one filesystem the one of its whole tree is taken, then the shortest
    path; the others are binds. An overlay is a filesystem of its own, with its own device.
    """
    best: dict[tuple[int, int], Mount] = {}
    for mount in visible(mounts):
        if not stores(mount):
            continue
        known = best.get(mount.device)
        if known is None or _preference(mount) < _preference(known):
            best[mount.device] = mount
    return tuple(best.values())


def may_hang(mount: Mount, mounts: Sequence[Mount]) -> bool:
    """Whether a system call on ``mount`` may wait for a network or a user's process for ever.

    An overlay may when one of its layers may; ``mounts`` are those of the namespace it was
    mounted in. Layers whose place is not known (relative ones) do not count.
    """
    seen: set[int] = set()
    pending = [mount]
    while pending:
        mount = pending.pop()
        if _remote(mount.fstype):
            return True
        if mount.overlay is None or mount.id in seen:
            continue
        seen.add(mount.id)
        layers = (mount.overlay.upper, *mount.overlay.lower)
        places = (holding(layer, mounts) for layer in layers if layer)
        pending += [place for place in places if place is not None]
    return False


def always_full(fstype: str) -> bool:
    """Whether filesystems of this type are read-only images, 100 % used by nature."""
    return fstype in _IMAGES


def _above(path: bytes) -> Iterator[bytes]:
    """The directories above ``path``, nearest first."""
    end = path.rfind(b"/")
    while end > 0:
        yield path[:end]
        end = path.rfind(b"/", 0, end)
    if len(path) > 1:
        yield b"/"


def _preference(mount: Mount) -> tuple[bool, int, bytes]:
    return mount.root != "/", len(mount.path), mount.path


def _remote(fstype: str) -> bool:
    return fstype in _REMOTE or fstype.startswith(("fuse.", "fuseblk."))
