"""The program that tells who writes, by the shells there are: both tell the same truth."""

from __future__ import annotations

import mmap
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from backends.runner import fed
from backends.writers import PROGRAM
from console.parse import writers
from console.tracing import Entry, Scan
from tests.lab.inventory import until

SHELLS = pytest.mark.parametrize(
    "shell",
    [
        pytest.param(("sh",), id="sh"),
        pytest.param(("busybox", "sh"), id="busybox", marks=pytest.mark.needs("busybox")),
    ],
)
ODD = ("-rf", "two\nlines", "$(touch ran)", "\x1b[31m", "back\\n", "*", "'", os.fsdecode(b"b\xff"))
LARGE = 40_000


def said(shell: Sequence[str], *words: str | bytes) -> bytes:
    raw = [os.fsencode(word) for word in words]
    environ = {"PATH": os.environ["PATH"]}
    ran = subprocess.run([*shell, "-s"], input=fed(PROGRAM, raw), env=environ, capture_output=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def walked(
    shell: Sequence[str], root: Path, *avoid: Path, inodes: int = 9999, after: bytes = b""
) -> tuple[Scan, str]:
    words = [str(root), "600", "0", str(inodes), "60", os.fsdecode(after), *map(str, avoid)]
    answer = said(shell, "scan", *words)
    found = writers.scan(answer, os.fsencode(root))
    assert found, answer
    return found


def mount_of(descriptor: int) -> str:
    """Return the id of the mount that an open file of ours is on."""
    return Path(f"/proc/self/fdinfo/{descriptor}").read_text().split("mnt_id:")[1].split()[0]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "it's a store"
    for number, name in enumerate(ODD):
        folder = root / f"d{number}" / name
        folder.mkdir(parents=True)
        (folder / name).write_bytes(b"x" * (LARGE + number * 5000))
        (folder / "way").symlink_to("/etc")
    (root / "again").hardlink_to(root / "d0" / "-rf" / "-rf")
    return root


@SHELLS
def test_what_takes_room(tree: Path, shell: Sequence[str]) -> None:
    scan, full = walked(shell, tree)
    every = list(tree.rglob("*"))
    files = {
        os.fsencode(path): path.lstat().st_blocks * 512
        for path in every
        if path.is_file() and not path.is_symlink() and path.lstat().st_nlink == 1
    }
    assert (scan.after, full, scan.inodes) == (None, "", len(every) + 1)
    assert {path: scan.files[path].size for path in files} == files
    # One with two names counts once.
    names = {os.fsencode(tree / "again"), os.fsencode(tree / "d0/-rf/-rf")}
    assert len(names & set(scan.files)) == 1
    inodes = {path.lstat().st_ino: path.lstat().st_blocks * 512 for path in every}
    assert scan.folders[os.fsencode(tree)].size == sum(inodes.values())
    assert scan.folders[os.fsencode(tree)].inodes == len(every)
    assert not Path("ran").exists()


@SHELLS
def test_it_goes_on_where_it_stopped_and_sees_all_once(tree: Path, shell: Sequence[str]) -> None:
    whole, _ = walked(shell, tree)
    folders: dict[bytes, Entry] = {}
    seen, after, steps = 0, b"", 0
    files: set[bytes] = set()
    while True:
        scan, full = walked(shell, tree, inodes=5, after=after)
        seen, steps = seen + scan.inodes, steps + 1
        files |= set(scan.files)
        for path, entry in scan.folders.items():
            was = folders.get(path, Entry(0, 0))
            folders[path] = Entry(was.size + entry.size, was.inodes + entry.inodes)
        if scan.after is None:
            break
        assert full == "inodes"
        after = scan.after.last
    assert (seen, steps) == (whole.inodes, -(-whole.inodes // 5))
    assert set(whole.files) <= files
    assert folders[os.fsencode(tree)].inodes == whole.folders[os.fsencode(tree)].inodes


@SHELLS
def test_it_goes_around_what_is_mounted_there(tree: Path, shell: Sequence[str]) -> None:
    other = tree / "d3" / "\x1b[31m"
    scan, _ = walked(shell, tree, other)
    inside = {other, *other.rglob("*")}
    assert scan.inodes == len(set(tree.rglob("*")) - inside) - 1  # d3 is only gone through
    assert not [path for path in scan.files if path.startswith(os.fsencode(other))]


@SHELLS
def test_where_it_stopped_is_gone_meanwhile(tree: Path, shell: Sequence[str]) -> None:
    scan, _ = walked(shell, tree, inodes=6)
    assert scan.after
    last = Path(os.fsdecode(scan.after.last))
    if last.is_dir() and not last.is_symlink():
        last.rename(tree.parent / "elsewhere")
    else:
        last.unlink()
    rest, _ = walked(shell, tree, after=scan.after.last)
    assert rest.after is None
    assert rest.inodes + 6 >= len(list(tree.rglob("*")))


@SHELLS
def test_a_time_budget(tmp_path: Path, shell: Sequence[str]) -> None:
    for number in range(600):
        (tmp_path / str(number)).touch()
    words = ("scan", str(tmp_path), "600", "0", "9999", "0", "")
    found = writers.scan(said(shell, *words), os.fsencode(tmp_path))
    assert found
    assert (found[0].inodes, found[1]) == (256, "seconds")
    assert found[0].after is not None


@SHELLS
def test_who_holds_what(tmp_path: Path, shell: Sequence[str]) -> None:
    table = writers.spaces(said(shell, "spaces")).tables[0]
    gone = tmp_path / "gone\nfor good"
    with (tmp_path / "here").open("w") as here, gone.open("wb") as deleted:
        deleted.write(b"x" * LARGE)
        deleted.flush()
        gone.unlink()
        numbers = here.fileno(), deleted.fileno()
        mount = mount_of(numbers[0])
        found = writers.rates(said(shell, "rates", "0.1", mount))
    assert int(mount) in {each.id for each in table}
    mine = {each.number: each.path for each in found.written if each.pid == os.getpid()}
    assert mine[numbers[0]] == str(tmp_path / "here")
    mine_of = [each for each in found.deleted if each.pid == os.getpid()]
    held = next(each for each in mine_of if each.number == numbers[1])
    assert held.path == f"{tmp_path}/gone␊for good"
    assert held.size is not None
    assert held.size >= LARGE
    assert found.after[os.getpid()].parent == os.getppid()


@SHELLS
def test_a_device_takes_no_room(tmp_path: Path, shell: Sequence[str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "here").open("w") as here, (tmp_path / "pipe").open("rb+", 0) as pipe:
        found = writers.rates(said(shell, "rates", "0.1", mount_of(here.fileno())))
        mine = [each.number for each in found.written if each.pid == os.getpid()]
        assert here.fileno() in mine
        assert pipe.fileno() not in mine


@SHELLS
def test_lower_layers_and_real_names(tmp_path: Path, shell: Sequence[str]) -> None:
    (tmp_path / "file").write_bytes(b"x" * 7)
    (tmp_path / "way").symlink_to("file")
    paths = [str(tmp_path / name) for name in ("file", "way", "none")]
    assert writers.values(said(shell, "sizes", *paths, str(tmp_path))) == [b"7", b"", b"", b"-1"]
    assert writers.values(said(shell, "real", paths[1])) == [os.fsencode(paths[0])]


@SHELLS
def test_who_runs_or_maps_what(tmp_path: Path, shell: Sequence[str]) -> None:
    paths = [tmp_path / name for name in ("a program", "$(id) 'data'", "open", "a program.bak")]
    program, data, opened, beside = paths
    shutil.copy("/bin/sleep", program)
    for path in (data, opened, beside):
        path.write_bytes(b"x" * LARGE)
    names = [os.fsencode(path) for path in paths]
    with subprocess.Popen([program, "600"]) as child, data.open("rb") as file, opened.open("ab"):
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ):
            until(lambda: Path(f"/proc/{child.pid}/exe").readlink() == program, 10, "it to run")
            found = writers.users(said(shell, "users", *map(str, paths)))
        child.kill()
    mine = {name: found[name] for name in names if name in found}
    assert mine == {names[0]: (b"%d" % child.pid,), names[1]: (b"%d" % os.getpid(),)}
