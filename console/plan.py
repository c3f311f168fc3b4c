"""Plan: what is to be done on one host, why, and what must hold before: data, shown and then run.

``console.actions`` makes plans, ``console.shell.script`` makes of a plan the one text that is
previewed and runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from console.clean import Clean
from console.images.staged import StagedImage
from console.operations import Operation
from console.recabling import Recabling


class Verb(StrEnum):
    """What can be done to a host, a subhost, or a store of either."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"
    SHARE = "share"
    UNSHARE = "unshare"
    CLEAN = "clean"
    ENABLE = "enable"
    DISABLE = "disable"
    KILL = "kill"
    REPAIR = "repair"
    GROW = "grow"
    DELETE = "delete"
    TRUNCATE = "truncate"
    VACUUM = "vacuum"
    """Old entries of the journal go."""
    PURGE = "purge"
    """Packages go that were fetched and can be fetched again."""
    HOLD = "hold"
    """A ballast is held in a store."""
    RELEASE = "release"
    """It is let go, for the store is full."""
    PUBLISH = "publish"
    """What hosts fetch that boot over the network becomes another image."""
    UPGRADE = "upgrade"
    """Another boot image takes the place of the one that runs."""
    PRUNE = "prune"
    """Sets of boot images go that were brought there and that nothing there uses."""
    CABLE = "cable"
    """A cable of a subhost becomes another than it is."""


class Method(StrEnum):
    """How another boot image takes the place of the one that runs."""

    INIT = "init"
    """By angt's ``/init``, which loads ``/kernel`` when ``/etc/boot`` ends."""
    KEXEC = "kexec"
    """By kexec-tools, at once."""
    NETWORK = "network"
    """By a reboot, at which the host fetches what is published by then."""
    SWAP = "swap"
    """By another squashfs in the place of the one that is in use."""
    MEDIUM = "medium"
    """By other files on the live medium, and a reboot."""
    LOWER = "lower"
    """By another lower layer of a subhost."""


REBOOTING = frozenset({Method.INIT, Method.KEXEC, Method.NETWORK, Method.MEDIUM})
"""Those after which the host is in another boot."""
ON_FILES = frozenset({Verb.DELETE, Verb.TRUNCATE, Verb.VACUUM, Verb.PURGE})
"""Verbs by which what takes room in a store goes."""
ON_BALLAST = frozenset({Verb.HOLD, Verb.RELEASE})
"""Verbs about what is held back in a store."""
ON_STORES = ON_FILES | ON_BALLAST | {Verb.GROW}
"""Verbs that are about one level."""
ON_IMAGES = frozenset({Verb.PUBLISH, Verb.UPGRADE, Verb.PRUNE})
"""Verbs that are about what is booted."""
ON_CABLES = frozenset({Verb.CABLE})
"""Verbs that are about one cable."""
ON_SUBHOSTS = frozenset(Verb) - ON_STORES - ON_IMAGES - ON_CABLES
"""All others."""

HOST_LOCK = Clean("@host")
"""What is locked by plans that are about the host, not one of its subhosts."""


class Tier(IntEnum):
    """How a plan is confirmed, by its consequence."""

    REVERSIBLE = 1
    INTERRUPTS = 2
    """A service is interrupted, or may be."""
    LOSES = 3
    """Data may be lost, or our own way there, or the host is protected."""


class Where(StrEnum):
    """Where a step runs."""

    HOST = "host"
    PRIVATE = "private"
    """In a mount namespace of its own, which dies with the supervisor and with it all in there."""
    INSIDE = "inside"
    """As the first process of the subhost to be."""
    UP = "up"
    """As its supervisor, when it is up: what is not as it should be then is taken back."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator wants done with one subhost, or one level of it or of the host."""

    verb: Verb
    subhost: Clean
    """Empty: the host itself."""
    share: tuple[Clean, Clean] | None = None
    """For ``share`` and ``unshare``: directory of the host, its place inside."""
    signal: Clean | None = None
    """For ``kill``: a name as of kill(1), without SIG."""
    patience: float = 10.0
    """Seconds a service, and then what is left of it, has to end by itself."""
    level: Clean | None = None
    """Id of the level, among those of ``subhost`` or of the host."""
    size: int | None = None
    """For ``grow``: bytes it is to hold in all; for ``vacuum``: bytes that may stay; for ``hold``:
    bytes of the ballast."""
    inodes: int | None = None
    """For ``grow``: inodes it is to hold in all; for ``hold``: inodes of the ballast."""
    paths: tuple[Clean, ...] = ()
    """What is to go, by what the subhost, or the host, calls it; ``/proc/PID/fd/N``, of the host,
    is what a process there holds without a name. For ``prune``: the folders that hold sets."""
    keep: int = 2
    """For ``prune``: how many sets of each name stay, the newest."""
    kept: tuple[tuple[str, Clean], ...] = ()
    """For ``prune``: where sets lie below those folders that stay anyhow, and why."""
    image: StagedImage | None = None
    """For ``upgrade`` and ``publish``: what is to be booted, where it lies on that host."""
    method: Method | None = None
    """For ``upgrade``: ``None`` leaves it to how the host has booted."""
    switch: Clean | None = None
    """For ``publish``: the iPXE script, or the symlink to a folder, that is what is fetched by."""
    lower: Clean | None = None
    """For ``upgrade`` of a subhost: a folder, an image file, or LOWER as a ``.conf`` says it."""
    recabling: Recabling | None = None
    """For ``cable``: what becomes of which."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a plan cannot run, and what would help."""

    text: Clean
    remedy: Clean | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """What must hold on the target before anything is changed there, found out there."""

    operation: Operation
    refusal: Clean
    """What is said where it does not hold."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: why, what, and what takes it back."""

    why: Clean
    operations: tuple[Operation, ...]
    undo: tuple[Operation, ...] = ()
    """Harmless where the step was only half done, or done and taken back already."""
    where: Where = Where.HOST


@dataclass(frozen=True, slots=True)
class Plan:
    """All there is to know of what would be done, before it is."""

    verb: Verb
    host: Clean
    """As the inventory names it."""
    subhost: Clean
    """Empty: the host itself."""
    tier: Tier
    boot_id: Clean | None
    """Of the host the plan was made for; another one refuses it."""
    config: Clean | None = None
    """Path of the subhost's ``.conf``."""
    checks: tuple[Check, ...] = ()
    steps: tuple[Step, ...] = ()
    """HOST steps first, then PRIVATE, then INSIDE, then UP ones."""
    consequences: tuple[Clean, ...] = ()
    """What else it touches: who depends on the subhost, live sessions, our own way there."""
    notes: tuple[Clean, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    """Why it cannot run; empty: it can."""
    level: Clean | None = None
    """Id of the level it is about; ``None``: it is about a subhost."""
    total: int | None = None
    """Bytes that level is to hold at least, when it is done."""
    inodes: int | None = None
    """Inodes that level is to hold at least, when it is done."""
    paths: tuple[Clean, ...] = ()
    """What is to go, as the subhost, or the host, calls it."""
    image: StagedImage | None = None
    """What is to be booted."""
    method: Method | None = None
    """How: tells by what it is seen that it was."""
    waived: Clean | None = None
    """Why it is done in spite of what speaks against it: written down where it begins."""
    recabling: Recabling | None = None
    """What becomes of which cable."""
    awaited: int | None = None
    """Seconds its job waits at its end for who began it to reach the host anew, for it may have
    cut them off: else it takes all back. ``None``: it waits for nobody."""

    @property
    def title(self) -> str:
        """``start mta on web1``, ``grow mta/tmpfs:/run on web1``, ``delete /a in mta on web1``.

        Of images ``upgrade web1 to edge/10``, ``publish edge/10 on boot1``; of a cable
        ``cable mta/eth0 bridge br1 on web1``.
        """
        if self.image is not None and self.verb is Verb.UPGRADE:
            return f"{self.verb} {named(self.host, self.subhost or None)} to {self.image.title}"
        if self.image is not None:
            return f"{self.verb} {self.image.title} on {self.host}"
        if self.recabling is not None:
            end = named(self.subhost, self.recabling.end)
            return f"{self.verb} {end} {self.recabling.words} on {self.host}"
        if not self.paths:
            return f"{self.verb} {named(self.subhost, self.level)} on {self.host}"
        more = " and more" if len(self.paths) > 1 else ""
        where = f" in {self.subhost}" if self.subhost else ""
        return f"{self.verb} {self.paths[0]}{more}{where} on {self.host}"

    @property
    def lock(self) -> Clean:
        """What no other job may hold meanwhile."""
        return self.subhost or HOST_LOCK

    @property
    def supervises(self) -> bool:
        """Whether its job goes on as the supervisor of the subhost."""
        return any(step.where is not Where.HOST for step in self.steps)


def named(subhost: Clean, level: Clean | None) -> Clean:
    """Return what is acted on, as one word: ``mta``, ``dm:live-rw``, ``mta/tmpfs:/run``."""
    return Clean("/".join(filter(None, (subhost, level))))
