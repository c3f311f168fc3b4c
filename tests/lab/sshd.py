"""Real OpenSSH servers: ``with sshd(tmp_path) as server: ssh -F server.config server.alias``.

Each has its own folder with host keys, configuration, authorized key and log, and what a client
needs to trust it and to be let in. ``Match`` blocks aside, any line of sshd_config can be given
and wins over ours. A killed test takes its servers along.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from console.clean import Clean
from console.inventory import Entry
from tests.lab.inventory import descent, end, until

PATIENCE = 20.0
"""Seconds a server may take to listen or to end, on a busy machine."""

_SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
_PORTS_TRIED = 20


@dataclass
class Sshd:
    """One server and the files of its only user."""

    folder: Path
    alias: str
    """What the client's configuration calls it."""
    address: str = "127.0.0.1"
    port: int = 0
    """Where it listens; 0: any free port, from the first start on."""
    lines: Sequence[str] = ()
    """Of sshd_config; the first word on a matter holds, and these come first."""
    prefix: Sequence[str] = ()
    """Begins its command line: ``("ip", "netns", "exec", NAME)``."""
    keys: list[Path] = field(default_factory=list)
    """Private host keys; the first one is what ``known_hosts`` knows."""
    identity: Path = Path()
    """The private key that is let in."""
    pid: int = 0
    """The listener; 0 while it does not run."""

    @property
    def config(self) -> Path:
        """The client's configuration, for ``ssh -F``."""
        return self.folder / "ssh_config"

    @property
    def known_hosts(self) -> Path:
        """The client's file of known keys; it holds this server's first key."""
        return self.folder / "known_hosts"

    @property
    def log(self) -> str:
        """What the server has logged (LogLevel VERBOSE)."""
        return (self.folder / "log").read_text(errors="replace")

    @property
    def host(self) -> str:
        """Its name in ``known_hosts``."""
        return f"[{self.address}]:{self.port}"

    @property
    def key_line(self) -> str:
        """The known_hosts line of its first host key."""
        return f"{self.host} {public(self.keys[0])}"

    @property
    def fingerprint(self) -> str:
        """The SHA256 fingerprint of its first host key."""
        return fingerprint(self.keys[0])

    @property
    def stanza(self) -> str:
        """Its part of a client's configuration, to be joined with others'."""
        return "\n".join(
            (
                f"Host {self.alias}",
                f"  HostName {self.address}",
                f"  Port {self.port}",
                f"  User {getpass.getuser()}",
                f"  IdentityFile {self.identity}",
                "  IdentitiesOnly yes",
                "  IdentityAgent none",
                f"  UserKnownHostsFile {self.known_hosts}",
                "  GlobalKnownHostsFile /dev/null",
                "",
            )
        )

    @property
    def entry(self) -> Entry:
        """The host as an operator would have named it."""
        return Entry(Clean(self.alias), self.alias)

    def start(self) -> None:
        """Listen, at the same port as before; returns when it does."""
        for _ in range(_PORTS_TRIED):
            port = self.port or _free_port(self.address, self.prefix)
            if self._listens(port):
                self.port = port
                return
        raise RuntimeError(f"sshd does not listen on {self.address}:\n{self.log[-2000:]}")

    def stop(self) -> None:
        """End the listener and every connection, at once, as a power cut would not announce it."""
        for pid in self.processes(freeze=True):
            end(pid)
        self._reap()

    def kill_listener(self) -> None:
        """End the listener alone: connections live on, new ones are refused."""
        end(self.pid)
        self._reap()

    def freeze(self) -> None:
        """Stop all its processes by SIGSTOP: the kernel still accepts, nobody answers."""
        self.processes(freeze=True)

    def thaw(self) -> None:
        """Let all go on after ``freeze``."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def processes(self, *, freeze: bool = False) -> list[int]:
        """Return the listener and all that descends from it, each stopped if ``freeze``."""
        return descent(self.pid, freeze=freeze) if self.pid else []

    def connections(self) -> list[int]:
        """Return the processes that serve connections, without what was begun on these."""
        return [pid for pid in self.processes()[1:] if _name(pid).startswith("sshd")]

    def _listens(self, port: int) -> bool:
        assert _SSHD, "no sshd on this machine"
        log, config = self.folder / "log", self.folder / "sshd_config"
        config.write_text("\n".join((*self.lines, *self._lines(port), "")))
        log.touch()
        seen = log.stat().st_size
        command = [
            "setpriv",
            "--pdeathsig",
            "KILL",
            _SSHD,
            "-D",
            "-f",
            str(config),
            "-E",
            str(log),
        ]
        process = subprocess.Popen(
            [*self.prefix, *command], stdin=subprocess.DEVNULL, start_new_session=True
        )

        def listens() -> bool:
            return b"Server listening" in log.read_bytes()[seen:]

        until(lambda: listens() or process.poll() is not None, PATIENCE, "sshd to listen")
        if process.poll() is not None:
            return False
        self.pid, self._process = process.pid, process
        return True

    def _lines(self, port: int) -> Iterator[str]:
        yield f"ListenAddress {self.address}"
        yield f"Port {port}"
        yield from (f"HostKey {key}" for key in self.keys)
        yield f"AuthorizedKeysFile {self.folder}/authorized_keys"
        yield f"PidFile {self.folder}/pid"
        yield "StrictModes no"
        yield "UsePAM no"
        yield "PasswordAuthentication no"
        yield "KbdInteractiveAuthentication no"
        yield "PrintLastLog no"
        yield "LogLevel VERBOSE"

    def _reap(self) -> None:
        self._process.wait(PATIENCE)
        self.pid = 0


@contextlib.contextmanager
def sshd(
    folder: Path,
    *lines: str,
    alias: str = "server",
    address: str = "127.0.0.1",
    prefix: Sequence[str] = (),
    kinds: Sequence[str] = ("ed25519",),
) -> Iterator[Sshd]:
    """Run a server that keeps everything in ``folder``, which is made; ends all of it.

    ``lines`` are of sshd_config, ``kinds`` are the types of its host keys.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd wants it, empty
    keys = [keypair(folder / f"host_{kind}", kind) for kind in kinds]
    server = Sshd(folder, alias, address, lines=lines, prefix=prefix, keys=keys)
    server.identity = keypair(folder / "id")
    (folder / "authorized_keys").write_text(public(server.identity) + "\n")
    server.start()
    try:
        server.config.write_text(server.stanza)
        server.known_hosts.write_text(server.key_line + "\n")
        yield server
    finally:
        if server.pid:
            server.stop()


def keypair(path: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    """Make a key pair unless it is there, and return its private half."""
    if not path.exists():
        command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", path.name]
        subprocess.run([*command, "-f", str(path)], check=True, stdin=subprocess.DEVNULL)
    return path


def certify(ca: Path, key: Path, *options: str) -> Path:
    """Sign the public half of ``key`` and return the certificate; ``options`` of ssh-keygen.

    ``"-h"`` makes it a host's; ``"-n", "web1"`` names its principals, ``"-V"`` its validity.
    """
    command = ["ssh-keygen", "-q", "-s", str(ca), "-I", key.name, *options, f"{key}.pub"]
    subprocess.run(command, check=True)
    return key.with_name(f"{key.name}-cert.pub")


def public(key: Path) -> str:
    """Return the type and the key of a pair, without its comment."""
    return " ".join(Path(f"{key}.pub").read_text().split()[:2])


def fingerprint(key: Path) -> str:
    """Return ``SHA256:...`` as ssh-keygen tells it."""
    command = ["ssh-keygen", "-l", "-f", f"{key}.pub"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[1]


def _name(pid: int) -> str:
    with contextlib.suppress(OSError):  # it has ended
        return Path(f"/proc/{pid}/comm").read_text()
    return ""


def _free_port(address: str, prefix: Sequence[str]) -> int:
    if prefix:
        return 22  # a namespace of its own has all ports
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.bind((address, 0))
        port = probe.getsockname()[1]
    assert isinstance(port, int)
    return port
