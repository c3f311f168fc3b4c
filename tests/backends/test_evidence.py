from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from backends.evidence import Evidences
from backends.local import LocalBackend
from backends.prober import Prober
from console.facts import Evidence
from console.model import Gap
from console.parse.mountinfo import mounts


@pytest.fixture
async def prober() -> AsyncIterator[Prober]:
    prober = Prober()
    yield prober
    prober.close()


async def seen(prober: Prober, root: Path) -> tuple[Evidence, tuple[Gap, ...]]:
    return await Evidences(prober, bytes(root)).look((), ())


def written(root: Path, **texts: str) -> None:
    for name, text in texts.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


async def test_a_slashinit_host_is_told_by_its_init(prober: Prober, tmp_path: Path) -> None:
    written(
        tmp_path,
        proc__1__cmdline="/init\0\0\0",
        proc__1__comm="init\n",
        proc__version="Linux version 6.1\n",
        proc__sys__kernel__bootloader_type="208\n",
        kernel__x="a folder, which arms nothing readable",
    )
    evidence, gaps = await seen(prober, tmp_path)
    assert evidence.init_argv == ("/init", "", "")
    assert evidence.init_name == "init"
    assert evidence.version == "Linux version 6.1"
    assert evidence.loader == 0xD0
    assert evidence.boot_id is None
    assert evidence.present == {"/kernel"}
    assert evidence.armed_kernel is None
    assert [gap.probe for gap in gaps] == ["kernel /kernel"]


async def test_os_release_is_found_behind_the_usual_link(prober: Prober, tmp_path: Path) -> None:
    written(tmp_path, usr__lib__os_release="ID=no\n")
    (tmp_path / "usr/lib/os_release").rename(tmp_path / "usr/lib/os-release")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").symlink_to("../usr/lib/os-release")
    evidence, gaps = await seen(prober, tmp_path)
    assert evidence.os_release == {"ID": "no"}
    assert not gaps


async def test_an_autoserver_host_is_what_its_image_says(prober: Prober, tmp_path: Path) -> None:
    written(tmp_path, etc__os_release="x", rofs_root__etc__os_release="x")
    for name, version in (("etc", 1), ("rofs_root/etc", 2)):
        (tmp_path / name / "os-release").write_text(f"VERSION_ID={version}\n")
    line = b"107 130 7:0 / /rofs_root ro - squashfs /dev/loop0 ro\n"
    evidence, _ = await Evidences(prober, bytes(tmp_path)).look(mounts(line)[0], ())
    assert evidence.os_release == {"VERSION_ID": "2"}
    assert (await seen(prober, tmp_path))[0].os_release == {"VERSION_ID": "1"}


async def test_stamps_are_first_lines_made_harmless(prober: Prober, tmp_path: Path) -> None:
    written(tmp_path, version="2024.05\x1b[2J\nmore\n", cdrom___dot_disk__info="Ubuntu\n")
    evidence, _ = await seen(prober, tmp_path)
    assert evidence.stamps == {"/version": "2024.05␛[2J", "/cdrom/.disk/info": "Ubuntu"}


@pytest.fixture
def image(tmp_path: Path) -> Iterator[Path]:
    """A mounted squashfs made at 1700000000."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "live").mkdir()
    image = tmp_path / "filesystem.squashfs"
    subprocess.run(
        ["mksquashfs", tmp_path / "tree", image, "-mkfs-time", "1700000000"],
        check=True, capture_output=True, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    subprocess.run(["mount", "-o", "loop,ro", image, tmp_path / "live"], check=True)
    yield image
    subprocess.run(["umount", tmp_path / "live"], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts an image: run pytest as root")
@pytest.mark.skipif(not shutil.which("mksquashfs"), reason="needs mksquashfs of squashfs-tools")
async def test_a_mounted_image_tells_when_it_was_made(image: Path) -> None:
    backend = LocalBackend()
    facts = await backend.sample()
    await backend.close()
    (loop,) = (loop for loop in facts.loops if loop.path == bytes(image))
    assert facts.evidence is not None
    assert facts.evidence.squashfs[loop.name].built == 1700000000
    assert loop.read_only
