"""Hundreds of hosts, each a real OpenSSH server: ``with farm(world, 200, holes=50) as it:``.

Each server stands at an address of its own, in mount and process namespaces of its own, so that
it shows the mounts and processes of one small host, and nothing that others do on this machine.
All share one host key and one login key. The thread that builds a farm is in a network
namespace of its own as long as the farm is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from console.clean import Clean
from console.inventory import Entry
from tests.lab.link import HOLES, black_hole, island
from tests.lab.sshd import Sshd, keypair, public
from tests.lab.staged import passwd, shown, staged
from tests.lab.world import World

_HOST = """
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mkdir /run/sshd /run/block
mount --bind /run/block /sys/block
mount -t tmpfs tmpfs /mnt
for n in $(seq {stores}); do
    mkdir "/mnt/$n"
    mount -t tmpfs -o size="$((4 + n))M" "store$n" "/mnt/$n"
    head -c "$n"00000 /dev/zero >"/mnt/$n/file"
done
"""
_POLITE = ("nice", "-n", "10")
"""They stand for other machines, and must not take ours from the console."""
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Farm:
    """Live hosts and dead ones, and what a client needs for them."""

    folder: Path
    hosts: tuple[Sshd, ...]
    holes: tuple[str, ...]
    """Aliases of addresses where nothing ever answers."""

    @property
    def config(self) -> Path:
        """The client's configuration, for ``ssh -F``."""
        return self.folder / "ssh_config"

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All of them as an operator would have named them, the dead among the living."""
        names = [*self.holes, *(host.alias for host in self.hosts)]
        return tuple(Entry(Clean(name), name) for name in sorted(names, key=lambda name: name[1:]))


@contextmanager
def farm(world: World, hosts: int, *, holes: int = 0, stores: int = 8) -> Iterator[Farm]:
    """Start ``hosts`` servers with so many tmpfs each, beside ``holes`` black holes."""
    folder = world.place("farm")
    host_key, identity = keypair(folder / "host_ed25519"), keypair(folder / "id")
    (folder / "authorized_keys").write_text(public(identity) + "\n")
    lines = (f"AuthorizedKeysFile {folder}/authorized_keys", "MaxStartups 100")
    login = shown(passwd(folder / "passwd"), "/etc/passwd")  # no start-up files of this machine
    prefix = (*_POLITE, *staged(login, _HOST.format(stores=stores)))
    servers = tuple(
        Sshd(
            folder / f"h{number:03}",
            f"h{number:03}",
            f"127.7.{number >> 8}.{number & 255}",
            lines=lines,
            prefix=prefix,
            keys=[host_key],
            identity=identity,
        )
        for number in range(1, hosts + 1)
    )
    dead = {
        f"d{number:03}": f"{HOLES}.{number >> 8}.{number & 255}" for number in range(2, holes + 2)
    }
    (folder / "ssh_config").write_text(_config(folder, servers, dead))
    (folder / "known_hosts").write_text(f"127.7.* {public(host_key)}\n")
    for server in servers:
        server.folder.mkdir()
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(black_hole(stack.enter_context(island(world))))
        # The servers end with the thread that started them, so the threads outlive them.
        pool = stack.enter_context(ThreadPoolExecutor(_AT_ONCE))
        for server in servers:
            stack.callback(_end, server)
        list(pool.map(lambda server: server.start(), servers))
        yield Farm(folder, servers, tuple(dead))


def _end(server: Sshd) -> None:
    if server.pid:
        server.kill_listener()  # and with it its namespaces and all that is in them


def _config(folder: Path, servers: tuple[Sshd, ...], dead: dict[str, str]) -> str:
    places = {server.alias: server.address for server in servers} | dead
    hosts = [f"Host {alias}\n  HostName {address}" for alias, address in places.items()]
    shared = (
        "Host *",
        "User root",
        f"IdentityFile {folder}/id",
        "IdentitiesOnly yes",
        "IdentityAgent none",
        f"UserKnownHostsFile {folder}/known_hosts",
        "GlobalKnownHostsFile /dev/null",
    )
    return "\n".join((*hosts, "\n  ".join(shared), ""))
