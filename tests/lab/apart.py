"""Something run where it is alone: ``apart("tests.lab.kills", "start")`` gives what it prints.

It has mounts, processes and a network of its own on this kernel, with nothing in ``/run`` and
``/tmp``, so that all there is afterwards is its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.lab.inventory import prefix_of
from tests.lab.world import mount

ROOT = Path(__file__).parents[2]
PRIVATE = ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "--mount-proc"]
_MS_BIND = 4096
_REAPS = ["sh", "-c", '"$@"; exit $?', "first"]
"""The first process in there: a shell reaps what is left to it."""
_LINKS = ("link set lo up", "link add br0 type bridge", "link set br0 up")

NAME = os.environ.get("APART", f"sdk{os.getppid()}")
"""For the one subhost in there: cgroups and loop devices are the whole machine's."""


def apart(module: str, *words: str, seconds: float = 600) -> Any:  # noqa: ANN401 JSON is anything
    """Run ``python -m MODULE WORDS`` there and return the JSON it prints.

    What it complains about goes where ours does. Raises ``CalledProcessError`` and
    ``TimeoutExpired``; with that all of it has ended.
    """
    python = [sys.executable, "-m", module, *words]
    name = prefix_of(os.getpid())
    try:
        said = subprocess.run(
            [*PRIVATE, *_REAPS, *python],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "APART": name},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            check=True,
            timeout=seconds,
        )
    finally:
        # Unlike rglob, walk passes over what goes by itself meanwhile.
        for place, groups, _ in os.walk("/sys/fs/cgroup"):
            for group in groups:
                if group.startswith(name):
                    with suppress(OSError):  # it is in use
                        Path(place, group).rmdir()
    return json.loads(said.stdout)


def settle() -> None:
    """Make what a host has: empty folders of its own, cgroups, a loopback device, a bridge."""
    cover()
    mount("sysfs", Path("/sys"), "sysfs")  # of this network
    # What is written to the files of this host stays here, and no login runs what is root's own.
    for covered in (Path("/etc"), Path.home()):
        own = Path("/run/own", covered.name)
        for part in ("upper", "work"):
            (own / part).mkdir(parents=True)
        layers = f"lowerdir={covered},upperdir={own}/upper,workdir={own}/work"
        mount(covered.name, covered, "overlay", layers)
    for name in (".bashrc", ".profile", ".bash_profile", ".bash_login"):
        (Path.home() / name).unlink(missing_ok=True)
    # Version 2 alone, as an installed host has it today.
    mount("cgroup2", Path("/sys/fs/cgroup"), "cgroup2")
    # With the first namespace ip(8) makes /run/netns a mount, for good.
    for words in ("netns add first", "netns del first", *_LINKS):
        subprocess.run(["ip", *words.split()], check=True)


def cover() -> None:
    """Make ``/run`` and ``/tmp`` empty, but for this tree where it lies in there; no ``/sys``."""
    tree = os.open(ROOT, os.O_PATH)
    # What others have mounted would go when they take it away.
    table = Path("/proc/self/mountinfo").read_text().splitlines()
    places = [Path(line.split()[4]) for line in table]
    covered = Path("/run"), Path("/tmp")  # noqa: S108 not a file of ours: a new /tmp
    theirs = [each for each in places if each not in ROOT.parents and {*each.parents} & {*covered}]
    for place in (Path("/sys"), *theirs):
        if place != ROOT:
            subprocess.run(["umount", "-R", "-l", place], check=False, capture_output=True)
    for place in covered:
        mount("tmpfs", place, "tmpfs", "mode=755")
    if not ROOT.exists():
        ROOT.mkdir(parents=True)
        mount(f"/proc/self/fd/{tree}", ROOT, "", flags=_MS_BIND)
    os.close(tree)
