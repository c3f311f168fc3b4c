"""Starts whose values are decided by commands, when they start."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.lab.inventory import until
from tests.lab.started import Starter, environ, mounts, run
from tests.lab.world import NEEDS_WORLD, World

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("flock", "setpriv", "ip")]

MAC = "02:00:00:00:00:17"


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}")
    path.chmod(0o755)


async def test_commands_decide_values_when_it_starts(world: World, starter: Starter) -> None:
    shown = world.place()
    subhost = starter.made(
        "UPPER=!echo ro\"o\"t\nWORK=!pwd | sed 's,$,/work,'\nRAM_SIZE=!echo 8M\n"
        f"START=!echo /bin/true /bin/pwd\nSHARE=!echo {shown}:/mnt\n"
    )
    up = await starter.up(subhost)
    options = mounts(up)[0][3]
    assert f"upperdir={subhost.folder}/root,workdir={subhost.folder}/work" in options
    assert "size=8192k" in next(line for line in mounts(up) if line[1] == "/run")[3]
    assert any(line[1] == "/mnt" for line in mounts(up))
    assert subhost.log.read_text() == "/\n"


@pytest.mark.parametrize("live", ["LIVE=live", "LIVE=!echo live"])
async def test_a_command_decides_base(starter: Starter, live: str) -> None:
    subhost = starter.made(
        f"UPPER=tree\nLOWER=tree\n{live}\nSTART=!echo /srv/tell\nRAM_SIZE=8M\nKEEP_DEV=yes\n"
        "PREMOUNT=hook pre\nPOSTMOUNT=hook post\n"
    )
    folder, said = subhost.folder, subhost.folder / "said"
    conf = subhost.conf.read_text().replace("BASE=.", f"BASE=!echo {folder}")
    subhost.conf.write_text(conf)
    run("cp", "-a", starter.world.busybox(), folder / "tree")
    program(folder / "hook", f"export -p >>{said}\necho hook $* >>{said}\n")
    program(folder / "tree/srv/tell", "export -p\n")
    up = await starter.up(subhost)
    assert mounts(up)[0][2] != "overlay"
    assert up.path("/dev/pts/ptmx").is_char_device()
    hooks = said.read_text()
    assert f"hook pre {folder}/tree\n" in hooks
    assert f"hook post {folder}/live {folder}/tree\n" in hooks
    for exported in (hooks, subhost.log.read_text()):  # none of them is anybody else's
        assert not {"BASE", "LIVE", "START"} & set(re.findall(r"export (\w+)", exported))
    assert not re.search(rb"(^|\0)(BASE|LIVE|START)=", b"\0".join(environ(up.pid)))


async def test_a_command_decides_the_cables(world: World, starter: Starter) -> None:
    bridge = world.bridge()
    before = world.inventory()
    up = await starter.up(f"START=none\nRAM_SIZE=8M\nCABLES=!echo {bridge}={MAC} =\n")
    name = up.subhost.name
    assert {f"{name}0", f"{name}1"} <= set(world.inventory().links)
    assert f"master {bridge}" in run("ip", "link", "show", f"{name}0")
    assert up.say("cat", "/sys/class/net/eth0/address").strip() == MAC
    assert "iface eth1 inet manual" in up.path("/etc/network/interfaces").read_text()
    up.end()
    assert until(lambda: world.inventory() == before, 5, "nothing to be left")


@pytest.mark.parametrize(
    "cables", ["$(touch X)=", "=.5", "= =.99999", "=zz", "br", "a=b=c", "-x="]
)
async def test_cables_that_are_none_start_nothing(
    world: World, starter: Starter, cables: str
) -> None:
    subhost = starter.made(f"START=none\nRAM_SIZE=8M\nCABLES=!echo '{cables}'\n")
    before = world.inventory()
    job = starter.begun(await starter.plan(subhost))
    assert job.ended() == "undone"
    assert "CABLES: " in job.log
    job.process.wait(10)
    assert until(lambda: world.inventory() == before, 5, "nothing to be left")


@pytest.mark.parametrize("size", ["1M,suid", "none none", "$(touch x)", "M", "-1"])
async def test_a_size_that_is_none_starts_nothing(starter: Starter, size: str) -> None:
    subhost = starter.made(f"START=none\nRAM_SIZE=!echo '{size}'\n")
    job = starter.begun(await starter.plan(subhost))
    assert job.ended() == "undone"
    assert "is not a size" in job.log
