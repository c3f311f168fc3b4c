"""What the program that tells who writes says, and what is made of it when it lies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean
from console.errors import Unparsable
from console.parse import writers
from console.tracing import Entry, OpenFile, Unfinished, Written


def said(*told: tuple[str, bytes]) -> bytes:
    """Return records as the program puts them."""
    parts = [b"%s %d\n%s\n" % (key.encode(), len(value), value) for key, value in told]
    return b"".join(parts) + b"end 0\n\n"


def test_namespaces_and_their_mounts() -> None:
    table = b"0\n30 1 0:40 / /srv rw - tmpfs t rw,size=8k"
    found = writers.spaces(
        said(
            ("uid", b"0"),
            ("me", b"9"),
            ("spaces", b"mnt 1 401\nmnt 9 401\npid 1 402\nmnt 77 500"),
            ("table", table),
            ("table", b"77\n31 30 0:41 / / rw - tmpfs u rw"),
            ("untold", b"3"),
        )
    )
    assert (found.root, found.own, found.untold) == (True, 401, 3)
    assert found.mount == {1: 401, 9: 401, 77: 500}
    assert found.pid == {1: 402}
    assert {pid: [mount.point for mount in table] for pid, table in found.tables.items()} == {
        0: ["/srv"],
        77: ["/"],
    }


BEFORE = b"""\
/proc/7/io:wchar: 100
/proc/7/io:write_bytes: 4096
/proc/7/status:Name:\tsh\\n/proc/1/io:wchar: 9
/proc/7/status:PPid:\t1
/proc/7/cgroup:0::/
/proc/7/cgroup:1:name=systemd:/system.slice/cron.service"""
AFTER = BEFORE.replace(b"100", b"250") + b"\n/proc/8/status:Name:\tcron"


def test_two_looks() -> None:
    found = writers.rates(
        said(
            ("me", b"5"),
            ("at", b"10.50"),
            ("counters", BEFORE),
            ("at", b"12.50"),
            ("counters", AFTER),
            ("open", b"7 3 \n/srv/a\nb"),
            ("deleted", b"7 4 16\n/srv/x (deleted)"),
            ("cut", b""),
        )
    )
    assert (found.seconds, found.me, found.cut) == (2.0, 5, True)
    name, group = Clean("sh\\n/proc/1/io:wchar: 9"), Clean("/system.slice/cron.service")
    assert found.before == {7: Written(100, 4096, name, 1, group)}
    assert found.after[7].wchar == 250
    assert found.after[8] == Written(name=Clean("cron"))
    assert found.written == (OpenFile(7, 3, Clean("/srv/a␊b")),)
    assert found.deleted == (OpenFile(7, 4, Clean("/srv/x"), 8192),)


def test_a_walk() -> None:
    lines = (
        b"large 4096 8.25 /u/a\1b",
        b"fresh 512 9 /u/c d",
        b"folder 4608 2 512 /u",
        b"crowded 2 4608 2 512 /u",
        b"grown 512 4608 2 512 ",
        b"count 3",
        b"full inodes",
        b"last /u/c d",
    )
    found = writers.scan(said(("moment", b"100"), ("scan", b"\n".join(lines))), b"/u")
    assert found
    scan, full = found
    assert (scan.moment, scan.inodes, full) == (100.0, 3, "inodes")
    assert scan.files == {b"/u/a\nb": Entry(4096, changed=8.25), b"/u/c d": Entry(512, changed=9)}
    assert scan.folders[b"/u"] == Entry(4608, 2, fresh=512)
    assert scan.after == Unfinished(b"/u", b"/u/c d")
    assert writers.scan(said(("moment", b"100"), ("gone", b"")), b"/u") is None


def test_who_uses_files() -> None:
    lines = b"77 /srv/a b\n9 /srv/a b\nloop3 /srv/store\nswap /swap\nself /x\n5 relative\n12"
    assert writers.users(said(("users", lines))) == {
        b"/srv/a b": (b"77", b"9"),
        b"/srv/store": (b"loop3",),
        b"/swap": (b"swap",),
    }


@pytest.mark.parametrize("line", [b"large 1 /u", b"large x 1 /u", b"folder 1 2 /u", b"count x"])
def test_a_walk_that_lies(line: bytes) -> None:
    with pytest.raises(Unparsable):
        writers.scan(said(("moment", b"100"), ("scan", line)), b"/u")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["at", "counters", "scan", "table", "spaces", "open", "users"]),
            st.binary(),
        )
    )
)
def test_anything_else_is_refused_or_read(told: list[tuple[str, bytes]]) -> None:
    answer = said(("moment", b"1"), *told)
    for parser in (
        writers.spaces,
        writers.rates,
        writers.users,
        lambda text: writers.scan(text, b"/u"),
    ):
        try:
            parser(answer)
        except Unparsable:
            continue


def test_torn_answers_are_refused() -> None:
    whole = said(("moment", b"1"), ("scan", b"count 1"))
    for end in range(len(whole) - 1):
        with pytest.raises(Unparsable):
            writers.scan(whole[:end], b"/u")
