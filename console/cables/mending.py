"""Which breaks of a way a change of its cable mends, and the command that does it."""

from __future__ import annotations

from dataclasses import replace

from console.cables.faults import Break, Fault, Hop, Trace
from console.cabling import HOST
from console.clean import clean
from console.model import Cable, Host, Running, Subhost
from console.plan import named


def mended(found: Trace, host: Host, owner: Subhost, of: Cable) -> Trace:
    """Return a way out from a cable of a subhost, its breaks with such a command as the remedy."""
    if owner.state is not Running.RUNNING:
        return found

    def told(each: Break) -> Break:
        option = _option(each, found.hops[each.hop], of)
        if option is None:
            return each
        end = of.outer.rpartition(".")[0] if each.fault is Fault.MISSING else of.inner or of.outer
        target = named(host.name, owner.name)
        return replace(each, remedy=clean(f"subdeck cable {target} {end} {option}"))

    return Trace(found.hops, tuple(map(told, found.breaks)))


def _option(each: Break, hop: Hop, of: Cable) -> str | None:
    """Return how it is said on a command line what mends a break; ``None``: nothing does."""
    ours = hop.place == HOST or (hop.link is not None and each.hop == 0)
    match each.fault:
        case Fault.DOWN | Fault.PARENT_DOWN if ours:
            return "--up"
        case Fault.NOT_IN_BRIDGE | Fault.OTHER_BRIDGE if hop.name == of.outer and of.asked:
            return f"--bridge {of.asked}"
        case Fault.NOWHERE if hop.name == of.outer:
            return "--bridge BRIDGE"
        case Fault.OTHER_MAC | Fault.DUPLICATE_MAC if each.hop == 0 and of.inner:
            return "--mac ADDRESS"
        case Fault.MISSING if of.vlan is not None:
            return f"--vlan {of.vlan}{f' --bridge {of.asked}' if of.asked else ''}"
        case _:
            return None
