"""What others take to collect the same facts from the same hosts: CPU of the clients alone."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.bench.watched import cpu_clock
from tests.lab.farm import Farm

AT_ONCE = 32
FACTS = (
    "cat /proc/uptime /proc/meminfo /proc/pressure/memory /proc/sys/kernel/random/boot_id"
    " /proc/self/mountinfo; stat -f -c '%S %b %f %a %c %d' / /dev /dev/shm /mnt /mnt/*/;"
    " ls -d /proc/[0-9]* /sys/class/net/* /run/netns/* /sys/block/dm-* /sys/block/loop*/loop"
    " 2>/dev/null; true"
)
"""The facts of one fast frame, asked as cheaply as one line of shell can."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One round over all hosts."""

    seconds: float
    cpu: float
    """Milliseconds a host, of the clients alone."""


def measured(work: Callable[[], object], hosts: int, others: Callable[[], float]) -> Cost:
    """Return what a round costs; ``others`` are CPU seconds of what is not a child of ours."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    aside, began = others(), time.monotonic()
    work()
    seconds = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(seconds, 1000 * (cpu + others() - aside) / hosts)


class Masters:
    """``ssh`` through one ControlMaster a host."""

    def __init__(self, it: Farm) -> None:
        self._path = it.folder / "cm"
        self._base = ["ssh", "-F", str(it.config), "-o", "BatchMode=yes"]
        self._base += ["-o", f"ControlPath={self._path}-%n", "-o", "ControlMaster=auto"]
        self._base += ["-o", "ControlPersist=yes"]
        self._aliases = [host.alias for host in it.hosts]

    def round(self) -> Cost:
        """Ask every host once; the first round connects."""
        return measured(self._ask, len(self._aliases), self._cpu)

    def memory(self) -> float:
        """Return the proportional set size of one connection in MiB."""
        sizes = [each.memory_full_info().pss for each in self._processes()]
        return sum(sizes) / 2**20 / len(sizes)

    def close(self) -> None:
        """End all of them and their sockets."""
        for each in self._processes():
            each.terminate()  # which removes the socket
        psutil.wait_procs(list(self._processes()), 10)
        for socket in self._path.parent.glob(f"{self._path.name}-*"):
            socket.unlink(missing_ok=True)

    def _ask(self) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self._ask_one, self._aliases))

    def _ask_one(self, alias: str) -> None:
        # What stays behind as the master holds the pipes of the client that began it.
        command = [*self._base, alias, FACTS]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _processes(self) -> Iterator[psutil.Process]:
        for each in psutil.process_iter():
            with suppress(psutil.Error):
                if any(word.startswith(f"ssh: {self._path}-") for word in each.cmdline()):
                    yield each

    def _cpu(self) -> float:
        return sum(cpu_clock(each.pid) for each in self._processes())


@contextmanager
def masters(it: Farm) -> Iterator[Masters]:
    """Let go of the connections in the end."""
    made = Masters(it)
    try:
        yield made
    finally:
        made.close()


def runners(it: Farm) -> dict[str, Sequence[str]]:
    """Return the commands that ask all hosts once by a connection each, of those installed."""
    hosts = it.folder / "hosts"
    hosts.write_text("".join(f"{host.alias}\n" for host in it.hosts))
    wide = str(AT_ONCE)
    options = ["-F", str(it.config), "-o", "BatchMode=yes"]
    pssh = ["parallel-ssh", "-h", str(hosts), "-p", wide, "-t", "60", "-o", str(it.folder / "out")]
    clush = ["clush", "--hostfile", str(hosts), "-f", wide, "-n", "-o", " ".join(options)]
    ansible = ["ansible", "all", "-i", str(hosts), "-f", wide, "-m", "raw", "-a", FACTS]
    found = {
        "pssh": [*pssh, "-x", " ".join(options), FACTS],
        "clush": [*clush, FACTS],
        "ansible raw": ansible,
    }
    return {name: argv for name, argv in found.items() if shutil.which(argv[0])}


def run(it: Farm, argv: Sequence[str]) -> Cost:
    """Return what one round of another program costs; what it leaves is removed."""
    control = it.folder / "ansible"
    environ = {
        **os.environ,
        "ANSIBLE_SSH_ARGS": f"-F {it.config} -o ControlMaster=no",
        "ANSIBLE_LOCAL_TEMP": str(control),
        "ANSIBLE_HOME": str(control),
        "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
        "LC_ALL": "C.UTF-8",
    }

    def ask() -> None:
        ran = subprocess.run(argv, env=environ, capture_output=True, text=True)
        if ran.returncode:
            raise RuntimeError(f"{argv[0]}: {ran.returncode}: {(ran.stderr or ran.stdout)[-500:]}")

    try:
        return measured(ask, len(it.hosts), lambda: 0.0)
    finally:
        for place in (it.folder / "out", control):
            shutil.rmtree(place, ignore_errors=True)


def bytes_on_loopback() -> int:
    """Return the bytes that this thread's loopback device has carried."""
    for line in Path("/proc/thread-self/net/dev").read_text().splitlines():
        name, _, figures = line.partition(":")
        if name.strip() == "lo":
            return int(figures.split()[0])
    raise LookupError("no loopback device")
