"""``subdeck upgrade`` as an operator types it; nothing here is ever begun on this machine."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from console.__main__ import main
from tests.console.cli.commands import subdeck


def kernel(path: Path, version: str = "6.1.0-edge (lab) #1 SMP") -> Path:
    """Write a file that says of itself that it is a bzImage of x86."""
    text = bytearray(2048)
    text[510:512] = b"\x55\xaa"
    text[514:518] = b"HdrS"
    struct.pack_into("<H", text, 518, 0x020F)
    struct.pack_into("<H", text, 526, 1024 - 512)
    text[1024 : 1024 + len(version) + 1] = version.encode() + b"\0"
    path.write_bytes(text)
    return path


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["local", "--yes"], "one of the arguments --image --file --lower is required"),
        (["local", "--file", "kernel", "--yes"], "no ROLE=PATH"),
        (["local", "--file", "boot=/etc/passwd", "--yes"], "no ROLE=PATH"),
        (["local", "--file", "kernel=/nowhere", "--yes"], "/nowhere: no such file"),
        (["local", "--image", "edge", "--json"], "--json asks nothing"),
        (["local", "--image", "edge", "--method", "magic", "--yes"], "magic"),
        (["local", "--image", "edge", "--switch", "boot.ipxe", "--yes"], "no [HOST:]PATH"),
        (["local", "--image", "edge", "--yes"], "no store of boot images is configured"),
        (["local", "--image", "edge"], "here is no terminal"),
        (
            ["local", "--image", "edge", "--stage-in", "data", "--yes"],
            "'data' is no absolute path",
        ),
        (["--image", "edge", "--yes"], "required: TARGET"),
    ],
)
def test_what_makes_no_sense(
    words: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    try:
        status: object = main(["upgrade", *words])
    except SystemExit as ended:
        status = ended.code
    said = capsys.readouterr()
    assert (status, said.out) == (2, "")
    assert told in said.err
    assert said.err.count("\n") == 1


def dry(tmp_path: Path, *words: str) -> tuple[int, dict[str, object], str]:
    env = {"XDG_CONFIG_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    ran = subdeck("upgrade", "local", "--dry-run", "--json", *words, env=env)
    (plan,) = json.loads(ran.stdout)["plans"]
    return ran.returncode, plan, ran.stderr


def test_files_by_name_are_unsigned_and_are_only_taken_for_a_reason(tmp_path: Path) -> None:
    file = f"kernel={kernel(tmp_path / 'vmlinuz')}"
    status, plan, said = dry(tmp_path, "--file", file, "--method", "network")
    assert (status, plan["script"]) == (1, None)
    assert "bear no signature" in said
    assert "--in-spite REASON" in said
    status, plan, said = dry(
        tmp_path, "--file", file, "--method", "network", "--in-spite", "the lab's"
    )
    told = [each["text"] for each in plan["obstacles"]]  # type: ignore[attr-defined]
    assert "signature" not in str(told)
    assert (plan["image"], plan["method"], plan["tier"]) == ("vmlinuz", "network", 3)
    assert "in spite of this" in str(plan["consequences"])
    assert not Path("/var/lib/subdeck/images").exists()


def test_what_the_host_refuses_is_not_handed_out_by_its_boot_server(tmp_path: Path) -> None:
    boot = tmp_path / "boot.ipxe"
    boot.write_text("#!ipxe\nkernel old\ninitrd old\nboot\n")
    before = boot.read_text()
    words = [f"--file={role}={kernel(tmp_path / role)}" for role in ("kernel", "initrd")]
    env = {"XDG_CONFIG_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    about = ("--method", "network", "--switch", str(boot), "--yes")
    ran = subdeck("upgrade", "local", *words, *about, env=env)
    assert ran.returncode == 1
    assert "local: not begun" in ran.stderr
    assert "bear no signature" in ran.stderr
    assert boot.read_text() == before


def test_a_file_that_is_no_kernel_is_none(tmp_path: Path) -> None:
    page = tmp_path / "vmlinuz"
    page.write_text("<html>404 Not Found</html>")
    ran = subdeck(
        *("upgrade", "local", "--dry-run", "--file", f"kernel={page}"),
        env={"XDG_CONFIG_HOME": str(tmp_path)},
    )
    assert ran.returncode == 2
    assert "is no kernel, by its first bytes" in ran.stderr
