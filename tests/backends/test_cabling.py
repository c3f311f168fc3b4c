from __future__ import annotations

from dataclasses import replace

from backends.cabling import Cabling
from console.clean import Clean
from console.model import Link, Netns, Rates, Routing

MTA = Netns(Clean("mta"), 12, nsid=0)
OUTER = Link(
    None, 6, Clean("mta0"), Clean("veth"), None, up=True, carrier=True, mtu=1500,
    peer_index=2, peer_nsid=0, rx_bytes=1000,
)  # fmt: skip
INNER = replace(OUTER, netns=MTA.name, index=2, name=Clean("eth0"), peer_index=6)


def cabling(at: float, *links: Link) -> Cabling:
    return Cabling(links, (replace(MTA),), routing=Routing(forwards=True), at=at)


def test_links_are_told_with_their_peers_and_what_passed_since_the_look_before() -> None:
    first = cabling(2.0, OUTER, INNER).since(Cabling())
    assert [(each.peer_netns, each.rates) for each in first.links] == [("mta", None), ("", None)]
    then = cabling(12.0, replace(OUTER, rx_bytes=4000), INNER).since(first)
    assert [each.peer_netns for each in then.links] == ["mta", ""]
    assert then.links[0].rates == Rates(300.0, 0.0, 0.0, 0.0, 0.0)
    assert then.at == 12.0


def test_what_is_as_before_is_the_very_object() -> None:
    first = cabling(2.0, OUTER, INNER).since(Cabling())
    second = cabling(12.0, OUTER, INNER).since(first)
    assert second.links != first.links, "only now it is known that nothing passes"
    assert second.netns is first.netns
    assert second.routing is first.routing
    third = cabling(22.0, OUTER, INNER).since(second)
    assert third.links is second.links
