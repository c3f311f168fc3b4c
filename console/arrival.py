"""Arrival: whether a host that is back runs the image that it was to boot, by what it shows.

The word that an upgrade puts on the kernel's command line tells it; where a loader took that
away, or never had it, the release of the kernel does, the head of the squashfs that it runs, and
what the image calls itself.
"""

from __future__ import annotations

from console.clean import Clean, clean
from console.images.staged import StagedImage, booted
from console.model import Boot, Host
from console.plan import Method
from console.when import day

_JUMPS = frozenset({Method.INIT, Method.KEXEC})


def lacking(image: StagedImage, host: Host, how: Method | None = None) -> Clean | None:
    """Return how what runs is not that image, or cannot be told to be; ``None``: it is.

    ``how`` it was to be booted: where kexec was to do it and the firmware did, the new kernel did
    not come up, however alike the two are.
    """
    boot = host.boot
    if boot is None:
        return Clean("it is not known how it booted")
    token = booted(boot.cmdline or "")
    if token is not None:
        return None if token == image.token else clean(f"it was booted with {token}")
    if how in _JUMPS and boot.kexec is False:
        return Clean("its firmware booted it, not kexec: the new kernel did not come up")
    if image.kernel is not None and boot.kernel != image.kernel:
        return clean(f"it runs the kernel {boot.kernel}, not {image.kernel}")
    if image.made is not None and (seen := _made(boot)) is not None:
        if seen == image.made:
            return None
        return clean(f"it runs a squashfs made {day(seen[0])} of {seen[1]} bytes")
    called = _called(boot)
    if called == (image.name, image.version):
        return None
    if called is not None and called[0] == image.name:
        return clean(f"it runs {'/'.join(called)}, not {image.title}")
    if image.kernel is not None:
        return None
    return clean(f"nothing it shows tells whether that is {image.title}")


def stayed(host: Host) -> Clean:
    """Return what is told of a host that is still in the boot it was to leave."""
    if host.boot is not None and any(line.startswith("/kernel armed") for line in host.boot.armed):
        return Clean(
            "the kernel was not loaded: /etc/boot began anew in the same boot, and /kernel is "
            "armed still"
        )
    return Clean("it is still in the same boot: it only began anew, or did not go down at all")


def _made(boot: Boot) -> tuple[int, int] | None:
    image = boot.image
    if image is None or image.built is None or image.size is None:
        return None
    return image.built, image.size


def _called(boot: Boot) -> tuple[Clean, Clean] | None:
    if boot.image is None or boot.image.name is None or boot.image.version is None:
        return None
    return boot.image.name, boot.image.version
