"""Subhosts as the console tells them: life, layers, levels of their own, processes, residue."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.clean import Clean
from console.facts import Facts
from console.model import Link, Netns, Overlay, Process, Running, Subhost
from tests.console.hosts import (
    BASE,
    FILL,
    chain,
    conf,
    facts,
    host,
    inside,
    state,
    subhost,
    with_subhost,
)

MTA = "/srv/mta/mta.conf"


def stopped(text: str = "BASE=.\n", mounts: str = "") -> Facts:
    return replace(facts(BASE + mounts, FILL), confs=(conf(MTA, text),))


def started(*processes: Process) -> Facts:
    return replace(stopped(), processes=processes)


def veth(name: str, netns: str | None = None) -> Link:
    where = Clean(netns) if netns else None
    return Link(where, 6, Clean(name), Clean("veth"), None, up=True, carrier=True, mtu=1500)


def ids(found: Subhost) -> list[str]:
    return [each.id for each in found.levels]


# Life


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (stopped(), Running.STOPPED),
        (started(*chain(1700, MTA, up_to="holder")), Running.STARTING),
        (started(*chain(1700, MTA, up_to="unshare")), Running.BROKEN),
        (started(*chain(1700, MTA, init="sh")), Running.STARTING),
        (started(*chain(1700, MTA)), Running.RUNNING),
        (with_subhost(), Running.RUNNING),
    ],
    ids=["no process", "holder", "unshare alone", "not yet init", "init", "seen from inside"],
)
def test_where_a_subhost_is_in_its_life(seen: Facts, expected: Running) -> None:
    assert state(seen) is expected


def test_a_stopped_subhost_tells_what_is_configured() -> None:
    text = "BASE=.\nLOWER=/img\nSTART=ssh postfix\nSHARE=/a:/b\nCABLES=br0=\n"
    found = subhost(stopped(text))
    assert (found.config, found.pid, found.since, found.started_by) == (MTA, None, None, None)
    assert found.overlay == Overlay(
        (Clean("/img"),), Clean("/srv/mta/root"), Clean("/srv/mta/work"), Clean("/srv/mta/live")
    )
    assert (found.services, found.shares) == (("ssh", "postfix"), (("/a", "/b"),))
    assert [(cable.outer, cable.up) for cable in found.cables] == [("mta0", False)]
    assert (found.levels, found.processes, found.notes, found.residue) == ((), (), (), ())


def test_a_running_subhost_tells_what_is_mounted() -> None:
    seen = with_subhost()
    seen = replace(seen, inside={1702: inside(200, "mta", lower="base:/img")})
    found = subhost(seen)
    assert (found.pid, found.since, found.started_by) == (1702, 1000.0, "overlay-boot")
    assert found.overlay == Overlay(
        (Clean("/srv/mta/base"), Clean("/img")),
        Clean("/srv/mta/root"),
        Clean("/srv/mta/work"),
        Clean("/srv/mta/live"),
    )
    assert found.next_lower == found.configured_lower == "/"  # a restart would change it
    same = subhost(replace(seen, inside={1702: inside(200, "mta", lower="/")}))
    assert (same.next_lower, same.configured_lower) == (None, "/")


def test_subhosts_come_by_name_and_each_gets_its_own() -> None:
    web = "/srv/web/web.conf"
    mta = with_subhost()
    both = replace(
        mta,
        confs=(conf(web), *mta.confs),
        processes=(*chain(2100, web), *(mta.processes or ())),
        inside={**mta.inside, 2102: inside(300, "web")},
    )
    assert [(each.name, each.pid) for each in host(both).subhosts] == [
        ("mta", 1702),
        ("web", 2102),
    ]
    assert [{p.pid for p in each.processes} for each in host(both).subhosts] == [
        {1702},
        {2102},
    ]
    assert ids(subhost(both, "web"))[0] == "overlay:/srv/web/live"


def test_a_configuration_typed_as_a_relative_path_is_found_by_name() -> None:
    found = subhost(started(*chain(1700, "mta/mta.conf")))
    assert (found.config, found.state, found.pid) == (MTA, Running.RUNNING, 1702)


def test_an_absolute_path_is_never_taken_for_a_namesake() -> None:
    seen = started(*chain(1700, "/old/mta.conf"))
    assert [(each.config, each.state) for each in host(seen).subhosts] == [
        (None, Running.RUNNING),
        (MTA, Running.STOPPED),
    ]


def test_running_from_a_file_that_is_gone() -> None:
    seen = replace(with_subhost(), confs=())
    found = subhost(seen)
    assert (found.config, found.state, found.pid) == (None, Running.RUNNING, 1702)
    assert found.notes == (f"started from {MTA}, which could not be read",)
    assert found.overlay is not None
    assert found.overlay.upper == "/srv/mta/root"
    assert ids(found) == ["overlay:/srv/mta/live", "tmpfs:/dev", "tmpfs:/run"]


def test_autostart_and_log_go_by_the_configuration_file() -> None:
    seen = replace(
        stopped(),
        autostart=(Clean(MTA),),
        logs={Clean(MTA): (Clean("+ service ssh start"),)},
    )
    assert subhost(seen).autostart
    assert subhost(seen).log == ("+ service ssh start",)
    assert not subhost(replace(seen, autostart=(Clean("/srv/web/web.conf"),))).autostart


def test_two_subhosts_on_one_upper_are_told() -> None:
    seen = replace(
        stopped(),
        confs=(conf(MTA), conf("/srv/web/web.conf", "BASE=.\nUPPER=/srv/mta/root\n")),
    )
    for name, other in (("mta", "web"), ("web", "mta")):
        (note,) = subhost(seen, name).notes
        assert "UPPER" in note
        assert other in note


def test_what_is_wrong_with_a_configuration_is_noted() -> None:
    assert any("BASE" in note for note in subhost(stopped("START=ssh\n")).notes)


# Residue


@pytest.mark.parametrize(
    ("left", "residue"),
    [
        (replace(stopped(), netns=(Netns(Clean("mta"), 9),)), "netns mta"),
        (replace(stopped(), links=(veth("mta0"),)), "interface mta0"),
        (
            stopped(mounts="40 28 0:50 / /srv/mta/live rw - overlay mta rw,lowerdir=/\n"),
            "mount /srv/mta/live",
        ),
        (
            stopped(mounts="40 28 0:50 / /srv/mta/live/run rw - tmpfs run rw\n"),
            "mount /srv/mta/live/run",
        ),
    ],
    ids=["netns", "interface", "mount", "mount below"],
)
def test_what_a_crash_left_behind_is_broken(left: Facts, residue: str) -> None:
    found = subhost(left)
    assert (found.state, found.residue) == (Running.BROKEN, (residue,))
    assert found.notes == (f"residue: {residue}",)


def test_what_belongs_to_a_running_subhost_is_no_residue() -> None:
    seen = replace(with_subhost(), netns=(Netns(Clean("mta"), 9),), links=(veth("mta0"),))
    assert (subhost(seen).state, subhost(seen).residue) == (Running.RUNNING, ())


def test_what_belongs_to_a_namesake_is_no_residue() -> None:
    seen = with_subhost()
    seen = replace(
        seen,
        confs=(*seen.confs, conf("/opt/mta/mta.conf", "BASE=.\n")),
        netns=(Netns(Clean("mta"), 9),),
        links=(veth("mta0"),),
    )
    assert [(each.config, each.state) for each in host(seen).subhosts] == [
        ("/opt/mta/mta.conf", Running.STOPPED),
        (MTA, Running.RUNNING),
    ]


def test_mounts_elsewhere_are_no_residue() -> None:
    seen = stopped(mounts="40 28 0:50 / /srv/mta/livestock rw - tmpfs run rw\n")
    assert state(seen) is Running.STOPPED
