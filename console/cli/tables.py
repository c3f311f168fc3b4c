"""The status report for people: levels, subhosts and gaps of each host as tables."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from console.fleet import Contact
from console.model import Cable, Gap, Host, Level, Running, State, Subhost
from screens import marks
from screens.pages.parts import bound_text

_STYLES = {
    State.OK: "green",
    State.WATCH: "yellow",
    State.ACT: "bold yellow",
    State.FULL: "bold red",
    State.LOST: "bold red",
}
_RUNNING = {Running.RUNNING: "green", Running.STOPPED: "dim", Running.BROKEN: "bold red"}

_UNCUT = 10_000
"""Columns where no terminal sets a limit: a pipe gets every word whole."""

_Owned = tuple[str, Level]
_KEYS: Mapping[str, Callable[[_Owned], tuple[object, ...]]] = {
    "fill": lambda pair: (-pair[1].state.severity, -(pair[1].worst_fill or -1.0)),
    "name": lambda pair: (pair[0], pair[1].id),
    "rate": lambda pair: (-(pair[1].rate or 0.0),),
    "kind": lambda pair: (pair[1].kind.value, pair[1].id),
}


def tables(contacts: Iterable[Contact], sort: str) -> str:
    """Return the report as text: coloured on a terminal unless ``NO_COLOR``, plain elsewhere."""
    return _text(Group(*_host(contact, sort)) for contact in contacts)


def checks_table(checks: Iterable[tuple[str, str, str, str]]) -> str:
    """Return what ``doctor`` found: check, state, finding and remedy."""
    table = _table("CHECK", "STATE", "FOUND", "REMEDY", wrap=("FOUND", "REMEDY"))
    styles = {"ok": "green", "lacking": "yellow", "failed": "bold red"}
    for check, state, found, remedy in checks:
        table.add_row(Text(check), Text(state, styles[state]), Text(found), Text(remedy))
    return _text([table])


def _text(parts: Iterable[RenderableType]) -> str:
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=shutil.get_terminal_size().columns if sys.stdout.isatty() else _UNCUT,
        force_terminal=sys.stdout.isatty(),
        no_color=bool(os.environ.get("NO_COLOR")),
        highlight=False,
        markup=False,
        emoji=False,
    )
    for part in parts:
        console.print(part)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def _host(contact: Contact, sort: str) -> Iterator[RenderableType]:
    host = contact.host
    if host is None:
        yield Text(f"{contact.name}: {contact.trouble or 'no answer'}", "bold red")
        return
    yield Text(_headline(host), "bold")
    fills = (each for each in host.owned_levels if not each[1].always_full)
    yield _levels(sorted(fills, key=_KEYS[sort]))
    if host.subhosts:
        yield _subhosts(host)
        for subhost in host.subhosts:
            yield from (Text(f" {subhost.name}: {note}", "yellow") for note in subhost.notes)
    if host.gaps:
        yield _gaps(host.gaps)


def _headline(host: Host) -> str:
    parts = [str(host.name)]
    if host.boot:
        parts += [host.boot.style.value, host.boot.kernel]
        if host.boot.uptime is not None:
            parts.append(f"up {marks.duration(host.boot.uptime)}")
    if host.memory:
        free, total = marks.size(host.memory.available), marks.size(host.memory.total)
        parts.append(f"memory {free} of {total} free")
    return "  ".join(parts)


def _table(*columns: str, right: Iterable[str] = (), wrap: Iterable[str] = ()) -> Table:
    table = Table(box=box.SIMPLE_HEAD if _draws_boxes() else box.ASCII2, pad_edge=False)
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in right else "left"
        table.add_column(column, justify=justify, no_wrap=column not in wrap, overflow="fold")
    return table


def _draws_boxes() -> bool:
    return (sys.stdout.encoding or "").lower().startswith("utf")


def _levels(levels: Iterable[_Owned]) -> Table:
    table = _table(
        "STATE",
        "LEVEL",
        "FILL",
        "USED",
        "LIMIT",
        "BOUND BY",
        "INODES",
        "RATE",
        right=("FILL", "USED", "LIMIT", "INODES", "RATE"),
        wrap=("LEVEL",),
    )
    for owner, level in levels:
        table.add_row(
            Text(level.state.value, _STYLES[level.state]),
            Text("/".join(filter(None, (owner, level.id)))),
            _share(level.worst_fill),
            _size(level.used),
            _size(level.limit.total if level.limit else level.total),
            Text(bound_text(level) or "no limit"),
            _share(level.inode_fill),
            "-" if level.rate is None else marks.rate(level.rate),
        )
    return table


def _subhosts(host: Host) -> Table:
    columns = ("STATE", "SUBHOST", "PID", "PROCS", "CABLES", "CONFIG")
    table = _table(*columns, right=("PID", "PROCS"), wrap=("SUBHOST", "CABLES", "CONFIG"))
    for subhost in host.subhosts:
        table.add_row(
            Text(subhost.state.value, _RUNNING.get(subhost.state, "yellow")),
            Text(subhost.name),
            str(subhost.pid or "-"),
            str(len(subhost.processes) or "-"),
            Text(_cables(subhost)),
            Text(subhost.config or "-"),
        )
    return table


def _cables(subhost: Subhost) -> str:
    return " ".join(_cable(cable) for cable in subhost.cables) or "-"


def _cable(cable: Cable) -> str:
    return f"{cable.outer}:{cable.fault or ('up' if cable.up else 'down')}"


def _gaps(gaps: Iterable[Gap]) -> Table:
    table = _table("NOT SEEN", "WHY", "REMEDY", wrap=("NOT SEEN", "WHY", "REMEDY"))
    for gap in gaps:
        table.add_row(Text(gap.probe), Text(gap.reason), Text(gap.remedy or ""))
    return table


def _size(amount: int | None) -> str:
    return "-" if amount is None else marks.size(amount)


def _share(share: float | None) -> str:
    return "-" if share is None else marks.percent(int(share * 1000))
