"""Operations hold commands that can be said, and nothing else."""

from __future__ import annotations

import pytest

from console.operations import Operation, Variable, line


def test_a_command_is_needed() -> None:
    with pytest.raises(ValueError, match="needs a command"):
        Operation(())


@pytest.mark.parametrize("name", ["", "1a", "a b", "a;id", "$(id)", "é", "a\n"])
def test_a_variable_has_a_name_that_sh_knows(name: str) -> None:
    with pytest.raises(ValueError, match="no name of a shell variable"):
        Variable(name)
    with pytest.raises(ValueError, match="no name of a shell variable"):
        Operation(("true",), into=name)


def test_words_are_quoted_where_they_need_it() -> None:
    assert line(Operation(("umount", "/opt/my mta/live", "", "it's"))) == (
        "umount '/opt/my mta/live' '' 'it'\\''s'"
    )
    assert line(Operation(("ls", Variable("V", "a b/", "/$x")))) == "ls 'a b/'\"$V\"'/$x'"
