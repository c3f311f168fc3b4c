"""Upgrade: another boot image in the place of the one that runs, as the host was booted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from console.actions import (
    upgrade_init,
    upgrade_kexec,
    upgrade_lower,
    upgrade_medium,
    upgrade_network,
    upgrade_swap,
)
from console.actions.tools import absent
from console.blast import volatile
from console.clean import Clean
from console.inventory import LOCAL
from console.model import Host, Style
from console.observed import subhost
from console.plan import REBOOTING, Method, Obstacle, Plan, Tier, Verb, Wish
from console.survey import Survey, SurveyRequest

_PLANS: dict[Method, Callable[[Host, Wish, Survey], Plan]] = {
    Method.INIT: upgrade_init.plan,
    Method.KEXEC: upgrade_kexec.plan,
    Method.NETWORK: upgrade_network.plan,
    Method.MEDIUM: upgrade_medium.plan,
    Method.SWAP: upgrade_swap.plan,
    Method.LOWER: upgrade_lower.plan,
}
_HINDRANCES: dict[Method, Callable[[Host, Clean], Obstacle | None]] = {
    Method.INIT: upgrade_init.hindrance,
    Method.KEXEC: upgrade_kexec.hindrance,
    Method.NETWORK: upgrade_network.hindrance,
    Method.MEDIUM: upgrade_medium.hindrance,
    Method.SWAP: upgrade_swap.hindrance,
    Method.LOWER: upgrade_lower.hindrance,
}
_ASKED: dict[Method, Callable[[Host, Wish, SurveyRequest], SurveyRequest]] = {
    Method.SWAP: upgrade_swap.asked,
    Method.LOWER: upgrade_lower.asked,
}
"""What those ways ask for that ask for more than the rest."""
_STYLES = {
    Style.SLASHINIT: Method.INIT,
    Style.AUTOSERVER: Method.SWAP,
    Style.INITRAMFS: Method.NETWORK,
}
ROLES: Mapping[Method, frozenset[str]] = {
    Method.INIT: frozenset(("kernel", "initrd", "cmdline")),
    Method.KEXEC: frozenset(("kernel", "initrd", "cmdline")),
    Method.NETWORK: frozenset(),
    Method.MEDIUM: frozenset(("kernel", "initrd", "squashfs")),
    Method.SWAP: frozenset(("squashfs",)),
    Method.LOWER: frozenset(("squashfs", "tree")),
}
"""The files of a set that must lie on a host for it."""
_OURSELVES = Clean("this console runs there: it ends with that boot, and sees no end of it")
_FIRST = 1
"""Pid of the host's own first process: those are told then who are at a terminal of the host."""
_FETCHED = ("http://", "https://", "tftp://", "ftp://", "nfs://")


def method(host: Host, name: Clean, wanted: Method | None = None) -> Method:
    """Return how it is done where nobody says how: by the way the host, or the subhost, began."""
    if wanted is not None:
        return wanted
    if name:
        return Method.LOWER
    boot = host.boot
    if boot is not None and boot.style in _STYLES:
        return _STYLES[boot.style]
    fetched = boot is not None and any(scheme in (boot.cmdline or "") for scheme in _FETCHED)
    return Method.NETWORK if fetched else Method.KEXEC


def asked(host: Host, wish: Wish, request: SurveyRequest) -> SurveyRequest:
    """Return what has to be looked at before anything is planned about images."""
    if wish.verb is Verb.PUBLISH and wish.switch is not None:
        return replace(request, conf=wish.switch, extra=(wish.switch,))
    how = method(host, wish.subhost, wish.method)
    more = _ASKED.get(how)
    if more is not None:
        return more(host, wish, request)
    extra = (*request.extra, upgrade_network.SYSTEMD)
    request = replace(request, pid=_FIRST, extra=extra, losses=volatile(host))
    if how is Method.MEDIUM:
        return upgrade_medium.asked(host, wish, request)
    return request


def plan(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return what puts the image in its place."""
    how = method(host, wish.subhost, wish.method)
    if why := _impossible(host, wish.subhost, how):
        return Plan(
            verb=wish.verb,
            host=host.name,
            subhost=wish.subhost,
            tier=Tier.LOSES,
            boot_id=survey.boot_id,
            obstacles=(why,),
            image=wish.image,
            method=how,
        )
    made = _PLANS[how](host, wish, survey)
    if host.name == LOCAL and how in REBOOTING:
        return replace(made, consequences=(_OURSELVES, *made.consequences))
    return made


def hindrance(host: Host, name: Clean, verb: Verb) -> Obstacle | None:
    """Return why it cannot be upgraded, as far as the host alone tells."""
    return _impossible(host, name, method(host, name))


def _impossible(host: Host, name: Clean, how: Method) -> Obstacle | None:
    if name and subhost(host, name) is None:
        return absent(host, name)
    if bool(name) is not (how is Method.LOWER):
        what = "a subhost" if name else "a host"
        return Obstacle(Clean(f"{what} is not upgraded by {how}"))
    if how not in _PLANS:
        return Obstacle(Clean(f"nothing here upgrades by {how}"))
    return _HINDRANCES[how](host, name)
