"""One host of many subhosts, a machine of its own but for the kernel, for others to watch.

``sh .ci/apart -m tests.bench.machine FOLDER ADDRESS SUBHOSTS`` says ``begun``, waits for a line,
by which time there is a link ``up0``, gives that the address and says ``up`` when its subhosts run
and its OpenSSH server, which keeps its files in the folder, listens there. It ends with its input.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab.inventory import descent
from tests.lab.sshd import sshd
from tests.lab.world import World

ROOT = Path(__file__).resolve().parents[2]
LINK = "up0"
ALIAS = "machine"


@dataclass(frozen=True, slots=True)
class Machine:
    """How a client reaches one."""

    config: str
    """Its part of a client's configuration, in which it is called ``ALIAS``."""

    def named(self, pattern: str) -> str:
        """Return that part for all aliases of a pattern."""
        return self.config.replace(f"Host {ALIAS}\n", f"Host {pattern}\n")


@contextmanager
def machines(world: World, count: int, subhosts: int) -> Iterator[tuple[Machine, ...]]:
    """Run so many, each with so many subhosts."""
    with ExitStack() as stack:
        folders = [world.place() for _ in range(count)]
        begun = [
            stack.enter_context(_begun(folder, f"10.99.{number}.2", subhosts))
            for number, folder in enumerate(folders)
        ]
        for number, process in enumerate(begun):
            _told(process, "begun")
            _link(world.name(), f"10.99.{number}.1/24", process.pid)
            _say(process)
        for process in begun:
            _told(process, "up")
        yield tuple(Machine((folder / "ssh_config").read_text()) for folder in folders)


def _begun(folder: Path, address: str, subhosts: int) -> subprocess.Popen[str]:
    words = ["-m", "tests.bench.machine", str(folder), address, str(subhosts)]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        ["sh", ".ci/apart", *words], cwd=ROOT, stdin=pipe, stdout=pipe, text=True
    )


def _told(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout
    said = process.stdout.readline()
    assert said == f"{word}\n", f"a machine says {said!r}"


def _say(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def _link(name: str, address: str, pid: int) -> None:
    """Lay a cable to the machine that a process began."""
    _, child, *_ = descent(pid)  # the first itself only waits for it
    _ip("link", "add", name, "type", "veth", "peer", "name", LINK, "netns", str(child))
    _ip("addr", "add", address, "dev", name)
    _ip("link", "set", name, "up")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def main(folder: str, address: str, subhosts: str) -> None:
    """Be one of them."""
    print("begun", flush=True)
    sys.stdin.readline()
    _ip("addr", "add", f"{address}/24", "dev", LINK)
    _ip("link", "set", LINK, "up")
    with World() as world:
        world.bridge()
        world.crowd(int(subhosts))
        with sshd(Path(folder), "MaxStartups 100", alias=ALIAS, address=address):
            print("up", flush=True)
            sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
