"""A host in disguise: a server in a mount namespace where some files are others.

``with disguised(folder, shown(file, "/proc/uptime"), login="/usr/bin/tcsh") as server:`` has other
logins and another past than this machine, of which nothing has changed. Needs a network namespace
of its own, where port 22 is free.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

from tests.lab.sshd import Sshd, public, sshd

GUEST = 60123
"""User id of ``guest``, the login beside root; no one else here has it."""
_TIED = ("setpriv", "--pdeathsig", "KILL")
_ALONE = ("--pid", "--fork", "--kill-child", "--mount-proc")


def staged(*steps: str) -> tuple[str, ...]:
    """Return what begins a command line that is to run after these lines of shell.

    Mounts and processes are its own, and none of them outlives it or the thread that began it.
    """
    script = "\n".join(("set -e", *steps, 'exec "$@"'))
    return (*_TIED, "unshare", "--mount", *_ALONE, "sh", "-c", script, "sh")


def shown(file: Path, place: str) -> str:
    """Return the step that shows ``file`` in place of the one that is there."""
    return f"mount --bind {quote(str(file))} {quote(place)}"


def recorded(upper: Path, folder: Path) -> str:
    """Return the steps after which all that is written anywhere but in ``folder`` is in ``upper``.

    ``upper`` is an empty directory beside which there is room for another.
    """
    return f"""
mkdir {upper}.root {upper}.work
mount -t overlay -o lowerdir=/,upperdir={upper},workdir={upper}.work recorded {upper}.root
for each in /proc /sys /dev {folder}; do
    mkdir -p "{upper}.root$each"
    mount --rbind "$each" "{upper}.root$each"
done
mount --bind /etc/passwd {upper}.root/etc/passwd
set -- chroot {upper}.root "$@"
"""


def passwd(file: Path, *, login: str = "/bin/sh", home: str = "/") -> Path:
    """Write a list of users: root and ``guest`` have this shell to log in to and home."""
    users = {"root": 0, "guest": GUEST, "sshd": GUEST + 1, "nobody": 65534}
    lines = [f"{name}:x:{uid}:{uid}::{home}:{login}\n" for name, uid in users.items()]
    file.write_text("".join(lines))
    return file


@contextmanager
def disguised(
    folder: Path,
    *steps: str,
    lines: Sequence[str] = (),
    address: str = "127.0.0.1",
    alias: str = "server",
    login: str = "/bin/sh",
) -> Iterator[Sshd]:
    """Run a server after these steps; ``lines`` are of sshd_config.

    Both its users, ``root`` and ``guest``, have ``login`` as their shell, and the same home:
    ``folder/home``.
    """
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    users = passwd(folder / "passwd", login=login, home=str(home))
    prefix = staged(shown(users, "/etc/passwd"), *steps)
    with sshd(folder, *lines, alias=alias, address=address, prefix=prefix) as server:
        server.known_hosts.write_text(f"{address} {public(server.keys[0])}\n")
        yield server
