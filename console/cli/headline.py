"""What the report of one host begins with: how it was booted, from what, and what is armed."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from console.model import Host
from screens import marks


def headline(host: Host) -> Iterator[Text]:
    """Yield a line of it, one of its image if it has one, and one for all that is armed."""
    yield Text("  ".join(_first(host)), "bold")
    if host.boot is None:
        return
    image = host.boot.image
    if image and image.title:
        source = image.source if image.source and image.source != image.title else ""
        yield Text(f"image {image.title}  {source}".rstrip())
    yield from (Text(f"armed {each}", "yellow") for each in host.boot.armed)


def _first(host: Host) -> Iterator[str]:
    yield host.name
    if host.boot:
        yield from (host.boot.style.value, host.boot.kernel)
        if host.boot.uptime is not None:
            yield f"up {marks.duration(host.boot.uptime)}"
    if host.memory:
        free, total = marks.size(host.memory.available), marks.size(host.memory.total)
        yield f"memory {free} of {total} free"
