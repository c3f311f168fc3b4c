from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean
from console.parse.routes import LINES, routes, tables

# Printed by Linux 6.1 on a little-endian machine.
TABLE = b"""\
Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
br-lan	0000000A	00000000	0001	0	0	0	000000FF	0	0	0
old	0000000B	00000000	0000	0	0	0	000000FF	0	0	0
"""


def test_routes_by_interface() -> None:
    assert routes(TABLE) == {
        "eth0": ("default via 192.0.2.1", "192.0.2.0/24"),
        "br-lan": ("10.0.0.0/8",),
    }


def test_tables_by_process() -> None:
    text = b"\n".join(
        prefix + line
        for prefix in (b"/proc/net/route:", b"/proc/17/net/route:")
        for line in TABLE.splitlines()
    )
    found, forwards = tables(text + b"\n/proc/sys/net/ipv4/ip_forward:1\n")
    assert (set(found), forwards) == ({0, 17}, True)
    assert routes(found[17]) == routes(found[0]) == routes(TABLE)
    assert tables(b"/proc/sys/net/ipv4/ip_forward:0") == ({}, False)
    assert tables(b"") == ({}, None)


def test_a_table_of_a_router_is_read_in_part() -> None:
    line = TABLE.splitlines(keepends=True)[2]
    assert len(routes(line * 10 * LINES)[Clean("eth0")]) == LINES


@given(st.binary(max_size=200), st.integers(0, len(TABLE)))
def test_garbage_is_no_route(junk: bytes, at: int) -> None:
    for told in routes(TABLE[:at] + junk + TABLE[at:]).values():
        assert all(words == "default" or "via" in words or "/" in words for words in told)
    tables(junk)
