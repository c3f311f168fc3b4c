"""Ways to start and stop one subhost, each with the least that its tools need.

All of them make the same, as far as they can: an overlay on ``/``, one cable, namespaces of its
own, a small ``/dev`` and ``/run``. ``starters(world)`` gives those that this machine can run, and
``missing()`` says which it cannot.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.inventory import end
from tests.lab.world import World

HERE = Path(__file__).parent
TOOLS = HERE.parent / "lab/overlay_tools"
NEEDS: Mapping[str, tuple[str, ...]] = {
    "C": ("gcc",),
    "unshare": ("unshare", "ip"),
    "bubblewrap": ("bwrap",),
    "crun": ("crun", "ip"),
    "runc": ("runc", "ip"),
    "overlay-boot": ("unshare", "ip", "nsenter", "gcc"),
    "its tools": ("unshare", "ip", "nsenter", "gcc", "pgrep"),
}
"""Commands without which a way is left out."""

PATIENCE = 20.0
"""Seconds until a way that does not come to its end counts as broken."""


@dataclass(frozen=True, slots=True)
class Starter:
    """One way; both halves return when all has been done, as seen from outside."""

    name: str
    start: Callable[[], None]
    stop: Callable[[], None]
    between: Callable[[], None] = lambda: None
    """What must be done before it can be stopped, and does not count."""


@dataclass(frozen=True, slots=True)
class Room:
    """A name and the folder of what is to be started under it."""

    name: str
    folder: Path

    @property
    def live(self) -> Path:
        """Where its root is mounted."""
        return self.folder / "live"

    @property
    def layers(self) -> str:
        """The options of its overlay."""
        return f"lowerdir=/,upperdir={self.folder}/root,workdir={self.folder}/work"

    def await_gone(self) -> None:
        """Return when neither its cable nor its namespace has a name any more."""
        names = (f"/sys/class/net/{self.name}0", f"/run/netns/{self.name}")
        soon(lambda: not any(map(os.path.lexists, names)), f"{self.name} to be gone")


def soon(found: Callable[[], object], what: str) -> None:
    """Return within a fraction of a millisecond of ``found`` giving something true."""
    deadline = time.monotonic() + PATIENCE
    while not found():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {PATIENCE} s for {what}")
        time.sleep(0.0002)


def missing() -> dict[str, str]:
    """Return the ways that cannot be measured here, each with the command it lacks."""
    lacking = {
        name: " ".join(each for each in needs if not shutil.which(each))
        for name, needs in NEEDS.items()
    }
    return {name: commands for name, commands in lacking.items() if commands}


def starters(world: World) -> Iterator[Starter]:
    """Yield every way that can be measured here."""
    makers = {
        "C": _floor,
        "unshare": _one_liner,
        "bubblewrap": _bubblewrap,
        "crun": _container,
        "runc": _container,
        "overlay-boot": _overlay_boot,
        "its tools": _overlay_tools,
    }
    for name, make in makers.items():
        if name not in missing():
            room = Room(world.name(), world.folder / world.name())
            for part in ("root", "work", "live"):
                (room.folder / part).mkdir(parents=True)
            yield make(name, room)


class _Held:
    """A way whose first command lives as long as the subhost, and says ``up`` when it is."""

    def __init__(self, name: str, room: Room, argv: Sequence[str]) -> None:
        self._room, self._argv = room, argv
        self._process: subprocess.Popen[bytes] | None = None
        self.starter = Starter(name, self._start, self._stop)

    def _start(self) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(self._argv, stdin=pipe, stdout=pipe)
        assert self._process.stdout
        said = self._process.stdout.readline()
        if said != b"up\n":
            raise RuntimeError(f"{self.starter.name} did not start: {said!r}")

    def _stop(self) -> None:
        assert self._process
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process.stdout.close()
        self._room.await_gone()


def _floor(name: str, room: Room) -> Starter:
    program = room.folder / "floor"
    source = HERE / "subhost_floor.c"
    subprocess.run(["gcc", "-O2", "-o", str(program), str(source)], check=True)
    words = [str(program), room.name, str(room.folder)]
    return _Held(f"{name}, system calls alone", room, words).starter


def _one_liner(name: str, room: Room) -> Starter:
    script = f"""
        ip netns add {room.name} &&
        ip link add {room.name}0 type veth peer name eth0 netns {room.name} &&
        ip link set {room.name}0 up && ip -n {room.name} link set eth0 up &&
        ip -n {room.name} link set lo up || exit
        nsenter --net=/run/netns/{room.name} unshare -mpiuf --kill-child sh -c '
            mount -t overlay {room.name} -o {room.layers} {room.live} && cd {room.live} &&
            mount -t tmpfs dev dev && cp -a /dev/null /dev/zero /dev/urandom dev &&
            mount -t tmpfs run run && pivot_root . mnt && cd / && mount -t proc proc proc &&
            umount -l mnt && echo up && read -r word'
        ip netns del {room.name}"""
    return _Held(f"{name} and ip, a few lines of sh", room, ["sh", "-c", script]).starter


def _bubblewrap(name: str, room: Room) -> Starter:
    script = f"""
        mount -t overlay {room.name} -o {room.layers} {room.live} || exit
        bwrap --unshare-all --die-with-parent --bind {room.live} / --dev /dev --proc /proc \\
            --tmpfs /run sh -c 'echo up; read -r word'
        umount {room.live}"""
    return _Held(f"{name} and mount, no cable", room, ["sh", "-c", script]).starter


def _container(name: str, room: Room) -> Starter:
    """What crun and runc have in common: a bundle, and ip and mount before and after."""
    (room.folder / "config.json").write_text(json.dumps(_bundle(room)))
    state = room.folder / "state"
    base = f"{name} --root {state}"
    start = f"""
        ip netns add {room.name} &&
        ip link add {room.name}0 type veth peer name eth0 netns {room.name} &&
        ip link set {room.name}0 up && ip -n {room.name} link set eth0 up &&
        mount -t overlay {room.name} -o {room.layers} {room.live} &&
        {base} run -d -b {room.folder} {room.name}"""
    stop = f"""
        {base} kill {room.name} KILL && until {base} delete {room.name} 2>/dev/null; do :; done
        umount {room.live} && ip netns del {room.name}"""

    def stopped() -> None:
        _shell(stop)
        room.await_gone()

    return Starter(f"{name}, ip and mount", lambda: _shell(start), stopped)


def _bundle(room: Room) -> dict[str, object]:
    spaces: list[dict[str, str]] = [{"type": each} for each in ("pid", "ipc", "uts", "mount")]
    spaces.append({"type": "network", "path": f"/run/netns/{room.name}"})
    nodev = ["nosuid", "mode=755", "size=50m"]
    mounts = [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": nodev},
        {"destination": "/run", "type": "tmpfs", "source": "tmpfs", "options": nodev},
        {"destination": "/sys", "type": "sysfs", "source": "sysfs"},
    ]
    process = {"cwd": "/", "user": {}, "args": ["sleep", "infinity"], "env": [f"PATH={_PATH}"]}
    return {
        "ociVersion": "1.0.0",
        "process": process,
        "root": {"path": str(room.live)},
        "hostname": room.name,
        "mounts": mounts,
        "linux": {"namespaces": spaces},
    }


_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _overlay_boot(name: str, room: Room) -> Starter:
    """Its order of steps in one script, a process or two for each."""
    program, conf = _with_reaper(room, HERE.parent / "lab/overlay-boot")
    held: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        null = subprocess.DEVNULL
        held.append(subprocess.Popen([program, conf], stdin=null, stdout=null, stderr=null))
        soon(lambda: _first(room.name), f"{room.name} to run")

    def stop() -> None:
        _kill(_first(room.name))
        _run("ip", "netns", "del", room.name)
        held.pop().wait()
        room.await_gone()

    return Starter(f"{name}'s order of steps, as one script", start, stop)


def _overlay_tools(name: str, room: Room) -> Starter:
    """Several scripts, each of which reads the configuration anew, as they are."""
    tools = room.folder / "tools"
    shutil.copytree(TOOLS, tools)
    program, conf = _with_reaper(room, tools / "overlay-boot")

    def start() -> None:
        _run(str(program), str(conf))
        soon(lambda: _first(room.name), f"{room.name} to run")

    def stop() -> None:
        first = _first(room.name)
        _run(str(tools / "overlay-stop"), str(conf))
        _kill(first)
        room.await_gone()

    return Starter(f"overlay-boot's order of steps, {name}", start, stop)


def _with_reaper(room: Room, script: Path) -> tuple[Path, Path]:
    """Return the script with what it wants beside it, and a configuration for it."""
    program = script if room.folder in script.parents else room.folder / script.name
    if program is not script:
        shutil.copy(script, program)
    source = str(TOOLS.with_name("reaper.c"))
    reaper = str(program.with_name("reaper"))
    subprocess.run(["gcc", "-static", "-Os", "-o", reaper, source], check=True)
    conf = room.folder / f"{room.name}.conf"
    conf.write_text(f"BASE=.\nCABLES==\nSTART=none\nLOG={room.folder}/log\n")
    return program, conf


def _kill(pid: int | None) -> None:
    if pid is not None:
        end(pid)


def _first(name: str) -> int | None:
    """Return the first process of a subhost of overlay-boot's shape."""
    wanted = f"/.reaper\0{name}\0".encode()
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):  # it has ended, or is none
            if process.name.isdigit() and (process / "cmdline").read_bytes() == wanted:
                return int(process.name)
    return None


def _shell(script: str) -> None:
    _run("sh", "-c", script)


def _run(*argv: str) -> None:
    null = subprocess.DEVNULL  # and no pipe: what goes on running would hold it
    subprocess.run(argv, check=True, stdin=null, stdout=null, stderr=null)
