"""The status report for people: levels, subhosts and gaps of each host as tables."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal, TypeVar

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from console.cli.headline import headline
from console.contact import Contact, ContactState
from console.inventory import LOCAL
from console.model import Cable, Clock, Gap, Host, Level, Running, State, Subhost
from console.spans import until
from screens import marks
from screens.pages.parts import bound_text
from screens.pages.urgency import most_urgent_first, order, urgency

T = TypeVar("T")

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

_Owned = tuple[str, str, Level]
"""A level after the names of its host and its subhost."""
_KEYS: Mapping[str, Callable[[_Owned], tuple[object, ...]]] = {
    "full": lambda row: (order(urgency(row[2])), row[0], row[1], row[2].id),
    "fill": lambda row: (-row[2].state.severity, -(row[2].worst_fill or -1.0)),
    "name": lambda row: (row[0], row[1], row[2].id),
    "rate": lambda row: (-(row[2].rate or 0.0),),
    "kind": lambda row: (row[2].kind.value, row[2].id),
}


def tables(contacts: Sequence[Contact], sort: str, now: float) -> str:
    """Return the report as text: coloured on a terminal unless ``NO_COLOR``, plain elsewhere.

    One host is told with a headline, several with a table of them and all else merged;
    ``now`` is the monotonic clock.
    """
    if len(contacts) == 1:
        return rendered(_host(contacts[0], sort))
    return rendered(_fleet(contacts, sort, now))


def checks_table(checks: Sequence[tuple[str, str, str, str, str]]) -> str:
    """Return what ``doctor`` found: host (none: of the console), check, state, finding, remedy.

    The first column is left out where this host is the only one.
    """
    with_host = any(host not in {"", LOCAL} for host, *_ in checks)
    names = ("CHECK", "STATE", "FOUND", "REMEDY")
    table = new_table(*_with("HOST", names, with_host), wrap=("FOUND", "REMEDY"))
    styles = {"ok": "green", "lacking": "yellow", "failed": "bold red"}
    for host, check, state, found, remedy in checks:
        cells = (Text(check), Text(state, styles[state]), Text(found), Text(remedy))
        table.add_row(*_with(Text(host), cells, with_host))
    return rendered([table])


def lines_text(lines: Iterable[tuple[str, str]]) -> str:
    """Return lines, each with its style, as text for standard output."""
    return rendered(Text(line, style) for line, style in lines)


def rendered(parts: Iterable[RenderableType]) -> str:
    """Return these as text for standard output, coloured where that is a terminal."""
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
    if host is None or contact.failed is not None:
        yield Text(f"{contact.name}: {_trouble(contact) or 'no answer'}", "bold red")
    if host is None:
        return
    yield from headline(host)
    yield from _parts([host], sort)


def _fleet(contacts: Sequence[Contact], sort: str, now: float) -> Iterator[RenderableType]:
    if contacts:
        yield _hosts(contacts, sort, now)
    yield from _parts([contact.host for contact in contacts if contact.host], sort, many=True)


def _parts(hosts: Sequence[Host], sort: str, *, many: bool = False) -> Iterator[RenderableType]:
    """Yield the levels, subhosts and gaps of hosts; of many each line begins with its host."""
    levels = [(host.name, owner, level) for host in hosts for owner, level in host.owned_levels]
    if hosts:
        fills = (each for each in levels if not each[2].always_full)
        yield _levels(sorted(fills, key=_KEYS[sort]), many=many)
    subhosts = [(host.name, subhost) for host in hosts for subhost in host.subhosts]
    if subhosts:
        yield _subhosts(subhosts, many=many)
    for name, subhost in subhosts:
        place = f"{name}/{subhost.name}" if many else subhost.name
        yield from (Text(f" {place}: {note}", "yellow") for note in subhost.notes)
    if gaps := [(host.name, gap) for host in hosts for gap in host.gaps]:
        yield _gaps(gaps, many=many)


def _hosts(contacts: Sequence[Contact], sort: str, now: float) -> Table:
    """Return a line for each host: those that do not answer first, then the soonest full."""
    table = new_table(
        "CONTACT",
        "HOST",
        "STATE",
        "WORST",
        "FULL IN",
        "FILL",
        "MEM FREE",
        "SUBHOSTS",
        "BOOT",
        "AGE",
        "TROUBLE",
        right=("FILL", "MEM FREE", "SUBHOSTS", "AGE"),
        wrap=("WORST", "TROUBLE"),
    )
    ranked = sorted(
        contacts, key=lambda each: each.name if sort == "name" else _urgency(each, now)
    )
    for contact in ranked:
        state = contact.state_at(now)
        style = "green" if state is ContactState.UP else "bold red"
        age = contact.age(now)
        table.add_row(
            Text(state.value, style),
            Text(contact.name),
            *_summary(contact.host),
            "-" if age is None else marks.duration(age),
            Text(_trouble(contact)),
        )
    return table


def _urgency(contact: Contact, now: float) -> tuple[bool, float, str]:
    level = _worst(contact.host)
    up = contact.state_at(now) is ContactState.UP
    return up, order(urgency(level)) if level else 0.0, contact.name


def _worst(host: Host | None) -> Level | None:
    levels = [level for level in host.all_levels if not level.always_full] if host else []
    return next(iter(most_urgent_first(levels)), None)


def _summary(host: Host | None) -> Iterator[Text | str]:
    """Yield state, worst level, its time, its fill, free memory, subhosts, style of a host."""
    if host is None:
        yield from "-" * 7
        return
    level = _worst(host)
    state = level.state if level else State.OK
    yield Text(state.value, _STYLES[state])
    owners = {id(each): owner for owner, each in host.owned_levels}
    yield Text("/".join(filter(None, (owners[id(level)], level.id))) if level else "-")
    yield _full_in(level) if level else "-"
    yield _share(level.worst_fill) if level else "-"
    yield _size(host.memory.available if host.memory else None)
    running = sum(each.state is Running.RUNNING for each in host.subhosts)
    yield f"{running}/{len(host.subhosts)}"
    yield Text(host.boot.style.value if host.boot else "-")


def _trouble(contact: Contact) -> str:
    if contact.problem is None or contact.trouble is None:
        return contact.trouble or ""
    known = contact.trouble.startswith(f"{contact.problem}: ")
    return contact.trouble if known else f"{contact.problem}: {contact.trouble}"


def new_table(*columns: str, right: Iterable[str] = (), wrap: Iterable[str] = ()) -> Table:
    """Return an empty table; columns are cut to the left and in one line unless they are named."""
    table = Table(box=box.SIMPLE_HEAD if _draws_boxes() else box.ASCII2, pad_edge=False)
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in right else "left"
        table.add_column(column, justify=justify, no_wrap=column not in wrap, overflow="fold")
    return table


def _draws_boxes() -> bool:
    return (sys.stdout.encoding or "").lower().startswith("utf")


def _levels(levels: Iterable[_Owned], *, many: bool) -> Table:
    names = ("LEVEL", "FULL IN", "FILL", "USED", "LIMIT", "BOUND BY", "INODES", "RATE")
    table = new_table(
        "STATE",
        *_with("HOST", names, many),
        right=("FILL", "USED", "LIMIT", "INODES", "RATE"),
        wrap=("LEVEL",),
    )
    for host, owner, level in levels:
        name = Text("/".join(filter(None, (owner, level.id))))
        table.add_row(
            Text(level.state.value, _STYLES[level.state]),
            *_with(Text(host), (name,), many),
            _full_in(level),
            _share(level.worst_fill),
            _size(level.used),
            _size(level.limit.total if level.limit else level.total),
            Text(bound_text(level) or "no limit"),
            _share(level.inode_fill),
            "-" if level.rate is None else marks.rate(level.rate),
        )
    return table


def _full_in(level: Level) -> str:
    """Return when it will be full, as far as that is told, and by which clock if not its bytes."""
    forecast = level.forecast
    if forecast is None:
        return "-"
    by = forecast.clock not in {None, Clock.BYTES}
    return f"{until(forecast)}, {forecast.clock}" if by else until(forecast)


def _subhosts(subhosts: Iterable[tuple[str, Subhost]], *, many: bool) -> Table:
    columns = ("STATE", *_with("HOST", ("SUBHOST", "PID", "PROCS", "CABLES", "CONFIG"), many))
    table = new_table(*columns, right=("PID", "PROCS"), wrap=("SUBHOST", "CABLES", "CONFIG"))
    for host, subhost in subhosts:
        table.add_row(
            Text(subhost.state.value, _RUNNING.get(subhost.state, "yellow")),
            *_with(Text(host), (Text(subhost.name),), many),
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


def _gaps(gaps: Iterable[tuple[str, Gap]], *, many: bool) -> Table:
    names = ("NOT SEEN", "WHY", "REMEDY")
    table = new_table(*_with("HOST", names, many), wrap=names)
    for host, gap in gaps:
        cells = (Text(gap.probe), Text(gap.reason), Text(gap.remedy or ""))
        table.add_row(*_with(Text(host), cells, many))
    return table


def _with(first: T, others: Sequence[T], wanted: bool) -> tuple[T, ...]:
    return (first, *others) if wanted else tuple(others)


def _size(amount: int | None) -> str:
    return "-" if amount is None else marks.size(amount)


def _share(share: float | None) -> str:
    return "-" if share is None else marks.percent(int(share * 1000))
