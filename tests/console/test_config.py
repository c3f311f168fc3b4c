from __future__ import annotations

from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.alerting import QUIET, Alerting
from console.ballast_rule import USUAL, Ballast
from console.config import (
    Config,
    History,
    Thresholds,
    default,
    find,
    parse,
    state_directory,
    thresholds,
)
from console.errors import Misconfigured
from console.model import Kind, State
from console.parse.amount import amount
from console.relief_rule import ReliefRule

FULL = """
interval = 5
subhosts = ["/srv/*/*.conf"]
ssh_hosts = ["edge-*"]
theme = "terminal"
ascii = true
mouse = true

[history]
path = "/var/lib/subdeck/history.db"
days = 30

[alerts]
hook = ["/usr/local/bin/page", "--quiet"]
timeout = 3
bell = true
osc9 = true
from = "full"

[[relief]]
kind = "tmpfs"
cap = "2G"

[[relief]]
host = "web*"
tag = "prod"
id = "dm:live-rw"
step = "+512M"
at = 80
cap = "8G"
per_hour = 2

[ballast]
size = "4M"

[levels]
watch = { percent = 60, seconds = 3600 }
act = { percent = 80, seconds = 600 }

[[levels.rule]]
kind = "tmpfs"
act = { percent = 95 }

[[levels.rule]]
host = "mail*"
id = "tmpfs:/run"
watch = { percent = 90, seconds = 700 }
act.percent = 99

[[levels.rule]]
tag = "pro*"
kind = "memory"
watch.percent = 50

[[host]]
name = "mail1"

[[host]]
name = "web1"
"""


def complaint(text: str) -> Misconfigured:
    with pytest.raises(Misconfigured) as refused:
        parse(text, "config.toml")
    return refused.value


def test_nothing_configured_is_the_default() -> None:
    assert parse("", "config.toml") == default()
    assert default().interval == 2.0
    assert "/opt/*/*.conf" in default().subhosts


def test_everything_configured() -> None:
    found = parse(FULL, "config.toml")
    assert (found.interval, found.theme, found.ascii, found.mouse) == (5.0, "terminal", True, True)
    assert found.subhosts == ("/srv/*/*.conf",)
    assert found.history == History(PurePath("/var/lib/subdeck/history.db"), 30.0)
    assert found.levels.thresholds == Thresholds(60, 80, 3600, 600)
    assert [entry.name for entry in found.hosts] == ["mail1", "web1"]
    assert found.ssh_hosts == ("edge-*",)


@pytest.mark.parametrize(
    ("host", "kind", "id_", "expected"),
    [
        ("web1", Kind.OVERLAY, "overlay:/", Thresholds(60, 80, 3600, 600)),
        ("web1", Kind.TMPFS, "tmpfs:/run", Thresholds(60, 95, 3600, 600)),
        ("mail1", Kind.TMPFS, "tmpfs:/tmp", Thresholds(60, 95, 3600, 600)),
        ("mail1", Kind.TMPFS, "tmpfs:/run", Thresholds(90, 99, 700, 600)),
    ],
    ids=["no rule", "first rule", "second names another", "last wins whole"],
)
def test_rules_narrow_thresholds(host: str, kind: Kind, id_: str, expected: Thresholds) -> None:
    assert thresholds(parse(FULL, "config.toml"), host, kind, id_) == expected


@pytest.mark.parametrize(
    ("tags", "percent"),
    [(("web", "prod"), 50), (("web",), 60), ((), 60)],
    ids=["one matches", "none matches", "none"],
)
def test_a_rule_may_name_a_tag(tags: tuple[str, ...], percent: float) -> None:
    found = thresholds(parse(FULL, "config.toml"), "web1", Kind.MEMORY, "mem", tags)
    assert found.watch_percent == percent


@pytest.mark.parametrize(
    ("text", "line", "key", "why"),
    [
        ("\ninterva = 2", 2, "interva", "unknown key; did you mean interval?"),
        ("colour = 1", 1, "colour", "known: interval, subhosts, host"),
        ('interval = "2"', 1, "interval", "expected a number, got a string"),
        ("interval = true", 1, "interval", "expected a number, got a boolean"),
        ("interval = 2024-01-01", 1, "interval", "got a date or time"),
        ("interval = 0.4", 1, "interval", "0.4 is not between 0.5 and 3600"),
        ("interval = 3601", 1, "interval", "not between"),
        ("interval = nan", 1, "interval", "not between"),
        ('subhosts = "/x"', 1, "subhosts", "expected an array of strings, got a string"),
        ('subhosts = [\n"/x", 1]', 1, "subhosts", "expected a string, got a number"),
        ('subhosts = ["x/*.conf"]', 1, "subhosts", "'x/*.conf' does not start with /"),
        ('theme = "solar"', 1, "theme", "'solar' is none of dark, light, terminal"),
        ('theme = ""', 1, "theme", "is empty"),
        ("theme = 1", 1, "theme", "expected a string, got a number"),
        ("ascii = 1", 1, "ascii", "expected true or false, got a number"),
        ("history = 1", 1, "history", "expected a table, got a number"),
        ("[history]\ndays = 0", 2, "history.days", "0 is not between 0.1 and 3660"),
        ('[history]\npath = "h.db"', 2, "history.path", "does not start with /"),
        ("[history]\nday = 1", 2, "history.day", "did you mean days?"),
        ("[levels]\nwatch = 70", 2, "levels.watch", "expected a table"),
        ("[levels]\nwatch.percent = 101", 2, "levels.watch.percent", "between 0 and 100"),
        ("[levels]\nwatch.seconds = -1", 2, "levels.watch.seconds", "-1 is not between"),
        ("[levels.act]\n\npercents = 1", 3, "levels.act.percents", "did you mean percent?"),
        (
            "[levels]\nact.percent = 60",
            2,
            "levels.act.percent",
            "act at 60 % is below watch at 70",
        ),
        ("[levels]\nwatch.percent = 90", 2, "levels.watch.percent", "is below watch at 90 %"),
        ("[levels]\nact.seconds = 9000", 2, "levels.act.seconds", "comes before watch at 7200 s"),
        ("[levels]\nrule = 1", 2, "levels.rule", "[[levels.rule]], got a number"),
        ("[levels]\nrule = [1]", 2, "levels.rule", "expected a table, got a number"),
        ("[[levels.rule]]\nkinds = 1", 2, "levels.rule.kinds", "did you mean kind?"),
        ('[[levels.rule]]\nkind = "tempfs"', 2, "levels.rule.kind", "did you mean tmpfs?"),
        ('[[levels.rule]]\nhost = ""', 2, "levels.rule.host", "is empty"),
        ("[[levels.rule]]\n[[levels.rule]]\nact.percent=1", 3, "levels.rule.act.percent", "below"),
        ('[[levels.rule]]\ntag = ""', 2, "levels.rule.tag", "is empty"),
        ('\n[[host]]\nnam = "m"', 3, "host.nam", "did you mean name?"),
        ('[alerts]\nhook = "page"', 2, "alerts.hook", "an array of strings, got a string"),
        ('[alerts]\nhook = [""]', 2, "alerts.hook", "is empty"),
        ('[alerts]\nfrom = "ok"', 2, "alerts.from", "'ok' is none of watch, act, full, lost"),
        ("[alerts]\nbel = true", 2, "alerts.bel", "did you mean bell?"),
        ('[ballast]\nsize = "+2M"', 2, "ballast.size", "a ballast is a size: 2M"),
        ("[ballast]\ninodes = 5000", 2, "ballast.inodes", "not between"),
        ('[[relief]]\nkind = "tmpfs"', 1, "relief", "has no cap"),
        ('[[relief]]\ncap = "big"', 2, "relief.cap", "big: no size like 512M"),
        ('[[relief]]\ncap = "+2G"', 2, "relief.cap", "a cap is a size: 2G"),
        ('[[relief]]\ncap = "2G"\nstep = "1G"', 3, "relief.step", "more than there is"),
        ('[[relief]]\ncap = "2G"\nat = "lost"', 3, "relief.at", "none of watch, act, full"),
        ('[[relief]]\ncap = "2G"\nat = 101', 3, "relief.at", "not between"),
        ('[[relief]]\ncap = "2G"\nkind = "tempfs"', 3, "relief.kind", "did you mean tmpfs?"),
        ('[[relief]]\ncap = "2G"\nper_hour = 99', 3, "relief.per_hour", "not between"),
        ("ssh_hosts = 1", 1, "ssh_hosts", "expected an array of strings, got a number"),
        ("interval = 1\ninterval 2", 2, "", "Expected '='"),
    ],
)
def test_a_complaint_names_file_line_and_key(text: str, line: int, key: str, why: str) -> None:
    found = complaint(text)
    assert (found.file, found.line, found.key) == ("config.toml", line, key)
    assert why in str(found)


def test_a_complaint_is_one_line() -> None:
    assert str(complaint("a = 1\n[levels]\nact.percent = 1")) == (
        "config.toml:1: a: unknown key; known: interval, subhosts, host, ssh_hosts, theme, ascii, "
        "mouse, enter_with, history, levels, alerts, relief, ballast, store"
    )


@pytest.mark.parametrize("percent", [0, 70, 85, 100])
def test_act_may_begin_with_watch(percent: int) -> None:
    text = f"[levels]\nwatch.percent = {percent}\nact.percent = {percent}"
    found = parse(text, "config.toml").levels.thresholds
    assert found.watch_percent == found.act_percent == percent


@pytest.mark.parametrize("kind", ["*", "dm-*", "memory", "[to]*"])
def test_a_kind_may_be_a_glob(kind: str) -> None:
    assert parse(f'[[levels.rule]]\nkind = "{kind}"', "config.toml").levels.rules[0].kind == kind


@given(st.text("intervaleshow[].= 0123\"'{}\n"))
def test_any_text_is_a_configuration_or_misconfigured(text: str) -> None:
    try:
        assert isinstance(parse(text, "config.toml"), Config)
    except Misconfigured as error:
        assert error.file == "config.toml"


@pytest.mark.parametrize(
    ("environ", "config", "state"),
    [
        ({}, "/home/o/.config/subdeck/config.toml", "/home/o/.local/state/subdeck"),
        (
            {"XDG_CONFIG_HOME": "/etc/o", "XDG_STATE_HOME": "/var/o"},
            "/etc/o/subdeck/config.toml",
            "/var/o/subdeck",
        ),
        (
            {"XDG_CONFIG_HOME": "", "XDG_STATE_HOME": "relative"},
            "/home/o/.config/subdeck/config.toml",
            "/home/o/.local/state/subdeck",
        ),
    ],
    ids=["unset", "set", "empty and relative are ignored"],
)
def test_places_follow_the_xdg_base_directories(
    environ: dict[str, str], config: str, state: str
) -> None:
    assert find(environ, PurePath("/home/o")) == PurePath(config)
    assert state_directory(environ, PurePath("/home/o")) == PurePath(state)


def test_alerts_and_rules_of_relief() -> None:
    found, none = parse(FULL, "config.toml"), parse("", "config.toml")
    assert found.alerts == Alerting(
        ("/usr/local/bin/page", "--quiet"), 3.0, bell=True, osc9=True, least=State.FULL
    )
    tmpfs, store = found.relief
    assert tmpfs == ReliefRule(amount("+25%"), 2 << 30, kind="tmpfs")
    assert store == ReliefRule(
        amount("+512M"), 8 << 30, "web*", "prod", "*", "dm:live-rw", None, 80.0, 2
    )
    assert (found.ballast, none.ballast) == (Ballast(4 << 20, 64), USUAL)
    assert (none.alerts, none.relief) == (QUIET, ())
