"""How a host came up and which image it runs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from console.clean import Clean


class Style(StrEnum):
    """The eleven ways a host is found to have booted (and ``unknown``)."""

    SUBHOST = "overlay-boot"
    AUTOSERVER = "autoserver"
    DRACUT_DM = "dracut-dm"
    DRACUT_OVERLAY = "dracut-overlay"
    LIVE_BOOT = "live-boot"
    CASPER = "casper"
    ARCHISO = "archiso"
    KIWI = "kiwi"
    INITRAMFS = "initramfs"
    SLASHINIT = "slashinit"
    DISK = "disk"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Image:
    """One boot image, or the identity of the one that is running."""

    name: Clean | None
    version: Clean | None
    source: Clean | None
    """Where it came from: a URL, a medium, the file behind a loop device."""
    sha256: Clean | None = None
    """``None``: not known; digests are never computed by watching."""
    format: Clean | None = None
    """``squashfs``, ``iso9660``, ``kernel`` …"""
    built: int | None = None
    """Seconds since 1970 at which the image was made, by its own superblock."""
    mount: Clean | None = None
    device: Clean | None = None
    size: int | None = None
    """Bytes it takes, by its own superblock; its file may be padded."""

    @property
    def title(self) -> str:
        """Its name and version, as far as they are known, else where it came from."""
        return " ".join(filter(None, (self.name, self.version))) or self.source or ""


@dataclass(frozen=True, slots=True)
class Boot:
    """Boot identity of a host."""

    style: Style
    kernel: Clean
    """Release, as ``uname -r``."""
    version: Clean | None
    """The whole of ``/proc/version``."""
    cmdline: Clean | None
    uptime: float | None
    """Seconds."""
    boot_id: Clean | None
    image: Image | None
    os: Clean | None = None
    """PRETTY_NAME of os-release."""
    armed: tuple[Clean, ...] = ()
    """What the next stop or reboot will do differently (slashinit's ``/kernel``, ``/reboot``)."""
    root_device: Clean | None = None
    kexec: bool | None = None
    """Whether a kernel that ran before jumped into this one; ``None``: not known."""
