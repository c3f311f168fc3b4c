"""Who fills a level, and what can be done about it, as tables for people and as JSON."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from rich.console import RenderableType
from rich.text import Text

from console.cli.tables import new_table, rendered
from console.contract import Json, iso
from console.parse.amount import typed
from console.plan import ON_FILES, Verb, Wish
from console.relief_option import Option
from console.spans import span
from console.writers import FileUse, Origin, Writers
from screens import marks

_FILES = 20


def report_text(report: Writers) -> str:
    """Return one report."""
    return rendered(_parts(report))


def _parts(report: Writers) -> Iterator[RenderableType]:
    name = "/".join(filter(None, (report.host, report.subhost)))
    whole = "all of it" if report.complete else "not all of it"
    yield Text(f"{name} {report.level}  {report.inodes:,} entries looked at, {whole}")
    yield from _writers(report)
    yield from _files(report)
    yield from _folders(report)
    yield from _deleted(report)
    for line in report.unseen:
        yield Text(f"not looked at: {line}", "yellow")


def _writers(report: Writers) -> Iterator[RenderableType]:
    if not report.writers:
        yield Text(f"nobody who can reach it wrote anything for {report.seconds:.1f} s", "dim")
        return
    table = new_table(
        *("WRITES", "PID", "NAME", "SUBHOST", "SERVICE", "COUNTER", "HOLDS OPEN"),
        right=("WRITES", "PID"),
        wrap=("HOLDS OPEN",),
    )
    for each in report.writers:
        table.add_row(
            f"{marks.size(round(each.rate))}/s",
            str(each.pid),
            Text(each.name),
            Text(each.subhost or "-"),
            Text(each.service or "-"),
            each.counter.value,
            Text(", ".join(each.files)) if each.sure else Text("perhaps elsewhere", "dim"),
        )
    yield table


def _files(report: Writers) -> Iterator[RenderableType]:
    if not report.files:
        return
    grown = report.growing[: _FILES // 2]
    rest = [each for each in report.files if each not in grown]
    table = new_table(
        *("SIZE", _grown(report), "CHANGED", "WHAT", "FILE"),
        right=("SIZE", _grown(report), "CHANGED"),
        wrap=("WHAT", "FILE"),
    )
    for each in (*grown, *rest[: _FILES - len(grown)]):
        table.add_row(
            marks.size(each.size),
            f"+{marks.size(each.growth)}" if each.growth else "",
            "" if each.changed is None else f"{span(each.changed)} ago",
            what(each),
            Text(each.path),
        )
    yield table


def what(file: FileUse) -> str:
    """Return why a file takes room, in words."""
    match file.origin:
        case Origin.COPY_UP:
            return f"copy-up of {marks.size(file.lower_size or 0)} in the lower layer"
        case Origin.NEW:
            return "new"
        case Origin.UNKNOWN:
            return "new or copied up"
        case _:
            return ""


def _folders(report: Writers) -> Iterator[RenderableType]:
    if not report.folders:
        return
    table = new_table(
        *("SIZE", _grown(report), "ENTRIES", "FOLDER"),
        right=("SIZE", _grown(report), "ENTRIES"),
        wrap=("FOLDER",),
    )
    for each in report.folders[:_FILES]:
        table.add_row(
            marks.size(each.size),
            f"{'+' if each.growth > 0 else ''}{marks.size(each.growth)}" if each.growth else "",
            f"{each.inodes:,}",
            Text(each.path),
        )
    yield table


def _grown(report: Writers) -> str:
    """Return the heading of growth, which says since when and how sure it is."""
    return f"{'GROWN' if report.compared else 'CHANGED'} IN {span(report.since).upper()}"


def _deleted(report: Writers) -> Iterator[RenderableType]:
    if not report.deleted:
        return
    table = new_table(
        *("SIZE", "PID", "NAME", "SUBHOST", "SERVICE", "DELETED, STILL OPEN"),
        right=("SIZE", "PID"),
        wrap=("DELETED, STILL OPEN",),
    )
    for each in report.deleted:
        table.add_row(
            marks.size(each.size),
            str(each.pid),
            Text(each.name),
            Text(each.subhost or "-"),
            Text(each.service or "-"),
            Text(each.path),
        )
    yield table


def report_json(report: Writers) -> Json:
    """Return one report as it is told to programs."""
    return {
        **asdict(report),
        "time": iso(report.time),
        "writers": [{**asdict(each), "sure": each.sure} for each in report.writers],
    }


def relief_text(report: Writers, found: Sequence[Option]) -> str:
    """Return what can be done about a level, each with the command that does it."""
    name = "/".join(filter(None, (report.host, report.subhost)))
    table = new_table(
        *("WHAT", "HOW", "GAIN", "RISK, OR WHY NOT", "COMMAND"),
        right=("GAIN",),
        wrap=("HOW", "RISK, OR WHY NOT", "COMMAND"),
    )
    for each in found:
        style = "dim" if each.why_not else ""
        table.add_row(
            Text(each.verb.value, style),
            Text(each.title, style),
            "-" if each.gain is None else marks.size(each.gain),
            Text(each.why_not or each.risk, "yellow" if each.why_not else ""),
            Text(command(report.host, each.wish) if each.wish else ""),
        )
    return rendered([Text(f"{name} {report.level}"), table])


def relief_json(report: Writers, found: Sequence[Option]) -> Json:
    """Return the same for programs."""
    told = [
        {
            "verb": each.verb.value,
            "title": each.title,
            "gain": each.gain,
            "risk": each.risk,
            "why_not": each.why_not,
            "command": command(report.host, each.wish) if each.wish else None,
        }
        for each in found
    ]
    about = {"host": report.host, "subhost": report.subhost, "level": report.level}
    return {**about, "options": told}


def command(host: str, wish: Wish) -> str:
    """Return the command line that plans a wish."""
    words = ["subdeck", wish.verb.value]
    if wish.verb in ON_FILES and wish.verb is not Verb.VACUUM:
        words += wish.paths
    words.append("/".join(filter(None, (host, wish.subhost))))
    if wish.level is not None:
        words += ["--level", wish.level]
    if wish.size is not None:
        words += ["--to", typed(wish.size)]
    if wish.inodes is not None:
        words += ["--inodes", str(wish.inodes)]
    return shlex.join(words)
