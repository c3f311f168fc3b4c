"""Who fills a store, found on real kernels: in memory, in upper layers, inside subhosts."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from backends.local import LocalBackend
from backends.ssh.backend import SshBackend
from console import places
from console.backend import Backend
from console.blame import blamed
from console.clean import Clean
from console.config import Thresholds
from console.derive import derive
from console.holdings import Holdings
from console.inventory import Entry
from console.model import Host, Level
from console.observed import level as find_level
from console.plan import Verb
from console.relief import options
from console.tracing import Scan
from console.writers import Origin, Writers
from tests.backends.ssh.bastions import bastion
from tests.lab.inventory import end, until
from tests.lab.sshd import sshd
from tests.lab.subhost import Subhost
from tests.lab.world import NEEDS_WORLD, World, mount

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("mkfs.ext4", "sshd", "ssh")]

FILL = 'exec 3>"$1"; while :; do head -c 65536 /dev/zero >&3; sleep 0.02; done'
"""Keeps writing to a file that it holds open; what writes are children that come and go."""
MIB = 1 << 20


class Looker:
    """Asks one host as a console does, and remembers what it looked at."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.host: Host

    def level(self, subhost: str, level: str) -> Level:
        """Return a level as it was seen last."""
        found = find_level(self.host, Clean(subhost), Clean(level))
        assert found is not None
        return found

    async def ask(
        self,
        subhost: str,
        level: str,
        before: Scan | None = None,
        **asked: object,
    ) -> tuple[Writers, Scan]:
        """Return the report on a level, and the walk it was made from."""
        facts = await self._backend.sample()
        host = derive(self._backend.name, facts, None, lambda *_: Thresholds())
        self.host = host
        wanted = places.request(host, Clean(subhost), Clean(level), 60.0)
        wanted = replace(wanted, pause=0.5, **asked)  # type: ignore[arg-type]
        traced = await self._backend.hands.trace(wanted)
        holdings = Holdings(traced.terrain, traced.scan, before, wanted.since)
        report = blamed(host, Clean(subhost), Clean(level), traced, holdings)
        return report, traced.scan


WAYS = pytest.mark.parametrize("looker", ["local", "ssh"], indirect=True)


@pytest.fixture
async def looker(
    world: World, request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Looker]:
    globs = [f"{world.folder}/*/*.conf"]
    if getattr(request, "param", "local") == "local":
        here = LocalBackend(globs=globs, patient=True)
        yield Looker(here)
        await here.close()
        return
    with sshd(tmp_path / "server") as server:
        async with bastion(server.config) as out:
            there = SshBackend(Entry(Clean("server"), server.alias), out, tuple(globs), 2.0)
            yield Looker(there)
            await there.close()


def ext4(world: World, megabytes: int = 64) -> Path:
    """Return where a new filesystem is mounted that is on a loop device."""
    image, place = world.folder / f"{world.name()}.img", world.place()
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(place)], check=True)
    return place


def on(world: World, store: Path, conf: str = "START=none\n") -> Subhost:
    """Return a subhost that runs, its upper on a store, its lower a folder of the world's."""
    upper, work = store / "upper", store / "work"
    upper.mkdir()
    work.mkdir()
    subhost = world.subhost(f"UPPER={upper}\nWORK={work}\n{conf}")
    return subhost.start()


def started(*argv: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(argv)


def filled(path: Path) -> None:
    until(lambda: path.exists() and path.stat().st_size > 0, 10, f"{path} to grow")


@WAYS
async def test_a_writer_in_an_upper_layer_in_memory(world: World, looker: Looker) -> None:
    store = world.tmpfs("size=256M")
    subhost = on(world, store)
    subhost.spawn("sh", "-c", FILL, "filler", "/etc/filling")
    filled(store / "upper/etc/filling")
    level = f"overlay:{subhost.folder}/live"
    report, _ = await looker.ask(subhost.name, level)
    first = report.writers[0]
    assert (first.subhost, first.sure, first.counter) == (subhost.name, True, "wchar")
    assert first.files == ("/etc/filling",)
    assert first.rate > MIB / 4
    file = next(each for each in report.files if each.path == f"{store}/upper/etc/filling")
    assert (file.merged, file.subhost, file.origin) == ("/etc/filling", subhost.name, Origin.NEW)
    assert file.growth == file.size > 0
    assert report.complete

    # The same from the store that the upper is on, which others may fill too.
    report, _ = await looker.ask("", f"tmpfs:{store}")
    assert (report.writers[0].subhost, report.writers[0].pid) == (subhost.name, first.pid)
    file = next(each for each in report.files if each.path.endswith("/filling"))
    assert (file.merged, file.subhost) == ("/etc/filling", subhost.name)


@WAYS
async def test_what_a_subhost_runs_is_told_and_not_proposed(world: World, looker: Looker) -> None:
    subhost = on(world, world.tmpfs("size=256M"))
    run = "cp /bin/busybox /var/busybox-new; cp /bin/busybox /var/busybox-old; exec $0 sleep 600"
    subhost.spawn("sh", "-c", run, "/var/busybox-new")
    filled(subhost.inside("/var/busybox-old"))
    level = f"overlay:{subhost.folder}/live"
    report, _ = await looker.ask(subhost.name, level)
    users = {each.merged: (each.user or "").partition(" (")[0] for each in report.files}
    mine = {"/var/busybox-new": "busybox-new", "/var/busybox-old": "", "/.reaper": ".reaper"}
    assert users == mine
    found = options(looker.host, Clean(subhost.name), looker.level(subhost.name, level), report)
    deletes = {each.title.split()[0]: each.why_not for each in found if each.verb is Verb.DELETE}
    assert (deletes["/var/busybox-new"] or "").startswith("it is in use by busybox-new (")
    assert deletes["/var/busybox-old"] is None


async def test_a_writer_on_a_disk(world: World, looker: Looker) -> None:
    subhost = on(world, ext4(world))
    subhost.spawn("sh", "-c", FILL, "filler", "/filling")
    filled(subhost.inside("/filling"))
    report, _ = await looker.ask(subhost.name, f"overlay:{subhost.folder}/live")
    first = report.writers[0]
    assert (first.subhost, first.sure, first.counter) == (subhost.name, True, "write_bytes")
    assert first.files == ("/filling",)


async def test_the_run_of_a_subhost(world: World, looker: Looker) -> None:
    subhost = world.subhost("START=none\nRAM_SIZE=64M\n").start()
    subhost.spawn("sh", "-c", FILL, "filler", "/run/a\nnew line")
    filled(subhost.inside("/run/a\nnew line"))
    report, before = await looker.ask(subhost.name, "tmpfs:/run")
    first = report.writers[0]
    assert (first.subhost, first.files) == (subhost.name, ("/run/a␊new line",))
    (file, *_) = report.files
    assert (file.merged, file.subhost) == ("/run/a␊new line", subhost.name)
    again, _ = await looker.ask(subhost.name, "tmpfs:/run", before)
    assert again.compared
    assert 0 < again.growing[0].growth < again.growing[0].size  # type: ignore[operator]


async def test_inodes_run_out_and_more_of_them_come_first(world: World, looker: Looker) -> None:
    subhost = world.subhost("START=none\nRAM_SIZE=2M\n").start()
    many = "mkdir /run/q; i=0; while echo x >/run/q/$i; do i=$((i + 1)); done; exec sleep 600"
    subhost.spawn("sh", "-c", "while :; do echo x >/run/again; rm /run/again; done")
    subhost.spawn("mount", "-o", "remount,nr_inodes=300", "/run").wait()
    subhost.spawn("sh", "-c", many)
    until(lambda: subhost.inside("/run/q/200").exists(), 20, "many files")
    report, _ = await looker.ask(subhost.name, "tmpfs:/run")
    assert report.writers[0].subhost == subhost.name
    crowded = max(report.folders, key=lambda each: each.inodes)
    assert (crowded.merged, crowded.subhost) == ("/run/q", subhost.name)
    level = looker.level(subhost.name, "tmpfs:/run")
    found = options(looker.host, Clean(subhost.name), level, report)
    inodes = next(each for each in found if each.wish and each.wish.inodes)
    assert inodes.verb is Verb.GROW
    able = [each for each in found if each.why_not is None]
    assert not [each for each in able if each.verb is Verb.DELETE]
    assert inodes in able


async def test_a_store_without_a_size(world: World, looker: Looker) -> None:
    place = world.place()
    mount("ramfs", place, "ramfs")
    filler = started("sh", "-c", FILL, "filler", str(place / "here"))
    try:
        filled(place / "here")
        report, _ = await looker.ask("", f"tmpfs:{place}")
    finally:
        end(filler.pid)
        filler.wait()
    assert (report.writers[0].pid, report.writers[0].subhost) == (filler.pid, "")
    assert report.files[0].path == f"{place}/here"


async def test_a_deleted_file_and_who_holds_it(world: World, looker: Looker) -> None:
    store = world.tmpfs("size=64M")
    subhost = on(world, store)
    hold = "exec 5>/var/gone; head -c 3145728 /dev/zero >&5; rm /var/gone; exec sleep 600"
    holder = subhost.spawn("sh", "-c", hold)
    until(lambda: not (subhost.inside("/var") / "gone").exists(), 10, "the file to go")
    for level, name in ((f"overlay:{subhost.folder}/live", subhost.name), (f"tmpfs:{store}", "")):
        report, _ = await looker.ask(name, level)
        (found,) = report.deleted
        assert (found.subhost, found.name, found.path) == (subhost.name, "sleep", "/var/gone")
        assert (found.descriptor, found.size) == (5, 3 * MIB)
    assert holder.poll() is None


async def test_copies_of_lower_files_are_told_from_new_ones(world: World, looker: Looker) -> None:
    lower, store = world.busybox(), world.tmpfs("size=64M")
    (lower / "var").mkdir()
    (lower / "var/big").write_bytes(b"x" * 600_000)
    folder = world.place()
    for name in ("upper", "work"):
        (store / name).mkdir()
    layers = f"lowerdir={lower},upperdir={store}/upper,workdir={store}/work"
    mount("layers", folder, "overlay", layers)
    with (folder / "var/big").open("ab") as file:
        file.write(b"!")
    (folder / "var/new").write_bytes(b"y" * 100_000)
    report, _ = await looker.ask("", f"overlay:{folder}")
    origins = {each.merged: (each.origin, each.lower_size) for each in report.files}
    assert origins == {
        f"{folder}/var/big": (Origin.COPY_UP, 600_000),
        f"{folder}/var/new": (Origin.NEW, None),
    }


@WAYS
async def test_a_walk_ends_at_its_budget_and_goes_on(world: World, looker: Looker) -> None:
    place = world.tmpfs("size=64M")
    odd = ("-rf", "two\nlines", "$(id)", "\x1b[31m", "\\n", "*", "é", os.fsdecode(b"b\xff"))
    for number, name in enumerate(odd * 4):
        folder = place / f"d{number}" / name
        folder.mkdir(parents=True)
        for each in range(6):
            (folder / f"{each}{name}").write_bytes(b"z" * (1 + number * 97))
    mount("tmpfs", place / "d3", "tmpfs", "size=1M")  # another store, which is not looked at
    (place / "d3/other").write_bytes(b"o" * 500_000)
    every = set(place.rglob("*")) - set((place / "d3").rglob("*")) - {place / "d3"}
    looks, seen, after = 0, 0, None
    while True:
        report, scan = await looker.ask("", f"tmpfs:{place}", inodes=60, after=after)
        looks, seen, after = looks + 1, seen + scan.inodes, scan.after
        assert all("other" not in each.path for each in report.files)
        if after is None:
            break
        assert any("60 entries" in line for line in report.unseen)
        assert not report.complete
    assert looks >= len(every) // 60
    # With the folder that leads to the other mount, which is told by name only.
    assert seen == len(every)
