"""What a subhost has of its own above its layers: ``/dev`` and ``/run``."""

from __future__ import annotations

from console.actions.values import commands, place
from console.clean import Clean
from console.model import SubhostConf
from console.operations import Operation, Variable, Word
from console.plan import Step, Where

_DEV = "dev {}/dev tmpfs size=50m,mode=755,X-mount.mkdir"
_SHM = "shm {}/dev/shm tmpfs size=50m,mode=1777,X-mount.mkdir"
_PTS = "devpts {}/dev/pts devpts newinstance,gid=5,mode=620,ptmxmode=666,X-mount.mkdir"
_RUN = "run {}/run tmpfs mode=755,X-mount.mkdir,size="


def lines(conf: SubhostConf, root: str) -> tuple[Word, ...]:
    """Return the lines of fstab that mount ``/dev``, and ``/run`` unless RAM_SIZE is none."""
    dev = [each.format(root) for each in (_SHM if conf.keep_dev else _DEV, _PTS)]
    if conf.ram_size == "none":
        return (*dev,)
    run = _RUN.format(root)
    asked = "RAM_SIZE" in commands(conf)
    return (*dev, Variable("RAM_SIZE", before=run) if asked else run + conf.ram_size)


def places(conf: SubhostConf) -> tuple[str, ...]:
    """Return the folders on which these mount, each after the one that it is in."""
    inner = ("dev/shm", "dev/pts") if conf.keep_dev else ()
    return ("dev", *inner, "run")


def said(conf: SubhostConf) -> str:
    """Return what is told of these mounts."""
    dev = "the /dev that UPPER keeps, as KEEP_DEV says," if conf.keep_dev else "a /dev"
    if conf.ram_size == "none":
        return dev.rstrip(",")
    size = "what RAM_SIZE printed" if "RAM_SIZE" in commands(conf) else conf.ram_size
    return f"{dev} and a /run in memory, of {size} at most"


def steps(conf: SubhostConf) -> tuple[Step, ...]:
    """Return the step that puts into ``/dev`` and ``/run`` what belongs there."""
    live = place(conf, "LIVE")
    if not conf.keep_dev and conf.ram_size != "none":
        made: tuple[Operation, ...] = (Operation(("furnish", live)),)
    else:
        made = (
            Operation(("place", live, "dev")),
            *(() if conf.keep_dev else (Operation(("mkdir", "-m", "1777", "shm")),)),
            Operation(("nodes",)),
            Operation(("dummy", live)),
        )
    why = "give it the devices that everybody needs, and something to wait for"
    return (Step(Clean(why), made, where=Where.PRIVATE),)
