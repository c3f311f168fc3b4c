"""Boot identity of a host in one value, with what its next stop will do.

``boot(…).armed`` of a slashinit host with a new kernel in place is
``("/kernel armed: 6.1.0-56 #1 SMP …; next stop kexecs into it",)``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from console.clean import clean
from console.facts import Evidence
from console.identity.decision import style, topmost
from console.identity.image import MEDIUM, running, swapped
from console.model import Boot, DmDevice, Image, LoopDevice, Mount, Style
from console.parse.bzimage import build

TRIGGERS = ("/kernel", "/kernel.cmdline", "/reboot", "/run/reboot-required")
"""Files whose mere presence changes what the next stop or reboot does."""
_KEXEC = 0xD
"""Who says so of itself: Documentation/arch/x86/boot.rst, ``type_of_loader``."""


def boot(
    evidence: Evidence,
    mounts: Sequence[Mount],
    dm: Sequence[DmDevice],
    loops: Sequence[LoopDevice],
) -> Boot:
    """Return how the host booted, the image it runs and what is armed on it; no uptime."""
    found = style(evidence, mounts, dm)
    root = topmost(mounts, "/")
    image = running(found, evidence, mounts, dm, loops)
    return Boot(
        style=found,
        kernel=evidence.kernel,
        version=evidence.version,
        cmdline=evidence.cmdline,
        uptime=None,
        boot_id=evidence.boot_id,
        image=image,
        os=evidence.os_release.get("PRETTY_NAME") or evidence.os_release.get("NAME"),
        armed=tuple(clean(line) for line in _armed(found, evidence, image)),
        root_device=root.source if root else None,
        kexec=_is_kexec(evidence),
    )


def _armed(found: Style, evidence: Evidence, image: Image | None) -> Iterator[str]:
    if image is not None and swapped(found, image):
        yield f"{image.source} was swapped in: the next boot reads what is on {MEDIUM.rstrip('/')}"
    if _is_kexec(evidence):
        yield "booted by kexec: a cold reboot boots what the firmware finds"
    if found is Style.SLASHINIT:
        yield from _next_stop(evidence)
    if found is Style.DISK and "/run/reboot-required" in evidence.present:
        yield "/run/reboot-required present: an upgrade waits for a reboot"


def _is_kexec(evidence: Evidence) -> bool | None:
    return None if evidence.loader is None else evidence.loader >> 4 == _KEXEC


def _next_stop(evidence: Evidence) -> Iterator[str]:
    """What angt's /init does when ``/etc/boot`` ends: ``/kernel`` first, then ``/reboot``."""
    if "/kernel" not in evidence.present:
        if "/reboot" in evidence.present:
            yield "/reboot present: next stop is a cold reboot"
        return
    if evidence.armed_kernel:
        new = build(evidence.armed_kernel)
        same = " (the running one)" if evidence.version and new == build(evidence.version) else ""
        yield f"/kernel armed: {new}{same}; next stop kexecs into it"
    else:
        yield "/kernel armed: version not readable; if it does not load, next stop restarts softly"
    if "/kernel.cmdline" not in evidence.present:
        yield "/kernel.cmdline missing: the new kernel gets an empty command line"
    if "/reboot" in evidence.present:
        yield "/kernel and /reboot both present: kexec wins"
