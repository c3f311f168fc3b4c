from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean
from console.errors import Unparsable
from console.model import Link, Netns
from console.parse.links import SIZE_LIMIT, links, netns, sysfs

MTA = Clean("mta")

# Printed by iproute2 6.1, shortened.
MTA0 = (
    b'{"ifindex":6,"link_index":2,"ifname":"mta0","flags":["BROADCAST","MULTICAST","UP",'
    b'"LOWER_UP"],"mtu":1500,"master":"br-lan","operstate":"UP","link_type":"ether",'
    b'"address":"e2:e2:1f:37:61:4c","link_netnsid":0,"linkinfo":{"info_kind":"veth",'
    b'"info_slave_kind":"bridge"},"addr_info":[],"stats64":{"rx":{"bytes":90,"packets":1},'
    b'"tx":{"bytes":7,"packets":1}}}'
)
ETH0 = (
    b'{"ifindex":2,"link_index":6,"ifname":"eth0","flags":["BROADCAST","MULTICAST","UP",'
    b'"LOWER_UP"],"mtu":1500,"operstate":"UP","address":"02:aa:00:00:00:01","link_netnsid":0,'
    b'"linkinfo":{"info_kind":"veth"},"addr_info":[{"family":"inet","local":"10.9.8.2",'
    b'"prefixlen":24,"scope":"global"},{"family":"inet6","local":"fe80::1","prefixlen":64}]}'
)
VLAN = (
    b'{"ifindex":9,"link":"mta0","ifname":"mta0.7","flags":["BROADCAST"],"mtu":1500,'
    b'"address":"e2:e2:1f:37:61:4c","linkinfo":{"info_kind":"vlan","info_data":'
    b'{"protocol":"802.1Q","id":7,"flags":["REORDER_HDR"]}}}'
)


def one(text: bytes) -> Link:
    (link,) = links(b"[" + text + b"]")
    return link


def test_the_host_end_of_a_cable() -> None:
    assert one(MTA0) == Link(
        netns=None,
        index=6,
        name=Clean("mta0"),
        kind=Clean("veth"),
        mac=Clean("e2:e2:1f:37:61:4c"),
        up=True,
        carrier=True,
        mtu=1500,
        master=Clean("br-lan"),
        peer_index=2,
        peer_nsid=0,
        rx_bytes=90,
        tx_bytes=7,
        rx_packets=1,
        tx_packets=1,
    )


def test_a_port_of_a_bridge_tells_what_its_spanning_tree_says() -> None:
    def told(kind: bytes, state: bytes) -> str | None:
        return one(
            b'{"ifindex":6,"ifname":"a","linkinfo":{"info_slave_kind":"%s","info_slave_data":'
            b'{"state":"%s","priority":32}}}' % (kind, state)
        ).port_state

    assert told(b"bridge", b"blocking") == "blocking"
    assert told(b"bond", b"ACTIVE") is None
    assert one(MTA0).port_state is None


def test_what_was_dropped_or_wrong_is_counted_of_both_ways() -> None:
    way = b'{"bytes":1,"packets":1,"errors":1,"dropped":20,"over_errors":999}'
    text = b'{"ifindex":6,"ifname":"a","stats64":{"rx":%s,"tx":%s}}' % (way, way)
    assert one(text).dropped == 42


def test_the_inner_end_of_a_cable() -> None:
    (eth0,) = links(b"[" + ETH0 + b"]", MTA)
    assert (eth0.netns, eth0.index, eth0.peer_index, eth0.peer_nsid) == ("mta", 2, 6, 0)
    assert eth0.addresses == ("10.9.8.2/24", "fe80::1/64")


def test_a_vlan_is_found_on_its_parent_by_name() -> None:
    vlan = links(b"[" + MTA0 + b"," + VLAN + b"]")[1]
    assert (vlan.vlan, vlan.peer_index, vlan.peer_nsid) == (7, 6, None)
    assert not (vlan.up or vlan.carrier)


def test_a_namespace_named_by_newer_versions_is_taken() -> None:
    assert one(b'{"ifindex":1,"ifname":"a","link_index":2,"link_netns":"mta"}').peer_netns == "mta"


def test_a_namespace_without_a_number_is_not_our_own() -> None:
    assert one(b'{"ifindex":1,"ifname":"a","link_index":2,"link_netnsid":-1}').peer_nsid == -1


def test_link_show_without_addresses_or_counters() -> None:
    lo = one(b'{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP","LOWER_UP"],"mtu":65536}')
    assert (lo.kind, lo.mac, lo.addresses, lo.rx_bytes) == (None, None, (), 0)
    assert lo.up
    assert lo.carrier


@pytest.mark.parametrize("text", [b"", b"\n", b"[ ]", b"[{},{}]"])
def test_no_links(text: bytes) -> None:
    assert links(text) == ()


def test_raw_bytes_in_a_name_do_not_hide_the_rest() -> None:
    raw = b'{"ifindex":7,"ifname":"e\x1b\\\\x\x80"}'
    assert [link.name for link in links(b"[" + raw + b"," + MTA0 + b"]")] == [
        "e␛\\x\ufffd",
        "mta0",
    ]


@pytest.mark.parametrize("value", ["1e999", "-5", "2.5", "18446744073709551616", "true", '"6"'])
def test_a_count_that_is_none_is_not_known(value: str) -> None:
    text = f'{{"ifindex":1,"ifname":"a","mtu":{value},"link_index":{value}}}'
    assert (one(text.encode()).mtu, one(text.encode()).peer_index) == (0, None)


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 50_000,
        b"[{" * 50_000,
        b'{"a":' * 50_000,
        b'[{"ifindex":' + b"9" * 60_000 + b',"ifname":"a"}]',
        b'[{"ifindex":NaN,"ifname":"a"}]',
        b'[{"ifindex":1,"ifname":"a","mtu":Infinity}]',
        b"[" + MTA0[:-9],
        b"[1]",
        b"{}",
        b"null",
        b'[{"ifname":"a"}]',
        b'[{"ifindex":0,"ifname":"a"}]',
        b'[{"ifindex":-1,"ifname":"a"}]',
        b'[{"ifindex":true,"ifname":"a"}]',
        b'[{"ifindex":1}]',
        b'[{"ifindex":1,"ifname":["a"]}]',
        b'Device "mta0" does not exist.',
        b" " * (SIZE_LIMIT + 1),
    ],
    ids=lambda text: repr(text[:30]),
)
def test_what_is_no_list_of_links_is_refused(text: bytes) -> None:
    with pytest.raises(Unparsable):
        links(text)


def test_namespaces_take_their_numbers_from_either_list() -> None:
    names = b'[{"name":"rwA"},{"name":"mta","id":0}]'
    assert netns(names) == (Netns(Clean("rwA"), None), Netns(MTA, None, nsid=0))
    ids = b'[{"nsid":0},{"nsid":3,"name":"rwA"},{"nsid":0,"name":"mta"}]'
    assert [each.nsid for each in netns(names, ids)] == [3, 0]
    assert netns(b"") == ()


@pytest.mark.parametrize("text", [b'[{"id":0}]', b'["mta"]', b"mta (id: 0)\n"])
def test_what_is_no_list_of_namespaces_is_refused(text: bytes) -> None:
    with pytest.raises(Unparsable):
        netns(text)


# Printed by GNU grep on Linux 6, shortened; a down interface has no readable carrier.
SYSFS = b"""\
/sys/class/net/br-lan/ifindex:2
/sys/class/net/lo/ifindex:1
/sys/class/net/mta0/ifindex:6
/sys/class/net/mta0.7/ifindex:9
/sys/class/net/br-lan/iflink:2
/sys/class/net/lo/iflink:1
/sys/class/net/mta0/iflink:2
/sys/class/net/mta0.7/iflink:6
/sys/class/net/lo/flags:0x9
/sys/class/net/mta0/flags:0x1003
/sys/class/net/mta0.7/flags:0x1002
/sys/class/net/mta0/carrier:1
/sys/class/net/mta0/address:e2:e2:1f:37:61:4c
/sys/class/net/mta0/mtu:1500
/sys/class/net/mta0/uevent:INTERFACE=mta0
/sys/class/net/mta0/uevent:IFINDEX=6
/sys/class/net/mta0.7/uevent:DEVTYPE=vlan
/sys/class/net/br-lan/uevent:DEVTYPE=bridge
/sys/class/net/mta0/master/ifindex:2
/sys/class/net/mta0/statistics/rx_bytes:90
/sys/class/net/mta0/statistics/tx_bytes:7
grep: /sys/class/net/odd/uevent: binary file matches
"""


def test_sysfs_stands_in_for_iproute2() -> None:
    found = {str(link.name): link for link in sysfs(SYSFS)}
    assert {name: link.kind for name, link in found.items()} == {
        "br-lan": "bridge",
        "lo": None,
        "mta0": "veth",
        "mta0.7": "vlan",
    }
    assert found["mta0"] == Link(
        netns=None,
        index=6,
        name=Clean("mta0"),
        kind=Clean("veth"),
        mac=Clean("e2:e2:1f:37:61:4c"),
        up=True,
        carrier=True,
        mtu=1500,
        master=Clean("br-lan"),
        rx_bytes=90,
        tx_bytes=7,
    )
    assert (found["mta0.7"].peer_index, found["mta0.7"].up) == (6, False)


def test_sysfs_that_says_nothing_known_is_refused() -> None:
    assert sysfs(b"") == ()
    with pytest.raises(Unparsable):
        sysfs(b"grep: /sys/class/net/*/ifindex: No such file or directory\n")
    with pytest.raises(Unparsable):
        sysfs(b"\n" * (SIZE_LIMIT + 1))


KEYS = st.sampled_from(
    re.findall(
        r"\w+",
        "ifindex ifname flags mtu link link_index link_netnsid link_netns master address linkinfo "
        "info_kind info_data id addr_info local prefixlen stats64 rx bytes name nsid",
    )
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | KEYS | st.just("vlan"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=8),
    max_leaves=12,
)
ENTRIES = st.lists(
    st.builds(
        lambda entry, index, name: entry | {"ifindex": index, "ifname": name},
        st.dictionaries(KEYS, VALUES, max_size=8),
        st.integers(1, 9),
        st.text(min_size=1),
    ),
    max_size=3,
)
UNSHOWABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@given(ENTRIES.map(lambda entries: json.dumps(entries).encode()))
def test_any_fields_beside_index_and_name_are_survived(text: bytes) -> None:
    try:
        found = links(text, MTA)
    except Unparsable:
        # json.dumps writes NaN and Infinity, which are refused.
        assert b"NaN" in text or b"Infinity" in text
        return
    assert len(found) == len(json.loads(text))
    for link in found:
        words = (link.name, link.kind, link.mac, link.master, link.peer_netns, *link.addresses)
        assert not UNSHOWABLE.search("".join(filter(None, words)))
        assert link.peer_index is None or link.peer_index > 0


@given(st.binary() | VALUES.map(lambda value: json.dumps(value).encode()))
def test_anything_else_is_links_or_unparsable(text: bytes) -> None:
    for parse in (links, netns, sysfs):
        try:
            found = parse(text)
        except Unparsable:
            continue
        assert not any(UNSHOWABLE.search(each.name) for each in found)


@given(
    st.lists(
        st.builds(
            lambda name, attribute, value: (
                b"/sys/class/net/" + name + b"/" + attribute + b":" + value
            ),
            st.binary(min_size=1, max_size=5),
            st.sampled_from([b"ifindex", b"iflink", b"flags", b"address", b"uevent", b"mtu"]),
            st.binary(max_size=12) | st.sampled_from([b"1", b"0x3", b"DEVTYPE=\x1b"]),
        )
    )
)
def test_any_sysfs_attributes_are_survived(lines: list[bytes]) -> None:
    try:
        found = sysfs(b"\n".join(lines))
    except Unparsable:
        return
    for link in found:
        assert link.index > 0
        assert not UNSHOWABLE.search(f"{link.name}{link.kind}{link.mac}")
