"""Jobs on this machine, here and over a real SSH connection: the same promises."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from backends.hands import ShellHands
from console.clean import Clean
from console.errors import ConsoleError
from console.jobs import JobState, Settling
from tests.backends import handmade
from tests.backends.handmade import folder, order, outcome, plan, reached
from tests.lab.inventory import end, until
from tests.lab.world import mount

pytestmark = [pytest.mark.root, pytest.mark.needs("sshd", "ssh", "flock", "setsid")]

ORDINARY = (1 << 31) - 1
"""Signals 1 to 31; the two after them are libc's own, and nobody else can set them right."""


@pytest.fixture
def login() -> Iterator[Path]:
    """A control group of version 2, beside the one where this process belongs."""
    groups = Path("/sys/fs/cgroup")
    mounted = (groups / "cgroup.controllers").exists()
    if not mounted:
        mount("cgroup2", groups, "cgroup2")
    made = Path(mkdtemp(dir=groups, prefix="login-"))
    yield made
    enter(groups)
    until(lambda: not (made / "cgroup.procs").read_text(), 10, "its processes to be gone")
    made.rmdir()
    if not mounted:
        subprocess.run(["umount", groups], check=True)


def enter(group: Path) -> None:
    """Belong to a control group from now on."""
    (group / "cgroup.procs").write_text(str(os.getpid()))


async def test_a_job_runs_to_its_end_and_tells_all(hands: ShellHands) -> None:
    made = order(plan("echo one; echo two", "true"))
    await hands.launch(made)
    job = await outcome(hands, made.id)
    assert (job.state, job.step, job.steps, job.told) == (JobState.DONE, 2, 2, None)
    assert (job.verb, job.subhost, job.who) == ("stop", handmade.SUBHOST, "alice@bastion")
    assert job.whys == ("do: echo one; echo two", "do: true")
    assert job.started is not None
    assert job.seconds is not None
    assert await hands.output(made.id, 10) == ("one", "two")
    assert await hands.output(made.id, 1) == ("two",)
    assert next(each for each in await hands.jobs() if each.id == made.id) == job
    handmade.all_gone(made.id)


async def test_only_root_can_see_a_job(hands: ShellHands) -> None:
    made = order(plan("true"))
    await hands.launch(made)
    for place in (folder(made.id), folder(made.id).parent, folder(made.id).parents[1]):
        found = place.stat()
        assert (found.st_uid, found.st_mode & 0o777) == (0, 0o700)
    modes = {each.stat().st_mode & 0o077 for each in folder(made.id).iterdir()} - {0o044}
    assert modes == {0}


async def test_a_job_has_a_session_and_nothing_of_ours(hands: ShellHands) -> None:
    made = order(plan("sleep 60"))
    os.environ["OF_THE_CONSOLE"] = "yes"
    await hands.launch(made)
    await reached(hands, made.id, 1)
    status = Path(f"/proc/{handmade.pid(made.id)}")
    fields = status.joinpath("stat").read_text().rpartition(")")[2].split()
    assert fields[3] == status.name  # leads its session
    assert fields[4] == "0"  # without a terminal
    ignored = status.joinpath("status").read_text().partition("SigIgn:")[2].split()[0]
    assert int(ignored, 16) & ORDINARY == 0
    given = status.joinpath("environ").read_bytes().split(b"\0")
    assert [each for each in given if each] == [
        b"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    ]
    assert status.joinpath("cwd").readlink() == Path("/")


async def test_a_refusal_is_told(hands: ShellHands) -> None:
    made = order(plan("false", check="false"))
    await hands.launch(made)
    job = await outcome(hands, made.id)
    assert (job.state, job.step, job.told) == (JobState.REFUSED, 0, "it does not hold")


async def test_what_failed_is_told_and_taken_back(hands: ShellHands, tmp_path: Path) -> None:
    made = order(plan("true", "echo because >&2; exit 7", undo=f"echo x >>{tmp_path}/undone"))
    await hands.launch(made)
    job = await outcome(hands, made.id)
    assert job.state is JobState.UNDONE
    assert job.told is not None
    assert job.told.startswith("step 2 (do: echo because >&2; exit 7) failed with status 7")
    assert (tmp_path / "undone").read_text() == "x\nx\n"
    assert "because" in await hands.output(made.id, 10)


async def test_one_id_is_begun_once(hands: ShellHands, tmp_path: Path) -> None:
    made = order(plan(f"echo x >>{tmp_path}/done"))
    await asyncio.gather(*(hands.launch(made) for _ in range(4)))
    await hands.launch(made)
    assert (await outcome(hands, made.id)).state is JobState.DONE
    assert (tmp_path / "done").read_text() == "x\n"
    assert sorted(each.name for each in folder(made.id).iterdir()) == [
        *("about", "job", "journal", "lock", "log", "pid", "who")
    ]


async def test_one_job_at_a_time_acts_on_a_subhost(hands: ShellHands) -> None:
    first, second = order(plan("sleep 60")), order(plan("true"), "bob@elsewhere")
    await hands.launch(first)
    await reached(hands, first.id, 1)
    await hands.launch(second)
    job = await outcome(hands, second.id)
    assert job.state is JobState.REFUSED
    assert job.told == f"busy: alice@bastion stop {first.id}"
    handmade.kill(first.id)
    assert (await outcome(hands, first.id)).state is JobState.KILLED


@pytest.mark.parametrize("how", Settling)
async def test_a_killed_job_is_settled(hands: ShellHands, tmp_path: Path, how: Settling) -> None:
    gate = tmp_path / "gate"
    steps = (
        f"echo 1 >>{tmp_path}/done",
        f"[ -e {gate} ] || sleep 60",
        f"echo 3 >>{tmp_path}/done",
    )
    made = order(plan(*steps, undo=f"echo x >>{tmp_path}/undone"))
    await hands.launch(made)
    await reached(hands, made.id, 2)
    with pytest.raises(ConsoleError, match="it is running"):
        await hands.settle(made.id, how)
    handmade.kill(made.id)
    killed = await outcome(hands, made.id)
    assert (killed.state, killed.step) == (JobState.KILLED, 2)
    assert killed.finishable
    assert killed.told == "it was killed at step 2"
    gate.touch()
    await hands.settle(made.id, how)
    job = await outcome(hands, made.id)
    if how is Settling.FINISH:
        assert job.state is JobState.DONE
        assert (tmp_path / "done").read_text() == "1\n3\n"
    else:
        assert job.state is JobState.UNDONE
        assert (tmp_path / "undone").read_text() == "x\nx\n"
    with pytest.raises(ConsoleError, match="there is nothing to"):
        await hands.settle(made.id, how)
    handmade.all_gone(made.id)


async def test_a_settling_that_finds_the_subhost_busy_leaves_the_job_to_be_settled(
    hands: ShellHands,
) -> None:
    killed, other = order(plan("sleep 60")), order(plan("sleep 60"))
    await hands.launch(killed)
    await reached(hands, killed.id, 1)
    handmade.kill(killed.id)
    await hands.launch(other)
    await reached(hands, other.id, 1)
    await hands.settle(killed.id, Settling.ROLL_BACK)
    job = await outcome(hands, killed.id)
    assert job.state is JobState.KILLED
    assert job.told is not None
    assert job.told.startswith("busy: alice@bastion stop")
    handmade.kill(other.id)
    await hands.settle(killed.id, Settling.ROLL_BACK)
    assert (await outcome(hands, killed.id)).state is JobState.UNDONE


async def test_a_job_runs_while_a_command_of_it_does(hands: ShellHands, tmp_path: Path) -> None:
    made = order(plan(f"echo $$ >{tmp_path}/pid; exec sleep 60"))
    await hands.launch(made)
    await reached(hands, made.id, 1)
    until(lambda: (tmp_path / "pid").exists(), handmade.PATIENCE, "the command to begin")
    end(handmade.pid(made.id))
    (job,) = (each for each in await hands.jobs() if each.id == made.id)
    assert job.state is JobState.RUNNING
    assert job.told == "it was killed, but a command of it still runs"
    end(int((tmp_path / "pid").read_text()))
    assert (await outcome(hands, made.id)).state is JobState.KILLED


async def test_a_job_and_its_log_outlive_the_control_group_of_the_login(
    hands: ShellHands, tmp_path: Path, login: Path
) -> None:
    made = order(plan(f"until [ -e {tmp_path}/go ]; do sleep 0.1; done; echo said", "true"))
    await hands.launch(order(plan("true")))  # what follows jobs is no part of that login
    enter(login)
    await hands.launch(made)
    enter(login.parent)
    (login / "cgroup.kill").write_text("1")
    (tmp_path / "go").touch()
    assert (await outcome(hands, made.id)).state is JobState.DONE
    assert await hands.output(made.id, 1) == ("said",)


async def test_a_flood_of_output_is_bounded(hands: ShellHands) -> None:
    made = order(plan("head -c 50000000 /dev/zero | tr '\\0' x; echo; echo end"))
    await hands.launch(made)
    assert (await outcome(hands, made.id)).state is JobState.DONE
    handmade.all_gone(made.id)
    assert (folder(made.id) / "log").stat().st_size < 1.1 * 2**20
    (line, last) = await hands.output(made.id, 10)
    assert last == "all after this was dropped"
    assert len(line) <= 256


async def test_a_job_that_never_was(hands: ShellHands) -> None:
    for name in ("20991126T000000Z-none", "../../etc", "", "a b", "-x"):
        with pytest.raises(ConsoleError):
            await outcome(hands, Clean(name))
        with pytest.raises(ConsoleError):
            await hands.output(Clean(name), 3)
        with pytest.raises(ConsoleError):
            await hands.settle(Clean(name), Settling.FINISH)


async def test_what_lies_among_the_jobs_hides_none(hands: ShellHands, tmp_path: Path) -> None:
    good, odd, large = (order(plan("true")) for _ in range(3))
    for each in (good, odd, large):
        await hands.launch(each)
        await outcome(hands, each.id)
    (folder(odd.id) / "about").write_bytes(b"\xff\0" * 99 + b"\nid=\x1b[31m\nverb\n")
    (folder(large.id) / "journal").write_bytes(b"1.0 step 1\n" * 9999)
    link = folder(f"{good.id}0")
    link.symlink_to(tmp_path)
    stray = folder(f"{good.id}1")
    stray.mkdir()
    os.mkfifo(stray / "about")
    try:
        found = {each.id: each for each in await hands.jobs()}
    finally:
        link.unlink()
        (stray / "about").unlink()
        stray.rmdir()
    assert found[good.id].state is JobState.DONE
    assert (found[odd.id].state, found[odd.id].verb) == (JobState.UNKNOWN, "?")
    assert found[large.id].step == 0
    assert link.name not in found
    assert found[Clean(stray.name)].state is JobState.UNKNOWN
