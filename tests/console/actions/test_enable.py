"""Starting with the host: what is planned, and what becomes of the list."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from console.actions.enable import LIST
from console.actions.verbs import planned
from console.clean import Clean
from console.operations import line
from console.parse.subhosts_list import autostart
from console.plan import Plan, Verb, Wish
from console.survey import Found, PathFact, Survey
from tests.console.actions.ground import CONF, NAME, fact, host, subhost, survey

LOOKED = survey("BASE=.\n")
SHELLS = [
    pytest.param(["sh"], id="sh"),
    pytest.param(["busybox", "sh"], id="busybox", marks=pytest.mark.needs("busybox")),
]
FUNCTIONS = Path("console/shell/listing.sh").read_text()


def plan(verb: Verb, looked: Survey, *, listed: bool = False, config: str = CONF) -> Plan:
    guest = replace(subhost(), autostart=listed, config=Clean(config))
    return planned(host(guest), Wish(verb, NAME), looked)


def test_enable() -> None:
    made = plan(Verb.ENABLE, LOOKED)
    assert made.obstacles == ()
    (step,) = made.steps
    assert [line(each) for each in step.operations] == [f"list_add {LIST} {CONF}"]
    assert [line(each) for each in step.undo] == [f"list_drop {LIST} {CONF}"]


def test_disable() -> None:
    made = plan(Verb.DISABLE, replace(LOOKED, autostart=f"{CONF}\n".encode()), listed=True)
    assert made.obstacles == ()
    assert [line(each) for each in made.steps[0].operations] == [f"list_drop {LIST} {CONF}"]


@pytest.mark.parametrize(
    ("verb", "listed", "text", "words"),
    [
        (Verb.ENABLE, True, b"", "mta is enabled already"),
        (Verb.ENABLE, False, f"{CONF}\n".encode(), "mta is enabled already"),
        (Verb.DISABLE, False, b"", "mta is disabled already"),
        (Verb.DISABLE, True, f"{CONF} # not now\n".encode(), "mta is disabled already"),
        (Verb.ENABLE, False, b"a\0b\n", f"{LIST} holds NUL bytes"),
    ],
)
def test_there_is_nothing_to_do(verb: Verb, listed: bool, text: bytes, words: str) -> None:
    made = plan(verb, replace(LOOKED, autostart=text), listed=listed)
    assert [each.text for each in made.obstacles] == [words]


@pytest.mark.parametrize("config", ["/opt/my mta/mta.conf", "/opt/#mta/mta.conf"])
def test_a_path_that_the_list_cannot_hold(config: str) -> None:
    paths = {**LOOKED.paths, Clean(config): fact(config, Found.FILE)}
    made = plan(Verb.ENABLE, replace(LOOKED, paths=paths), config=config)
    assert "cannot stand in" in made.obstacles[0].text


def test_a_configuration_of_others_is_not_run_by_root() -> None:
    theirs = replace(fact(CONF, Found.FILE), foreign=Clean("/opt"))
    made = plan(Verb.ENABLE, replace(LOOKED, paths={CONF: theirs}))
    assert "others than root may write /opt" in made.obstacles[0].text


def test_a_list_that_is_a_symlink_is_left_alone() -> None:
    linked = {**LOOKED.paths, LIST: PathFact(Found.LINK, Clean("/srv/list"))}
    assert "no regular file" in plan(Verb.ENABLE, replace(LOOKED, paths=linked)).obstacles[0].text


def run(shell: list[str], call: str, *words: str) -> None:
    program = f'set -eu\numask 022\n{FUNCTIONS}\n{call} "$@"\n'
    subprocess.run([*shell, "-s", "--", *words], input=program.encode(), check=True)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b"/m\n"),
        (b"/a\n", b"/a\n/m\n"),
        (b"/a", b"/a\n/m\n"),
        (b"# /m\n/m # x\n", b"# /m\n/m # x\n/m\n"),
        (b"  two  words \\n \xff\t* $(id)\n", b"  two  words \\n \xff\t* $(id)\n/m\n"),
        (b"/a /m /b\n", b"/a /m /b\n"),
        (b"/mm\n", b"/mm\n/m\n"),
    ],
)
def test_a_word_is_added_once(
    tmp_path: Path, shell: list[str], before: bytes, after: bytes
) -> None:
    listing = tmp_path / "list"
    listing.write_bytes(before)
    listing.chmod(0o640)
    for _ in range(2):
        run(shell, "list_add", str(listing), "/m")
    assert listing.read_bytes() == after
    assert listing.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [listing]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"/m\n", b""),
        (b"/a\n/m\n/b\n", b"/a\n/b\n"),
        (b"/a /m\t/b\n", b"/a /b\n"),
        (b"\t/m  /m\n", b""),
        (b"# /m\n/m # x\n\n  * \xff\\n\n/mm\n/m/x\n", b"# /m\n/m # x\n\n  * \xff\\n\n/mm\n/m/x\n"),
        (b"* /m\n", b"*\n"),
    ],
)
def test_a_word_is_dropped(tmp_path: Path, shell: list[str], before: bytes, after: bytes) -> None:
    listing = tmp_path / "list"
    listing.write_bytes(before)
    run(shell, "list_drop", str(listing), "/m")
    assert listing.read_bytes() == after
    assert "/m" not in autostart(after)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_list_is_made_where_there_is_none(tmp_path: Path, shell: list[str]) -> None:
    listing = tmp_path / "list"
    run(shell, "list_drop", str(listing), "/m")
    assert not listing.exists()
    run(shell, "list_add", str(listing), "/m")
    assert listing.read_bytes() == b"/m\n"
    assert listing.stat().st_mode & 0o777 == 0o644
