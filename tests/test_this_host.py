"""Real objects on this kernel, and what ``subdeck status --json`` says of each of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.subhost import Subhost
from tests.lab.world import World

pytestmark = [pytest.mark.root, pytest.mark.needs("ip", "mksquashfs", "losetup")]

ODD = "a space, a comma: a colon"
Status = Callable[[], dict[str, Any]]


@pytest.fixture
def world() -> Iterator[World]:
    with World() as made:
        yield made


@pytest.fixture
def status(world: World, tmp_path: Path) -> Status:
    """Return what looks at this host once, with the world's configurations in sight."""
    config = tmp_path / "config.toml"
    config.write_text(f'subhosts = ["{world.folder}/*/*.conf"]\n')

    def look() -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "console", "status", "local", "--json", "--config", config],
            capture_output=True,
            check=True,
            timeout=30,
        )
        (host,) = json.loads(done.stdout)["hosts"]
        assert host["contact"] == "up"
        found: dict[str, Any] = host
        return found

    return look


def level(levels: list[dict[str, Any]], level_id: str) -> dict[str, Any]:
    (found,) = [each for each in levels if each["id"] == level_id]
    return found


def said(levels: dict[str, Any]) -> tuple[int, ...]:
    return tuple(levels[key] for key in ("used", "total", "inodes_used", "inodes_total"))


def true(path: Path | str) -> tuple[int, ...]:
    """What statvfs says, right now, in the namespace that ``path`` leads into."""
    now = os.statvfs(path)
    size = now.f_frsize
    blocks = (now.f_blocks - now.f_bfree) * size, now.f_blocks * size
    return *blocks, now.f_files - now.f_ffree, now.f_files


def test_a_limited_tmpfs(world: World, status: Status) -> None:
    place = world.tmpfs("size=8M,nr_inodes=200")
    (place / "blob").write_bytes(bytes(3 << 20))
    for number in range(195):
        (place / str(number)).touch()
    found = level(status()["levels"], f"tmpfs:{place}")
    assert said(found) == true(place) == (3 << 20, 8 << 20, 197, 200)
    assert found["state"] == "act"  # by inodes: of the bytes two thirds are free
    assert "grow" in found["relief"]


def test_an_overlay_of_odd_names(world: World, status: Status) -> None:
    overlay = world.overlay(ODD, lowers=2)
    (overlay.lower[0] / "big").write_bytes(bytes(1 << 20))
    found = level(status()["levels"], f"overlay:{overlay.place}")
    assert found["kind"] == "overlay"
    assert found["mount"] == str(overlay.place)
    assert said(found)[1::2] == true(overlay.place)[1::2]
    assert found["used"] == pytest.approx(true(overlay.place)[0], rel=0.01)


def test_an_overlay_on_a_small_tmpfs_is_bound_by_it(world: World, status: Status) -> None:
    upper = world.tmpfs("size=4M,nr_inodes=500")
    for part in ("up", "work", "low", "live"):
        (upper / part).mkdir()
    live = world.place()
    options = f"lowerdir={upper}/low,upperdir={upper}/up,workdir={upper}/work"
    subprocess.run(["mount", "-t", "overlay", "o", "-o", options, live], check=True)
    (live / "blob").write_bytes(bytes(3 << 20))
    levels = status()["levels"]
    found = level(levels, f"overlay:{live}")
    assert said(found) == true(live)
    assert found["state"] == "watch"
    assert f"overlay:{live}" in level(levels, f"tmpfs:{upper}")["backs"]


def test_an_image_on_a_loop_device(world: World, status: Status) -> None:
    image = world.squashfs()
    host = status()
    found = level(host["levels"], f"fs:{image.place}")
    assert (found["state"], found["always_full"]) == ("ok", True)
    assert said(found)[:2] == true(image.place)[:2]
    (shown,) = [each for each in host["images"] if each["mount"] == str(image.place)]
    assert shown["source"] == str(image.image)
    assert shown["format"] == "squashfs"
    assert shown["built"] is not None


def test_stacked_mounts_show_the_top_one(world: World, status: Status) -> None:
    place = world.stacked()
    assert level(status()["levels"], f"tmpfs:{place}")["total"] == 2 << 20


def test_a_name_full_of_control_bytes_is_inert(world: World, status: Status) -> None:
    place = world.tmpfs(place=world.place("new\nline\x1b[31m\ttab"))
    shown = str(place).replace("\n", "␊").replace("\x1b", "␛").replace("\t", "␉")
    assert level(status()["levels"], f"tmpfs:{shown}")["total"] == 1 << 20


def test_a_cable_through_a_bridge(world: World, status: Status) -> None:
    netns, bridge = world.netns(), world.bridge()
    outer, inner = world.cable(netns, bridge, "02:aa:00:00:00:01")
    host = status()
    (named,) = [each for each in host["netns"] if each["name"] == netns]
    assert named["inode"] == Path("/run/netns", netns).stat().st_ino
    assert named["owner"] is None
    links = {(each["netns"], each["name"]): each for each in host["links"]}
    ours, theirs = links[None, outer], links[netns, inner]
    assert ours["master"] == bridge
    assert (ours["peer_netns"], ours["peer_index"]) == (netns, theirs["index"])
    assert theirs["peer_index"] == ours["index"]
    assert theirs["mac"] == "02:aa:00:00:00:01"


def find(host: dict[str, Any], subhost: Subhost) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = [each for each in host["subhosts"] if each["name"] == subhost.name]
    return found


def test_a_stopped_subhost(world: World, status: Status) -> None:
    subhost = world.subhost("START=networking ssh\nCABLES=br0=\nLOWER=!echo never run\n")
    found = find(status(), subhost)
    assert (found["state"], found["pid"], found["levels"]) == ("stopped", None, [])
    assert found["config"] == str(subhost.conf)
    assert found["services"] == ["networking", "ssh"]
    assert found["overlay"]["lower"] == ["!echo never run"]
    assert any("LOWER runs a command" in note for note in found["notes"])


def test_a_running_subhost(world: World, status: Status) -> None:
    bridge = world.bridge()
    subhost = world.subhost(f"LOWER=/\nCABLES={bridge}=02:aa:00:00:00:02 =\n")
    subhost.start()
    subhost.writer("/run/blob", 30)
    subprocess.run(["ip", "-n", subhost.name, "link", "set", "eth0", "up"], check=True)
    host = status()
    found = find(host, subhost)
    assert (found["state"], found["pid"]) == ("running", subhost.pids.init)
    assert found["started_by"] == "overlay-boot"
    assert found["overlay"] == {
        "lower": ["/"],
        "upper": str(subhost.folder / "root"),
        "work": str(subhost.folder / "work"),
        "live": str(subhost.folder / "live"),
    }
    run = level(found["levels"], "tmpfs:/run")
    assert said(run) == true(subhost.inside("/run"))
    assert run["total"] == 50 << 20
    assert run["used"] >= 30 << 20
    dev = level(found["levels"], "tmpfs:/dev")
    assert said(dev) == true(subhost.inside("/dev"))
    root = level(found["levels"], f"overlay:{subhost.folder / 'live'}")
    assert said(root)[1::2] == true(subhost.inside("/"))[1::2]
    first, second = found["cables"]
    assert (first["outer"], first["inner"]) == (f"{subhost.name}0", "eth0")
    assert (first["bridge"], first["mac"]) == (bridge, "02:aa:00:00:00:02")
    assert (first["fault"], second["fault"]) == (None, "inner end down")
    assert subhost.pids.init in [process["pid"] for process in found["processes"]]
    (netns,) = [each for each in host["netns"] if each["name"] == subhost.name]
    assert netns["owner"] == subhost.name
    assert not [each for each in host["levels"] if str(subhost.folder) in each["id"]]


def test_what_df_cannot_tell_is_told(world: World, status: Status) -> None:
    subhost = world.subhost("LOWER=/\n").start()
    root = subhost.inside("/")
    said = subprocess.run(["df", root], capture_output=True, text=True, check=False)
    assert said.returncode != 0 or str(subhost.folder) not in said.stdout
    found = level(find(status(), subhost)["levels"], f"overlay:{subhost.folder / 'live'}")
    assert said_total(found) == true(root)[1::2]


def said_total(found: dict[str, Any]) -> tuple[int, ...]:
    return said(found)[1::2]


def test_a_shell_that_only_mentions_a_subhost_is_none(world: World, status: Status) -> None:
    subhost = world.subhost()
    line = f": overlay-boot {subhost.conf}; read -r _"
    with subprocess.Popen(["sh", "-c", line], stdin=subprocess.PIPE) as shell:
        assert find(status(), subhost)["state"] == "stopped"
        shell.communicate(b"\n")


def test_what_a_crash_left_behind(world: World, status: Status) -> None:
    bridge = world.bridge()
    subhost = world.subhost(f"LOWER=/\nCABLES={bridge}=\n")
    subhost.start()
    subhost.abandon()
    found = find(status(), subhost)
    assert found["state"] == "broken"
    assert found["residue"] == [f"netns {subhost.name}", f"interface {subhost.name}0"]


def test_a_subhost_whose_holder_was_killed(world: World, status: Status) -> None:
    subhost = world.subhost("LOWER=/\nCABLES==\n").start()
    os.kill(subhost.pids.holder, signal.SIGKILL)
    found = find(status(), subhost)
    assert (found["state"], found["pid"]) == ("broken", subhost.pids.init)
    assert found["residue"] == []
    assert subhost.pids.init in [process["pid"] for process in found["processes"]]
    assert level(found["levels"], "tmpfs:/run")["total"] == 50 << 20
    assert any("still runs" in note for note in found["notes"])


def test_an_overlay_never_has_more_room_than_it_says(world: World, status: Status) -> None:
    hidden, other = world.tmpfs("size=30M"), world.place()
    for part in ("up", "work", "low", "live"):
        (hidden / part).mkdir()
    live = world.place()
    options = f"lowerdir={hidden}/low,upperdir={hidden}/up,workdir={hidden}/work"
    subprocess.run(["mount", "-t", "overlay", "o", "-o", options, live], check=True)
    subprocess.run(["umount", "-l", hidden], check=True)
    world.tmpfs("size=30M", other)
    (live / "blob").write_bytes(bytes(20 << 20))
    found = level(status()["levels"], f"overlay:{live}")
    assert found["limit"] == {"total": 30 << 20, "bound_by": "own size"}


def test_a_subhost_whose_upper_is_its_lower(world: World, status: Status) -> None:
    subhost = world.subhost(f"LOWER={world.busybox()}\n")
    tree = subhost.folder / "tree"
    world.busybox().rename(tree)
    subhost.conf.write_text(f"BASE=.\nLOG={subhost.log}\nLOWER={tree}\nUPPER={tree}\n")
    subhost.start()
    found = find(status(), subhost)
    assert found["state"] == "running"
    assert found["overlay"] is None
    root = level(found["levels"], f"fs:{subhost.folder / 'live'}")
    assert root["total"] == true(tree)[1]
