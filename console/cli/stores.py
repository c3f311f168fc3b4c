"""What a command line wishes for one level: which one, and how large it is to be."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Sequence

from console.actions import ballast, grow
from console.actions.removal import JOURNALS
from console.ballast_rule import Ballast
from console.clean import Clean, clean
from console.cli.watching import picked
from console.contact import Contact
from console.errors import ConsoleError
from console.model import Host, Level
from console.observed import level as level_of
from console.plan import ON_BALLAST, ON_FILES, Verb, Wish, named
from console.targets import Target


def owners(contacts: Sequence[Contact], targets: Sequence[Target]) -> list[tuple[Clean, Clean]]:
    """Return host and subhost whose levels are meant; an empty subhost is the host itself.

    Raises ``ConsoleError`` for a target that names none.
    """
    whole = {target.host for target in targets if target.subhost is None}
    own = [(each.name, Clean("")) for each in contacts if each.name in whole and each.host]
    return own + picked(contacts, [target for target in targets if target.subhost is not None])


def wish(verb: Verb, host: Host, subhost: Clean, arguments: Namespace, usual: Ballast) -> Wish:
    """Return what is wished. Raises ``ConsoleError`` where no level there can be meant.

    A ballast of which nothing else is said is the ``usual`` one.
    """
    if verb in ON_FILES:
        kept = arguments.to.of(0) if verb is Verb.VACUUM and arguments.to else None
        path = clean(arguments.path or JOURNALS[0], 4096)
        return Wish(verb, subhost, size=kept, paths=(path,))
    if verb in ON_BALLAST:
        held = _level(host, subhost, arguments.level, ballast.default, "can hold a ballast")
        if verb is Verb.RELEASE:
            return Wish(verb, subhost, level=held.id)
        to = arguments.to.of(0) if arguments.to else usual.size
        return Wish(verb, subhost, level=held.id, size=to, inodes=arguments.inodes or usual.inodes)
    level = _level(host, subhost, arguments.level, grow.default, "can be grown")
    size = None
    if arguments.to is not None:
        size = arguments.to.of(grow.size_of(level) or 0)
    return Wish(verb, subhost, level=level.id, size=size, inodes=arguments.inodes)


def _level(
    host: Host,
    subhost: Clean,
    wanted: str | None,
    default: Callable[[Host, Clean], Level | None],
    able: str,
) -> Level:
    if wanted is None:
        found = default(host, subhost)
        if found is None:
            raise ConsoleError(f"it has no level that {able}", "subdeck status lists them")
        return found
    found = level_of(host, subhost, clean(wanted, 4096))
    if found is None:
        where = named(subhost, clean(wanted, 4096))
        raise ConsoleError(f"there is no level {where}", "subdeck status lists them")
    return found
