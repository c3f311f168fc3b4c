"""Where rules of iptables and nftables send packets that were meant for others (DNAT).

``translated(b"-A PREROUTING -p tcp --dport 25 -j DNAT --to-destination 10.0.0.2:25\\nknown\\n")``
is ``("10.0.0.2",)``.
"""

from __future__ import annotations

import re

from console.clean import Clean, clean

ASK = rb"""{
    if grep -qsx nat /proc/net/ip_tables_names; then
        { iptables-legacy-save -t nat || iptables-save -t nat; } && echo known;
    fi;
    iptables-nft-save && echo known;
    nft list ruleset && echo known;
} 2>/dev/null | grep -E -m 2000 -e '--to-destination|dnat| : [0-9]|^known$'
"""
"""A program of ``sh`` that tells the rules: only of what the kernel has loaded, so that nothing is
loaded because somebody asks. The last word is missing where there are too many rules."""

_ADDRESS = r"([0-9]{1,3}(?:\.[0-9]{1,3}){3})"
_TARGET = re.compile(rf"--to-destination {_ADDRESS}|\bdnat\b.*?\bto {_ADDRESS}| : {_ADDRESS}")


def translated(text: bytes) -> tuple[Clean, ...] | None:
    """Return the IPv4 addresses, in order; ``None``: no program could tell all rules."""
    lines = text.decode("utf-8", "replace").splitlines()
    if not lines or lines[-1] != "known":
        return None
    found = (next(filter(None, match.groups())) for match in _TARGET.finditer("\n".join(lines)))
    return tuple(dict.fromkeys(map(clean, found)))
