"""What a subhost has of its own beside its layers: ``/dev`` and ``/run``."""

from __future__ import annotations

from console.actions.values import commands, place
from console.clean import Clean
from console.model import SubhostConf
from console.operations import Operation, Variable, Word
from console.plan import Step, Where

PTS = "devpts ./dev/pts devpts newinstance,gid=5,mode=620,ptmxmode=666"
"""What the first process mounts there, as in fstab."""
_FRESH = "dev ./dev tmpfs size=50m,mode=755"
_KEPT = "shm ./dev/shm tmpfs size=50m,mode=1777"


def steps(conf: SubhostConf) -> tuple[Step, ...]:
    """Return the step that makes ``/dev``, and ``/run`` unless RAM_SIZE is none."""
    live = place(conf, "LIVE")
    dev = "use the /dev that UPPER keeps, as KEEP_DEV says" if conf.keep_dev else "give it a /dev"
    run, size = _run(conf)
    places = ("dev/shm", "dev/pts") if conf.keep_dev else ("dev",)
    made = (
        *(Operation(("place", live, each)) for each in (*places, "run")),
        Operation(("mounts", live, _KEPT if conf.keep_dev else _FRESH, *run)),
        Operation(("place", live, "dev")),
        *(() if conf.keep_dev else (Operation(("mkdir", "-m", "1777", "shm", "pts")),)),
        Operation(("nodes",)),
        Operation(("dummy", live)),
    )
    return (Step(Clean(dev + size), made, where=Where.PRIVATE),)


def _run(conf: SubhostConf) -> tuple[tuple[Word, ...], str]:
    """Return the line that mounts ``/run``, and what is said of it."""
    if conf.ram_size == "none":
        return (), ""
    line, said = "run ./run tmpfs mode=755,size=", ", and a /run in memory, of {} at most"
    if "RAM_SIZE" in commands(conf):
        return (Variable("RAM_SIZE", before=line),), said.format("what RAM_SIZE printed")
    return (line + conf.ram_size,), said.format(conf.ram_size)
