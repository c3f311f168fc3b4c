"""The verbs: which module plans what an operator wishes, and says what stands in its way.

``planned(host, wish, survey)`` is pure; ``hindrance`` tells cheaply why there is no use in it.
"""

from __future__ import annotations

from collections.abc import Callable

from console.actions import (
    ballast,
    clean,
    enable,
    grow,
    kill,
    prune,
    publish,
    recable,
    removal,
    repair,
    share,
    start,
    stop,
    upgrade,
)
from console.clean import Clean
from console.model import Host
from console.observed import subhost
from console.plan import ON_BALLAST, ON_FILES, ON_IMAGES, ON_STORES, Obstacle, Plan, Verb, Wish
from console.survey import Survey, SurveyRequest

_PLANS: dict[Verb, Callable[[Host, Wish, Survey], Plan]] = {
    Verb.START: start.plan,
    Verb.RESTART: start.plan,
    Verb.STOP: stop.plan,
    Verb.SHARE: share.plan,
    Verb.UNSHARE: share.plan,
    Verb.CLEAN: clean.plan,
    Verb.ENABLE: enable.plan,
    Verb.DISABLE: enable.plan,
    Verb.KILL: kill.plan,
    Verb.REPAIR: repair.plan,
    Verb.GROW: grow.plan,
    Verb.PRUNE: prune.plan,
    Verb.PUBLISH: publish.plan,
    Verb.UPGRADE: upgrade.plan,
    Verb.CABLE: recable.plan,
    **dict.fromkeys(ON_FILES, removal.plan),
    **dict.fromkeys(ON_BALLAST, ballast.plan),
}
_HINDRANCES: dict[Verb, Callable[[Host, Clean, Verb], Obstacle | None]] = {
    Verb.START: start.hindrance,
    Verb.RESTART: start.hindrance,
    Verb.STOP: stop.hindrance,
    Verb.SHARE: share.hindrance,
    Verb.UNSHARE: share.hindrance,
    Verb.CLEAN: clean.hindrance,
    Verb.ENABLE: enable.hindrance,
    Verb.DISABLE: enable.hindrance,
    Verb.KILL: kill.hindrance,
    Verb.REPAIR: repair.hindrance,
    Verb.GROW: grow.hindrance,
    Verb.PRUNE: prune.hindrance,
    Verb.PUBLISH: publish.hindrance,
    Verb.UPGRADE: upgrade.hindrance,
    Verb.CABLE: recable.hindrance,
    **dict.fromkeys(ON_FILES, removal.hindrance),
    **dict.fromkeys(ON_BALLAST, ballast.hindrance),
}


def request(host: Host, wish: Wish) -> SurveyRequest:
    """Return what has to be looked at before that is planned."""
    seen = subhost(host, wish.subhost)
    config, pid = (seen.config, seen.pid) if seen else (None, None)
    extra: tuple[Clean, ...] = wish.share[:1] if wish.share else ()
    if not wish.subhost:
        extra += wish.paths
    if wish.verb in ON_BALLAST:
        extra += ballast.asked(host, wish)
    stores = wish.verb in ON_STORES
    asked = SurveyRequest(wish.subhost, config, pid, extra, stores=stores)
    if wish.verb is Verb.PRUNE:
        return prune.asked(wish, asked)
    return upgrade.asked(host, wish, asked) if wish.verb in ON_IMAGES else asked


def planned(host: Host, wish: Wish, survey: Survey) -> Plan:
    """Return the plan; with obstacles where it cannot run."""
    return _PLANS[wish.verb](host, wish, survey)


def hindrance(host: Host, subhost: Clean, verb: Verb) -> Obstacle | None:
    """Return why the verb is of no use on that subhost, from what is known already."""
    return _HINDRANCES[verb](host, subhost, verb)
