"""What jobs do with files that were staged, by their own functions of sh."""

from __future__ import annotations

import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from console.shell import FRAME
from console.shell.libraries import _TEXTS

CONTENT = b"a kernel\n"
DIGEST = sha256(CONTENT).hexdigest()
KEXEC = """#!/bin/sh
echo "$@"
for each do
    case $each in
        /proc/self/fd/*) cat "$each" ;;
        --initrd=*) cat "${each#--initrd=}" ;;
    esac
done
[ ! -e "$0.strike" ] || . "$0.strike"
"""


def run(program: str, path: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program with the functions that jobs have, in both shells there may be."""
    frame = FRAME[: FRAME.index("here=${0%/*}")] + FRAME[FRAME.index("same() {") :]
    text = f"{frame}\n{_TEXTS['booting']}\nPATH={path}:$PATH\n{program}\n"
    return subprocess.run(
        ["sh", "-c", text], capture_output=True, text=True, check=False, timeout=20
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "staged"
    found.write_bytes(CONTENT)
    return found


def test_what_is_staged_is_of_its_size_and_content_and_no_link(file: Path) -> None:
    asked = f"is_staged {file} {len(CONTENT)} {DIGEST}"
    assert run(asked).returncode == 0
    assert run(f"is_staged {file} 3 {DIGEST}").returncode == 1
    file.write_bytes(CONTENT.upper())
    assert f"{file} is not what was staged" in run(asked).stderr
    file.rename(f"{file}.other")
    file.write_bytes(CONTENT)
    assert run(asked).returncode == 0
    file.unlink()
    file.symlink_to(f"{file}.other")
    assert run(asked).returncode == 1


def test_a_copy_is_looked_at_after_it_was_made(file: Path, tmp_path: Path) -> None:
    place = tmp_path / "kernel"
    assert run(f"adopt {file} {len(CONTENT)} {DIGEST} {place}").returncode == 0
    copied = Path(f"{place}.new")
    assert (copied.read_bytes(), copied.stat().st_mode & 0o777) == (CONTENT, 0o600)
    file.write_bytes(CONTENT.upper())
    assert run(f"adopt {file} {len(CONTENT)} {DIGEST} {place}").returncode == 1
    assert not copied.exists()
    assert not place.exists()


@pytest.mark.parametrize(
    ("content", "said", "status"),
    [
        (b"quiet  ro\n", "quiet  ro", 0),
        (b"quiet", "quiet", 0),
        (b"one\ntwo\n", "", 1),
        (b"", "", 0),
    ],
)
def test_a_command_line_is_one_line(
    tmp_path: Path, content: bytes, said: str, status: int
) -> None:
    path = tmp_path / "cmdline"
    path.write_bytes(content)
    words = f"words_of {path} {len(content)} {sha256(content).hexdigest()}"
    ran = run(words)
    assert (ran.stdout, ran.returncode) == (said, status)
    path.write_bytes(content + b" init=/bin/sh")
    assert run(words).returncode == 1


def test_a_command_line_that_would_be_cut_off_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "cmdline"
    assert run(f"line_up 5 'a b c' {place}").returncode == 0
    assert Path(f"{place}.new").read_text() == "a b c"
    ran = run(f"line_up 4 'a b c' {place}")
    assert (ran.returncode, "5 bytes, and at most 4" in ran.stderr) == (1, True)


def test_words_of_the_loader_are_not_handed_on() -> None:
    kept = run("old_words").stdout.split()
    own = Path("/proc/cmdline").read_text().split()
    gone = ("BOOT_IMAGE=", "initrd=", "kexec_jump_back_entry=", "subdeck.image=")
    assert kept == [word for word in own if not word.startswith(gone)]


@pytest.fixture
def kexec(tmp_path: Path) -> Path:
    found = tmp_path / "bin" / "kexec"
    found.parent.mkdir()
    found.write_text(KEXEC)
    found.chmod(0o755)
    return found


def test_what_is_loaded_is_what_was_looked_at(file: Path, kexec: Path, tmp_path: Path) -> None:
    initrd = tmp_path / "initrd"
    initrd.write_bytes(b"an initrd\n")
    digest = sha256(initrd.read_bytes()).hexdigest()
    second = f"{initrd} {initrd.stat().st_size} {digest}"
    asked = f"load_kernel 'quiet x' {file} {len(CONTENT)} {DIGEST} {second}"
    ran = run(asked, str(kexec.parent))
    assert ran.returncode == 0
    assert ran.stdout.split("\n") == [
        "-s -l /proc/self/fd/8 --command-line=quiet x --initrd=/proc/self/fd/9",
        "a kernel",
        "an initrd",
        "",
    ]
    file.write_bytes(CONTENT.upper())
    ran = run(asked, str(kexec.parent))
    assert (ran.returncode, ran.stdout) == (1, "")


def test_what_changes_while_it_is_loaded_is_unloaded(file: Path, kexec: Path) -> None:
    Path(f"{kexec}.strike").write_text(f"[ \"$1\" = -u ] || printf A >'{file}'\n")
    ran = run(f"load_kernel quiet {file} {len(CONTENT)} {DIGEST}", str(kexec.parent))
    assert ran.returncode == 1
    assert ran.stdout.endswith("-u\n")
