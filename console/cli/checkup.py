"""One host examined for ``subdeck doctor``: the way there, what is permitted, missing, costs."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from console.cli.reach import Reach
from console.contact import Contact
from console.errors import ConsoleError, Problem
from console.fleet import Fleet
from console.inventory import LOCAL, Entry
from console.model import Gap, Host, Running

_OTHERS = "processes of others"
"""The gap of a login that is not root."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked into."""

    check: str
    state: str
    """``ok``, ``lacking`` (the rest works) or ``failed``."""
    found: str
    remedy: str = ""
    host: str = ""
    """Empty: the console itself."""


def accepting(contact: Contact) -> str:
    """Return how to accept the key a host offers; nothing where there is none to be accepted."""
    key = contact.untrusted
    if key is None or key.problem is not Problem.UNKNOWN_KEY:
        return ""
    name = shlex.quote(contact.name)
    return f"if it is right: subdeck doctor {name} --accept-key {key.fingerprint}"


async def accepted(fleet: Fleet, name: str, fingerprint: str) -> Check:
    """Make the key that the only host offers known, if it is this one and nobody knew it."""
    await fleet.look_at_all()
    (contact,) = fleet.view.contacts
    key = contact.untrusted
    try:
        await fleet.accept(contact.name, fingerprint)
    except ConsoleError as error:
        return Check("accept key", "failed", str(error), error.hint, name)
    written = f"{key.line} written to {key.file}" if key else ""
    return Check("accept key", "ok", f"{fingerprint} is known from now on: {written}", "", name)


async def checkup(entry: Entry, fleet: Fleet, reach: Reach, interval: float) -> list[Check]:
    """Return all that was looked into of one host, in the order in which it can fail."""
    checks: list[Check] = []
    if entry.name != LOCAL:
        steps = await (await reach.bastion()).steps(entry)
        checks += [Check(s.check, s.state, s.found, s.remedy, entry.name) for s in steps]
        if any(check.state == "failed" for check in checks):
            # No more than that: logins refused over and over could shut out the whole bastion.
            unknown = checks[-1].check == "host key"
            return [*checks, *(await _offered(entry, fleet) if unknown else ())]
    began = time.monotonic()
    contact = await _look(entry, fleet)
    checks += _seen(contact, time.monotonic() - began)
    if entry.name != LOCAL and contact.failed is None:
        checks += await _there(entry, reach, interval)
    return checks


async def _look(entry: Entry, fleet: Fleet) -> Contact:
    await fleet.look_at([entry.name])
    (contact,) = (each for each in fleet.view.contacts if each.name == entry.name)
    return contact


async def _offered(entry: Entry, fleet: Fleet) -> Iterable[Check]:
    """Tell how to accept the key of a host, where that can be done at all."""
    contact = await _look(entry, fleet)
    how = accepting(contact)
    return [Check("accept key", "lacking", "", how, entry.name)] if how else []


def _seen(contact: Contact, seconds: float) -> Iterator[Check]:
    name, host = contact.name, contact.host
    if host is None or contact.failed is not None:
        yield Check(name, "failed", contact.trouble or "no answer", contact.remedy or "", name)
        return
    yield Check(name, "ok", f"seen whole in {seconds * 1000:.0f} ms", "", name)
    others = next((gap for gap in host.gaps if gap.probe == _OTHERS), None)
    yield _privilege(name, others)
    yield Check(
        "boot",
        "ok",
        f"{host.boot.style.value}, {host.boot.kernel}" if host.boot else "?",
        "",
        name,
    )
    yield from _parts(host)
    for gap in host.gaps:
        if gap is not others:
            found = f"{gap.problem.value}: {gap.reason}"
            yield Check(gap.probe, "lacking", found, gap.remedy or "", name)


def _privilege(name: str, others: Gap | None) -> Check:
    if others is not None:
        return Check("privilege", "lacking", others.reason, others.remedy or "", name)
    if name == LOCAL and os.geteuid():
        return Check(
            "privilege",
            "lacking",
            "not root: subhosts and device-mapper stay hidden",
            "run as root, or with sudo",
            name,
        )
    return Check("privilege", "ok", "root", "", name)


def _parts(host: Host) -> Iterator[Check]:
    running = sum(subhost.state is Running.RUNNING for subhost in host.subhosts)
    links, netns = len(host.links), len(host.netns)
    yield Check("levels", "ok", f"{len(host.all_levels)} measured", "", host.name)
    yield Check("subhosts", "ok", f"{running} running of {len(host.subhosts)}", "", host.name)
    yield Check("network", "ok", f"{links} links, {netns} named namespaces", "", host.name)


async def _there(entry: Entry, reach: Reach, interval: float) -> list[Check]:
    """Return which tools the host lacks, and what looking at it costs there."""
    name = entry.name
    try:
        backend = await reach.remote(entry)
        tools, costs = await backend.tools(), await backend.costs()
    except ConsoleError as error:
        return [Check("costs", "lacking", str(error), error.hint, name)]
    there = ", ".join(tool for tool, has, _ in tools if has)
    total = sum(milliseconds for _, milliseconds in costs)
    share = total / (interval * 1000)
    return [
        Check("tools", "ok", there or "none of those that help", "", name),
        *(Check(tool, "lacking", "missing", worth, name) for tool, has, worth in tools if not has),
        *(Check(f"cost of {probe}", "ok", f"{ms:.2f} ms of CPU", "", name) for probe, ms in costs),
        Check(
            "cost of a look", "ok", f"{total:.1f} ms of CPU there: {share:.2%} of one", "", name
        ),
    ]
