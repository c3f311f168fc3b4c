from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.parse.dnat import translated

IPTABLES = (
    b"-A PREROUTING -d 192.0.2.10/32 -p tcp -m tcp --dport 25 -j DNAT --to-destination 10.0.0.2:25"
)
NFT = b"""\
\t\ttcp dport 80 dnat to 10.0.0.3:8080
\t\tip daddr 192.0.2.9 dnat ip to 10.0.0.4
\t\tdnat ip to tcp dport map { 443 : 10.0.0.5, 444 : 10.0.0.6 }
\t\telements = { 993 : 10.0.0.7 }
\t\tdnat to tcp dport map @mail
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (IPTABLES + b"\nknown\n", ("10.0.0.2",)),
        (NFT + b"known\n", ("10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7")),
        (IPTABLES + b"\nknown\n" + NFT, None),
        (b"known\nknown\n", ()),
        (b"", None),
        (IPTABLES, None),
    ],
)
def test_where_packets_are_sent(text: bytes, found: tuple[str, ...] | None) -> None:
    assert translated(text) == found


@given(st.binary(max_size=300))
def test_garbage_tells_nothing_or_addresses(junk: bytes) -> None:
    assert all(each.count(".") == 3 for each in translated(junk + b"\nknown") or ())
