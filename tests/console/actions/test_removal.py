from __future__ import annotations

from dataclasses import replace

import pytest

from console.actions.verbs import planned, request
from console.clean import Clean
from console.model import Overlay, Running
from console.operations import line
from console.plan import Plan, Tier, Verb, Wish
from console.survey import Found, PathFact, Survey
from tests.console.actions.ground import NAME, fact, host, subhost
from tests.console.actions.test_stop import LOOKED, UP

HERE = Clean("")
LOG = Clean("/var/log/mail.log")


def plan(verb: Verb, *paths: str, name: Clean = NAME, survey: Survey = LOOKED) -> Plan:
    guest = replace(UP, overlay=Overlay((), Clean("/opt/mta/root"), Clean("/opt/mta/aside")))
    return planned(host(guest), Wish(verb, name, paths=tuple(map(Clean, paths))), survey)


def on_host(verb: Verb, path: str, found: PathFact | None = None) -> Plan:
    facts = {Clean(path): found} if found else {}
    survey = replace(LOOKED, lineage=None, paths=facts)
    return plan(verb, path, name=HERE, survey=survey)


def commands(made: Plan) -> list[str]:
    assert not made.obstacles
    return [line(each) for step in made.steps for each in step.operations]


def test_inside_a_subhost() -> None:
    made = plan(Verb.DELETE, LOG, "/x")
    assert commands(made) == [
        "remove_inside 70 500 delete /var/log mail.log",
        "remove_inside 70 500 delete / x",
    ]
    assert made.title == "delete /var/log/mail.log and more in mta on web1"
    assert made.tier is Tier.LOSES
    assert [line(check.operation) for check in made.checks] == ["alive 70 500"]
    assert commands(plan(Verb.TRUNCATE, LOG)) == [
        "remove_inside 70 500 truncate /var/log mail.log"
    ]


def test_on_the_host() -> None:
    made = on_host(Verb.TRUNCATE, LOG, fact(LOG, Found.FILE))
    assert commands(made) == ["remove truncate /var/log mail.log"]
    assert (made.title, made.lock) == ("truncate /var/log/mail.log on web1", "@host")
    assert commands(on_host(Verb.TRUNCATE, "/proc/70/fd/3")) == ["empty_held 70 3"]


def test_what_its_path_leads_to_is_looked_at() -> None:
    wish = Wish(Verb.DELETE, HERE, paths=(LOG,))
    assert request(host(UP), wish).extra == (LOG,)
    assert request(host(UP), replace(wish, subhost=NAME)).extra == ()


@pytest.mark.parametrize(
    ("path", "found", "why"),
    [
        ("/opt/mta/root/x", None, "lies in a layer of mta"),
        ("/opt/mta/aside/x", None, "lies in a layer of mta"),
        ("/a/../b", None, "no absolute path"),
        ("x", None, "no absolute path"),
        ("/gone", None, "does not exist"),
        ("/dir", fact("/dir"), "no regular file"),
        ("/way", replace(fact("/x", Found.FILE), real=Clean("/x")), "is a way to /x"),
        ("/a␊b", None, "cannot be shown exactly"),
        ("/proc/70/fd/3", None, "does not exist"),
    ],
)
def test_what_is_not_deleted_on_the_host(path: str, found: PathFact | None, why: str) -> None:
    made = on_host(Verb.DELETE, path, found)
    assert any(why in each.text for each in made.obstacles)
    assert not made.steps


def test_journal_and_packages() -> None:
    assert commands(plan(Verb.VACUUM, "/var/log/journal")) == [
        "empty_inside 70 500 /var/log/journal journalctl --directory=/var/log/journal"
        " --vacuum-size=16777216"
    ]
    made = plan(Verb.PURGE, "/var/cache/apt")
    assert commands(made) == ["empty_inside 70 500 /var/cache/apt apt-get clean"]
    assert made.tier is Tier.REVERSIBLE
    assert commands(on_host(Verb.PURGE, "/var/cache/apt")) == [
        "empty /var/cache/apt apt-get clean"
    ]
    lacking = replace(LOOKED, lineage=None, tools=LOOKED.tools - {"apt-get"})
    made = plan(Verb.PURGE, "/var/cache/apt", name=HERE, survey=lacking)
    assert made.obstacles[0].text == "apt-get is not installed"
    assert "not known what empties /srv" in plan(Verb.PURGE, "/srv").obstacles[0].text


def test_a_subhost_that_does_not_run_or_has_ended() -> None:
    wish = Wish(Verb.DELETE, NAME, paths=(LOG,))
    made = planned(host(subhost(state=Running.STOPPED)), wish, LOOKED)
    assert made.obstacles[0].text == "mta is stopped"
    made = plan(Verb.DELETE, LOG, survey=replace(LOOKED, lineage=None))
    assert made.obstacles[0].text == "mta has ended just now"
    assert plan(Verb.DELETE).obstacles[0].text == "nothing is named that is to go"
