"""The network of a subhost: its namespace, and a cable for each token of ``CABLES``."""

from __future__ import annotations

from collections.abc import Iterator

from console.actions.values import JOINED, commands
from console.clean import Clean
from console.model import CableSpec, SubhostConf
from console.operations import Operation, Variable
from console.plan import Step, Where


def steps(conf: SubhostConf, *, ifupdown: bool) -> tuple[Step, ...]:
    """Return the step that makes namespace and cables.

    With ``ifupdown`` there, cables of no bridge, and VLANs, are brought up as it says.
    """
    if "CABLES" in commands(conf):
        made = Operation(("lay", Variable("CABLES"), *(("ifupdown",) if ifupdown else ())))
        return (_step(conf, " and its cables", made),)
    own = [spec for spec in conf.cables if ifupdown and _is_ifupdowns(spec)]
    batch = [f"netns add {conf.name}"]
    for spec in conf.cables:
        batch += _lines(conf.name, spec, later=spec in own)
    wires = (spec.outer for spec in conf.cables)
    made = Operation(("wire", *wires), stdin="\n".join(batch) + "\n")
    ups = (operation for spec in own for operation in _by_ifupdown(spec))
    return (_step(conf, _counted(conf), made, *((JOINED, *ups) if own else ())),)


def _step(conf: SubhostConf, cables: str, *made: Operation) -> Step:
    return Step(
        Clean(f"make the network namespace{cables}, its name not to be seen yet"),
        (
            Operation(("mount", "-t", "tmpfs", "-o", "mode=755", "none", "/run/netns")),
            *made,
        ),
        (Operation(("bury",)),),
        Where.PRIVATE,
    )


def _counted(conf: SubhostConf) -> str:
    count = len(conf.cables)
    return f" and {count} cable{'s' if count > 1 else ''}" if count else ""


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
