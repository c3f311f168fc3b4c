"""Hosts and surveys that are all right, to plan on: ``planned_on("BASE=.\\n")``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

from console.actions.folders import paths
from console.actions.values import words
from console.actions.verbs import planned
from console.clean import Clean
from console.errors import Unparsable
from console.model import Host, Link, Running, Subhost, SubhostConf
from console.parse.subhost_conf import conf
from console.plan import Plan, Verb, Wish
from console.survey import OPTIONS, TOOLS, Found, PathFact, Survey

CONF = Clean("/opt/mta/mta.conf")
NAME = Clean("mta")


def link(name: str, kind: str | None = None) -> Link:
    """Return an interface of the host."""
    return Link(None, 1, Clean(name), Clean(kind) if kind else None, None, True, True, 1500)


def subhost(name: str = "mta", **changed: object) -> Subhost:
    """Return one that is stopped."""
    found = Subhost(
        name=Clean(name),
        config=Clean(f"/opt/{name}/{name}.conf"),
        state=Running.STOPPED,
        pid=None,
        since=None,
        overlay=None,
        levels=(),
        cables=(),
        services=(),
        started_by=None,
    )
    return replace(found, **changed)  # type: ignore[arg-type]


def host(*subhosts: Subhost, links: tuple[Link, ...] = ()) -> Host:
    """Return a host with a bridge ``br0`` and these."""
    all_links = (link("br0", "bridge"), link("eth0"), *links)
    return Host(
        name=Clean("web1"),
        boot=None,
        memory=None,
        levels=(),
        subhosts=subhosts or (subhost(),),
        links=all_links,
        netns=(),
        images=(),
        gaps=(),
        time=0,
        at=0,
    )


Facts = Mapping[str, PathFact]
"""What is at a path, by its variable; ``CONF`` is the configuration itself."""


def survey(text: str, changed: Facts | None = None) -> Survey:
    """Return one of a host that has everything, at ``changed`` paths as it says."""
    raw = text.encode("utf-8", "surrogateescape")
    found: Mapping[Clean, PathFact] = {}
    try:
        read = conf(CONF.encode(), raw)
        found = dict(_facts(read, changed or {}))
    except Unparsable:
        pass
    return Survey(
        boot_id=Clean("0b5d6d1e-0000-4000-8000-000000000000"),
        root=True,
        tools=frozenset(TOOLS) - {"ifup"},
        options=frozenset(OPTIONS),
        conf=raw,
        conf_digest=sha256(raw).hexdigest(),
        paths=found,
    )


def planned_on(text: str, changed: Facts | None = None, verb: Verb = Verb.START) -> Plan:
    """Return the plan for ``mta`` with this configuration, everything else being in order."""
    return planned(host(), Wish(verb, NAME), survey(text, changed))


def fact(
    path: str, found: Found = Found.FOLDER, *, device: int = 1, executable: bool = False
) -> PathFact:
    """Return what is at a path, when nothing is odd about it."""
    return PathFact(found, real=Clean(path), device=device, executable=executable)


def _facts(read: SubhostConf, changed: Facts) -> dict[Clean, PathFact]:
    facts = {path: fact(path) for path in paths(read)}
    facts[read.path] = fact(read.path, Found.FILE)
    for _, command in read.hooks:
        program = next((path for path in facts if path.endswith(words(command)[0])), None)
        if program:
            facts[program] = fact(program, Found.FILE, executable=True)
    named = {"LOWER": read.lower, "UPPER": read.upper, "WORK": read.work, "LIVE": read.live}
    named |= {"CONF": read.path, "SHARE": read.shares[0][0] if read.shares else read.path}
    facts |= {named[key]: value for key, value in changed.items()}
    return facts
