"""Which image a host runs, and every other image it holds open.

A root overlay over ``/rofs``, a squashfs on ``/dev/loop0`` backed by
``/cdrom/casper/minimal.squashfs``, runs the image of that name, made at the time in its superblock
and of the version in ``/cdrom/.disk/info``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from console.beneath import device_number
from console.clean import Clean, clean, clean_path
from console.facts import Evidence
from console.identity.decision import ROFS, mapped, style, topmost
from console.model import DmDevice, Image, LoopDevice, Mount, OtherTarget, Snapshot, Style
from console.parse.bzimage import build
from console.parse.cmdline import parameters

Device = tuple[int, int]

FILESYSTEMS = frozenset({"squashfs", "iso9660", "erofs"})
"""Filesystems that are images by nature: read-only and made in one go."""

_MEDIUM_STAMPS = {
    Style.ARCHISO: ("/version", "/run/archiso/bootmnt/arch/version"),
    Style.CASPER: ("/cdrom/.disk/info",),
    Style.LIVE_BOOT: ("/run/live/medium/.disk/info", "/lib/live/mount/medium/.disk/info"),
    Style.AUTOSERVER: ("/rofs_root/version.txt", "/boot_disk/version.txt"),
    Style.INITRAMFS: ("/version",),
}
STAMPS = tuple(dict.fromkeys(path for paths in _MEDIUM_STAMPS.values() for path in paths))
"""Identity files worth reading, os-release apart: the first line of each."""

_URL_KEYS = {
    Style.LIVE_BOOT: ("fetch", "httpfs", "ftpfs", "nfsroot", "findiso", "fromiso"),
    Style.CASPER: ("iso-url", "url", "nfsroot"),
    Style.ARCHISO: ("archiso_http_srv", "archiso_nfs_srv", "archiso_nbd_srv", "img_loop"),
    Style.INITRAMFS: ("initrd", "BOOT_IMAGE"),
    Style.SLASHINIT: ("BOOT_IMAGE",),
}
_ROOT_PREFIXES = ("live:", "overlay:")

# Where the image is seen when the root's own layers do not lead to it.
_PLACES = {Style.AUTOSERVER: ROFS, Style.CASPER: "/rofs"}
MEDIUM = "/boot_disk/"
"""What an Autoserver host boots from; an image that was swapped in may lie elsewhere."""

# What dracut loops from within a squashfs, which it then unmounts (dmsquash-live-root.sh).
_INNER = frozenset({b"/LiveOS/rootfs.img", b"/LiveOS/ext3fs.img"})

_SETUP_NAME = 63
"""Bytes of a loop's name at setup (LO_NAME_SIZE less its NUL); a longer one was cut."""


def running(
    found: Style,
    evidence: Evidence,
    mounts: Sequence[Mount],
    dm: Sequence[DmDevice],
    loops: Sequence[LoopDevice],
) -> Image | None:
    """Return the image the root runs from; ``None`` when it has none or nothing names it."""
    root = topmost(mounts, "/")
    match found:
        case Style.DISK | Style.UNKNOWN:
            image = None
        case Style.SUBHOST:
            lower = clean_path(":".join(root.overlay.lower)) if root and root.overlay else None
            image = Image(
                name=None, version=None, source=lower, mount=root.point if root else None
            )
        case Style.SLASHINIT:
            banner = build(evidence.version) if evidence.version else None
            image = Image(name=None, version=banner, source=None, format=Clean("kernel"))
        case Style.INITRAMFS:
            image = Image(name=None, version=None, source=None, format=Clean("initramfs"))
        case _:
            image = _live(found, evidence, mounts, dm, loops)
    image = _identified(image or Image(None, None, None), found, evidence)
    return image if image.name or image.version or image.source else None


def images(
    evidence: Evidence,
    mounts: Sequence[Mount],
    loops: Sequence[LoopDevice],
    dm: Sequence[DmDevice] = (),
) -> tuple[Image, ...]:
    """Return every mounted or loop-attached image, the running one with its full identity."""
    root = running(style(evidence, mounts, dm), evidence, mounts, dm, loops)
    device = root.device if root else None
    return tuple(
        root if root and device and image.device == device else image
        for image in _attached(evidence, mounts, loops).values()
    )


def _attached(
    evidence: Evidence, mounts: Sequence[Mount], loops: Sequence[LoopDevice]
) -> Mapping[Device, Image]:
    by_device = {loop.device: loop for loop in loops}
    found: dict[Device, Image] = {}
    for mount in mounts:
        if mount.fstype in FILESYSTEMS and mount.device not in found:
            found[mount.device] = _mounted(mount, by_device.get(mount.device), evidence)
    for loop in loops:
        if loop.name in evidence.squashfs and loop.device not in found:
            found[loop.device] = _looped(loop, evidence)
    return found


def _mounted(mount: Mount, loop: LoopDevice | None, evidence: Evidence) -> Image:
    prefix = f"{mount.point}/"  # which for the root, beneath which every stamp lies, is none's
    stamp = next(
        (evidence.stamps[path] for path in evidence.stamps if path.startswith(prefix)), None
    )
    if loop:
        image = _looped(loop, evidence)
    else:
        name = None if mount.source.startswith("/dev/") else _basename(mount.source)
        image = Image(name, None, mount.source, device=mount.source)
    return replace(image, version=stamp, format=mount.fstype, mount=mount.point)


def _looped(loop: LoopDevice, evidence: Evidence) -> Image:
    superblock = evidence.squashfs.get(loop.name)
    file = _file(loop)
    return Image(
        name=_basename(file),
        version=None,
        source=file,
        format=Clean("squashfs") if superblock else None,
        built=superblock.built if superblock else None,
        size=superblock.bytes_used if superblock else None,
        device=Clean(f"/dev/{loop.name}"),
    )


def _file(loop: LoopDevice) -> Clean:
    """The live path loses its identity when the file is deleted or its mount detached."""
    name = loop.setup_name
    if name and len(name.encode()) < _SETUP_NAME and (loop.deleted or name.endswith(loop.backing)):
        return name
    return loop.backing


def _live(
    found: Style,
    evidence: Evidence,
    mounts: Sequence[Mount],
    dm: Sequence[DmDevice],
    loops: Sequence[LoopDevice],
) -> Image | None:
    attached = _attached(evidence, mounts, loops)
    stores = {device: image for device, image in attached.items() if image.format != "iso9660"}
    by_device = {loop.device: loop for loop in loops}
    for start in _starts(found, mounts, dm, loops):
        path = tuple(_descent(start, dm, by_device))
        if image := next((stores[device] for device in path if device in stores), None):
            return image
        if bottom := [by_device[device] for device in path if device in by_device]:
            return _looped(bottom[-1], evidence)
    return next(iter(stores.values())) if len(stores) == 1 else None


def _starts(
    found: Style, mounts: Sequence[Mount], dm: Sequence[DmDevice], loops: Sequence[LoopDevice]
) -> Iterator[Device]:
    """Yield the devices the image may lie on or under, likeliest first."""
    root = topmost(mounts, "/")
    if root and (device := mapped(root, dm)):
        yield device.device
    points = [lower.rstrip("/") for lower in root.overlay.lower] if root and root.overlay else []
    for point in points:
        if mount := topmost(mounts, point):
            yield mount.device
        yield from (loop.device for loop in loops if _basename(_file(loop)) == _basename(point))
    if mount := topmost(mounts, _PLACES.get(found, "")):
        yield mount.device


def _descent(
    device: Device | None, dm: Sequence[DmDevice], loops: Mapping[Device, LoopDevice]
) -> Iterator[Device]:
    """Yield a device and what it stands on: a mapped device's origin, a loop's file's device."""
    seen: set[Device] = set()
    while device and device not in seen:
        seen.add(device)
        yield device
        if loop := loops.get(device):
            device = loop.file_device or _holder(loop, loops.values())
        else:
            device = next((_origin(each) for each in dm if each.device == device), None)


def _holder(loop: LoopDevice, loops: Iterable[LoopDevice]) -> Device | None:
    """Return the image around a root image of dracut's, where no tool told which it lies in."""
    if loop.path not in _INNER:
        return None
    others = [each.device for each in loops if each.read_only and each is not loop]
    return others[0] if len(others) == 1 else None


def _origin(device: DmDevice) -> Device | None:
    match device.targets:
        case (Snapshot(origin=origin), *_):
            return device_number(origin)
        case (OtherTarget(type="thin", table=table), *_):
            # "<pool> <id> [<external origin>]": the pool holds changes, the origin the image.
            return next((device_number(word) for word in table.split()[2:]), None)
        case (OtherTarget(table=table), *_):
            return next(filter(None, map(device_number, table.split())), None)
    return None


def _identified(image: Image, found: Style, evidence: Evidence) -> Image:
    """Return the root's image with what os-release, stamps and the command line say of it."""
    names = evidence.os_release
    stamps = (
        evidence.stamps.get(path)
        for path in _MEDIUM_STAMPS.get(found, ())
        if not (path.startswith(MEDIUM) and swapped(found, image))
    )
    version = names.get("IMAGE_VERSION") or image.version or next(filter(None, stamps), None)
    if version is None and found is not Style.DISK:
        version = names.get("BUILD_ID")
    return replace(
        image,
        name=names.get("IMAGE_ID") or image.name,
        version=version,
        source=_url(found, evidence) or image.source,
    )


def swapped(found: Style, image: Image | None) -> bool:
    """Whether the image took the place of that from which the host was booted, for now."""
    source = image.source if image and found is Style.AUTOSERVER else None
    return source is not None and not source.startswith(MEDIUM)


def _url(found: Style, evidence: Evidence) -> Clean | None:
    given = dict(parameters(evidence.cmdline or ""))
    root = given.get("root") or ""
    live = found in {Style.DRACUT_DM, Style.DRACUT_OVERLAY, Style.KIWI}
    for prefix in _ROOT_PREFIXES:
        if live and root.startswith(prefix):
            return clean(root.removeprefix(prefix), len(root))
    for key in _URL_KEYS.get(found, ()):
        value = given.get(key)
        # casper takes ``url=`` for an image only if it names one; installers use it otherwise.
        if value and (key != "url" or value.endswith(".iso")):
            return value
    return None


def _basename(path: str) -> Clean:
    return clean(PurePosixPath(path).name)
