"""The view of boot images: what stores hold, whom a reboot would change, what is mounted where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from console.clean import Clean
from console.contact import Contact
from console.images.catalogue import Alike, Catalogue, Known
from console.model import Host, Image
from console.when import day
from screens.page import Column, Page, Row, Table, Tone, Words, sentence
from screens.pages.across import Sweep
from screens.pages.parts import size_word
from screens.place import row_key

SETS = "sets"
DRIFT = "drift"
"""Keys of tables of this page."""
_DIGITS = 12
"""Of a digest, as many as tell sets apart."""
_TONES = {Alike.SAME: Tone.GOOD, Alike.DIFFERS: Tone.WATCH, Alike.UNKNOWN: Tone.DIM}

_IMAGE_COLUMNS = (
    Column("name", "IMAGE", 16, grow=1, most=40),
    Column("version", "VERSION", 10),
    Column("format", "FORMAT", 9),
    Column("built", "BUILT", 10, priority=1),
    Column("mount", "MOUNT", 20, grow=1, most=40, path=True),
    Column("source", "SOURCE", 24, grow=2, priority=2, path=True),
)
_SET_COLUMNS = (
    Column("image", "IMAGE", 22, grow=1, most=48),
    Column("size", "SIZE", 6, right=True),
    Column("kernel", "KERNEL", 16, grow=1, most=30, priority=1),
    Column("digest", "DIGEST", _DIGITS, priority=3),
    Column("signed", "SIGNED", 14, grow=1, most=40),
    Column("runs", "RUNS ON", 7, right=True),
    Column("assigned", "ASSIGNED", 12, grow=1, most=40, priority=2),
    Column("note", "NOTE", 12, grow=1),
)
_DRIFT_COLUMNS = (
    Column("host", "HOST", 12, grow=1, most=30),
    Column("reboot", "REBOOT", 7),
    Column("runs", "RUNS", 20, grow=1, most=40),
    Column("assigned", "ASSIGNED", 20, grow=1, most=40),
    Column("why", "WHY", 24, grow=2),
)


def page(sweep: Sweep) -> Page:
    """Return what stores hold, where there are any, and every image mounted on every host."""
    catalogue = sweep.view.catalogue
    rows = sweep.rows("images", lambda host: (_image(host, each) for each in host.images))
    empty = "no image is mounted or attached to a loop device"
    mounted = Table("images", "Images", _IMAGE_COLUMNS, tuple(rows), empty)
    if not (catalogue.sets or catalogue.troubles):
        return Page("images", (), (mounted,))
    lines = tuple(sentence(told, Tone.WATCH, 2) for told in catalogue.troubles)
    return Page("images", lines, (_sets(sweep, catalogue), _drifts(sweep, catalogue), mounted))


def whole(row: Row) -> tuple[Words, ...]:
    """Return what a row of what stores hold, or of a host beside it, has no room for."""
    told = [each for each in row.cells if isinstance(each, Words) and each.text != "-"]
    return tuple(Words(f"{each.text}  ", each.tone) for each in told)


def _sets(sweep: Sweep, catalogue: Catalogue) -> Table:
    users: dict[Clean, int] = {}
    for contact in sweep.view.contacts:
        for title in _runs(sweep, catalogue, contact):
            users[title] = users.get(title, 0) + 1
    rows = tuple(_set(catalogue, known, users) for known in catalogue.sets)
    return Table(SETS, "In stores", _SET_COLUMNS, rows, "stores hold no image")


def _runs(sweep: Sweep, catalogue: Catalogue, contact: Contact) -> tuple[Clean, ...]:
    """Return the titles of the sets a host runs, found anew where what tells has changed."""
    host = contact.host
    if host is None:
        return ()
    return sweep.desk.runs.of(
        contact.name,
        catalogue,
        _telling(host),
        lambda: tuple(known.title for known in catalogue.runs(host)),
    )


def _telling(host: Host) -> object:
    """Return what tells which image a host runs."""
    boot = host.boot
    return boot and (boot.style, boot.kernel, boot.version, boot.cmdline, boot.image)


def _set(catalogue: Catalogue, known: Known, users: Mapping[Clean, int]) -> Row:
    manifest, signature = known.manifest, known.signature
    runs = users.get(known.title, 0)
    notes = (*sorted(known.pointers), *known.faults)
    return Row(
        row_key("", "", known.title),
        (
            Words(known.title),
            size_word(manifest.size),
            Words(manifest.kernel or "-", Tone.DIM),
            Words(known.digest[:_DIGITS], Tone.DIM),
            Words(signature.told, Tone.GOOD if signature.good else Tone.WATCH),
            Words(str(runs), Tone.PLAIN if runs else Tone.DIM, runs),
            Words(" ".join(catalogue.holds(known)) or "-"),
            Words(", ".join(notes) or "-", Tone.WATCH if known.faults else Tone.DIM),
        ),
    )


def _drifts(sweep: Sweep, catalogue: Catalogue) -> Table:
    rows = tuple(_told(sweep, catalogue))
    return Table(DRIFT, "Would a reboot change it?", _DRIFT_COLUMNS, rows, "no host seen yet")


def _told(sweep: Sweep, catalogue: Catalogue) -> Iterator[Row]:
    for contact in sweep.view.contacts:
        if contact.host is not None:
            shown = (_telling(contact.host), contact.tags)
            make = partial(_drift, sweep, catalogue, contact, contact.host)
            yield from sweep.desk.parts.of(f"drift {contact.name}", catalogue, shown, make)


def _drift(sweep: Sweep, catalogue: Catalogue, contact: Contact, host: Host) -> tuple[Row, ...]:
    runs = _runs(sweep, catalogue, contact)
    drift = catalogue.drift(host, contact.tags)
    cells = (
        Words(host.name),
        Words(str(drift.word), _TONES[drift.word]),
        Words(runs[0] if runs else "-"),
        Words(drift.known.title if drift.known else "-"),
        Words(drift.why, Tone.DIM),
    )
    return (Row(row_key(host.name, "", ""), cells, {"host": host.name}),)


def _image(host: Host, image: Image) -> Row:
    return Row(
        row_key(host.name, "", image.mount or image.device or image.name or ""),
        (
            Words(image.name or "-"),
            Words(image.version or "-"),
            Words(image.format or "-", Tone.DIM),
            Words("-" if image.built is None else day(image.built), Tone.DIM, image.built),
            Words(image.mount or image.device or "-"),
            Words(image.source or "-", Tone.DIM),
        ),
        {"host": host.name},
    )
