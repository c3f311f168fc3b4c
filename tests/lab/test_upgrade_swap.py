"""The image of an Autoserver root is swapped beneath services: whole, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from console.images.staged import StagedImage
from console.plan import Plan, Tier
from tests.lab.autoserver import Autoserver, autoserver, image
from tests.lab.guests.userland import Userland
from tests.lab.inventory import until
from tests.lab.world import NEEDS_WORLD

EVERY = "LEAKS" in os.environ
pytestmark = [
    *NEEDS_WORLD,
    pytest.mark.xdist_group("autoserver"),
    pytest.mark.skipif(not EVERY, reason="wants the loop devices for itself: make leaks"),
]

SERVICES = """
cat >/etc/init.d/web <<'X'
#!/bin/sh
[ ! -e /etc/broken ] || exit 1
kill "$(cat /run/web.pid)" 2>/dev/null
setsid /usr/bin/sleep 7001 </dev/null >/dev/null 2>&1 &
echo $! >/run/web.pid
X
cat >/opt/runsv <<'X'
#!/bin/sh
while :; do /usr/bin/sleep 7002; done
X
chmod +x /etc/init.d/web /opt/runsv
/etc/init.d/web start
setsid /opt/runsv </dev/null >/dev/null 2>&1 &
setsid /usr/bin/sleep 7003 </dev/null >/dev/null 2>&1 &
"""
"""One that has an init script, one that has a supervisor, and one that nobody restarts."""
OLD = ("A", "/boot_disk/autosvr/system.img", "1")
LOOPS = "cat /sys/block/loop*/loop/backing_file 2>/dev/null; true"  # others come and go


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    folder = tmp_path_factory.mktemp("images")
    return {name: image(folder / name, name) for name in ("A", "B")}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Autoserver]:
    with autoserver(tmp_path_factory.mktemp("autoserver")) as found:
        found.sh(SERVICES)
        yield found


def pids(host: Autoserver, seconds: int) -> list[str]:
    """Return the processes that sleep so long."""
    found = host.sh(f"pgrep -f '^/usr/bin/sleep {seconds}$' || :")
    return found.split()


def on(host: Autoserver, pid: str) -> str:
    """Return which image a process runs from, as the device that it has mapped files of."""
    return host.sh(f"grep -m1 /sleep /proc/{pid}/maps | cut -d' ' -f4")


def device(host: Autoserver) -> str:
    major, minor = host.sh("mountpoint -d /rofs_root").split(":")
    return f"{int(major):02x}:{int(minor):02x}"


def state(host: Autoserver) -> tuple[str, str, str]:
    """Return which image it runs, from which file, and how many squashfs there are."""
    loop = host.sh("findmnt -no SOURCE /rofs_root")
    file = host.sh(f"cat /sys/block/{loop.removeprefix('/dev/')}/loop/backing_file")
    count = host.sh("grep -c squashfs /proc/mounts")
    return host.release, file, count


def unharmed(host: Autoserver) -> None:
    """See that the old image is all there is, and that services run from it."""
    assert state(host) == OLD
    assert "ro," in host.sh("findmnt -no OPTIONS /boot_disk") + ","
    assert host.sh("ls /boot_disk/autosvr; ls -d /lib64*").split() == ["system.img", "/lib64"]
    services_run_from_it(host)


def number(plan: Plan, why: str) -> int:
    """Return the number of the step that says so."""
    return next(at for at, step in enumerate(plan.steps, 1) if why in step.why)


def sha256(host: Autoserver, file: str) -> str:
    return host.sh(f"sha256sum <{file}")


def services_run_from_it(host: Autoserver) -> None:
    """See that what is restarted runs from the image that is mounted, and uses its libraries."""
    for service in (7001, 7002):
        assert [on(host, pid) for pid in pids(host, service)] == [device(host)]
    assert host.sh("tail -c 1 /lib64/libc.so.6") == host.release


async def planned(host: Autoserver, staged: StagedImage) -> Plan:
    plan = await host.plan(staged)
    assert not plan.obstacles, plan.obstacles
    return plan


async def test_killed_at_any_step_it_is_taken_back(
    host: Autoserver, images: Mapping[str, Path]
) -> None:
    plan = await planned(host, host.stage(images["B"]))
    assert plan.tier is Tier.INTERRUPTS
    for step in range(1, len(plan.steps) + 1):
        job = host.begin(plan, f"kill-{step}")
        job.struck(step)
        job.run("roll-back")
        assert job.ended() == "undone", (step, job.journal, job.log)
        try:
            unharmed(host)
        except AssertionError as error:
            raise AssertionError(step, job.journal, job.log) from error


@pytest.mark.parametrize("changed", ["tampered", "cut", "foreign", "unfit", "later"])
async def test_what_is_not_right_is_refused(
    host: Autoserver, tmp_path: Path, images: Mapping[str, Path], changed: str
) -> None:
    file = tmp_path / "X"
    match changed:
        case "foreign":
            image(file, "X", {"usr/bin/dash": _for_arm()})
        case "unfit":
            image(file, "X", {"usr/bin/stat": b"#!/bin/false\n"})
        case _:
            shutil.copy(images["B"], file)
    staged = host.stage(file)
    there = host.root / "root/images/X"
    plan = await planned(host, staged)
    if changed in {"tampered", "cut"}:
        raw = bytearray(there.read_bytes())
        raw[5000] ^= 1
        there.write_bytes(raw if changed == "tampered" else raw[:-4096])
    if changed == "later":
        trick = "printf x | dd of=/boot_disk/autosvr/system.img.new bs=1 seek=9000 conv=notrunc"
        wrapper = f"case $* in *-f*new) /usr/bin/mount -o remount,rw /boot_disk; {trick} ;; esac"
        (host.root / "opt/losetup").write_text(
            f'#!/bin/sh\n{wrapper}\nexec /usr/sbin/losetup "$@"\n'
        )
        (host.root / "opt/losetup").chmod(0o755)
    job = host.begin(plan, changed)
    word = job.ended()
    (host.root / "opt/losetup").unlink(missing_ok=True)
    expected = {
        "tampered": (lambda: word.startswith("refused /root/images/X is not what was staged")),
        "cut": (lambda: word.startswith("refused /root/images/X is not what was staged")),
        "foreign": (lambda: word == "undone" and "for another architecture" in job.log),
        "unfit": (lambda: word == "undone" and "does not run from the new image" in job.log),
        "later": (lambda: word == "undone" and "is not what was staged any more" in job.log),
    }
    assert expected[changed](), (word, job.journal, job.log)
    unharmed(host)


async def test_a_service_that_does_not_come_back_brings_the_old_image_back(
    host: Autoserver, images: Mapping[str, Path]
) -> None:
    plan = await planned(host, host.stage(images["B"]))
    (host.root / "etc/broken").touch()
    job = host.begin(plan, "broken")
    word = job.ended()
    assert f"step {number(plan, '/etc/init.d/web')}" in job.journal
    (host.root / "etc/broken").unlink()
    assert word == "undone", (job.journal, job.log)
    unharmed(host)


async def test_a_swap_and_one_back(host: Autoserver, images: Mapping[str, Path]) -> None:
    web, (left,) = pids(host, 7001), pids(host, 7003)
    plan = await planned(host, host.stage(images["B"]))
    assert f"sleep ({left})" in plan.consequences[0]
    job = host.begin(plan, "swap")
    job.struck(number(plan, "let go"))
    job.run("finish")
    assert job.ended() == "done", (job.journal, job.log)
    assert state(host) == ("B", "/boot_disk/autosvr/system.img", "1")
    assert pids(host, 7001) != web
    services_run_from_it(host)
    seen = number(plan, "who runs from the old one")
    assert f"warn {seen} sleep ({left}) runs from the old image until it ends" in job.journal
    assert host.sh("ls /boot_disk/autosvr").split() == ["system.img", "system.img.old"]
    assert sha256(host, "/boot_disk/autosvr/system.img") == sha256(host, "/root/images/B")
    old = "system.img (deleted)"
    assert old in host.sh(LOOPS)
    host.sh(f"kill {left}; pkill -x runsv; pkill -f '[s]leep 7002'")
    until(lambda: old not in host.sh(LOOPS), 10, "the old image to end")

    # And back, where mounts reach others too and files have but one name.
    host.sh("mount --make-shared / && mount --make-shared /rofs_root")
    (host.root / "opt/ln").write_text("#!/bin/sh\nexit 1\n")
    (host.root / "opt/ln").chmod(0o755)
    plan = await planned(host, host.stage(images["A"]))
    job = host.begin(plan, "back")
    assert job.ended() == "done", (job.journal, job.log)
    assert state(host) == OLD
    for point in ("/", "/rofs_root"):
        assert host.sh(f"findmnt -no PROPAGATION {point}") == "shared"
    assert sha256(host, "/boot_disk/autosvr/system.img.old") == sha256(host, "/root/images/B")
    again = await host.plan(host.stage(images["A"]))
    assert not again.obstacles


async def test_by_busybox_alone(tmp_path: Path) -> None:
    new = image(tmp_path / "B", "B", userland=Userland.BUSYBOX)
    with autoserver(tmp_path, Userland.BUSYBOX) as host:
        plan = await planned(host, host.stage(new))
        job = host.begin(plan, "killed")
        job.struck(number(plan, "let go"))
        job.run("roll-back")
        assert job.ended() == "undone", (job.journal, job.log)
        assert host.release == "A"
        plan = await planned(host, host.stage(new))  # perhaps from another loop device by now
        job = host.begin(plan, "swap")
        assert job.ended() == "done", (job.journal, job.log)
        assert host.release == "B"
        assert host.sh("grep -c squashfs /proc/mounts") == "1"
        assert sha256(host, "/boot_disk/autosvr/system.img") == sha256(host, "/root/images/B")


def _for_arm() -> bytes:
    shell = bytearray(Path(shutil.which("dash") or "").read_bytes())
    shell[18] = 0xB7
    return bytes(shell)
