"""What a subhost has of its own beside its layers: ``/dev`` and ``/run``."""

from __future__ import annotations

from console.actions.values import commands, place
from console.clean import Clean
from console.model import SubhostConf
from console.operations import Operation, Variable, Word
from console.plan import Step, Where

_PTS = Operation(
    ("mount", "-t", "devpts", "-o", "newinstance,gid=5,mode=620,ptmxmode=666", "devpts", "pts")
)


def steps(conf: SubhostConf) -> tuple[Step, ...]:
    """Return the steps that make ``/dev``, and ``/run`` unless RAM_SIZE is none."""
    live = place(conf, "LIVE")
    dev = _kept(live) if conf.keep_dev else _fresh(live)
    return (dev, *_run(conf, live))


def _fresh(live: Word) -> Step:
    return Step(
        Clean("give it a /dev of its own"),
        (
            Operation(("place", live, "dev")),
            _memory("dev", "size=50m,mode=755"),
            Operation(("place", live, "dev")),
            Operation(("mkdir", "-m", "1777", "shm", "pts")),
            Operation(("nodes",)),
            _PTS,
        ),
        where=Where.PRIVATE,
    )


def _kept(live: Word) -> Step:
    return Step(
        Clean("use the /dev that UPPER keeps, as KEEP_DEV says, and make what it lacks"),
        (
            Operation(("place", live, "dev/shm")),
            _memory("shm", "size=50m,mode=1777"),
            Operation(("place", live, "dev/pts")),
            Operation(("place", live, "dev")),
            _PTS,
            Operation(("nodes",)),
        ),
        where=Where.PRIVATE,
    )


def _run(conf: SubhostConf, live: Word) -> tuple[Step, ...]:
    if conf.ram_size == "none":
        return ()
    asked = "RAM_SIZE" in commands(conf)
    options: tuple[Word, ...]
    if asked:
        options = ("-o", "mode=755", "-o", Variable("RAM_SIZE", before="size="))
    else:
        options = ("-o", f"size={conf.ram_size},mode=755")
    size = "what RAM_SIZE printed" if asked else conf.ram_size
    return (
        Step(
            Clean(f"give it a /run in memory, of {size} at most"),
            (
                Operation(("place", live, "run")),
                Operation(("mount", "-t", "tmpfs", *options, "run", ".")),
            ),
            where=Where.PRIVATE,
        ),
    )


def _memory(source: str, options: str) -> Operation:
    return Operation(("mount", "-t", "tmpfs", "-o", options, source, "."))
