"""Stopping subhosts for real: gently first, then by force, and nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from console.clean import Clean
from console.model import Running
from console.plan import Plan, Verb, Wish
from console.shell import FRAME
from tests.lab.bystanders import running
from tests.lab.hung_fuse import hung_mounts
from tests.lab.inventory import Inventory, end, until
from tests.lab.planning import Operator, begun, done, ended, start
from tests.lab.subhost import Subhost
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("flock", "setpriv", "timeout")]

Start = Callable[[Subhost], None]


async def started(operator: Operator, subhost: Subhost, by: str) -> int:
    """Start it as we do, or as overlay-boot does, and return the pid of its first process."""
    if by == "overlay-boot":
        return subhost.start().pids.init
    await start(operator, subhost)
    pid = (await operator.subhost(subhost.name)).pid
    assert pid
    return pid


def daemon(subhost: Subhost, trap: str) -> None:
    """Leave a process behind inside, a child of the first one, with this trap."""
    loop = f"(trap {trap}; touch /ready; while :; do sleep 0.05; done) >/dev/null 2>&1 &"
    subhost.spawn("sh", "-c", loop).wait(10)
    until((subhost.folder / "root/ready").exists, 10, "its trap")


def flocked(lock: Path) -> None:
    """Wait until nobody holds a lock."""
    subprocess.run(["flock", "-w", "20", str(lock), "true"], check=True)


def service(subhost: Subhost, name: str, body: str = "") -> None:
    """Make an init script that tells of what it is asked to do, then does ``body``."""
    script = subhost.folder / "root/etc/init.d" / name
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(f'#!/bin/sh\necho "{name} $1" >>/order\n{body}\n')
    script.chmod(0o755)


async def stopping(operator: Operator, subhost: Subhost, patience: float = 2) -> Plan:
    plan = await operator.planned(Wish(Verb.STOP, Clean(subhost.name), patience=patience))
    assert not plan.obstacles
    return plan


async def assert_gone(
    operator: Operator, subhost: Subhost, world: World, before: Inventory
) -> None:
    subhost.reap()
    assert world.inventory() == before
    found = await operator.subhost(subhost.name)
    assert (found.state, found.residue) == (Running.STOPPED, ())


@pytest.mark.parametrize("by", ["overlay-boot", "subdeck"])
async def test_an_empty_subhost_leaves_nothing(world: World, ours: Operator, by: str) -> None:
    bridge = world.bridge()
    subhost = world.subhost(f"START=none\nRAM_SIZE=8M\nCABLES={bridge}= =\n")
    before = world.inventory()
    await started(ours, subhost, by)
    job = done(await stopping(ours, subhost))
    assert job.log == ""
    await assert_gone(ours, subhost, world, before)


@pytest.mark.parametrize("by", ["overlay-boot", "subdeck"])
async def test_services_are_stopped_in_reverse(world: World, ours: Operator, by: str) -> None:
    subhost = world.subhost("START=alpha beta\n")
    service(subhost, "alpha")
    service(subhost, "beta", "[ $1 != stop ] || sleep 30")
    before = world.inventory()
    await started(ours, subhost, by)
    order = subhost.folder / "root/order"
    job = done(await stopping(ours, subhost, patience=1))
    assert order.read_text().endswith("beta stop\nalpha stop\n")
    assert "warn 1 beta did not stop within 1 s" in job.journal
    await assert_gone(ours, subhost, world, before)


async def test_what_stops_services_holds_nothing_of_the_host(world: World, ours: Operator) -> None:
    subhost = world.subhost("START=alpha\n")
    service(subhost, "alpha", "ls -l /proc/self/fd /proc/self/cwd >/seen; env >>/seen")
    pid = subhost.start().pids.init
    assert ended(await stopping(ours, subhost)).word == "done"
    seen = (subhost.folder / "root/seen").read_text()
    links = [line.partition(" -> ")[2] for line in seen.splitlines() if " -> " in line]
    assert links.count("/") == 1  # where it works
    assert not [link for link in links if "/locks/" in link or link == f"/proc/{pid}"]
    assert "UNSHARED" not in seen


async def test_who_heeds_a_signal_may_end_by_itself(world: World, ours: Operator) -> None:
    subhost = world.subhost("START=none\n").start()
    before_end = subhost.folder / "root/last-words"
    daemon(subhost, "'sleep 0.3; echo bye >/last-words; exit' TERM")
    job = ended(await stopping(ours, subhost, patience=10))
    assert job.word == "done"
    assert before_end.read_text() == "bye\n"
    assert not [line for line in job.journal if line.startswith("warn")]


async def test_who_heeds_none_is_killed(world: World, ours: Operator) -> None:
    subhost = world.subhost("START=none\n")
    before = world.inventory()
    subhost.start()
    daemon(subhost, "'' TERM HUP")
    job = ended(await stopping(ours, subhost, patience=1))
    assert job.word == "done"
    assert "warn 1 not all has ended within 1 s" in job.journal
    await assert_gone(ours, subhost, world, before)


async def test_without_its_holder(world: World, ours: Operator) -> None:
    subhost = world.subhost(f"START=none\nCABLES={world.bridge()}=\n")
    bridge = world.inventory()
    subhost.start()
    end(subhost.pids.holder)
    assert (await ours.subhost(subhost.name)).state is Running.BROKEN
    plan = await stopping(ours, subhost)
    assert plan.notes == ("its holder is gone: what that would have removed is removed here",)
    done(plan)
    await assert_gone(ours, subhost, world, bridge)


def test_a_name_that_hides_the_start_of_a_process() -> None:
    script = rf"""{FRAME}
printf 'a) S 1\n) Z 1' >/proc/$$/comm
stat_of $$
set -- $stat
alive $$ "${{20}}" && echo alive
alive $$ 7 || echo another
"""
    done = subprocess.run(["sh", "-s"], input=script, capture_output=True, text=True, check=False)
    assert done.stdout == "alive\nanother\n", done.stderr


async def test_a_subhost_started_anew_is_refused(world: World, ours: Operator) -> None:
    subhost = world.subhost("START=none\n").start()
    plan = await stopping(ours, subhost)
    subhost.stop()
    subhost.start()
    job = ended(plan)
    assert job.word
    assert job.word.startswith("refused")
    assert "started anew" in job.word
    assert (await ours.subhost(subhost.name)).pid == subhost.pids.init


async def test_a_reused_pid_is_never_hit(world: World, ours: Operator) -> None:
    subhost = world.subhost("START=none\n").start()
    plan = await stopping(ours, subhost, 1)
    with running("sleep", "60") as bystander:
        forged = tuple(
            replace(
                step,
                operations=tuple(
                    replace(each, argv=(each.argv[0], str(bystander.pid), "1", *each.argv[3:]))
                    if each.argv[0] in {"ask", "slay", "dismiss"}
                    else each
                    for each in step.operations
                ),
            )
            for step in plan.steps
        )
        ended(replace(plan, steps=forged[:2], checks=()))
        assert bystander.poll() is None
        bystander.kill()


def test_the_host_is_never_signalled_for_a_subhost() -> None:
    functions = FRAME + Path("console/shell/ending.sh").read_text()
    # In a pid namespace of its own, where all that could be hit are these few.
    script = f"""{functions}
sleep 60 & bystander=$!
stat_of $bystander
set -- $stat
pinned $bystander ${{20}} signal_all TERM || echo refused
pinned $bystander ${{20}} hang_up 1 || echo refused
kill -0 $bystander && echo alive
kill -KILL $bystander
"""
    done = subprocess.run(
        ["unshare", "-pf", "--mount-proc", "sh", "-s"],
        input=script,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.stdout == "refused\nrefused\nalive\n", done.stderr


async def test_what_cannot_die_is_named(world: World, ours: Operator, tmp_path: Path) -> None:
    subhost = world.subhost("START=none\n")
    before = world.inventory()
    subhost.start()
    with hung_mounts(world.place(), 1, "silent") as (hung,):
        stuck = running("nsenter", "-t", str(subhost.pids.init), "-p", "-n", "df", str(hung))
        until(lambda: _hangs(subhost.pids.init), 10, "a process that hangs")
        plan = await stopping(ours, subhost, 1)
        shortened = tuple(
            replace(
                step,
                operations=tuple(
                    replace(each, argv=(*each.argv[:3], "1", *each.argv[4:]))
                    if each.argv[0] in {"slay", "dismiss"}
                    else each
                    for each in step.operations
                ),
            )
            for step in plan.steps
        )
        job = ended(replace(plan, steps=shortened))
        assert job.word
        assert job.word.startswith("left"), job.journal
        (told,) = [line for line in job.journal if "does not end" in line and "(df)" in line]
        assert "state D, in " in told
    stuck.wait(10)
    job = job.again("finish")
    job.process.wait(20)
    assert job.word == "done", f"{job.journal} {job.log}"
    await assert_gone(ours, subhost, world, before)


def _hangs(first: int) -> bool:
    """Whether a process in the pid namespace of ``first`` waits for a file system."""
    own = Path(f"/proc/{first}/ns/pid").stat().st_ino
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            waits = (path / "wchan").read_text().startswith("request_wait")
            if waits and (path / "ns/pid").stat().st_ino == own:
                return True
    return False


@pytest.mark.parametrize("step", [1, 2, 3, 4, 5])
async def test_killed_at_any_step_it_can_be_finished(
    world: World, ours: Operator, step: int
) -> None:
    subhost = world.subhost(f"START=alpha\nCABLES={world.bridge()}=\n")
    service(subhost, "alpha")
    before = world.inventory()
    subhost.start()
    job = begun(await stopping(ours, subhost, 1))
    deadline = time.monotonic() + 20
    while f"step {step}" not in job.journal and time.monotonic() < deadline:
        pass
    os.kill(job.process.pid, signal.SIGKILL)
    job.process.wait()
    if job.word is None:
        # What its last command was may still run, and until then so does the job.
        flocked(job.folder / "lock")
        again = job.again("finish")
        assert again.ended() == "done", f"{again.journal} {again.log}"
        again.process.wait(10)
    await assert_gone(ours, subhost, world, before)
    found = await ours.subhost(subhost.name)
    assert (found.state, found.residue) == (Running.STOPPED, ())
