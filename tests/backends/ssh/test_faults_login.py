"""Logins that are not as one expects: other shells, noise before the program, no shell at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from console.errors import Problem
from tests.lab.link import NEEDS_LINK, island
from tests.lab.sshd import Sshd
from tests.lab.staged import disguised
from tests.lab.watching import told, up, watching
from tests.lab.world import World

pytestmark = [
    *NEEDS_LINK,
    pytest.mark.needs("sshd", "ssh", "ssh-keygen", "setpriv", "tcsh", "mksh", "fish", "busybox"),
]

NOISE = "echo 'Welcome to \033[31mproduction\033[0m'; echo 'You have mail.' >&2\n"


@dataclass(frozen=True, slots=True)
class Odd:
    """A server at which one logs in otherwise than usual."""

    shell: str = "/bin/sh"
    lines: Sequence[str] = ()
    files: Sequence[tuple[str, str]] = ()
    """Start-up files: name below the home folder, and what is in them."""
    steps: Sequence[str] = ()
    """Lines of shell before the server starts."""


HOLLOW = r"read -r first; first=${first#S=}; printf '\n%s.0\n' ${first%% *}; exec sleep 99"
"""Ends its first answer as the program would, and has put nothing in."""
ODD = {
    "csh": Odd("/usr/bin/tcsh", files=[(".cshrc", "echo tcsh greets\n")]),
    "fish": Odd("/usr/bin/fish", files=[(".config/fish/config.fish", NOISE)]),
    "mksh": Odd("/bin/mksh"),
    "bash": Odd("/bin/bash", files=[(".bashrc", NOISE + "sleep 1\n")]),
    "busybox": Odd(steps=["mount --bind $(command -v busybox) /bin/sh"]),
    "rc": Odd(files=[(".ssh/rc", NOISE)]),
    "banner": Odd(lines=["Banner /etc/passwd", "PrintMotd yes"]),
    "passing": Odd(lines=['ForceCommand sh -c "$SSH_ORIGINAL_COMMAND"']),
    "echo": Odd(lines=["ForceCommand echo not for you; exit 3"]),
    "cat": Odd(lines=["ForceCommand cat"]),
    "sftp": Odd(lines=["ForceCommand internal-sftp"]),
    "nologin": Odd("/usr/sbin/nologin"),
    "hollow": Odd(lines=[f"ForceCommand {HOLLOW}"]),
}
NONE = {
    "echo": (Problem.DENIED, "no shell (exit status 3): not for you"),
    "cat": (Problem.TIMEOUT, "no shell answered"),
    "sftp": (Problem.DENIED, "no shell (exit status 1)"),
    "nologin": (Problem.DENIED, "This account is currently not available."),
    "hollow": (Problem.GARBLED, "a greeting that says nothing"),
}
"""Those that give no shell: how that is called, and what is said about it."""


@pytest.fixture
def servers() -> Iterator[list[Sshd]]:
    with World() as world, island(world), ExitStack() as stack:
        yield [
            stack.enter_context(begun(world.place() / name, odd, number))
            for number, (name, odd) in enumerate(ODD.items(), 2)
        ]


def begun(folder: Path, odd: Odd, number: int) -> AbstractContextManager[Sshd]:
    for file, text in odd.files:
        path = folder / "home" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    place = {"alias": folder.name, "address": f"127.0.0.{number}"}
    return disguised(folder, *odd.steps, lines=odd.lines, login=odd.shell, **place)


async def test_every_login_is_a_host_or_says_why_not(servers: list[Sshd], tmp_path: Path) -> None:
    config = tmp_path / "ssh_config"
    config.write_text("".join(server.stanza for server in servers))
    async with watching(config, [server.entry for server in servers]) as watch:
        await watch.until(lambda contact: bool(contact.host or contact.failed))
        await watch.until(up, *(name for name in ODD if name not in NONE))
        for name, (problem, part) in NONE.items():
            contact = watch.contact(name)
            assert contact.problem is problem, told(contact)
            assert part in (contact.trouble or "")
            assert contact.remedy
