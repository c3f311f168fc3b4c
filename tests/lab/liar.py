"""A hostile SSH server: what it does wrong is told by the login name.

``with liar(folder) as host: Entry(Clean("evil"), "liar", user="endless")``. It gives every login
a true shell and then comes between: it knows the separator, sees each frame, and says what it
likes instead. Lies that begin later wait for ``host.strike()``.
"""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from console.clean import Clean
from console.inventory import Entry
from tests.lab.lies import LIES, STRIKE, Talk
from tests.lab.sshd import keypair, public


@dataclass(frozen=True, slots=True)
class Liar:
    """The server, and what a client needs for it."""

    folder: Path
    port: int

    @property
    def config(self) -> Path:
        """The client's configuration, for ``ssh -F``; it knows the server as ``liar``."""
        return self.folder / "ssh_config"

    def entry(self, lie: str) -> Entry:
        """Return it as an operator would have named it, with this login."""
        return Entry(Clean(f"liar-{lie}"), "liar", user=lie)

    def strike(self) -> None:
        """Begin with the lies that wait."""
        (self.folder / STRIKE).touch()

    def relent(self) -> None:
        """Let new sessions be honest again."""
        (self.folder / STRIKE).unlink(missing_ok=True)


@contextmanager
def liar(folder: Path) -> Iterator[Liar]:
    """Run the server in a process of its own, on a free port of 127.0.0.1."""
    folder.mkdir(parents=True, exist_ok=True)
    key, identity = keypair(folder / "host"), keypair(folder / "id")
    (folder / "authorized_keys").write_text(public(identity) + "\n")
    argv = [sys.executable, "-m", "tests.lab.liar", str(folder)]
    root = Path(__file__).parents[2]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, cwd=root) as server:
        try:
            assert server.stdout
            port = int(server.stdout.readline())
            (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {public(key)}\n")
            (folder / "ssh_config").write_text(_config(folder, port))
            yield Liar(folder, port)
        finally:
            server.kill()


def _config(folder: Path, port: int) -> str:
    lines = (
        "Host liar",
        "HostName 127.0.0.1",
        f"Port {port}",
        f"IdentityFile {folder}/id",
        "IdentitiesOnly yes",
        "IdentityAgent none",
        f"UserKnownHostsFile {folder}/known_hosts",
        "GlobalKnownHostsFile /dev/null",
    )
    return "\n  ".join(lines) + "\n"


class _Server(asyncssh.SSHServer):
    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn

    def begin_auth(self, username: str) -> bool:
        if username == "banner":
            for _ in range(100):
                self._connection.send_auth_banner("\x1b]0;owned\x07 welcome " * 1500 + "\r\n")
        return True


async def serve(folder: Path) -> None:
    """Listen until standard input ends."""

    async def handle(process: asyncssh.SSHServerProcess[bytes]) -> None:
        talk = Talk(process, folder)
        await talk.begin()
        try:
            await LIES[process.get_extra_info("username")](talk)
        except* (OSError, asyncssh.Error):
            pass  # the client has had enough
        finally:
            await talk.end()
            process.close()

    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=_Server,
        server_host_keys=[str(folder / "host")],
        authorized_client_keys=str(folder / "authorized_keys"),
        process_factory=handle,
        encoding=None,
    )
    sys.stdout.write(f"{server.get_port()}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # it tells of each client that has gone
    asyncio.run(serve(Path(sys.argv[1])))
