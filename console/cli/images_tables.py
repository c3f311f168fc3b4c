"""Sets of boot images, and the hosts that run them, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from console.clean import Clean
from console.cli.tables import new_table, rendered
from console.images.catalogue import Alike, Catalogue, Drift, Known
from console.model import Host
from console.when import day
from screens import marks

_STYLES = {Alike.SAME: "green", Alike.DIFFERS: "yellow", Alike.UNKNOWN: "dim"}
_DIGITS = 12
"""Of a digest, as many as tell sets apart."""

Drifts = Sequence[tuple[Host, Drift]]
Users = Mapping[Clean, tuple[Clean, ...]]


def images_text(
    catalogue: Catalogue, sets: Sequence[Known], users: Users, drifts: Drifts, *, whole: bool
) -> str:
    """Return sets and hosts as text; ``whole``: with the files of each set, and who runs it."""
    parts: list[RenderableType] = [_images(catalogue, sets, users)]
    if whole:
        for known in sets:
            parts += [_files(known), *(Text(line) for line in _facts(known, users))]
    if drifts:
        parts.append(_hosts(catalogue, drifts))
    return rendered(parts)


def _images(catalogue: Catalogue, sets: Sequence[Known], users: Users) -> Table:
    table = new_table(
        *("IMAGE", "BUILT", "KERNEL", "ARCH", "SIZE", "DIGEST", "SIGNED"),
        *("RUNS ON", "ASSIGNED", "NOTE"),
        right=("SIZE", "RUNS ON"),
        wrap=("SIGNED", "ASSIGNED", "NOTE"),
    )
    for known in sets:
        signature, manifest = known.signature, known.manifest
        table.add_row(
            Text(known.title),
            day(manifest.built),
            Text(manifest.kernel or "-"),
            Text(manifest.arch),
            marks.size(manifest.size),
            known.digest[:_DIGITS],
            Text(signature.told, "green" if signature.good else "yellow"),
            str(len(users.get(known.title, ()))),
            Text(" ".join(catalogue.holds(known)) or "-"),
            Text(", ".join((*sorted(known.pointers), *known.faults)) or "-"),
        )
    return table


def _files(known: Known) -> Table:
    table = new_table("ROLE", "FILE", "SIZE", "SHA-256", right=("SIZE",))
    for entry in known.manifest.files:
        table.add_row(str(entry.role), Text(entry.path), marks.size(entry.size), entry.sha256)
    return table


def _facts(known: Known, users: Users) -> Iterator[str]:
    manifest = known.manifest
    yield f"for hosts that boot as {', '.join(manifest.styles)}"
    yield f"needs {marks.size(manifest.ram)} of memory"
    if known.signature.why:
        yield f"{known.signature.told}: {known.signature.why}"
    yield f"runs on {', '.join(users.get(known.title, ())) or 'no host that was asked'}"


def _hosts(catalogue: Catalogue, drifts: Drifts) -> Table:
    table = new_table("HOST", "REBOOT", "RUNS", "ASSIGNED", "WHY", wrap=("WHY",))
    for host, drift in drifts:
        runs = catalogue.running(host)
        table.add_row(
            Text(host.name),
            Text(str(drift.word), _STYLES[drift.word]),
            Text(runs.title if runs else "-"),
            Text(drift.known.title if drift.known else "-"),
            Text(drift.why),
        )
    return table
