"""``subdeck writers`` on this very host."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.cli.commands import subdeck
from tests.lab.inventory import end, until
from tests.lab.world import NEEDS_WORLD, World

pytestmark = NEEDS_WORLD

FILL = 'exec 3>"$1"; while :; do head -c 65536 /dev/zero >&3; sleep 0.02; done'


@pytest.fixture
def filling() -> Iterator[tuple[Path, int]]:
    """A store that somebody fills."""
    with World() as world:
        place = world.tmpfs("size=512M")
        filler = subprocess.Popen(["sh", "-c", FILL, "filler", str(place / "blob")])
        until(lambda: (place / "blob").exists(), 10, "a writer")
        yield place, filler.pid
        end(filler.pid)
        filler.wait()


def test_as_json_and_as_tables(filling: tuple[Path, int]) -> None:
    place, pid = filling
    said = subdeck("writers", "local", "--level", f"tmpfs:{place}", "--json", "--since", "1m")
    assert (said.returncode, said.stderr) == (0, "")
    (report,) = json.loads(said.stdout)["reports"]
    assert (report["host"], report["subhost"], report["level"]) == ("local", "", f"tmpfs:{place}")
    first = report["writers"][0]
    assert (first["pid"], first["counter"], first["sure"]) == (pid, "wchar", True)
    assert first["files"] == [f"{place}/blob"]
    assert report["files"][0]["merged"] == f"{place}/blob"
    assert (report["complete"], report["since"]) == (True, 60.0)

    said = subdeck("writers", "local", "--level", f"tmpfs:{place}", "--whole")
    assert (said.returncode, said.stderr) == (0, "")
    assert f"{place}/blob" in said.stdout
    assert "HOLDS OPEN" in said.stdout


def test_what_is_not_there_is_named() -> None:
    said = subdeck("writers", "local", "--level", "tmpfs:/nowhere", "--json")
    assert said.returncode == 1
    assert json.loads(said.stdout)["reports"] == []
    assert said.stderr.startswith("subdeck: local: tmpfs:/nowhere: no such level of local; it has")
    said = subdeck("writers", "local", "--since", "soon")
    assert (said.returncode, said.stderr.count("\n")) == (2, 1)
    assert "no span of time" in said.stderr


def test_what_can_be_done_about_it_and_doing_it(filling: tuple[Path, int]) -> None:
    place, pid = filling
    until(lambda: (place / "blob").stat().st_size > 6 << 20, 20, "enough to be worth it")
    told = subdeck("relief", "local", "--level", f"tmpfs:{place}", "--json")
    assert (told.returncode, told.stderr) == (0, "")
    (report,) = json.loads(told.stdout)["reports"]
    option = next(each for each in report["options"] if each["verb"] == "truncate")
    assert option["gain"] > 1 << 20
    assert f"({pid}) writes to it" in option["risk"]
    assert option["command"] == f"subdeck truncate {place}/blob local"
    assert "truncate" in subdeck("relief", "local", "--level", f"tmpfs:{place}").stdout

    before = (place / "blob").stat().st_blocks
    done = subdeck(*option["command"].split()[1:], "--yes")
    assert done.returncode == 0, done.stderr
    assert (place / "blob").stat().st_blocks < before
