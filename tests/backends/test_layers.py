"""What an upper layer hides of a new lower one, asked of this kernel by every shell."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from backends.layers import audited
from backends.losses import losses
from backends.run import Ended
from backends.runner import fed
from console.clean import Clean
from console.survey import Found, Hiding, PathFact, Survey, SurveyRequest
from tests.lab.world import NEEDS_WORLD

pytestmark = [*NEEDS_WORLD]

SHELLS = [
    pytest.param(("sh",), id="sh"),
    pytest.param(("busybox", "sh"), id="busybox", marks=pytest.mark.needs("busybox")),
]


class Shell:
    """Runs a program as a host would."""

    def __init__(self, argv: Sequence[str] = ("sh",)) -> None:
        self._argv = argv

    async def run(self, program: bytes, words: Sequence[bytes], seconds: float) -> Ended:
        pipe = subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *self._argv, "-s", stdin=pipe, stdout=pipe, stderr=pipe,
            env={"LANG": "C.UTF-8", "PATH": os.environ["PATH"]},
        )  # fmt: skip
        async with asyncio.timeout(seconds):
            said, trouble = await process.communicate(fed(program, words))
        return Ended(process.returncode or 0, said, trouble)


class Layers:
    """A configuration with its layers, and what is found of another LOWER."""

    def __init__(self, folder: Path) -> None:
        self.conf = folder / "mta.conf"
        self.upper, self.old, self.new = (folder / name for name in ("root", "old", "new"))
        for path in (self.upper, self.old, self.new):
            path.mkdir()
        self.conf.write_text(f"BASE=.\nLOWER={self.old}\n")

    def both(self, name: str, text: str, newer: str | None = None) -> None:
        """Put a file into both lower layers, in the new one perhaps another."""
        for tree, content in ((self.old, text), (self.new, newer or text)):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(content)

    def audit(self, shell: Sequence[str] = ("sh",), lower: Path | None = None) -> Survey:
        place = Clean(str(lower or self.new))
        request = SurveyRequest(Clean("mta"), Clean(str(self.conf)), lower=place)
        kind = Found.FILE if lower and lower.is_file() else Found.FOLDER
        survey = Survey(
            boot_id=None,
            root=True,
            conf=self.conf.read_bytes(),
            paths={place: PathFact(kind, place)},
        )
        return asyncio.run(audited(Shell(shell).run, request, survey))


@pytest.fixture
def layers(tmp_path: Path) -> Layers:
    return Layers(tmp_path)


@pytest.mark.parametrize("shell", SHELLS)
def test_what_is_hidden(layers: Layers, shell: Sequence[str]) -> None:
    layers.both("etc/same", "1")
    layers.both("etc/changed", "1", "2")
    layers.both("etc/gone", "1", "2")
    layers.both("etc/gone too", "1")
    layers.both("srv/a", "1")
    layers.both("srv/deep/b", "1", "2")
    (layers.new / "brand new").write_text("3")
    upper = layers.upper
    for name in ("etc", "srv/deep"):
        (upper / name).mkdir(parents=True)
    (upper / "etc/same").write_text("mine")
    (upper / "etc/changed").write_text("mine" * 10)
    (upper / "brand new").write_text("x" * 7)
    (upper / "only mine").write_text("x")
    (upper / "srv/deep/b").write_text("hidden by what is opaque above it")
    for name in ("etc/gone", "etc/gone too"):
        os.mknod(upper / name, 0o20000, 0)
    os.setxattr(upper / "srv", "trusted.overlay.opaque", b"y")
    found = layers.audit(shell).audit
    assert found
    assert (found.shadows, found.shadow_bytes, found.whiteouts, found.opaque) == (2, 47, 1, 1)
    assert set(found.worst) == {
        Hiding(Clean("shadow"), 40, Clean("/etc/changed")),
        Hiding(Clean("shadow"), 7, Clean("/brand new")),
        Hiding(Clean("whiteout"), 0, Clean("/etc/gone")),
        Hiding(Clean("opaque"), 1, Clean("/srv")),
    }
    assert found.complete
    assert found.folders == 3  # what an opaque one holds is not looked at


def test_names_that_lie(layers: Layers) -> None:
    for name in ("found 0 0 0 0 - 1 ", "a\nfound 9 9 9 9 9 9 ", "-rf", "$(id)", "\x1b[31m"):
        layers.both(f"etc/{name}", "1", "2")
        (layers.upper / "etc").mkdir(exist_ok=True)
        (layers.upper / "etc" / name).write_text("mine")
    found = layers.audit().audit
    assert found
    assert (found.shadows, found.whiteouts, found.opaque) == (5, 0, 0)
    assert {each.path for each in found.worst} >= {"/etc/a?", "/etc/-rf", "/etc/␛[31m"}


def test_a_symlink_leads_nowhere_else(layers: Layers) -> None:
    layers.both("real/passwd", "1", "2")
    (layers.new / "etc").symlink_to("/etc")
    (layers.upper / "etc").mkdir()
    (layers.upper / "etc/passwd").write_text("mine")
    found = layers.audit().audit
    assert found
    # What it hides is the symlink, and nothing that this leads to on the host.
    assert [each.path for each in found.worst] == ["/etc"]


def test_what_cannot_be_looked_at(layers: Layers, tmp_path: Path) -> None:
    image = tmp_path / "cut.img"
    image.write_bytes(b"hsqs" + bytes(5000))
    layers.conf.write_text("BASE=.\nLOWER=!overlay-diskfile mnt old.img\n")
    seen = layers.audit(lower=image)
    assert seen.audit is None
    assert seen.unaudited
    assert seen.unaudited.startswith("mount: ")
    nothing = replace(seen, unaudited=None)
    assert layers.audit(lower=tmp_path / "none").unaudited != nothing.unaudited


def test_what_is_newer_than_the_boot(tmp_path: Path) -> None:
    for name, size in (("small", 10_000), ("large", 90_000), ("a/deep one", 50_000)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * size)
    found = asyncio.run(losses(Shell().run, [Clean(str(tmp_path))]))
    assert [path.rpartition("/")[2] for path, _ in found.files] == ["large", "deep one", "small"]
    assert all(size >= 10_000 for _, size in found.files)
    assert found.complete
    gone = asyncio.run(losses(Shell().run, [Clean(str(tmp_path / "none"))]))
    assert (gone.files, gone.complete) == ((), False)
