"""The program's own configuration file, and the settings where there is none.

``parse('interval = 1.0', "config.toml").interval`` is ``1.0``; every complaint is a
``Misconfigured`` that names file, line and key.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import PurePath

from console.alerting import QUIET, Alerting
from console.ballast_rule import MOST, USUAL, Ballast
from console.images.places import StorePlace, store_places
from console.inventory import Entry, entries, globs, ssh_patterns
from console.model import Kind, State
from console.parse.amount import Amount, amount, typed
from console.relief_rule import ReliefRule
from console.toml import Table, document, meant

NAME = "subdeck"
"""Our folder's name under the XDG base directories."""

THEMES = ("dark", "light", "terminal")

WAYS_IN = ("subdeck", "ssh")
"""By whose connection a terminal on another host is had: the open one, or one of ssh(1)."""

_KEYS = (
    "interval subhosts host ssh_hosts theme ascii mouse enter_with history levels alerts relief"
    " ballast store"
)
_YEAR = 366 * 86400


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where a level is to be watched and acted on: by fill, and by time left until full."""

    watch_percent: float = 70.0
    act_percent: float = 85.0
    watch_seconds: float = 7200.0
    act_seconds: float = 1200.0


@dataclass(frozen=True, slots=True)
class Rule:
    """Other thresholds for some levels; each pattern is a glob, and all must match."""

    host: str
    tag: str | None
    """One tag of the host must match; ``None``: it may have none."""
    kind: str
    id: str
    thresholds: Thresholds

    def matches(self, host: str, tags: Collection[str], kind: Kind, id_: str) -> bool:
        """Whether this rule speaks of that level."""
        return (
            fnmatchcase(host, self.host)
            and (self.tag is None or any(fnmatchcase(tag, self.tag) for tag in tags))
            and fnmatchcase(kind, self.kind)
            and fnmatchcase(id_, self.id)
        )


@dataclass(frozen=True, slots=True)
class Levels:
    """The thresholds of all levels, and those of some."""

    thresholds: Thresholds = Thresholds()
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """The record of past samples."""

    path: PurePath | None = None
    """Its file, absolute; ``None``: under the state directory."""
    days: float = 7.0
    """How long samples are kept."""


@dataclass(frozen=True, slots=True)
class Config:
    """All settings."""

    interval: float = 2.0
    """Seconds between fast samples."""
    subhosts: tuple[str, ...] = (
        "/opt/*/*.conf",
        "/opt/subhost/*/*.conf",
        "/srv/subhost/*/*.conf",
    )
    """Absolute globs of overlay-boot configuration files, for hosts that name none."""
    hosts: tuple[Entry, ...] = ()
    ssh_hosts: tuple[str, ...] = ()
    """Globs of those aliases of OpenSSH's configuration that are watched too."""
    theme: str = "dark"
    """One of ``THEMES``."""
    ascii: bool = False
    """Draw with ASCII alone."""
    mouse: bool = False
    enter_with: str = "subdeck"
    """One of ``WAYS_IN``."""
    history: History = History()
    levels: Levels = Levels()
    alerts: Alerting = QUIET
    relief: tuple[ReliefRule, ...] = ()
    """Levels that grow by themselves."""
    ballast: Ballast = USUAL
    """What is held in a level where nothing else is said."""
    stores: tuple[StorePlace, ...] = ()
    """Where boot images are kept."""


def default() -> Config:
    """Return the settings that hold without a configuration file."""
    return Config()


def parse(text: str, file: str) -> Config:
    """Return the settings in a configuration file; ``file`` names it in complaints.

    Raises ``Misconfigured`` for what is no TOML, an unknown key, a wrong type or a value out of
    range.
    """
    top = document(text, file)
    top.only(*_KEYS.split())
    ours = default()
    return Config(
        interval=top.number("interval", ours.interval, 0.5, 3600),
        subhosts=globs(top, ours.subhosts),
        hosts=entries(top.tables("host")),
        ssh_hosts=ssh_patterns(top),
        theme=top.choice("theme", ours.theme, THEMES),
        ascii=top.flag("ascii", default=ours.ascii),
        mouse=top.flag("mouse", default=ours.mouse),
        enter_with=top.choice("enter_with", ours.enter_with, WAYS_IN),
        history=_history(top.table("history")),
        levels=_levels(top.table("levels")),
        alerts=_alerts(top.table("alerts")),
        relief=tuple(_relief(each) for each in top.tables("relief")),
        ballast=_ballast(top.table("ballast")),
        stores=store_places(top.tables("store")),
    )


def thresholds(
    config: Config, host: str, kind: Kind, id_: str, tags: Collection[str] = ()
) -> Thresholds:
    """Return the thresholds of one level: those of the last rule that matches it, whole."""
    for rule in reversed(config.levels.rules):
        if rule.matches(host, tags, kind, id_):
            return rule.thresholds
    return config.levels.thresholds


def find(environ: Mapping[str, str], home: PurePath) -> PurePath:
    """Return where the configuration file is looked for (XDG base directories)."""
    return _xdg(environ, "XDG_CONFIG_HOME", home / ".config") / "config.toml"


def state_directory(environ: Mapping[str, str], home: PurePath) -> PurePath:
    """Return the folder of what is kept between runs: history, audit, logs."""
    return _xdg(environ, "XDG_STATE_HOME", home / ".local" / "state")


def _xdg(environ: Mapping[str, str], variable: str, fallback: PurePath) -> PurePath:
    """A relative value is to be ignored, says the XDG base directory specification."""
    base = PurePath(environ.get(variable, ""))
    return (base if base.is_absolute() else fallback) / NAME


def _history(table: Table) -> History:
    table.only("path", "days")
    path = table.string("path")
    if path is not None and not PurePath(path).is_absolute():
        raise table.wrong(f"{path!r} does not start with /", "path")
    return History(PurePath(path) if path else None, table.number("days", 7.0, 0.1, 3660))


def _alerts(table: Table) -> Alerting:
    table.only("hook", "timeout", "bell", "osc9", "from")
    ours = QUIET
    hook = table.strings("hook", ())
    if hook and not hook[0]:
        raise table.wrong("is empty", "hook", 0)
    grave = [state.value for state in State if state is not State.OK]
    return Alerting(
        hook=hook,
        timeout=table.number("timeout", ours.timeout, 0.1, 300),
        bell=table.flag("bell", default=False),
        osc9=table.flag("osc9", default=False),
        least=State(table.choice("from", ours.least.value, grave)),
    )


def _relief(table: Table) -> ReliefRule:
    """A rule without a cap would fill memory by itself, so one is asked for."""
    table.only("host", "tag", "kind", "id", "step", "at", "cap", "per_hour")
    at, state, percent = table.values.get("at", State.ACT.value), None, 100.0
    if isinstance(at, str):
        state = State(table.choice("at", State.ACT.value, (State.WATCH, State.ACT, State.FULL)))
    else:
        percent = table.number("at", 100.0, 1, 100)
    step, cap = _amount(table, "step", "+25%"), _amount(table, "cap", "")
    if not step.more:
        raise table.wrong("a step is more than there is: +25%, +256M", "step")
    if cap.more:
        raise table.wrong("a cap is a size: 2G", "cap")
    return ReliefRule(
        step=step,
        cap=cap.of(0),
        host=table.string("host") or "*",
        tag=table.string("tag"),
        kind=_kind(table),
        id=table.string("id") or "*",
        state=state,
        percent=percent,
        per_hour=int(table.number("per_hour", 4, 1, 30)),
    )


def _ballast(table: Table) -> Ballast:
    table.only("size", "inodes")
    size = _amount(table, "size", typed(USUAL.size))
    if size.more:
        raise table.wrong("a ballast is a size: 2M", "size")
    return Ballast(size.of(0), int(table.number("inodes", USUAL.inodes, 1, MOST)))


def _amount(table: Table, key: str, default: str) -> Amount:
    text = table.string(key) or default
    if not text:
        raise table.wrong(f"has no {key}")
    try:
        return amount(text)
    except ValueError as error:
        raise table.wrong(str(error), key) from None


def _kind(table: Table) -> str:
    kind = table.string("kind") or "*"
    if not any(fnmatchcase(each, kind) for each in Kind):
        raise table.wrong(f"no level is of kind {kind!r}{meant(kind, Kind)}", "kind")
    return kind


def _levels(table: Table) -> Levels:
    table.only("watch", "act", "rule")
    general = _thresholds(table, Thresholds())
    return Levels(general, tuple(_rule(each, general) for each in table.tables("rule")))


def _rule(table: Table, general: Thresholds) -> Rule:
    table.only("host", "tag", "kind", "id", "watch", "act")
    return Rule(
        host=table.string("host") or "*",
        tag=table.string("tag"),
        kind=_kind(table),
        id=table.string("id") or "*",
        thresholds=_thresholds(table, general),
    )


def _thresholds(table: Table, general: Thresholds) -> Thresholds:
    watch, act = table.table("watch"), table.table("act")
    for each in (watch, act):
        each.only("percent", "seconds")
    found = replace(
        general,
        watch_percent=watch.number("percent", general.watch_percent, 0, 100),
        act_percent=act.number("percent", general.act_percent, 0, 100),
        watch_seconds=watch.number("seconds", general.watch_seconds, 0, _YEAR),
        act_seconds=act.number("seconds", general.act_seconds, 0, _YEAR),
    )
    given = act if "percent" in act.values else watch
    if found.act_percent < found.watch_percent:
        why = f"act at {found.act_percent:g} % is below watch at {found.watch_percent:g} %"
        raise given.wrong(why, "percent")
    given = act if "seconds" in act.values else watch
    if found.act_seconds > found.watch_seconds:
        why = (
            f"act at {found.act_seconds:g} s left comes before watch at {found.watch_seconds:g} s"
        )
        raise given.wrong(why, "seconds")
    return found
