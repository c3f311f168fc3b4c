"""A start on the real kernel: what runs then, what it sees, and that all of it goes again."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.model import Running
from tests.lab.inventory import until
from tests.lab.started import Starter, environ, mounts, run
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("flock", "setpriv", "ip")]

MAC = "02:00:00:00:00:17"


def cmdline(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]


def comm(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def namespace(pid: int | str, kind: str) -> int:
    return Path(f"/proc/{pid}/ns/{kind}").stat().st_ino


def named(name: str) -> Path:
    return Path("/run/netns", name)


async def test_it_has_the_shape_that_overlay_boot_gives(world: World, starter: Starter) -> None:
    before = world.inventory()
    bridge = world.bridge()
    up = await starter.up(f"START=none\nRAM_SIZE=8M\nCABLES={bridge}={MAC} =\n")
    name, holder = up.subhost.name, up.job.process.pid

    assert comm(holder) == "overlay-boot"
    words = cmdline(holder)
    assert words[1].endswith("/overlay-boot")
    assert words[2] == str(up.subhost.conf)
    assert b"UNSHARED=yes" in environ(holder)
    assert b"UNSHARED=yes" not in environ(up.pid)
    assert namespace(holder, "net") == namespace("self", "net")
    for kind in ("net", "mnt", "pid", "ipc", "uts"):
        assert namespace(up.pid, kind) != namespace("self", kind), kind
    assert named(name).stat().st_ino == namespace(up.pid, "net")
    assert run("pgrep", "-f", f"overlay-boot.*/{name}.conf").split() == [str(holder)]
    below = run("pgrep", "-P", str(holder)).split()
    assert run("pgrep", "-P", *below).split() == [str(up.pid)]

    for inner in ("eth0", "eth1"):  # as its networking would
        up.say("ip", "link", "set", inner, "up")
    found = await starter.operator.subhost(name)
    assert found.state is Running.RUNNING
    assert found.pid == up.pid
    assert [(cable.outer, cable.inner, cable.bridge, cable.up) for cable in found.cables] == [
        (f"{name}0", "eth0", bridge, True),
        (f"{name}1", "eth1", None, True),
    ]
    assert up.say("cat", "/sys/class/net/eth0/address").strip() == MAC
    assert "UP" in up.say("ip", "-br", "link", "show", "lo")

    up.end()
    run("ip", "link", "del", bridge)
    assert until(lambda: world.inventory() == before, 5, "nothing to be left")


async def test_it_sees_itself_and_nothing_of_the_host(starter: Starter) -> None:
    up = await starter.up("START=none\nRAM_SIZE=8M\nCABLES==\n")
    name = up.subhost.name
    assert up.say("hostname").strip() == name
    assert {line.split()[1] for line in up.say("cat", "/proc/mounts").splitlines()} == {
        *("/", "/dev", "/dev/pts", "/run", "/proc", "/sys"),
    }
    processes = up.say("ps", "-e", "-o", "comm=").split()
    assert sorted(set(processes) - {"sleep"}) == [".reaper", "dummy_service", "ps"]
    assert sorted(up.say("ls", "/sys/class/net").split()) == ["eth0", "lo"]
    assert up.say("dd", "if=/dev/zero", "bs=4", "count=1", "status=none") == "\0" * 4
    up.say("sh", "-c", "echo x >/dev/null && head -c1 /dev/urandom >/dev/null")
    assert up.say("sh", "-c", "echo x | cat /dev/fd/0").strip() == "x"
    assert "size=8192k" in next(line for line in mounts(up) if line[1] == "/run")[3]
    assert "iface eth0 inet manual" in up.path("/etc/network/interfaces").read_text()
    assert not list(up.path("/dev/shm").iterdir())  # noqa: S108 (the subhost's)
    assert f"/{name}\n" in up.say("cat", "/proc/1/cgroup")
    up.path("/run/dummy_service").write_text("\n")
    up.job.process.wait(10)  # with its only process, it ends
    assert not named(name).exists()


async def test_it_logs_to_its_log_through_no_symlink(world: World, starter: Starter) -> None:
    subhost = starter.made("START=/bin/echo /no/such\nRAM_SIZE=8M\n")
    victim = world.place() / "victim"
    victim.write_text("precious")
    subhost.log.symlink_to(victim)
    up = await starter.up(subhost)
    assert victim.read_text() == "precious"
    assert "/no/such" in subhost.log.read_text()
    assert any("/no/such failed with status 127" in line for line in up.job.journal)


async def test_services_get_no_environment_and_no_open_files(starter: Starter) -> None:
    subhost = starter.made("START=/srv/tell\nRAM_SIZE=8M\n")
    tell = subhost.folder / "root/srv/tell"
    tell.parent.mkdir()
    tell.write_text("#!/bin/sh\nexport -p\nls /proc/$$/fd\ncat </dev/stdin\n")
    tell.chmod(0o755)
    await starter.up(subhost)
    said = subhost.log.read_text()
    names = {line.split()[1].partition("=")[0] for line in said.splitlines() if "export" in line}
    assert names <= {"PATH", "PWD", "OLDPWD", "SHLVL", "_"}
    assert [line for line in said.split() if line.isdigit()] == ["0", "1", "10", "2"]


async def test_a_service_is_started_as_the_subhost_starts_them(starter: Starter) -> None:
    subhost = starter.made("START=one gone\nRAM_SIZE=8M\n")
    init = subhost.folder / "root/etc/init.d/one"
    init.parent.mkdir(parents=True)
    init.write_text('#!/bin/sh\necho "$0 $*"\nsleep 1000 >/dev/null 2>&1 &\n')
    init.chmod(0o755)
    up = await starter.up(subhost)
    assert "one start" in subhost.log.read_text()
    assert any("gone" in line for line in up.job.journal if line.startswith("warn "))
    assert "dummy_service" not in up.say("ps", "-e", "-o", "comm=")


@pytest.mark.parametrize("same", ["LOWER=root\nUPPER=root\n", "LOWER=live\nUPPER=live\n"])
async def test_upper_that_is_lower_is_bound(world: World, starter: Starter, same: str) -> None:
    subhost = starter.made(f"START=none\nRAM_SIZE=none\n{same}")
    tree = world.busybox()
    place = subhost.folder / same.split("=")[-1].strip()
    place.rmdir()
    run("cp", "-a", tree, place)
    before = world.inventory()
    up = await starter.up(subhost)
    assert mounts(up)[0][2] != "overlay"
    assert up.say("/bin/sh", "-c", "echo /bin/*").split()
    assert (place / ".reaper").read_text().startswith("#!/bin/sh")
    up.end()
    assert until(lambda: world.inventory() == before, 5, "nothing to be left")


async def test_a_share_shows_a_folder_of_the_host(world: World, starter: Starter) -> None:
    shown = world.place("a b")
    (shown / "here").write_text("x")
    up = await starter.up(
        f"START=none\nRAM_SIZE=8M\nSHARE={shown}\nSHARE = {shown.parent}:/srv/two words\n"
    )
    assert (up.path(str(shown)) / "here").read_text() == "x"
    assert up.path("/srv/two words/a b/here").exists()
    # What is shared while it runs comes through its supervisor.
    up.path("/mnt/more").mkdir(parents=True)
    live = up.subhost.folder / "live/mnt/more"
    there = f"--mount=/proc/{up.job.process.pid}/ns/mnt"
    run("nsenter", there, "mount", "--bind", shown, live)
    assert up.path("/mnt/more/here").exists()


async def test_dev_is_kept_where_that_is_wished(starter: Starter) -> None:
    subhost = starter.made("START=none\nRAM_SIZE=8M\nKEEP_DEV=yes\n")
    up = await starter.up(subhost)
    up.say("mknod", "/dev/loop-control", "c", "10", "237")
    up.say("chmod", "600", "/dev/tty")
    up.end()
    up = await starter.up(subhost)
    assert up.path("/dev/loop-control").is_char_device()
    assert up.path("/dev/tty").stat().st_mode & 0o777 == 0o600
    up.say("sh", "-c", "echo x >/dev/null; echo x >/dev/shm/x")


async def test_a_hook_finds_the_network_by_its_name(starter: Starter) -> None:
    subhost = starter.made("START=none\nCABLES==\nPOSTMOUNT=hook\n")
    hook = subhost.folder / "hook"
    hook.write_text(f"#!/bin/sh\nip -n {subhost.name} link set eth0 mtu 1400\n")
    hook.chmod(0o755)
    up = await starter.up(subhost)
    assert up.say("cat", "/sys/class/net/eth0/mtu").strip() == "1400"


async def test_hooks_run_with_the_configuration_named(starter: Starter) -> None:
    subhost = starter.made(
        "START=none\nRAM_SIZE=8M\nPREMOUNT=hook pre\nPOSTMOUNT=./hook post\nINIT=init\n"
    )
    hook, init = subhost.folder / "hook", subhost.folder / "init"
    hook.write_text('#!/bin/sh\necho "$CONFIG $* $(pwd) ${UNSHARED-none}" >>said\n')
    init.write_text('#!/bin/sh\necho "echo from init; exec /.reaper $(basename $CONFIG .conf)"\n')
    for program in (hook, init):
        program.chmod(0o755)
    (subhost.folder / "root/.reaper").write_text("#!/bin/sh\nexec sleep 1000\n")
    (subhost.folder / "root/.reaper").chmod(0o755)
    await starter.up(subhost)
    folder, conf = subhost.folder, subhost.conf
    assert (folder / "said").read_text().splitlines() == [
        f"{conf} pre {folder}/root {folder} none",
        f"{conf} post {folder}/live {folder}/root {folder} none",
    ]
    assert until(lambda: subhost.log.read_text() == "from init\n", 5, "what INIT printed")


async def test_services_wait_for_the_gateway(world: World, starter: Starter) -> None:
    bridge = world.bridge()
    run("ip", "addr", "add", "10.91.7.1/24", "dev", bridge)
    subhost = starter.made(
        f"START=networking /bin/pwd\nRAM_SIZE=8M\nCABLES={bridge}=\nWAIT_ONLINE=9\n"
    )
    init = subhost.folder / "root/etc/init.d/networking"
    init.parent.mkdir(parents=True)
    init.write_text(
        "#!/bin/sh\nip addr add 10.91.7.2/24 dev eth0\nip link set eth0 up\n"
        "ip route add default via 10.91.7.1\n"
    )
    init.chmod(0o755)
    up = await starter.up(subhost)
    assert not [line for line in up.job.journal if line.startswith("warn ")]
    assert "10.91.7.1 dev eth0 lladdr" in up.say("ip", "neigh", "show", "nud", "reachable")
    assert subhost.log.read_text() == "/\n"
