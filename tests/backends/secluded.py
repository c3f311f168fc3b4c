"""Launches on a host whose ``/run`` is as told, run apart.

``python -m tests.backends.secluded SHELL`` has that program for ``/bin/sh``. Prints, by the name
of each state that ``/run`` was in, what came of a launch there.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from backends.local import LocalBackend
from console.backend import Hands
from console.errors import ConsoleError
from console.jobs import Settling
from tests.backends.handmade import all_gone, folder, kill, order, outcome, plan, reached
from tests.lab.inventory import unmount
from tests.lab.world import mount

RUN = Path("/run/subdeck")
JOBS = RUN / "jobs"
LAST = 49
"""Ended jobs that are kept beside a new one."""


def link() -> None:
    RUN.symlink_to("/tmp")  # noqa: S108 not used: what an attacker would like to be


def file() -> None:
    RUN.touch()


def foreign() -> None:
    RUN.mkdir()
    os.chown(RUN, 1000, 1000)


def open_to_all() -> None:
    JOBS.mkdir(parents=True)
    RUN.chmod(0o777)
    JOBS.chmod(0o755)


def read_only() -> None:
    RUN.mkdir()
    mount("tmpfs", RUN, "tmpfs", "ro,mode=700")


def full() -> None:
    RUN.mkdir()
    mount("tmpfs", RUN, "tmpfs", "size=4k,mode=700")
    (RUN / "ballast").write_bytes(b"x" * 4096)


def without_inodes() -> None:
    RUN.mkdir()
    mount("tmpfs", RUN, "tmpfs", "nr_inodes=6,mode=700")


def crowded() -> None:
    """Sixty jobs that ended, and before them three that were killed, one link and one launch."""
    for number in range(63):
        job = JOBS / f"20000101T0000{number:02}Z-a"
        job.mkdir(parents=True)
        end = "end done" if number >= 3 else "step 1"
        (job / "journal").write_text(f"1.0 begun\n2.0 {end}\n")
    (JOBS / "20000101T000000Z-link").symlink_to("/run")
    (JOBS / ".new-20000101T000000Z-b.999999").mkdir()


STATES: tuple[Callable[[], None], ...] = (
    *(link, file, foreign, open_to_all, read_only, full, without_inodes, crowded),
)


async def launched(hands: Hands, state: Callable[[], None]) -> Mapping[str, object]:
    """Tell what comes of a launch, and what there is afterwards."""
    state()
    made = order(plan("true"))
    try:
        await hands.launch(made)
        told = (await outcome(hands, made.id)).state.value
    except ConsoleError as error:
        told = str(error)
    modes = [oct(path.stat().st_mode & 0o777) for path in (RUN, JOBS) if path.exists()]
    left = sorted(path.name for path in JOBS.iterdir()) if JOBS.is_dir() else []
    return {"told": told, "modes": modes, "left": [name for name in left if name != made.id]}


def forget() -> None:
    """Empty ``/run``."""
    if RUN.is_symlink() or RUN.is_file():
        RUN.unlink()
        return
    if RUN.is_mount():
        unmount(bytes(RUN))
    shutil.rmtree(RUN)


async def as_nobody(hands: Hands) -> Mapping[str, object]:
    """Tell what somebody else may."""
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
    told = {}
    for name, asked in (
        ("jobs", hands.jobs()),
        ("launch", hands.launch(order(plan("true")))),
        ("output", hands.output(order(plan("true")).id, 1)),
    ):
        try:
            await asked
        except ConsoleError as error:
            told[name] = f"{type(error).__name__}: {error}"
    return told


async def settled(hands: Hands) -> Mapping[str, object]:
    """Tell what comes of a job that floods, is killed and taken back."""
    made = order(plan("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo end", "sleep 60"))
    await hands.launch(made)
    await reached(hands, made.id, 2)
    kill(made.id)
    states = [(await outcome(hands, made.id)).state.value]
    await hands.settle(made.id, Settling.ROLL_BACK)
    states.append((await outcome(hands, made.id)).state.value)
    all_gone(made.id)
    size = folder(made.id).joinpath("log").stat().st_size
    return {"states": states, "log": size, "last": (await hands.output(made.id, 1))[-1]}


async def main() -> None:
    """Print all of it."""
    local = LocalBackend()
    found: dict[str, Mapping[str, object]] = {}
    for state in STATES:
        found[state.__name__] = await launched(local.hands, state)
        forget()
    found["nothing"] = {"jobs": await local.hands.jobs()}
    found["settled"] = await settled(local.hands)
    await local.hands.launch(order(plan("true")))
    found["nobody"] = await as_nobody(local.hands)
    print(json.dumps(found))  # noqa: T201 the only thing it says


if __name__ == "__main__":
    mount("tmpfs", Path("/run"), "tmpfs", "mode=755")
    subprocess.run(["mount", "--bind", sys.argv[1], Path("/bin/sh").resolve()], check=True)
    asyncio.run(main())
