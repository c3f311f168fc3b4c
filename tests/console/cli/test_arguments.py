"""The command line: what was asked for, or one line and exit status 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.cli.arguments import COMMANDS, parse
from console.cli.usage import VERBS

PRINT = f"SHA256:{'a' * 43}"


def test_nothing_is_the_screen_of_everything() -> None:
    found = parse([])
    assert (found.command, found.targets, found.config, found.root) == (
        "screen",
        [],
        None,
        Path("/"),
    )
    assert (found.ascii, found.theme, found.mouse) == (False, None, False)
    assert not found.read_only
    assert parse(["--read-only"]).read_only


PATHS = {"delete", "truncate", "purge"}
MORE = {"share", "unshare", "grow", *PATHS}
"""Verbs that take more than targets."""


@pytest.mark.parametrize(
    ("argv", "command", "targets"),
    [
        (["local"], "screen", ["local"]),
        (["local", "local/mta"], "screen", ["local", "local/mta"]),
        (["status"], "status", []),
        (["status", "local/mta"], "status", ["local/mta"]),
        (["doctor", "local"], "doctor", ["local"]),
        *(([verb, "local/mta"], verb, ["local/mta"]) for verb in VERBS if verb not in MORE),
        (["grow", "local", "--to", "+50%"], "grow", ["local"]),
        *(([verb, "/x", "local", "a/mta"], verb, ["local", "a/mta"]) for verb in sorted(PATHS)),
        (["share", "/srv", "a/mta", "b/mta"], "share", ["a/mta", "b/mta"]),
        (["enter", "local/mta"], "enter", ["local/mta"]),
        (["jobs"], "jobs", []),
        (["logs", "local/mta"], "logs", ["local/mta"]),
        (["writers", "local/mta"], "writers", ["local/mta"]),
        (["relief", "local"], "relief", ["local"]),
    ],
)
def test_the_first_word_may_be_a_command(
    argv: list[str], command: str, targets: list[str]
) -> None:
    found = parse(argv)
    assert (found.command, found.targets) == (command, targets)


def test_options_of_status() -> None:
    found = parse(["status"])
    assert (found.json, found.watch, found.sort) == (False, False, "full")
    found = parse(["status", "--json", "--watch", "--sort", "rate", "local"])
    assert (found.json, found.watch, found.sort, found.targets) == (True, True, "rate", ["local"])


def test_a_single_look_may_give_up_after_a_time() -> None:
    assert parse(["status"]).timeout is None
    assert parse(["status", "--timeout", "2.5", "web[1-9]"]).timeout == 2.5


def test_doctor_may_accept_one_key_of_one_host() -> None:
    assert parse(["doctor", "web"]).accept_key is None
    assert parse(["doctor", "web", "--accept-key", PRINT]).accept_key == PRINT


def test_another_configuration_of_ssh_may_be_named(tmp_path: Path) -> None:
    other = tmp_path / "ssh_config"
    other.touch()
    for command in ([], ["status"], ["doctor"]):
        assert parse(command).ssh_config is None
        assert parse([*command, "-F", str(other)]).ssh_config == other
        assert parse([*command, "--ssh-config", str(other)]).ssh_config == other


def test_options_of_what_is_done() -> None:
    found = parse(["stop", "local/mta"])
    assert (found.yes, found.dry_run, found.json, found.unlock) == (False, False, False, None)
    assert (found.timeout, found.patience, found.root) == (None, 10.0, Path("/"))
    found = parse(["stop", "a/mta", "--yes", "--json", "--unlock", "why", "--patience", "3"])
    assert (found.yes, found.json, found.unlock, found.patience) == (True, True, "why", 3.0)
    assert parse(["kill", "a/mta"]).signal == "TERM"
    assert parse(["kill", "a/mta", "-s", "SIGHUP"]).signal == "SIGHUP"
    found = parse(["hold", "a/mta", "--to", "4M", "--inodes", "9"])
    assert (found.to.of(0), found.inodes, found.level) == (4 << 20, 9, None)
    with pytest.raises(SystemExit):
        parse(["hold", "a/mta", "--inodes", "5000"])


@pytest.mark.parametrize(
    ("word", "expected"),
    [("/srv/x", ("/srv/x", "/srv/x")), ("/a:/b:c", ("/a", "/b:c")), ("/a:", ("/a", "/a"))],
)
def test_a_folder_is_shared_where_it_is_or_elsewhere(word: str, expected: tuple[str, str]) -> None:
    assert parse(["share", word, "local/mta"]).share == expected
    assert parse(["unshare", word, "local/mta"]).share == expected


def test_options_of_jobs_and_logs() -> None:
    found = parse(["jobs"])
    assert (found.follow, found.finish, found.roll_back, found.audit) == (None, None, None, False)
    assert parse(["jobs", "local", "--roll-back", "1"]).roll_back == "1"
    assert parse(["logs", "local/mta"]).lines == 20
    assert parse(["logs", "-n", "5", "local/mta"]).lines == 5


def test_options_of_the_screen(tmp_path: Path) -> None:
    found = parse(
        ["--ascii", "--theme", "light", "--mouse", "--config", "c.toml", "--root", str(tmp_path)]
    )
    assert (found.ascii, found.theme, found.mouse) == (True, "light", True)
    assert (found.config, found.root) == (Path("c.toml"), tmp_path)


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (["--bogus"], "--bogus"),
        (["--json"], "--json"),
        (["--theme", "pink"], "pink"),
        (["status", "--sort", "bogus"], "bogus"),
        (["status", "--theme", "dark"], "--theme"),
        (["doctor", "--watch"], "--watch"),
        (["status", "--config"], "--config"),
        (["status", "--root", "/no/such/folder"], "/no/such/folder: no such folder"),
        (["--root", "/dev/null"], "/dev/null: no such folder"),
        (["status", "-F", "/no/such/file"], "/no/such/file: no such file"),
        (["status", "--timeout", "soon"], "soon: no number of seconds"),
        (["status", "--timeout", "0"], "0: no number of seconds"),
        (["status", "--timeout", "nan"], "nan: no number of seconds"),
        (["status", "--timeout", "inf"], "inf: no number of seconds"),
        (["status", "--timeout", "5", "--watch"], "--timeout is for a single look"),
        (["doctor", "--accept-key", PRINT], "--accept-key is for one HOST"),
        (["doctor", "--accept-key", PRINT, "a", "b"], "--accept-key is for one HOST"),
        (["doctor", "--accept-key", "MD5:ab", "web"], "MD5:ab: no fingerprint"),
        (["doctor", "--accept-key", "SHA256:short", "web"], "SHA256:short: no fingerprint"),
        (["start"], "TARGET"),
        (["share", "/srv"], "TARGET"),
        (["share", "srv", "local/mta"], "srv: does not start with /"),
        (["share", "/srv:x", "local/mta"], "/srv:x: does not start with /"),
        (["start", "local/mta", "--json"], "--json asks nothing"),
        (["start", "local/mta", "--root", "/"], "--root"),
        (["start", "local/mta", "--patience", "3"], "--patience"),
        (["stop", "local/mta", "--patience", "-1"], "-1"),
        (["jobs", "--follow", "1", "--finish", "1"], "not allowed with"),
        (["jobs", "--follow"], "--follow"),
        (["logs", "local/mta", "-n", "0"], "0: no number from 1"),
        (["logs", "local/mta", "-n", "many"], "many: no number from 1"),
        (["doctor", "web/mta"], "web/mta: doctor looks at hosts"),
        (["status", "--accept-key", PRINT, "web"], "--accept-key"),
    ],
)
def test_wrong_usage_is_one_line(
    argv: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(argv)
    said = capsys.readouterr()
    assert (caught.value.code, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert said.err.startswith("subdeck: ")
    assert word in said.err


@pytest.mark.parametrize("command", [[], *([each] for each in COMMANDS)])
def test_help_goes_to_stdout(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse([*command, "--help"])
    said = capsys.readouterr()
    assert (caught.value.code, said.err) == (0, "")
    # what has commands of its own takes nothing else
    assert "--config" in said.out or command[0] in {"images", "rollout"}


def test_help_tells_the_commands_and_exit_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])
    said = capsys.readouterr().out
    assert all(f"subdeck {command}" in said for command in COMMANDS)
    assert "exit status: 0 done, 1" in said


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith("subdeck 0.")


def test_a_command_after_the_options_is_told_where_it_goes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as stop:
        parse(["--ascii", "status"])
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("subdeck: status goes first: subdeck status")


def test_what_stands_after_two_dashes_is_a_command_untouched() -> None:
    found = parse(["enter", "--tmux", "pane", "local", "--", "ls", "-l", "--", "--config", "x"])
    assert (found.targets, found.tmux, found.config) == (["local"], "pane", None)
    assert found.inside == ("ls", "-l", "--", "--config", "x")
    assert parse(["enter", "local"]).inside == ()


@pytest.mark.parametrize("argv", [["enter"], ["enter", "a", "b"], ["enter", "--", "ls"]])
def test_one_place_is_entered(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(argv)
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
