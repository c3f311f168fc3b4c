"""Arrival: whether a host that is back runs the image that it was to boot, by what it shows.

The word that an upgrade puts on the kernel's command line tells it; where a loader took that
away, or never had it, the release of the kernel does, and what the image calls itself.
"""

from __future__ import annotations

from console.clean import Clean, clean
from console.images.staged import StagedImage, booted
from console.model import Boot, Host


def lacking(image: StagedImage, host: Host) -> Clean | None:
    """Return how what runs is not that image, or cannot be told to be; ``None``: it is."""
    boot = host.boot
    if boot is None:
        return Clean("it is not known how it booted")
    token = booted(boot.cmdline or "")
    if token is not None:
        return None if token == image.token else clean(f"it was booted with {token}")
    if image.kernel is not None and boot.kernel != image.kernel:
        return clean(f"it runs the kernel {boot.kernel}, not {image.kernel}")
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


def _called(boot: Boot) -> tuple[Clean, Clean] | None:
    if boot.image is None or boot.image.name is None or boot.image.version is None:
        return None
    return boot.image.name, boot.image.version
