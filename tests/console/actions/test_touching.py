"""Who else feels the end of a subhost."""

from __future__ import annotations

from dataclasses import replace

from console.actions.touching import consequences
from console.clean import Clean
from console.model import Cable, Overlay, Running
from tests.console.actions.ground import host, link, subhost, survey

LOOKED = survey("BASE=.\n")


def cable(outer: str, bridge: str) -> Cable:
    return Cable(Clean(outer), Clean("eth0"), Clean(bridge), None, None, True)


MTA = subhost(
    state=Running.RUNNING,
    pid=70,
    cables=(cable("mta0", "br0"),),
    overlay=Overlay(
        (Clean("/"),), Clean("/opt/mta/root"), Clean("/opt/mta/work"), Clean("/opt/mta/live")
    ),
)
WEB = subhost("web", state=Running.RUNNING, pid=80, cables=(cable("web0", "br0"),))
INNER = replace(link("eth0"), netns=Clean("mta"), addresses=(Clean("10.9.8.1/24"),))


def test_nobody() -> None:
    assert consequences(host(MTA), MTA, LOOKED) == ()
    assert consequences(host(MTA, replace(WEB, state=Running.STOPPED)), MTA, LOOKED) == ()


def test_neighbours_at_the_same_bridge() -> None:
    told = consequences(host(MTA, WEB), MTA, LOOKED)
    assert told == ("web will not reach it any more through br0",)


def test_those_who_use_its_files() -> None:
    on_it = replace(WEB, cables=(), shares=((Clean("/opt/mta/root/srv"), Clean("/srv")),))
    assert consequences(host(MTA, on_it), MTA, LOOKED) == ("web uses its /opt/mta/root/srv",)
    beside = replace(WEB, cables=(), shares=((Clean("/opt/mta/rooted"), Clean("/srv")),))
    assert consequences(host(MTA, beside), MTA, LOOKED) == ()


def test_sessions() -> None:
    used = replace(LOOKED, sessions=(Clean("pts/0: bash (80)"),))
    assert consequences(host(MTA), MTA, used) == ("in use at pts/0: bash (80)",)


def test_our_own_way() -> None:
    def told(device: str, gateway: str | None) -> tuple[Clean, ...]:
        way = (Clean(device), Clean(gateway) if gateway else None)
        return consequences(host(MTA, links=(INNER,)), MTA, replace(LOOKED, way=way))

    assert told("mta0", None) == ("our own way to this host goes through its cable mta0",)
    assert "goes through mta (10.9.8.1)" in told("eth0", "10.9.8.1")[0]
    assert "uses the bridge br0" in told("br0", None)[0]
    assert told("eth0", "10.0.0.1") == ()
