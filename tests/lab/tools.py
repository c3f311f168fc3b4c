"""overlay-boot's own tools, as stand-ins: ``tools(world).run("overlay-stop", conf)``."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.lab.world import World

_HERE = Path(__file__).parent
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Tools:
    """The tools in a folder of their own, with the reaper that they want beside them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(_HERE / "overlay_tools", folder, dirs_exist_ok=True)
        reaper, source = str(folder / "reaper"), str(_HERE / "reaper.c")
        subprocess.run(["gcc", "-static", "-Os", "-o", reaper, source], check=True)

    def run(self, name: str, *words: str | Path, stdin: str = "") -> str:
        """Run one and return what it prints; raises ``AssertionError`` where it fails."""
        ran = self.ran(name, *words, stdin=stdin)
        assert ran.returncode == 0, f"{name}: {ran.returncode}: {ran.stdout}{ran.stderr}"
        return ran.stdout

    def ran(
        self, name: str, *words: str | Path, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run one and return what came of it."""
        return subprocess.run(
            [self.folder / name, *words],
            env={"PATH": _PATH},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


def tools(world: World) -> Tools:
    """Return tools whose path has nothing of overlay-boot in it, as where they are installed."""
    return Tools(world.place("sbin"))
