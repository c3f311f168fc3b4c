"""``subdeck enter``: a shell or a command in a subhost or on a host; its exit status is ours."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from backends.relay import terminal_size
from console.clean import Clean, clean
from console.cli.reach import Reach
from console.cli.setup import permit, settings, wanted
from console.cli.visit import visit, visit_unseen
from console.cli.watching import mute
from console.config import Config
from console.errors import ConsoleError
from console.fleet import Fleet
from console.inventory import LOCAL
from console.model import Host
from console.targets import Target, Wanted, selected
from console.terminal import LEFT, how

FAILED = 1
LOST = 255
"""Exit status when nobody can know the command's, as of ssh, which ends so after ``~.`` too."""
_KEPT = (
    *("HOME", "LANG", "LC_ALL", "LC_CTYPE", "SSH_AUTH_SOCK"),
    *("XDG_CONFIG_HOME", "XDG_STATE_HOME"),
)
"""Of the environment, what counts in a pane as it does here."""
_HELD = '"$@" || { printf "exit status %s; Enter closes this " $?; read -r _; }'
"""Keeps a pane open for as long as it takes to read why something failed."""


def run(arguments: Namespace) -> int:
    """Enter the target; return the exit status."""
    config = settings(arguments)
    asked = wanted(arguments, config)
    if len(asked.entries) != 1:
        names = ", ".join(entry.name for entry in asked.entries[:4])
        more = ", ..." if len(asked.entries) > 4 else ""
        raise ConsoleError(f"{arguments.targets[0]}: one host is entered, not {names}{more}")
    if arguments.tmux:
        return _in_tmux(arguments)
    heard: list[int] = []
    try:
        return asyncio.run(_enter(arguments, config, asked, heard))
    except asyncio.CancelledError:
        return 128 + heard[0]
    except BrokenPipeError:
        return 128 + signal.SIGPIPE


async def _enter(arguments: Namespace, config: Config, asked: Wanted, heard: list[int]) -> int:
    fleet = Reach(arguments, config, patient=True).fleet(asked.entries, None)
    permit(fleet.deeds, arguments)
    with _endings(heard):
        try:
            unseen = config.enter_with == "ssh" and terminal_size() is not None
            status = await _visited(fleet, arguments, asked, unseen=unseen)
        except ConsoleError as error:
            hint = f" ({error.hint})" if error.hint else ""
            sys.stderr.write(f"subdeck: {error}{hint}\n")
            return FAILED
        finally:
            await fleet.close()
    if status is None and terminal_size() is None:  # else it was told
        sys.stderr.write(f"subdeck: {asked.targets[0]}: {how(status)}\n")
    return LOST if status is None or status == LEFT else status


async def _visited(
    fleet: Fleet, arguments: Namespace, asked: Wanted, *, unseen: bool
) -> int | None:
    """Enter; ``unseen``: a host needs no look, for ssh may get in where we do not."""
    opener, (entry,) = fleet.deeds.terminal, asked.entries
    if unseen and entry.name != LOCAL and not _named(asked.targets):
        visiting = await visit_unseen(opener, entry.name, arguments.inside)
    else:
        host = await _seen(fleet, arguments.timeout)
        visiting = await visit(opener, host, _chosen(host, asked.targets), arguments.inside)
    try:
        return await visiting.stay()
    finally:
        visiting.leave()


async def _seen(fleet: Fleet, within: float | None) -> Host:
    """Return the only host, looked at once."""
    await fleet.look_at_all(within)
    contacts = fleet.view.contacts
    for _, told in mute(contacts):
        raise ConsoleError(told)
    host = contacts[0].host
    if host is None:
        raise ConsoleError(f"{contacts[0].name}: not seen")
    return host


def _chosen(host: Host, targets: Sequence[Target]) -> Clean | None:
    """Return the one subhost that is meant; ``None``: the host itself."""
    if not _named(targets):
        return None
    names = [subhost.name for subhost in selected(host, targets).subhosts]
    if not names:
        raise ConsoleError(f"{targets[0]}: no such subhost", "subdeck status lists them")
    if len(names) > 1:
        raise ConsoleError(f"{targets[0]}: one subhost is entered, not {', '.join(names[:4])}")
    return names[0]


def _named(targets: Sequence[Target]) -> bool:
    """Whether a subhost is meant."""
    return any(target.subhost is not None for target in targets)


@contextmanager
def _endings(heard: list[int]) -> Iterator[None]:
    """Let SIGTERM and SIGHUP cancel what we do, so that the terminal is given back."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def end(number: int, frame: FrameType | None) -> None:
        heard.append(number)
        if task is not None:
            loop.call_soon_threadsafe(task.cancel)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _in_tmux(arguments: Namespace) -> int:
    """Do the same in a pane or window of the tmux around us; return once that is open."""
    pane = os.environ.get("TMUX_PANE")
    if not (os.environ.get("TMUX") and pane):
        raise ConsoleError("--tmux: there is no tmux around us", "leave --tmux out")
    kept = [f"{name}={os.environ[name]}" for name in _KEPT if name in os.environ]
    python = [sys.executable, "-P", "-m", "console", "enter", *_again(arguments)]
    shown = ["sh", "-c", _HELD, "sh", "env", *kept, *python]
    # A window belongs to the session of the pane we are in, which tmux finds by itself.
    place = ["split-window", "-t", pane] if arguments.tmux == "pane" else ["new-window"]
    command = ["tmux", *place, "-c", str(Path.cwd()), "--", *shown]
    try:
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 # argv, no shell
    except OSError as error:
        raise ConsoleError(f"--tmux: tmux cannot be run: {error.strerror}") from error
    if done.returncode:
        raise ConsoleError(f"--tmux: {clean(done.stderr.strip())}")
    return 0


def _again(arguments: Namespace) -> Iterator[str]:
    """Yield the words that ask for the same once more."""
    options = {
        "--config": arguments.config,
        "--ssh-config": arguments.ssh_config,
        "--timeout": arguments.timeout,
        "--unlock": arguments.unlock,
    }
    yield from (f"{name}={value}" for name, value in options.items() if value is not None)
    yield arguments.targets[0]
    yield from ("--", *arguments.inside) if arguments.inside else ()
