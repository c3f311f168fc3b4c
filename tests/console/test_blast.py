"""Who else feels the end of a subhost, another layer beneath it, and a reboot."""

from __future__ import annotations

from dataclasses import replace

from console.blast import beside, ending, rebooting, severed, tier, volatile
from console.clean import Clean
from console.model import Cable, Kind, Level, Overlay, Running, State
from console.plan import Tier
from console.survey import Losses
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
ON_NEW = Overlay((Clean("/"),), Clean("/opt/db/root"), Clean("/opt/db/work"))
INNER = replace(link("eth0"), netns=Clean("mta"), addresses=(Clean("10.9.8.1/24"),))


def level(
    name: str, kind: Kind = Kind.OVERLAY, *, on: str | None = None, mount: str | None = None
) -> Level:
    """Return a level that holds 3 MiB."""
    return Level(
        id=Clean(name),
        kind=kind,
        mount=Clean(mount) if mount else None,
        device=None,
        backs=(),
        used=3 << 20,
        total=None,
        inodes_used=None,
        inodes_total=None,
        limit=None,
        state=State.OK,
        on_full="",
        on=Clean(on) if on else None,
    )


RUN = level("tmpfs:/run", Kind.TMPFS, on="mem", mount="/run")


def test_nobody() -> None:
    assert ending(host(MTA), MTA, LOOKED) == ()
    assert ending(host(MTA, replace(WEB, state=Running.STOPPED)), MTA, LOOKED) == ()


def test_neighbours_at_the_same_bridge() -> None:
    told = ending(host(MTA, WEB), MTA, LOOKED)
    assert told == ("web will not reach it any more through br0",)


def test_those_who_use_its_files() -> None:
    on_it = replace(WEB, cables=(), shares=((Clean("/opt/mta/root/srv"), Clean("/srv")),))
    assert ending(host(MTA, on_it), MTA, LOOKED) == ("web uses its /opt/mta/root/srv",)
    beside = replace(WEB, cables=(), shares=((Clean("/opt/mta/rooted"), Clean("/srv")),))
    assert ending(host(MTA, beside), MTA, LOOKED) == ()


def test_sessions() -> None:
    used = replace(LOOKED, sessions=(Clean("pts/0: bash (80)"),))
    assert ending(host(MTA), MTA, used) == ("in use at pts/0: bash (80)",)


def test_our_own_way() -> None:
    def told(device: str, gateway: str | None) -> tuple[Clean, ...]:
        way = (Clean(device), Clean(gateway) if gateway else None)
        return ending(host(MTA, links=(INNER,)), MTA, replace(LOOKED, way=way))

    assert told("mta0", None) == ("our own way to this host goes through its cable mta0",)
    assert "goes through mta (10.9.8.1)" in told("eth0", "10.9.8.1")[0]
    assert "uses the bridge br0" in told("br0", None)[0]
    assert told("eth0", "10.0.0.1") == ()


def test_a_vlan_on_its_cable() -> None:
    own = replace(link("mta0", "veth"), index=9)
    vlan = replace(link("lan5", "vlan"), index=10, vlan=5, peer_index=9)
    guest = replace(MTA, cables=(Cable(Clean("mta0"), Clean("eth0"), None, None, None, True),))
    told = ending(host(guest, links=(own, vlan)), guest, LOOKED)
    assert told == ("the VLAN lan5 is made of its cable mta0, and goes with it",)


def test_those_who_share_a_folder_with_it() -> None:
    share = ((Clean("/srv/spool"), Clean("/spool")),)
    one = replace(MTA, cables=(), shares=share)
    two = replace(WEB, cables=(), shares=((Clean("/srv/spool"), Clean("/elsewhere")),))
    told = ending(host(one, two), one, LOOKED)
    assert told == ("web share /srv/spool with it, and go on without it",)


def test_what_it_holds_in_memory() -> None:
    guest = replace(MTA, cables=(), levels=(level("overlay:/opt/mta/live"), RUN))
    assert ending(host(guest), guest, LOOKED) == ("what its /run holds in memory is lost: 3 MiB",)


def test_being_cut_off_takes_more_to_confirm() -> None:
    def told(device: str) -> Tier:
        return tier(host(MTA), MTA, replace(LOOKED, way=(Clean(device), None)))

    assert (told("mta0"), told("br0"), told("eth0")) == (
        *(Tier.LOSES, Tier.INTERRUPTS, Tier.INTERRUPTS),
    )


def test_who_stands_on_the_same() -> None:
    root = level("overlay:/opt/mta/live", on="fs:/srv")
    one = replace(MTA, levels=(root,))
    two = replace(WEB, overlay=MTA.overlay, levels=(root,))
    three = replace(WEB, name=Clean("db"), overlay=replace(ON_NEW, lower=(Clean("/new"),)))
    assert beside(host(one, two, three), one, Clean("/new")) == (
        "/ is beneath web too: nothing changes there",
        "/new is beneath db too: nothing changes there",
        "web keep their files on fs:/srv too, which it may fill",
    )


def test_a_reboot() -> None:
    memory = level("tmpfs:/cow", Kind.TMPFS, on="mem", mount="/cow")
    root = level("overlay:/", on="tmpfs:/cow", mount="/")
    disk = level("fs:/srv", Kind.FILESYSTEM, mount="/srv")
    lost = replace(MTA, levels=(level("overlay:/opt/mta/live", on="tmpfs:/cow"),))
    kept = replace(WEB, autostart=True, levels=(level("overlay:/opt/web/live", on="fs:/srv"),))
    machine = replace(host(lost, kept), levels=(memory, root, disk, RUN))
    seen = replace(
        LOOKED,
        way=(Clean("eth0"), None),
        losses=Losses(((Clean("/cow/db"), 5 << 20), (Clean("/cow/log"), 1 << 20)), complete=False),
    )
    assert rebooting(machine, seen) == (
        "web end with it, and are started again at boot",
        "mta end with it, and are not started by themselves",
        "our own way to this host, by eth0, is cut until it is back",
        "what /cow holds in memory alone is lost: 3 MiB",
        "what / holds in memory alone is lost: 3 MiB",
        "mta keep their files in memory alone: those are lost",
        "newer than the boot, the largest as far as was looked: /cow/db (5 MiB), /cow/log (1 MiB)",
    )
    assert volatile(machine) == ("/cow", "/", "/opt/mta/root")
    assert rebooting(host(), LOOKED) == ()


def test_what_our_own_way_rests_on() -> None:
    up = replace(link("bond0", "bond"), index=2, master=Clean("br0"))
    vlan = replace(link("br0.7", "vlan"), index=3, peer_index=1, vlan=7)
    pair = [
        replace(link(name, "veth"), index=at, peer_index=9 - at, peer_netns=Clean(""))
        for at, name in ((4, "v0"), (5, "v1"))
    ]
    below = (
        *(up, vlan, pair[0], replace(pair[1], master=Clean("br0"))),
        replace(link("nic", None), index=6, master=Clean("bond0")),
        replace(link("other", "veth"), index=7),
    )
    there = host(MTA, links=below)

    def through(way: str, *links: str) -> str | None:
        looked = replace(LOOKED, way=(Clean(way), None))
        return severed(there, looked, frozenset(map(Clean, links)))

    for name in ("br0", "bond0", "nic", "v1", "v0", "br0.7"):
        assert through("br0.7", "other", name) == "br0.7"
    assert through("v0", "nic") == "v0"
    assert through("br0.7", "other", "eth0") is None
    assert through("eth0", "br0") is None
    assert through("nowhere", "nowhere") is None
    assert severed(there, LOOKED, frozenset()) == "links that are not known"
    assert severed(replace(there, name=Clean("local")), LOOKED, frozenset({Clean("br0")})) is None
