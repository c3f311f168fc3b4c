"""What docs/images.md tells to type does what it says; apt here goes by a local archive."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.lab.guests import archive
from tests.lab.guests.kernel import ROOT

pytestmark = archive.NEEDS_ARCHIVE

PAGE = ROOT / "docs/images.md"


def commands() -> list[str]:
    """Return what is to be typed: lines by four blanks in."""
    return re.findall(r"(?:^    (?! ).*\n(?:^    .*\n)*)", PAGE.read_text(), re.MULTILINE)


def environment(folder: Path) -> dict[str, str]:
    """Return that of an operator with a key, on a host whose apt goes by a local archive."""
    line = archive.entry(folder / "archive")
    (folder / "apt.list").write_text(f"{line}\n")
    (folder / "lists/partial").mkdir(parents=True)
    (folder / "apt.conf").write_text(
        f'Dir::Etc::SourceList "{folder}/apt.list";\nDir::Etc::SourceParts "/dev/null";\n'
        f'Dir::State::Lists "{folder}/lists";\n'
    )
    home = folder / "home"
    (home / ".ssh").mkdir(parents=True)
    key = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / ".ssh/id_ed25519")
    subprocess.run(key, check=True)
    program = folder / "bin/subdeck"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m console "$@"\n')
    program.chmod(0o755)
    return {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "APT_CONFIG": str(folder / "apt.conf"),
        "HOME": str(home),
        "LANG": "C.UTF-8",
    }


def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    environ = environment(tmp_path)
    home = Path(environ["HOME"])
    subprocess.run(["apt-get", "-q", "update"], env=environ, check=True, capture_output=True)
    typed = "".join(re.sub("^    ", "", block, flags=re.MULTILINE) for block in commands())
    ran = subprocess.run(
        ["sh", "-eux"],
        cwd=home,
        env=environ,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert typed.count("subdeck images build") == 3
    assert re.search(r"^ ?ethtool +\d", ran.stdout, re.MULTILINE)
    assert "left out: docs" in ran.stdout
    assert (home / "web-1/cmdline").read_text().startswith("boot=live fetch=http://boot.example/")
    assert (home / "images/edge/1/initrd").is_file()
    assert (home / "images/edge/current").resolve().name == "1"
    verified = ran.stdout[ran.stdout.rindex("left out") :]
    assert "operator" in verified
