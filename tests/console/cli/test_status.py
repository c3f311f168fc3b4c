"""``subdeck status`` on this very host, and on one in a folder."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from backends.local import LocalBackend
from tests.backends.handmade import order, outcome, plan, swept
from tests.console.cli.commands import ROOT, machine, subdeck

_SEEN = """
import sys
from console.__main__ import main
main(["status", *sys.argv[1:]])
sys.stderr.write("\\n".join(sys.modules))
"""


def one_line(said: subprocess.CompletedProcess[str]) -> str:
    """Return the only line on stderr."""
    assert said.stderr.count("\n") == 1, said.stderr
    assert said.stderr.startswith("subdeck: ")
    return said.stderr


# This host


def test_this_host_as_json() -> None:
    said = subdeck("status", "--json")
    assert (said.returncode, said.stderr) == (0, "")
    (host,) = json.loads(said.stdout)["hosts"]
    assert (host["name"], host["contact"], host["trouble"]) == ("local", "up", None)
    assert host["memory"]["total"] > 0
    assert host["boot"]["kernel"] == os.uname().release
    assert "mem" in {level["id"] for level in host["levels"]}
    assert {"lo"} <= {link["name"] for link in host["links"]}


@pytest.mark.root
@pytest.mark.needs("flock", "setsid")
def test_this_host_tells_its_jobs() -> None:
    made = order(plan("true", "false"))

    async def done() -> None:
        here = LocalBackend()
        await here.hands.launch(made)
        await outcome(here.hands, made.id)
        await here.close()

    with swept():
        asyncio.run(done())
        said = subdeck("status", "local", "--json")
    (host,) = json.loads(said.stdout)["hosts"]
    job = next(each for each in host["jobs"] if each["id"] == made.id)
    assert (job["host"], job["who"], job["state"]) == ("local", "alice@bastion", "undone")
    assert (job["step"], job["steps"]) == (2, 2)
    assert "jobs" not in {gap["probe"] for gap in host["gaps"]}


def test_this_host_as_a_table() -> None:
    said = subdeck("status", "local")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("local  ")
    assert "BOUND BY" in said.stdout
    assert "\x1b" not in said.stdout


@pytest.mark.parametrize("arguments", [["--json"], []], ids=["json", "table"])
def test_a_report_needs_neither_screen_nor_ssh(arguments: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _SEEN, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    modules = set(ran.stderr.split())
    assert "backends.local" in modules
    assert not modules & {"textual", "asyncssh"}
    assert ("rich" in modules) == (not arguments)


# A host in a folder


def test_a_host_in_a_folder(tmp_path: Path) -> None:
    said = subdeck("status", "--json", "--root", str(machine(tmp_path)))
    assert said.returncode == 0
    (host,) = json.loads(said.stdout)["hosts"]
    assert host["memory"] | {"total": 4 << 30, "available": 2 << 30} == host["memory"]
    assert (host["boot"]["style"], host["boot"]["kernel"]) == ("disk", "6.1.0-made-up")
    assert [(each["name"], each["state"]) for each in host["subhosts"]] == [
        ("mta", "stopped"),
        ("müll", "stopped"),
    ]


def test_a_folder_without_a_host_is_all_gaps(tmp_path: Path) -> None:
    said = subdeck("status", "--json", "--root", str(tmp_path))
    (host,) = json.loads(said.stdout)["hosts"]
    assert (host["levels"], host["memory"]) == ([], None)
    assert {"memory", "mountinfo"} <= {gap["probe"] for gap in host["gaps"]}


def test_only_the_subhosts_asked_for(tmp_path: Path) -> None:
    said = subdeck("status", "--json", "--root", str(machine(tmp_path)), "local/mt*")
    (host,) = json.loads(said.stdout)["hosts"]
    assert [each["name"] for each in host["subhosts"]] == ["mta"]


def test_a_target_that_matches_no_subhost_fails(tmp_path: Path) -> None:
    said = subdeck("status", "--json", "--root", str(machine(tmp_path)), "local", "local/no*")
    assert said.returncode == 1
    assert json.loads(said.stdout)["hosts"] == []
    assert "local/no*: no such subhost" in one_line(said)


def test_the_screen_without_a_terminal_is_a_plain_report(tmp_path: Path) -> None:
    said = subdeck("--root", str(machine(tmp_path)))
    assert (said.returncode, said.stderr) == (0, "")
    assert "mta" in said.stdout


# Wrong usage and configuration


@pytest.mark.parametrize("command", [["status"], ["status", "--json"], ["doctor"], []])
def test_an_unknown_host_is_wrong_usage(command: list[str]) -> None:
    said = subdeck(*command, "nosuch")
    assert (said.returncode, said.stdout) == (2, "")
    assert "nosuch: no such host" in one_line(said)


@pytest.mark.parametrize("command", [["status"], ["status", "--json"], []])
def test_a_bad_configuration_names_file_line_and_key(command: list[str], tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text("interval = 1.0\n\nbogus = 2\n", "utf-8")
    said = subdeck(*command, "--config", str(config))
    assert (said.returncode, said.stdout) == (2, "")
    assert f"{config}:3: bogus: unknown key" in one_line(said)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"interval = ", "c.toml:1: "),
        (b"a = 1\n[", "c.toml:2: "),
        (b"\xff", "is not UTF-8 text"),
        (b'"a\\nb\\u001b[2J" = 1', "a␊b␛[2J"),
        (b'interval = "soon"', "c.toml:1: interval: "),
        (None, "no such file"),
    ],
)
def test_no_configuration_ends_in_a_traceback(
    content: bytes | None, complaint: str, tmp_path: Path
) -> None:
    config = tmp_path / "c.toml"
    if content is not None:
        config.write_bytes(content)
    said = subdeck("status", "--config", str(config))
    assert (said.returncode, said.stdout) == (2, "")
    assert complaint in one_line(said)


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    assert str(tmp_path) in one_line(subdeck("status", "--config", str(tmp_path)))


def test_thresholds_come_from_the_configuration(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text("[levels]\nwatch = { percent = 0 }\nact = { percent = 0 }\n", "utf-8")
    root = str(machine(tmp_path))
    said = subdeck("status", "--json", "--root", root, "--config", str(config))
    levels = json.loads(said.stdout)["hosts"][0]["levels"]
    assert {level["id"]: level["state"] for level in levels}["mem"] == "act"


# Streams


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["status"], 1), (["status", "--json"], 1), (["doctor"], 1), (["--help"], 0)],
)
def test_a_reader_that_leaves_is_no_trouble(arguments: list[str], status: int) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody:
        ran = subprocess.run(
            [sys.executable, "-m", "console", *arguments],
            cwd=ROOT,
            stdout=nobody,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (ran.returncode, ran.stderr) == (status, b"")


@pytest.mark.parametrize("arguments", [["status"], ["status", "--json"], ["doctor"]])
def test_an_answer_that_cannot_be_written_is_one_line(arguments: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "console", *arguments],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    said = b"subdeck: standard output: No space left on device\n"
    assert (ran.returncode, ran.stderr) == (1, said)


def test_a_closed_output_is_one_line() -> None:
    ran = subprocess.run(
        ["sh", "-c", 'exec "$0" -m console status >&-', sys.executable],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (2, b"subdeck: standard output is closed\n")


def test_a_configuration_that_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    said = subdeck("status", "--config", str(tmp_path / "pipe"))
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == f"subdeck: {tmp_path}/pipe: is not a regular file\n"


@pytest.mark.parametrize("arguments", [["status"], ["status", "--json"], ["doctor"]])
def test_a_terminal_that_knows_only_ascii(arguments: list[str], tmp_path: Path) -> None:
    said = subdeck(*arguments, "--root", str(machine(tmp_path)), env={"PYTHONIOENCODING": "ascii"})
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.isascii()


def test_json_can_be_told_names_that_ascii_cannot_spell(tmp_path: Path) -> None:
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    said = subdeck("status", "--json", "--root", str(machine(tmp_path)), env=ascii_only)
    assert json.loads(said.stdout)["hosts"][0]["subhosts"][1]["name"] == "müll"


def test_watching_prints_one_document_a_line(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text("interval = 0.5\n", "utf-8")
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "console", "status", "--json", "--watch"),
            *("--config", str(config), "--root", str(machine(tmp_path))),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as watching:
        assert watching.stdout is not None
        assert watching.stderr is not None
        first, second = (json.loads(watching.stdout.readline()) for _ in range(2))
        watching.stdout.close()  # as `head` does
        assert watching.wait(timeout=30) == 1
        assert watching.stderr.read() == ""
    assert first["time"] <= second["time"]
    assert [each["name"] for each in second["hosts"]] == ["local"]
