"""What is refused before anything is changed, with its place and what would help."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.actions.verbs import hindrance, planned
from console.clean import Clean
from console.model import Cable, Kind, Level, Netns, Overlay, Running, State
from console.plan import Plan, Verb, Wish
from console.survey import Found, PathFact
from tests.console.actions.ground import (
    CONF,
    NAME,
    fact,
    host,
    link,
    planned_on,
    subhost,
    survey,
)

WISH = Wish(Verb.START, NAME)


def said(plan: Plan) -> list[str]:
    return [each.text for each in plan.obstacles]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("CABLES=br1=\n", "line 2: br1=: br1 is no interface of this host"),
        ("CABLES=eth0=\n", "line 2: eth0=: eth0 is no bridge of this host"),
        ("CABLES=-x=\n", "line 2: -x=: -x is not the name of a bridge"),
        ("CABLES==.5\n", "line 2: =.5: there is no cable before this VLAN"),
        ("CABLES== =.4095\n", "line 2: =.4095: VLAN 4095 is not a number from 1 to 4094"),
        ("CABLES=br0\n", "line 2: br0: there is no = in it"),
        ("CABLES==03:00:00:00:00:01\n", "multicast"),
        (
            "CABLES==02:00:00:00:00:01 =2:0:0:0:0:1\n",
            "line 2: the MAC address 02:00:00:00:00:01 is used twice",
        ),
        ("REAPER=!which\n", "line 2: REAPER cannot be decided by a command: !which"),
        ("NAME=other\n", "line 2: NAME is other, but the file is mta.conf"),
        ("NAME=../../x\n", "line 2: the name ../../x is not 1 to 12 of A-Z a-z 0-9 - _"),
        ("NAME=-rf\n", "line 2: the name -rf is not 1 to 12 of A-Z a-z 0-9 - _"),
        ("NAME=!id\n", "line 2: NAME cannot be decided by a command: !id"),
        ("START=ssh x;id\n", "line 2: x;id is not the name of a service"),
        ("START=$(id)\n", "line 2: $(id) is not the name of a service"),
        ("START=-x\n", "line 2: -x is not the name of a service"),
        ("RAM_SIZE=1M,suid\n", "line 2: RAM_SIZE 1M,suid is not a size that tmpfs takes"),
        ("RAM_SIZE=-1\n", "line 2: RAM_SIZE -1 is not a size that tmpfs takes"),
        ("WAIT_ONLINE=soon\n", "line 2: WAIT_ONLINE soon is not 1 to 999 seconds"),
        ("UPPER=a,b\n", "line 2: UPPER /opt/mta/a,b: , cannot be in the path of a layer"),
        ("LOWER=/a:/b\n", "line 2: LOWER /a:/b: there is one LOWER only, and no : in its path"),
        ("WORK=root/work\n", "WORK /opt/mta/root/work and UPPER /opt/mta/root lie in one another"),
        ("UPPER=live/up\n", "UPPER /opt/mta/live/up lies in LIVE /opt/mta/live, which covers it"),
        ("LIVE=root/live\n", "line 2: LIVE /opt/mta/root/live lies in UPPER /opt/mta/root"),
        ("LOWER=root/low\n", "line 2: LOWER /opt/mta/root/low lies in UPPER /opt/mta/root"),
        ("LOWER=/x\nSHARE=/:/host\n", "line 3: SHARE /:/host exposes the whole host"),
        ("SHARE=/a:\n", "line 2: SHARE /a: covers the subhost's own root"),
        ("SHARE=/a:rel\n", "line 2: SHARE /a:rel: its place inside is no plain absolute path"),
        ("SHARE=/a:/x/../y\n", "SHARE /a:/x/../y: its place inside is no plain absolute path"),
        ("PREMOUNT=!hook\n", "line 2: PREMOUNT cannot be decided by a command: !hook"),
        ("REAPER=reaper\n", "line 2: REAPER reaper is not an absolute path in the subhost"),
        ("UPPER=a\x1b[2J\n", "line 2: its value cannot be shown exactly"),
        ("UPPER=\udcff\n", "line 2: its value cannot be shown exactly"),
        ("UPPER=‮x\n", "line 2: its value cannot be shown exactly"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(text: str, words: str) -> None:
    found = said(planned_on(f"BASE=.\n{text}"))
    assert [each for each in found if words in each], found


def test_base_is_needed() -> None:
    assert said(planned_on("CABLES==\n")) == [f"{CONF} has no BASE"]


def test_a_binary_configuration_is_told() -> None:
    (found,) = said(planned_on("\0\1\2\n"))
    assert found.startswith(f"{CONF}: expected lines NAME=value")


@pytest.mark.parametrize(
    ("key", "found", "words"),
    [
        ("LOWER", PathFact(Found.MISSING), "LOWER / is missing"),
        ("UPPER", PathFact(Found.MISSING), "UPPER /opt/mta/root is missing"),
        ("UPPER", fact("/opt/mta/root", Found.FILE), "UPPER /opt/mta/root is not a folder"),
        ("WORK", PathFact(Found.LINK), "WORK /opt/mta/work is missing"),
        (
            "WORK",
            fact("/opt/mta/work", device=7),
            "WORK /opt/mta/work is on another filesystem than UPPER /opt/mta/root",
        ),
        (
            "UPPER",
            PathFact(Found.LINK, real=Clean("/etc"), device=1),
            "UPPER /opt/mta/root leads to /etc by a symlink, out of BASE",
        ),
        (
            "LIVE",
            PathFact(Found.FOLDER, real=Clean("/opt/mta/live"), mount_point=True),
            "something is mounted at LIVE /opt/mta/live",
        ),
        (
            "CONF",
            PathFact(Found.FILE, real=CONF, foreign=Clean("/opt/mta")),
            "others than root may write /opt/mta, and the configuration is run as root",
        ),
        ("CONF", PathFact(Found.LINK, real=CONF), f"{CONF} is not a regular file"),
        ("SHARE", PathFact(Found.MISSING), "SHARE /srv: /srv is not a folder of this host"),
    ],
)
def test_a_path_that_does_not_do_is_named(key: str, found: PathFact, words: str) -> None:
    assert said(planned_on("BASE=.\nSHARE=/srv\n", {key: found}))[0].endswith(words)


def test_a_base_behind_a_symlink_is_as_good_as_any() -> None:
    real = {
        key: PathFact(Found.FOLDER, real=Clean(f"/data/mta/{name}"), device=1)
        for key, name in (("UPPER", "root"), ("WORK", "work"), ("LIVE", "live"))
    }
    assert not planned_on("BASE=.\n", real).obstacles


def test_live_of_a_bound_tree_may_be_mounted() -> None:
    live = PathFact(Found.FOLDER, real=Clean("/opt/mta/live"), mount_point=True)
    assert not planned_on("BASE=.\nUPPER=live\nLOWER=live\n", {"LIVE": live}).obstacles


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (Running.RUNNING, "mta is running"),
        (Running.STARTING, "mta is starting already"),
        (Running.STOPPING, "mta is stopping"),
        (Running.BROKEN, "mta runs in part only"),
    ],
)
def test_one_that_is_not_stopped_is_not_started(state: Running, text: str) -> None:
    there = host(subhost(state=state))
    found = hindrance(there, NAME, Verb.START)
    assert found
    assert found.text == text
    assert text in said(planned(there, WISH, survey("BASE=.\n")))


def test_what_an_earlier_run_left_is_repaired_first() -> None:
    guest = subhost(state=Running.BROKEN, residue=(Clean("netns mta"), Clean("interface mta0")))
    found = hindrance(host(guest), NAME, Verb.START)
    assert found
    assert found.text == "an earlier run left behind: netns mta, interface mta0"
    assert found.remedy == "repair mta first"


def test_a_namespace_of_somebody_else_is_left_alone() -> None:
    there = replace(host(), netns=(Netns(NAME, 7),))
    found = hindrance(there, NAME, Verb.START)
    assert found
    assert "network namespace mta already" in found.text


def test_an_interface_of_that_name_is_in_the_way() -> None:
    plan = planned(host(links=(link("mta0"),)), WISH, survey("BASE=.\nCABLES==\n"))
    assert said(plan) == ["line 2: =: there is an interface mta0 already"]


def test_what_a_running_one_uses_is_not_shared() -> None:
    other = subhost(
        "web",
        state=Running.RUNNING,
        overlay=Overlay((Clean("/"),), Clean("/opt/mta/root"), Clean("/opt/mta/work")),
        cables=(
            Cable(Clean("web0"), Clean("eth0"), None, Clean("02:00:00:00:00:01"), None, up=True),
        ),
    )
    text = "BASE=.\nCABLES==02:00:00:00:00:01\n"
    assert said(planned(host(subhost(), other), WISH, survey(text))) == [
        "line 2: the MAC address 02:00:00:00:00:01 is that of web, which runs",
        "UPPER /opt/mta/root is used by web, which is running",
        "WORK /opt/mta/work is used by web, which is running",
    ]
    stopped = replace(other, state=Running.STOPPED)
    assert not planned(host(subhost(), stopped), WISH, survey(text)).obstacles


def test_an_overlay_cannot_hold_an_upper() -> None:
    def level(kind: Kind, mount: str) -> Level:
        return Level(
            id=Clean(f"{kind}:{mount}"), kind=kind, mount=Clean(mount), device=None, backs=(),
            used=None, total=None, inodes_used=None, inodes_total=None, limit=None,
            state=State.OK, on_full="",
        )  # fmt: skip

    live = replace(host(), levels=(level(Kind.OVERLAY, "/"),))
    (found,) = planned(live, WISH, survey("BASE=.\n")).obstacles
    assert found.text == "UPPER /opt/mta/root is on the overlay /, which cannot hold one"
    disk = replace(host(), levels=(*live.levels, level(Kind.FILESYSTEM, "/opt")))
    assert not planned(disk, WISH, survey("BASE=.\n")).obstacles


def test_programs_and_rights_that_are_missing_are_named() -> None:
    bare = replace(survey("BASE=.\n"), root=False, tools=frozenset(("ip",)), options=frozenset())
    obstacles = planned(host(), WISH, bare).obstacles
    texts = [each.text for each in obstacles]
    assert "we are not root there" in texts
    assert "unshare is not installed" in texts
    assert "ip there is one that does too little" in texts
    assert {each.remedy for each in obstacles} >= {"install util-linux", "install iproute2"}


def test_root_of_a_container_may_have_no_right_to_mount() -> None:
    (found,) = planned(host(), WISH, replace(survey("BASE=.\n"), may_mount=False)).obstacles
    assert (found.text, found.remedy) == (
        "root there has no right to mount",
        "log in to the host itself",
    )


@pytest.mark.parametrize(
    ("image", "missing"), [("mnt", []), ("mnt a.img", []), ("mnt a.img 2", ["partx"])]
)
def test_partx_is_needed_for_a_partition_alone(image: str, missing: list[str]) -> None:
    known = survey(f"BASE=.\nLOWER=!overlay-diskfile {image}\n")
    plan = planned(host(), WISH, replace(known, tools=known.tools - {"partx"}))
    assert said(plan) == [f"{each} is not installed" for each in missing]


def test_without_setpriv_it_says_what_it_relies_on() -> None:
    known = survey("BASE=.\n")
    plan = planned(host(), WISH, replace(known, options=known.options - {"setpriv --pdeathsig"}))
    assert not plan.obstacles
    assert any("setpriv" in note for note in plan.notes)


def test_an_unknown_subhost_is_told() -> None:
    plan = planned(host(), Wish(Verb.START, Clean("gone")), survey("BASE=.\n"))
    assert said(plan) == ["there is no subhost gone"]
    assert hindrance(host(), NAME, Verb.START) is None
