"""The JSON contract: its fields, its times, and one whole document letter by letter."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from console.clean import Clean
from console.contact import Contact, ContactState, failing
from console.contract import VERSION, document, host_json, iso, level_json, subhost_json
from console.errors import Problem, Unreachable, UntrustedKey
from console.jobs import Job, JobState
from console.model import Boot, Host, Level, Subhost
from screenshots import world
from tests.console.hosts import BASE, FILL, facts, host, with_subhost

FIXTURE = Path(__file__).parents[1] / "fixtures" / "status.json"
"""Made anew by ``python -m tests.console.test_contract``; its diff is the contract's."""
STEPS = 60
NOW = STEPS * world.STEP

# What is promised to scripts: added to, never renamed or taken away.
HOST = {
    "name", "address", "tags", "protected", "contact", "age", "trouble", "problem", "remedy",
    "retry_in", "fingerprint", "rebooted", "boot", "memory", "levels", "subhosts", "links",
    "netns", "routing", "images", "jobs", "gaps",
}  # fmt: skip
BOOT = {"style", "kernel", "cmdline", "uptime", "image"}
IMAGE = {"name", "version", "sha256", "source"}
MEMORY = {"total", "available", "pressure_avg10"}
LEVEL = {
    "id", "kind", "mount", "device", "backs", "used", "total", "inodes_used", "inodes_total",
    "state", "rate", "seconds_to_full", "band", "confidence", "on_full", "relief",
}  # fmt: skip
SUBHOST = {
    "name", "config", "state", "pid", "since", "overlay", "levels", "cables", "services",
    "started_by", "notes",
}  # fmt: skip
OVERLAY = {"lower", "upper", "work", "live"}
CABLE = {"outer", "inner", "bridge", "mac", "vlan", "up", "fault"}
JOB = {
    "id", "host", "subhost", "level", "verb", "who", "state", "started", "seconds", "step",
    "steps",
    "whys", "told", "output", "digest", "finishable",
}  # fmt: skip
GAP = {"probe", "reason", "remedy"}


def only(contact: Contact, now: float) -> Mapping[str, object]:
    """Return the host of a document of one, as it is read from JSON."""
    (made,) = json.loads(json.dumps(document([contact], now, 0.0), allow_nan=False))["hosts"]
    assert isinstance(made, dict)
    return made


def whole() -> str:
    """Return the document of a made-up host after two minutes."""
    view = asyncio.run(world.view(STEPS))
    return json.dumps(document(view.contacts, NOW, world.START + NOW), indent=1) + "\n"


@pytest.fixture(scope="module")
def said() -> Mapping[str, list[dict[str, list[dict[str, object]]]]]:
    made: Mapping[str, list[dict[str, list[dict[str, object]]]]] = json.loads(whole())
    return made


def test_the_whole_document() -> None:
    assert whole() == FIXTURE.read_text("utf-8")


def test_the_document_is_versioned_and_dated() -> None:
    made = document([], 0.0, 1_790_000_000.4)
    assert made == {"version": VERSION, "time": "2026-09-21T14:13:20Z", "hosts": []}


def test_a_host_has_the_promised_fields(
    said: Mapping[str, list[dict[str, list[dict[str, object]]]]],
) -> None:
    (found,) = said["hosts"]
    assert set(found) == HOST
    assert all(set(each) >= LEVEL for each in found["levels"])
    assert all(set(each) >= SUBHOST for each in found["subhosts"])
    assert all(set(each) >= GAP for each in found["gaps"])
    assert all(set(each) >= IMAGE for each in found["images"])
    assert set(found["memory"]) >= MEMORY
    assert set(found["boot"]) >= BOOT


def members(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Every named value in a document."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from members(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from members(each, name)
    else:
        yield name, value


def test_every_time_is_iso_8601_in_utc() -> None:
    times = [
        value for name, value in members(json.loads(whole())) if name in {"time", "since", "built"}
    ]
    assert len([each for each in times if each is not None]) > 10
    for each in times:
        assert each is None or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(each))


def test_null_is_said_only_of_what_is_not_known_of_a_running_subhost() -> None:
    made = subhost_json(host(with_subhost()).subhosts[0])
    assert {name for name, value in made.items() if value is None} == set()
    overlay = made["overlay"]
    assert isinstance(overlay, dict)
    assert set(overlay) == OVERLAY


def test_a_stopped_subhost_says_null_where_nothing_runs() -> None:
    stopped = replace(with_subhost(), processes=(), inside={})
    made = subhost_json(host(stopped).subhosts[0])
    assert {name for name, value in made.items() if value is None} == {
        "pid",
        "since",
        "started_by",
    }


def test_a_level_without_a_limit_says_null() -> None:
    (found, *_) = host(facts(BASE, FILL)).levels
    nothing: Level = replace(found, used=None, total=None, limit=None)
    made = level_json(nothing)
    assert (made["used"], made["total"], made["limit"]) == (None, None, None)
    assert level_json(found)["limit"] == {"total": FILL["/"].total, "bound_by": "own size"}


def test_a_host_never_seen_has_every_part() -> None:
    (made,) = json.loads(json.dumps(document([Contact(Clean("web"), 2.0)], 0.0, 0.0)))["hosts"]
    assert set(made) == HOST
    assert (made["contact"], made["age"], made["boot"]) == ("unreachable", None, None)
    assert (made["levels"], made["subhosts"], made["jobs"]) == ([], [], [])


def test_a_lost_host_says_so_and_keeps_its_last_picture() -> None:
    lost = Contact(
        Clean("web"), 2.0, host(facts(BASE, FILL)), ContactState.DENIED, Clean("no key")
    )
    (made,) = json.loads(json.dumps(document([lost], 107.5, 0.0)))["hosts"]
    assert (made["contact"], made["trouble"], made["age"]) == ("denied", "no key", 7.5)
    assert len(made["levels"]) == 3


def test_a_host_that_offers_a_key_nobody_knows_says_which() -> None:
    key = UntrustedKey(
        "no key is known", "look", Problem.UNKNOWN_KEY, fingerprint="SHA256:x", line="", file=""
    )
    seen = Contact(Clean("web"), 2.0, tags=(Clean("edge"),), protected=True, address="web.example")
    made = only(failing(seen, key, None), 107.5)
    assert (made["contact"], made["problem"], made["retry_in"]) == ("denied", "unknown-key", None)
    assert (made["trouble"], made["remedy"]) == ("no key is known", "look")
    assert (made["fingerprint"], made["address"]) == ("SHA256:x", "web.example")
    assert (made["tags"], made["protected"]) == (["edge"], True)


def test_a_changed_key_is_a_word_of_its_own() -> None:
    key = UntrustedKey("other", "", Problem.CHANGED_KEY, fingerprint="f", line="", file="")
    made = only(failing(Contact(Clean("web"), 2.0), key, None), 0.0)
    assert (made["contact"], made["problem"]) == ("key-changed", "changed-key")


def test_times_from_now_are_seconds_and_never_negative() -> None:
    known = host(facts(BASE, FILL))
    lost = failing(Contact(Clean("web"), 2.0, known), Unreachable("gone"), 110.0)
    made = only(replace(lost, rebooted_at=90.0), 107.5)
    assert (made["retry_in"], made["rebooted"], made["problem"]) == (2.5, 17.5, "unreachable")
    made = only(replace(lost, rebooted_at=200.0), 120.0)
    assert (made["retry_in"], made["rebooted"]) == (0.0, 0.0)


def test_a_stale_picture_is_a_problem_of_its_own() -> None:
    seen = Contact(Clean("web"), 2.0, host(facts(BASE, FILL)))
    made = only(seen, 200.0)
    assert (made["contact"], made["problem"], made["trouble"]) == ("stale", "stale", None)


def test_cables_and_shares_are_named() -> None:
    (mta,) = (
        each for each in json.loads(whole())["hosts"][0]["subhosts"] if each["name"] == "mta"
    )
    assert set(mta["cables"][0]) >= CABLE
    assert mta["shares"] == [{"outside": "/var/spool/mail", "inside": "/var/spool/mail"}]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59Z"),
        (2**31, "2038-01-19T03:14:08Z"),
        (1_790_000_000.999, "2026-09-21T14:13:20Z"),
        (float("inf"), None),
        (float("nan"), None),
        (1e18, None),
        (-(2.0**70), None),
    ],
)
def test_times(seconds: float, text: str | None) -> None:
    assert iso(seconds) == text


def test_impossible_times_of_a_host_are_not_known() -> None:
    odd: Subhost = replace(host(with_subhost()).subhosts[0], since=1e300)
    assert subhost_json(odd)["since"] is None
    json.dumps(subhost_json(odd), allow_nan=False)


def test_all_parts_of_a_real_host_are_plain_json() -> None:
    found: Host = host(with_subhost())
    boot: Boot | None = found.boot
    assert boot is None
    assert json.loads(json.dumps(host_json(found), allow_nan=False))["boot"] is None


if __name__ == "__main__":
    FIXTURE.write_text(whole(), "utf-8")


def test_jobs_are_told_with_their_host() -> None:
    jobs = [
        Job(
            id=Clean("20261126T012233Z-9f3a61"),
            host=Clean(name),
            verb=Clean("start"),
            subhost=Clean("mta"),
            who=Clean("alice@bastion"),
            state=JobState.UNDONE,
            started=1_790_000_000.4,
            seconds=2.5,
            step=2,
            steps=9,
            told=Clean("step 2 failed with status 1"),
        )
        for name in ("web", "mail")
    ]
    contacts = [Contact(Clean("web"), 2.0), Contact(Clean("db"), 2.0)]
    web, db = json.loads(json.dumps(document(contacts, 0.0, 0.0, jobs)))["hosts"]
    (job,) = web["jobs"]
    assert set(job) == JOB
    assert (job["id"], job["host"], job["state"]) == ("20261126T012233Z-9f3a61", "web", "undone")
    assert (job["started"], job["seconds"]) == ("2026-09-21T14:13:20Z", 2.5)
    assert db["jobs"] == []
