"""The network of a subhost: a cable for each token of ``CABLES``, and a namespace for hooks."""

from __future__ import annotations

from collections.abc import Iterator

from console.actions.values import commands
from console.clean import Clean
from console.model import CableSpec, SubhostConf
from console.operations import Operation, Variable
from console.plan import Step, Where

_WIRED = Operation(("wired",))
"""Makes the cables at once: what follows needs them."""


def steps(conf: SubhostConf, *, ifupdown: bool) -> tuple[Step, ...]:
    """Return the step that makes the cables, for hooks also the namespace before, if any.

    With ``ifupdown`` there, cables of no bridge, and VLANs, are brought up as it says.
    """
    named = (Operation(("name_netns",)),) if conf.hooks else ()
    if "CABLES" in commands(conf):
        made = Operation(("lay", Variable("CABLES"), *(("ifupdown",) if ifupdown else ())))
        return (_step(conf, "its cables", *named, made),)
    if not conf.cables:
        return (_step(conf, "", *named),) if named else ()
    own = [spec for spec in conf.cables if ifupdown and _is_ifupdowns(spec)]
    lines = [line for spec in conf.cables for line in _lines(conf.name, spec, later=spec in own)]
    wires = (spec.outer for spec in conf.cables)
    made = Operation(("wire", *wires), stdin="\n".join(lines) + "\n")
    ups = (operation for spec in own for operation in _by_ifupdown(spec))
    return (_step(conf, _counted(conf), *named, made, *((_WIRED, *ups) if own or named else ())),)


def _step(conf: SubhostConf, cables: str, *made: Operation) -> Step:
    if not conf.hooks:
        why = f"make {cables}"
    else:
        rest = f" and {cables}" if cables else ""
        why = f"make the network namespace{rest}, its name not to be seen but by hooks"
    return Step(Clean(why), made, where=Where.PRIVATE)


def _counted(conf: SubhostConf) -> str:
    count = len(conf.cables)
    return f"{count} cable{'s' if count > 1 else ''}"


def _is_ifupdowns(spec: CableSpec) -> bool:
    return spec.vlan is not None or spec.bridge is None


def _below(spec: CableSpec) -> str:
    return spec.outer.partition(".")[0]


def _lines(netns: Clean, spec: CableSpec, *, later: bool) -> Iterator[str]:
    outer = spec.outer
    if spec.vlan is None:
        address = f" address {spec.mac}" if spec.mac else ""
        yield f"link add {outer} type veth peer name {spec.inner}{address} netns {netns}"
    elif not later:
        yield f"link add link {_below(spec)} name {outer} type vlan id {spec.vlan}"
    if later:
        return
    if spec.bridge:
        yield f"link set {outer} master {spec.bridge}"
    yield f"link set {outer} up"


def _by_ifupdown(spec: CableSpec) -> Iterator[Operation]:
    vlan = (_below(spec), str(spec.vlan)) if spec.vlan is not None else ()
    yield Operation(("connect", spec.outer, *vlan))
    if spec.bridge:
        yield Operation(("ip", "link", "set", spec.outer, "master", spec.bridge))
