"""``subdeck doctor``: what is looked into, and what it says of a host that is not all there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.console.cli.commands import machine, subdeck


def checks(*argv: str, status: int = 0) -> dict[str, tuple[str, str, str]]:
    """Return state, finding and remedy by check."""
    said = subdeck("doctor", "--json", *argv)
    assert (said.returncode, said.stderr) == (status, "")
    document = json.loads(said.stdout)
    assert document["version"] == 1
    return {
        each["check"]: (each["state"], each["found"], each["remedy"])
        for each in document["checks"]
    }


def test_this_host() -> None:
    found = checks()
    assert list(found)[:5] == ["subdeck", "configuration", "terminal", "history", "local"]
    assert {"privilege", "boot", "levels", "subhosts", "network"} <= set(found)
    assert {state for state, _, _ in found.values()} <= {"ok", "lacking"}
    assert "defaults hold" in found["configuration"][1]


def test_the_table_has_a_line_for_each_check() -> None:
    said = subdeck("doctor", "local")
    assert (said.returncode, said.stderr) == (0, "")
    first = [line.split()[0] for line in said.stdout.splitlines() if line.strip()]
    assert {"CHECK", "subdeck", "history", "privilege"} <= set(first)


def test_a_bad_configuration_is_told_among_the_rest(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text("bogus = 2\n", "utf-8")
    state, said, remedy = checks("--config", str(config), status=1)["configuration"]
    assert (state, remedy) == ("failed", "mend the line named")
    assert f"{config}:1: bogus" in said


def test_a_bad_configuration_ends_it_where_other_hosts_are_meant(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text("bogus = 2\n", "utf-8")
    said = subdeck("doctor", "--config", str(config), "web1")
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith(f"subdeck: {config}:1: bogus")


def test_a_history_that_is_none_is_told(tmp_path: Path) -> None:
    config, history = tmp_path / "c.toml", tmp_path / "h.db"
    history.write_bytes(b"not a database at all" * 100)
    config.write_text(f'[history]\npath = "{history}"\n', "utf-8")
    state, said, remedy = checks("--config", str(config))["history"]
    assert state == "lacking"
    assert str(history) in said
    assert remedy


@pytest.mark.parametrize(
    ("name", "content"), [("memory", "proc/meminfo"), ("mountinfo", "proc/self/mountinfo")]
)
def test_what_could_not_be_seen_is_lacking(name: str, content: str, tmp_path: Path) -> None:
    (machine(tmp_path) / content).unlink()
    state, said, _ = checks("--root", str(tmp_path))[name]
    assert state == "lacking"
    assert said.startswith("missing: ")


def test_a_host_in_a_folder(tmp_path: Path) -> None:
    found = checks("--root", str(machine(tmp_path)))
    assert found["boot"][:2] == ("ok", "disk, 6.1.0-made-up")
    assert found["subhosts"][:2] == ("ok", "0 running of 2")
