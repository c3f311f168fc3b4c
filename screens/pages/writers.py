"""Who fills one level: processes, files, folders, and what is held open without a name."""

from __future__ import annotations

from collections.abc import Iterator

from console.model import Host, Level
from console.spans import span
from console.writers import Deleted, FileUse, FolderUse, Origin, Writer, Writers
from screens import marks
from screens.page import Column, Line, Page, Row, Table, Tone, Words
from screens.pages.parts import fact, fill_gauge, size_word, state_word, told
from screens.place import row_key

_WRITERS = (
    Column("rate", "WRITES", 8, right=True),
    Column("name", "PROCESS", 15, grow=1, most=24),
    Column("pid", "PID", 7, right=True),
    Column("subhost", "SUBHOST", 11, grow=1, most=24),
    Column("service", "SERVICE", 14, grow=1, most=30, priority=1),
    Column("holds", "HOLDS OPEN", 20, grow=3, path=True),
)
_FILES = (
    Column("size", "SIZE", 6, right=True),
    Column("growth", "GROWN", 7, right=True),
    Column("what", "WHAT", 20, priority=1),
    Column("file", "FILE", 30, grow=3, path=True),
    Column("changed", "CHANGED", 8, priority=2, right=True),
)
_FOLDERS = (
    Column("size", "SIZE", 6, right=True),
    Column("growth", "GROWN", 7, right=True),
    Column("entries", "ENTRIES", 8, right=True),
    Column("folder", "FOLDER", 30, grow=3, path=True),
)


def page(
    report: Writers | None, host: Host, subhost: str, level: Level, trouble: str = ""
) -> Page:
    """Return who fills a level; ``trouble`` says why there is no newer report."""
    title = "/".join(filter(None, (host.name, subhost))) + f" {level.id} writers"
    facts = [fact("state", state_word(level.state), Words("  "), fill_gauge(level))]
    if trouble:
        facts.append(told("trouble", trouble, Tone.WATCH))
    if report is not None:
        facts += _facts(report)
    looking = "looking…" if report is None else ""
    writers = () if report is None else tuple(map(_writer, report.writers))
    tables = (
        Table("writers", "Writers", _WRITERS, writers, looking or "nobody wrote anything"),
        Table("files", "Files", _FILES, tuple(_files(report)), looking or "no file takes room"),
        Table("folders", "Folders", _FOLDERS, tuple(_folders(report)), looking or "no folder"),
    )
    return Page(title, tuple(facts), tables)


def _facts(report: Writers) -> Iterator[Line]:
    whole = "all of it" if report.complete else "the rest follows"
    since = "since it was looked at" if report.compared else "what changed counts whole"
    yield fact(
        "seen",
        Words(f"{report.inodes:,} entries, {whole}"),
        Words(f"   grown: in {span(report.since)}, {since}", Tone.DIM),
    )
    for line in report.unseen:
        yield told("not seen", line, Tone.WATCH)


def _writer(writer: Writer) -> Row:
    holds = Words(", ".join(writer.files)) if writer.sure else Words("perhaps elsewhere", Tone.DIM)
    return Row(
        str(writer.pid),
        (
            Words(marks.rate(writer.rate), Tone.PLAIN if writer.sure else Tone.DIM, writer.rate),
            Words(writer.name),
            Words(str(writer.pid), Tone.DIM, writer.pid),
            Words(writer.subhost or "-"),
            Words(writer.service or "-"),
            holds,
        ),
    )


def _files(report: Writers | None) -> Iterator[Row]:
    """Yield the files, those that grew most first; before them what has no name any more."""
    if report is None:
        return
    yield from map(_deleted, report.deleted)
    grown = report.growing
    rest = [each for each in report.files if not each.growth]
    yield from (_file(each) for each in (*grown, *rest))


def _deleted(file: Deleted) -> Row:
    holder = f"{file.name} ({file.pid})"
    where = f" in {file.subhost}" if file.subhost else ""
    return Row(
        row_key("", file.subhost, f"{file.pid} {file.descriptor}"),
        (
            size_word(file.size, Tone.WATCH),
            Words(""),
            Words("deleted, open", Tone.WATCH),
            Words(f"{file.path}  held by {holder}{where}"),
            Words(""),
        ),
    )


def _file(file: FileUse) -> Row:
    changed = "" if file.changed is None else marks.duration(file.changed)
    return Row(
        row_key("", file.subhost, file.path),
        (
            size_word(file.size),
            _growth(file.growth),
            Words(what(file), Tone.WATCH if file.origin is Origin.COPY_UP else Tone.DIM),
            Words(_called(file)),
            Words(changed, Tone.DIM, file.changed),
        ),
    )


def what(file: FileUse) -> str:
    """Return why a file takes room."""
    match file.origin:
        case Origin.COPY_UP:
            return f"copy-up of {marks.size(file.lower_size or 0)}"
        case Origin.NEW:
            return "new"
        case Origin.UNKNOWN:
            return "new or copy-up"
        case _:
            return ""


def _folders(report: Writers | None) -> Iterator[Row]:
    for folder in report.folders if report else ():
        yield Row(
            row_key("", folder.subhost, folder.path),
            (
                size_word(folder.size),
                _growth(folder.growth),
                Words(f"{folder.inodes:,}", sort=folder.inodes),
                Words(_called(folder)),
            ),
        )


def _called(use: FileUse | FolderUse) -> str:
    """Return what its subhost, or the host, calls it; where nobody does, what it is."""
    if use.merged is None:
        return use.path
    return f"{use.subhost}:{use.merged}" if use.subhost else use.merged


def _growth(growth: int | None) -> Words:
    if not growth:
        return Words("", sort=0)
    return Words(f"{'+' if growth > 0 else ''}{marks.size(growth)}", Tone.ACT, growth)
