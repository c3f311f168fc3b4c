"""One LOWER for another: what a configuration says, what it is to say, and where both lead."""

from __future__ import annotations

from dataclasses import dataclass

from console.actions.lowers import Edit, Tree, edited, packed, spelled, tree, wished
from console.actions.obstacles import obstacle
from console.actions.reading import subhost
from console.clean import Clean
from console.errors import Unparsable
from console.model import Host, SubhostConf
from console.parse.subhost_conf import conf as subhost_conf
from console.plan import Obstacle, Wish
from console.survey import Found, PathFact, Survey

_BROUGHT = {False: PathFact(Found.FILE), True: PathFact(Found.FOLDER)}
"""What a file of a set will be, once it was brought there, or unpacked."""


@dataclass(frozen=True, slots=True)
class Change:
    """One LOWER for another."""

    old: SubhostConf
    new: SubhostConf
    value: Clean
    """As the file is to say it."""
    edit: Edit
    tree: Tree
    before: Tree | None
    """``None``: a command decides, and only that knows."""

    @property
    def trees(self) -> tuple[str, ...]:
        """Both as the programs take them that look at them."""
        return (*self.tree.words, *(self.before or Tree("")).words)


def change_of(host: Host, wish: Wish, survey: Survey) -> Change | Obstacle:
    """Return what is to change, or why that cannot be."""
    guest, wanted = subhost(host, wish.subhost), wished(wish)
    if wanted is None:
        return obstacle("it is not said what LOWER is to be", "--lower FOLDER or IMAGE")
    if guest is None or guest.config is None or survey.conf is None:
        return obstacle(f"the configuration of {wish.subhost} cannot be read")
    if not wanted.startswith(("/", "!")) or wanted.strip() != wanted:
        return obstacle(f"{wanted} is no absolute path", "begin it with /")
    path = guest.config.encode()
    try:
        old = subhost_conf(path, survey.conf)
        there = survey.paths.get(wanted)
        fact = _BROUGHT[packed(wish) is not None] if coming(wish, survey) else there
        value = spelled(old, wanted, fact)
        if value is None:
            return obstacle(
                f"{wanted} is an image, and LOWER {old.lower} is none",
                f"--lower '!overlay-diskfile PLACE {wanted}', with PLACE a folder in BASE",
            )
        place = tree(old, value)
        if place is None:
            return obstacle(f"{value} is no overlay-diskfile PLACE IMAGE [PARTITION]")
        edit = edited(survey.conf, value)
        new = None if edit is None else subhost_conf(path, edit.text)
    except Unparsable as wrong:
        return obstacle(str(wrong))
    if edit is None or new is None or tree(new, new.lower) != place:
        return obstacle(f"LOWER cannot be written into {guest.config}", "edit it by hand")
    return Change(old, new, value, edit, place, tree(old, old.lower))


def coming(wish: Wish, survey: Survey) -> bool:
    """Whether what is to be beneath it is a file of a set that is not there yet."""
    lower = wished(wish)
    if wish.lower is not None or lower is None:
        return False
    fact = survey.paths.get(lower)
    return fact is None or fact.found is Found.MISSING
