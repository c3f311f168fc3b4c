"""The ordered decision by which a host's boot style is found: pid 1, then the topmost ``/``.

An ``overlay`` from ``LiveOS_rootfs`` with ``upperdir=/run/overlayfs`` is dracut's, with
``upperdir=/run/overlay/overlayfs/rw`` it is kiwi's. Command line tokens alone decide nothing where
mounts can: initrds bring tokens of their own, and boot loaders take some away.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from console.facts import Evidence
from console.model import DmDevice, Mount, OtherTarget, Snapshot, Style, ThinPool
from console.parse.cmdline import parameters

ROFS = "/rofs_root"
"""Where the image of an Autoserver host is, of which its root, a tmpfs, has but copies."""

# Source of the root overlay, where its topmost layer lies, and what that means.
_OVERLAYS = (
    ("LiveOS_rootfs", "/run/overlayfs", Style.DRACUT_OVERLAY),
    ("LiveOS_rootfs", "/run/overlay/", Style.KIWI),
    ("OverlayOS_rootfs", "", Style.KIWI),
    ("airootfs", "/run/archiso/", Style.ARCHISO),
    ("/cow", "/cow/", Style.CASPER),
    ("overlay", "/run/live/", Style.LIVE_BOOT),
    ("overlay", "/live/overlay/", Style.LIVE_BOOT),
    ("overlay", "/lib/live/mount/", Style.LIVE_BOOT),
)
_LIVE_BOOT_MOUNTS = ("/run/live/", "/lib/live/mount/")

# What a mapped root is called, the targets it then has, and what that means.
_MAPPED = (
    ("live-rw", {"snapshot", "thin", "linear"}, Style.DRACUT_DM),
    ("*_airootfs", {"snapshot"}, Style.ARCHISO),
)


def style(evidence: Evidence, mounts: Sequence[Mount], dm: Sequence[DmDevice]) -> Style:
    """Return how the host booted; ``UNKNOWN`` when nothing that is known fits."""
    if evidence.init_name == ".reaper":
        return Style.SUBHOST
    root = topmost(mounts, "/")
    if root is None:
        return Style.UNKNOWN
    match root.fstype:
        case "rootfs":
            return Style.SLASHINIT if _unlinked_init(evidence, root) else Style.INITRAMFS
        case "tmpfs":
            rofs = topmost(mounts, ROFS)
            return Style.AUTOSERVER if rofs and rofs.fstype == "squashfs" else Style.UNKNOWN
        case "overlay":
            return _overlay_style(root)
        case "aufs":
            return _aufs_style(evidence, mounts)
    return _device_style(root, dm)


def topmost(mounts: Sequence[Mount], point: str) -> Mount | None:
    """Return the mount that is seen at ``point``: the last one there."""
    return next((mount for mount in reversed(mounts) if mount.point == point), None)


def mapped(root: Mount, dm: Sequence[DmDevice]) -> DmDevice | None:
    """Return the device-mapper device that is mounted."""
    for device in dm:
        if device.device == root.device or f"/dev/mapper/{device.name}" == root.source:
            return device
    return None


def _unlinked_init(evidence: Evidence, root: Mount) -> bool:
    """Whether pid 1 is slashinit: it unlinks ``/init``, wipes its arguments, sets nosuid on /.

    ``/proc/1/exe`` alone would do, but only root may read it.
    """
    if evidence.init_exe is not None:
        return evidence.init_exe == "/init (deleted)"
    first, *rest = evidence.init_argv or ("",)
    return (
        evidence.init_name == "init"
        and first == "/init"
        and not any(rest)
        and "nosuid" in root.options
    )


def _overlay_style(root: Mount) -> Style:
    overlay = root.overlay
    if overlay is None:
        return Style.UNKNOWN
    layer = overlay.upper or next(iter(overlay.lower), "")
    for source, prefix, found in _OVERLAYS:
        if root.source == source and layer.startswith(prefix):
            return found
    return Style.UNKNOWN


def _aufs_style(evidence: Evidence, mounts: Sequence[Mount]) -> Style:
    """An aufs root does not tell its branches; the mounts beside it do, else ``boot=``."""
    if any(mount.point.startswith(_LIVE_BOOT_MOUNTS) for mount in mounts):
        return Style.LIVE_BOOT
    if topmost(mounts, "/rofs"):
        return Style.CASPER
    by = dict(parameters(evidence.cmdline or "")).get("boot")
    return {"live": Style.LIVE_BOOT, "casper": Style.CASPER}.get(by or "", Style.UNKNOWN)


def _device_style(root: Mount, dm: Sequence[DmDevice]) -> Style:
    device = mapped(root, dm)
    name = device.name if device else root.source.removeprefix("/dev/mapper/")
    # A volume "rw" of an LVM group "live" is called live-rw too.
    elsewhere = device is not None and (device.uuid or "").startswith(("LVM-", "CRYPT-"))
    kinds = {_kind(target) for target in device.targets} if device else set()
    for pattern, expected, found in _MAPPED:
        if fnmatchcase(name, pattern) and not elsewhere and (not kinds or kinds & expected):
            return found
    on_disk = root.source.startswith("/dev/") or root.device[0] != 0 or root.fstype == "zfs"
    return Style.DISK if on_disk else Style.UNKNOWN


def _kind(target: Snapshot | ThinPool | OtherTarget) -> str:
    match target:
        case Snapshot():
            return "snapshot"
        case ThinPool():
            return "thin-pool"
        case OtherTarget():
            return target.type
