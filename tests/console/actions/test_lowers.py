"""One line of a configuration for another, whatever else is in there."""

from __future__ import annotations

import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.actions.lowers import Tree, edited, spelled, tree
from console.clean import Clean
from console.parse.subhost_conf import conf
from console.survey import Found
from tests.console.actions.ground import fact

PATH = b"/opt/mta/mta.conf"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (b"BASE=.\nLOWER=/a\n# end\n", b"BASE=.\nLOWER=/b\n# end\n"),
        (b"LOWER= /a \nLOWER=/c\nBASE=.", b"LOWER=/b\nLOWER=/c\nBASE=."),
        (b"BASE=.\nLOWER=/a", b"BASE=.\nLOWER=/b\n"),
        (b"BASE=.\r\nLOWER=/a\r\nSTART=none\r\n", b"BASE=.\r\nLOWER=/b\r\nSTART=none\r\n"),
        (b"# \xff\n LOWER=/no\nBASE=.", b"# \xff\n LOWER=/no\nLOWER=/b\nBASE=."),
    ],
)
def test_one_line_for_another(text: bytes, after: bytes) -> None:
    edit = edited(text, "/b")
    assert edit
    assert edit.text == after
    assert edit.digest == sha256(after).hexdigest()


def test_there_must_be_a_place() -> None:
    assert edited(b"START=none\n", "/b") is None


LINES = st.lists(
    st.sampled_from(
        [b"BASE=.", b"LOWER=/a", b"#LOWER=/a", b" LOWER=/c", b"", b"START=x", b"\xffodd", b"A=b\r"]
    ),
    max_size=9,
)


@given(lines=LINES, last=st.sampled_from([b"", b"\n"]))
def test_all_else_stays_and_the_job_makes_the_same_bytes(lines: list[bytes], last: bytes) -> None:
    text = b"\n".join([*lines, b"BASE=."]) + last
    edit = edited(text, "/b c")
    assert edit
    was, now = conf(PATH, text), conf(PATH, edit.text)
    assert now.lower == "/b c"
    assert (now.base, now.upper, now.services) == (was.base, was.upper, was.services)
    kept = text.split(b"\n")
    del kept[edit.kept : edit.begin - 1]
    assert [each for each in edit.text.split(b"\n") if each] == [
        each for each in (*kept[: edit.kept], edit.line.encode(), *kept[edit.kept :]) if each
    ]


@pytest.mark.parametrize("shell", ["dash", "busybox", "bash"])
@pytest.mark.parametrize("text", [b"A=1\nLOWER=/a\n# \xff\n", b"LOWER=/a", b"# x\nBASE=."])
def test_the_job_makes_the_same_bytes(text: bytes, shell: str, tmp_path: Path) -> None:
    file = tmp_path / "mta.conf"
    file.write_bytes(text)
    edit = edited(text + b"BASE=." * (b"BASE" not in text and b"LOWER" not in text), "/b c")
    assert edit
    folder = Path("console/shell").resolve()
    program = (
        "set -eu; fail() { echo $1 >&2; return 1; }; here=$1; shift;"
        'same() { found=$(sha256sum <"$1") && [ "${found%% *}" = "$2" ]; };'
        f'. {folder}/lowering.sh; edit_line "$@"; cat "$1"; edit_back "$1" "$5" "$6"'
    )
    argv = [*((shell, "sh") if shell == "busybox" else (shell,)), "-c", program, "sh"]
    words = (str(edit.kept), str(edit.begin), edit.line, sha256(text).hexdigest(), edit.digest)
    ran = subprocess.run([*argv, tmp_path, file, *words], check=True, capture_output=True)
    assert ran.stdout == edit.text
    assert file.read_bytes() == text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["before", "mta.conf"]


def test_what_a_value_leads_to() -> None:
    read = conf(PATH, b"BASE=/srv\nLOWER=!overlay-diskfile mnt/ a.img 2\n")
    assert tree(read, "/x y") == Tree("/x y")
    assert tree(read, read.lower) == Tree("/srv/a.img", "2", image=True)
    assert tree(read, "!overlay-diskfile /m/a/b /i") == Tree("/i", inside="a/b", image=True)
    assert tree(read, "!overlay-diskfile mnt") is None
    assert tree(read, "!cat where") is None
    image = fact("/n.img", Found.FILE)
    assert spelled(read, Clean("/n.img"), image) == "!overlay-diskfile mnt/ /n.img 2"
    assert spelled(read, Clean("/n"), fact("/n")) == "/n"
    assert spelled(read, Clean("/a b"), image) is None
