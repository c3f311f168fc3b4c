"""``subdeck history``, ``capsule`` and ``replay``, as an operator runs them."""

from __future__ import annotations

import json
import re
import time
from contextlib import closing
from pathlib import Path
from zipfile import ZipFile

import pytest

from backends.archive import Archive, Bounds
from backends.backlog import Looks
from console.clean import Clean
from console.series import Sample
from tests.console.cli.commands import machine, subdeck
from tests.console.looked import looked

SECRET = "hunter2-hunter2"  # noqa: S105  planted to be looked for
MIB = 1 << 20

_BAND = re.compile(r"\((\d+)-(\d+)\)")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Return folders of an operator who has a configuration, and whose consoles recorded."""
    config = tmp_path / "config" / "subdeck"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(f"interval = 0.5\n# api_key = {SECRET}\n")
    now = time.time()
    path = tmp_path / "state" / "subdeck" / "history.db"
    with closing(Archive(path, Bounds(), "clock")) as archive:
        for number in range(60):
            sample = Sample(number, now - 60 + number, number * MIB, total=100 * MIB)
            run = sample._replace(used=MIB)
            seen = looked({Clean("mem"): sample, Clean("mta/tmpfs:/run"): run})
            looks: Looks = [(Clean("web1"), seen), (Clean("db1"), seen)]
            archive.append(looks)
    return {
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "LANG": "C.UTF-8",
        "COLUMNS": "100",
    }


def test_a_capsule_holds_what_status_tells_and_no_secret(
    tmp_path: Path, env: dict[str, str]
) -> None:
    root = machine(tmp_path / "root")
    (root / "proc/cmdline").write_text(f"root=/dev/vda rd.luks.key={SECRET} quiet\n")
    (root / "srv/subhost/mta/mta.conf").write_text(f"BASE=.\nPASSWORD={SECRET}\n")
    mounts = root / "proc/self/mountinfo"
    mounts.write_text(mounts.read_text() + f"27 26 0:9 / /srv rw - cifs x rw,password={SECRET}\n")
    made = subdeck("capsule", "local", "--root", str(root), "-o", str(tmp_path), env=env)
    assert (made.returncode, made.stderr) == (0, "")
    file = Path(made.stdout.strip())
    assert file.parent == tmp_path
    assert file.name.startswith("subdeck-local-2")
    with ZipFile(file) as members:
        whole = {name: members.read(name) for name in members.namelist()}
    assert not [name for name, content in whole.items() if SECRET.encode() in content]
    assert b"rd.luks.key=" in whole["status.json"]
    assert b"cifs" in whole["raw/local/mountinfo"]
    assert b"MemTotal" in whole["raw/local/meminfo"]
    assert b"api_key" in whole["config.toml"]
    status = subdeck("status", "local", "--root", str(root), env=env).stdout
    replayed = subdeck("replay", str(file), env=env)
    assert (replayed.returncode, replayed.stderr) == (0, "")
    first, _, told = replayed.stdout.partition("\n\n")
    assert first.startswith("replay of 2")
    assert table(told) == table(status)


def table(text: str) -> list[list[str]]:
    """Return the words of every line about a level or a subhost, but for its forecast."""
    lines = [line.split() for line in text.splitlines()]
    return [[word for word in line if word != "-"][:2] for line in lines if line]


def test_history_is_told_from_the_record_alone(env: dict[str, str]) -> None:
    told = subdeck("history", "web1", env=env)
    assert (told.returncode, told.stderr) == (0, "")
    (mem,) = (line.split() for line in told.stdout.splitlines() if " mem " in line)
    assert mem[:7] == ["web1", "mem", "0B", "59M", "0B", "59M", "100M"]
    assert mem[7] == "1.0M/s"
    assert "web1/mta" in told.stdout
    drawn = subdeck("history", "web1", "--level", "mem", env=env).stdout
    assert "⣀" in drawn or "⠉" in drawn
    plain = subdeck("history", "web1/mta", "--ascii", env={**env, "NO_COLOR": "1"}).stdout
    assert "|" in plain
    assert "mem" not in plain


def test_history_as_json(env: dict[str, str]) -> None:
    told = json.loads(subdeck("history", "*", "--level", "mem", "--json", env=env).stdout)
    assert [level["host"] for level in told["levels"]] == ["db1", "web1"]
    samples = told["levels"][0]["samples"]
    assert len(samples) == 60
    assert samples[-1] | {"time": None} == {
        "time": None,
        "used": 59 * MIB,
        "total": 100 * MIB,
        "inodes_used": None,
        "inodes_total": None,
    }
    assert told["levels"][0]["rate"] == pytest.approx(MIB)


@pytest.mark.parametrize(
    ("argv", "status", "told"),
    [
        (("history", "db1", "--level", "nix"), 1, "db1: nothing is recorded of nix"),
        (("history", "web1", "--since", "1s"), 1, "nothing is recorded in that time"),
        (("history", "elsewhere"), 2, "no such host"),
        (("history", "web1", "--since", "soon"), 2, "is no span of time"),
        (("history",), 2, "required"),
        (("replay",), 2, "--at TIME"),
        (("replay", "/nowhere"), 2, "no such file"),
        (("replay", __file__), 2, "no capsule"),
        (("replay", "--at", "noon"), 1, "is no time"),
        (("replay", "--at", "3d"), 1, "nothing was recorded"),
        (("capsule", "local", "-o", "/proc/x"), 2, "/proc/x"),
    ],
)
def test_what_cannot_be_told_is_said_in_one_line(
    argv: tuple[str, ...], status: int, told: str, env: dict[str, str]
) -> None:
    said = subdeck(*argv, env=env)
    assert told in said.stderr
    assert said.stderr.count("\n") == 1
    assert said.returncode == status


def test_the_history_is_replayed_at_any_time(env: dict[str, str]) -> None:
    said = subdeck("replay", "--at", "10s", env=env)
    assert (said.returncode, said.stderr) == (0, "")
    lines = [line.split() for line in said.stdout.splitlines()]
    mem = {line[1]: line for line in lines if line[2:3] == ["mem"]}
    assert set(mem) == {"db1", "web1"}
    for line in mem.values():
        used = next(int(word[:-1]) for word in line if re.fullmatch(r"\d+M", word))
        assert 40 <= used < 59
        # What was foreseen then is told as well: a MiB a second.
        low, high = map(int, next(filter(None, map(_BAND.fullmatch, line))).groups())
        assert low <= 100 - used <= high
