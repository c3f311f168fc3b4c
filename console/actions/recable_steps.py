"""What changes a cable: checks on its host, and steps that each can be taken back."""

from __future__ import annotations

from collections.abc import Iterator

from console.cables.ends import Ends, down, riding
from console.cables.wiring import place
from console.cabling import HOST
from console.clean import Clean, clean
from console.model import Host, Link, Subhost
from console.operations import Operation
from console.plan import Check, Step
from console.recabling import Change, Recabling
from console.survey import Survey


def checks(host: Host, of: Ends, wanted: Recabling, survey: Survey) -> Iterator[Check]:
    """Yield what must hold still: that each link is the one that was looked at."""
    outer, bridge = of.outer, _bridge(host, wanted.bridge)
    yield _check(f"{outer.name} is another interface by now", "link_is", *_words(outer))
    if of.inner is not None:
        ends = (*_first(survey), *_words(of.inner), f"@if{outer.index}:")
        yield _check(f"{of.inner.name} is not its other end any more", "has_inside", *ends)
    if wanted.change in {Change.BRIDGE, Change.NO_BRIDGE}:
        where = outer.master or "no bridge"
        yield _check(f"{outer.name} is not in {where} any more", "is_port", *_port(outer))
    if bridge is not None:
        yield _check(f"{bridge.name} is no bridge by now", "is_bridge", *_words(bridge))
    if wanted.change is Change.VLAN:
        name = f"{outer.name}.{wanted.vlan}"
        yield _check(f"{name} exists by now", "no_link_called", name)
    if wanted.change is Change.NO_VLAN and (vlan := riding(host, of, wanted.vlan)):
        yield _check(f"{vlan.name} is another by now", "rides_on", vlan.name, str(outer.index))
    if wanted.mac is not None:
        yield _check(f"{wanted.mac} is in use by now", "unclaimed", wanted.mac)


def steps(
    host: Host, guest: Subhost, of: Ends, wanted: Recabling, survey: Survey
) -> Iterator[Step]:
    """Yield what is to be done, each with what takes it back."""
    match wanted.change:
        case Change.BRIDGE | Change.NO_BRIDGE:
            yield _plugged(of.outer, wanted.bridge)
        case Change.VLAN:
            yield _vlan(of.outer, wanted)
        case Change.NO_VLAN:
            if vlan := riding(host, of, wanted.vlan):
                yield _no_vlan(of.outer, vlan)
        case Change.MAC:
            if of.inner is not None and wanted.mac is not None:
                yield _mac(of.inner, wanted.mac, survey)
        case Change.UP:
            yield from (_up(link, survey) for link in down(host, guest, of))


def _plugged(link: Link, bridge: Clean | None) -> Step:
    if bridge is None:
        why = f"take {link.name} out of {link.master}"
    elif link.master is None:
        why = f"plug {link.name} into {bridge}"
    else:
        why = f"move {link.name} from {link.master} to {bridge}"
    return Step(
        Clean(why),
        (Operation(("while_there", *_words(link), *_plug(link.name, bridge))), _is(link)),
        (Operation(("while_there", *_words(link), *_plug(link.name, link.master))),),
    )


def _vlan(outer: Link, wanted: Recabling) -> Step:
    name, index = f"{outer.name}.{wanted.vlan}", str(outer.index)
    where = f", in {wanted.bridge}" if wanted.bridge else ""
    bridge = (wanted.bridge,) if wanted.bridge else ()
    made = ("put_vlan", outer.name, index, str(wanted.vlan), name, *bridge)
    return Step(
        Clean(f"make {name}, the VLAN {wanted.vlan} on {outer.name}{where}, and set it up"),
        (Operation(made),),
        (Operation(("take_vlan", name, index)),),
    )


def _no_vlan(outer: Link, vlan: Link) -> Step:
    index = str(outer.index)
    bridge = (vlan.master,) if vlan.master else ()
    made = ("put_vlan", outer.name, index, str(vlan.vlan), vlan.name, *bridge)
    given = [each for each in vlan.addresses if not each.startswith("fe80:")]
    back = [("ip", "address", "add", each, "dev", vlan.name) for each in given]
    return Step(
        Clean(f"remove {vlan.name}, the VLAN {vlan.vlan} on {outer.name}"),
        (
            Operation(("keep_routes", vlan.name, index)),
            Operation(("take_vlan", vlan.name, index)),
        ),
        (
            Operation(("while_there", *_words(outer), *made)),
            *(Operation(("while_there", *_words(outer), *each), may_fail=True) for each in back),
            Operation(("while_there", *_words(outer), "give_routes", vlan.name)),
        ),
    )


def _mac(inner: Link, mac: Clean, survey: Survey) -> Step:
    where = (*_first(survey), *_words(inner))
    return Step(
        Clean(f"give {inner.name} inside the MAC address {mac}"),
        (
            Operation(("inside", *where, "address", mac)),
            Operation(("has_inside", *where, f" {mac} ")),
        ),
        (Operation(("inside", *where, "address", inner.mac)),) if inner.mac else (),
    )


def _up(link: Link, survey: Survey) -> Step:
    if place(link) == HOST:
        return Step(
            Clean(f"set {link.name} up"),
            (Operation(("while_there", *_words(link), "raise", link.name)), _is(link)),
            (Operation(("while_there", *_words(link), *_set(link.name, "down"))),),
        )
    where = (*_first(survey), *_words(link))
    return Step(
        Clean(f"set {link.name} inside up"),
        (Operation(("inside", *where, "up")), Operation(("has_inside", *where, ",UP"))),
        (Operation(("inside", *where, "down")),),
    )


def _is(link: Link) -> Operation:
    return Operation(("link_is", *_words(link)))


def _plug(link: Clean, bridge: Clean | None) -> tuple[str, ...]:
    return ("plug", link, bridge) if bridge is not None else ("unplug", link)


def _set(link: Clean, what: str) -> tuple[str, ...]:
    return ("ip", "link", "set", "dev", link, what)


def _port(link: Link) -> tuple[str, ...]:
    return (link.name, link.master) if link.master is not None else (link.name,)


def _bridge(host: Host, name: Clean | None) -> Link | None:
    found = (each for each in host.links if place(each) == HOST and each.name == name)
    return next(found, None)


def _words(link: Link) -> tuple[str, str]:
    return link.name, str(link.index)


def _first(survey: Survey) -> tuple[str, str]:
    first = survey.lineage.first if survey.lineage else None
    return (str(first.pid), str(first.started)) if first else ("0", "0")


def _check(refusal: str, *words: str) -> Check:
    return Check(Operation(words), clean(refusal))
