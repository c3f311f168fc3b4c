from __future__ import annotations

import re
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean
from console.errors import Unparsable
from console.model import SubhostConf
from console.parse.subhost_conf import SIZE_KEPT, collisions, conf

MTA = b"/opt/mta/mta.conf"


def read(*lines: str, path: bytes = MTA) -> SubhostConf:
    return conf(path, "\n".join(lines).encode() + b"\n")


def test_the_shortest_file_gives_every_default() -> None:
    mta = read("BASE=.")
    assert mta == SubhostConf(
        path=Clean("/opt/mta/mta.conf"),
        name=Clean("mta"),
        base=Clean("/opt/mta"),
        lower=Clean("/"),
        upper=Clean("/opt/mta/root"),
        work=Clean("/opt/mta/work"),
        live=Clean("/opt/mta/live"),
        cables=(),
        services=(Clean("networking"), Clean("ssh")),
        ram_size=Clean("50M"),
        log=Clean("/tmp/oly-mta.log"),  # noqa: S108 (overlay-boot's default)
        shares=(),
        reaper=Clean("/.reaper"),
    )


def test_values_are_read_as_the_shell_reads_them() -> None:
    mta = read(
        "# LOWER=/comment",
        "BASE=/srv//x/../mta/",
        "START=  rsyslog networking  ssh   ",
        "LOWER=!echo base/x y",
        r"UPPER=a\b",
        "LOWER=/second",
        "RAM_SIZE=",
        "RAM_SIZE=9M",
        "FOO=unknown",
        "malformed",
    )
    assert mta.services == ("rsyslog", "networking", "ssh")
    assert mta.lower == "!echo base/x y"
    assert mta.upper == "/srv/mta/ab"
    assert mta.ram_size == "50M"
    assert mta.notes == (
        "LOWER runs a command as root at start: !echo base/x y",
        "line 6: second LOWER= ignored",
        "line 8: second RAM_SIZE= ignored",
    )


@pytest.mark.parametrize("line", [" INDENTED=no", "A = b", "\tBASE=x", "LOWER =/x"])
def test_an_assignment_with_blanks_is_ignored_and_noted(line: str) -> None:
    mta = read("BASE=.", line)
    assert (mta.base, mta.lower) == ("/opt/mta", "/")
    assert mta.notes == (f"line 2: ignored for the blanks around its name: {line.strip()}",)


@pytest.mark.parametrize(
    ("base", "absolute"),
    [
        (".", "/opt/mta"),
        ("..", "/opt"),
        ("sub/./dir/", "/opt/mta/sub/dir"),
        ("/elsewhere", "/elsewhere"),
        ("//elsewhere//x", "/elsewhere/x"),
        ("../../../../..", "/"),
    ],
)
def test_base_is_relative_to_the_file_and_the_rest_to_base(base: str, absolute: str) -> None:
    mta = read(f"BASE={base}", "LIVE=../live", "LOWER=tree", "WORK=/w/./k")
    assert mta.base == absolute
    stem = absolute.rstrip("/")
    assert mta.live == ((stem.rpartition("/")[0] + "/live") if stem else "/live")
    assert (mta.lower, mta.work) == (f"{stem}/tree", "/w/k")


@pytest.mark.parametrize("base", ["", "BASE=", "BASE=!where am i"])
def test_without_a_known_base_relative_paths_stay_as_typed(base: str) -> None:
    mta = read(base, "LOWER=tree")
    assert (mta.lower, mta.upper, mta.work) == ("tree", "root", "work")
    assert mta.base == ("!where am i" if "!" in base else None)
    assert ("BASE is missing: overlay-boot refuses this file" in mta.notes) == ("!" not in base)


def test_commands_are_kept_literally_and_never_parsed() -> None:
    mta = read("BASE=.", "CABLES=!list =", "START=!services", "UPPER=!mk a/../b", "SHARE=!x:y")
    assert mta.commands == (
        ("CABLES", "!list ="),
        ("START", "!services"),
        ("UPPER", "!mk a/../b"),
        ("SHARE", "!x:y"),
    )
    assert (mta.cables, mta.services, mta.shares) == ((), (), ())
    assert mta.upper == "!mk a/../b"
    assert mta.notes == tuple(
        f"{key} runs a command as root at start: {text}" for key, text in mta.commands
    )


def test_cables_carry_the_configured_name() -> None:
    outer = [cable.outer for cable in read("BASE=.", "NAME=web", "CABLES= br0= =.5 =").cables]
    assert outer == ["web0", "web0.5", "web1"]


def test_start_none_means_no_services() -> None:
    mta = read("BASE=.", "START=none")
    assert (mta.services, mta.notes) == ((), ())


def test_all_shares_apply_split_at_the_first_colon() -> None:
    mta = read("BASE=.", "SHARE=/home", "SHARE =/x:/y:/z", "SHARE\t=/a:")
    assert mta.shares == (("/home", "/home"), ("/x", "/y:/z"), ("/a", ""))
    assert mta.notes == ("SHARE /a: covers the subhost's own root",)


@pytest.mark.parametrize(
    ("share", "note"),
    [
        ("/", "SHARE / exposes the host root"),
        ("/:/host", "SHARE /:/host exposes the host root"),
        ("/etc/..:/host", "SHARE /etc/..:/host exposes the host root"),
        ("rel", "SHARE rel is mounted outside the subhost"),
        ("../x", "SHARE ../x is relative to BASE"),
        ("/a:b", "SHARE /a:b is mounted outside the subhost"),
        ("/a:/b/../../c", "SHARE /a:/b/../../c is mounted outside the subhost"),
        ("/my dir", "SHARE /my dir has blanks, which overlay-boot splits at"),
    ],
)
def test_odd_shares_are_noted(share: str, note: str) -> None:
    assert note in read("BASE=.", f"SHARE={share}").notes


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("LOWER=/a:/b", "LOWER has a colon: overlay-boot takes one directory only"),
        ("UPPER=a,b", "UPPER has a comma, which ends a mount option"),
        ("UPPER=/", "UPPER is LOWER: a bind mount, no overlay"),
        ("RAM_SIZE=lots", "RAM_SIZE lots is not a size that tmpfs takes"),
        ("RAM_SIZE=-1", "RAM_SIZE -1 is not a size that tmpfs takes"),
        ("RAM_SIZE=0", "RAM_SIZE 0 sets no limit"),
        ("CABLES=" + " x" * 101, "CABLES holds more than 100 tokens: the rest was not read"),
        ("LOG=mta.log", "LOG is relative to wherever overlay-boot is started"),
        ("INIT=my/init", "INIT runs a program of its own as root at start: my/init"),
        (
            "START=ssh; /bin/x",
            "START is more than services and programs, and a shell evaluates it: ssh; /bin/x",
        ),
        (
            "REAPER=/sbin/init",
            "REAPER counts in the environment of overlay-boot, perhaps not in this file",
        ),
    ],
)
def test_each_oddity_is_noted_once(line: str, note: str) -> None:
    assert read("BASE=.", line).notes == (note,)


@pytest.mark.parametrize("size", ["50M", "50%", "none", "1048576", "2g"])
def test_what_is_in_order_passes_without_a_note(size: str) -> None:
    assert read("BASE=.", f"RAM_SIZE={size}", "START=/srv/up ssh /usr/bin/x-1.2").notes == ()


@pytest.mark.parametrize("name", ["mta", "m", "a1234567890b", "A-b_c"])
def test_good_names_pass(name: str) -> None:
    assert read("BASE=.", path=f"/opt/{name}.conf".encode()).notes == ()


@pytest.mark.parametrize(
    "name", ["-rf", "--", "a b", "x;id", "é", "%d", ".", "..", "a/b", "../../x", "a" * 13]
)
def test_bad_names_are_noted(name: str) -> None:
    notes = read("BASE=.", f"NAME={name}").notes
    assert f"NAME is {name} but the file's is mta: overlay-boot will not find it running" in notes
    assert any(note.startswith(f"NAME {name} is not 1 to 12") for note in notes)


def test_crlf_line_ends_are_noted_and_not_kept() -> None:
    mta = conf(MTA, b"BASE=.\r\nLOWER=/x\r\n")
    assert (mta.base, mta.lower) == ("/opt/mta", "/x")
    assert mta.notes == (
        "has CRLF line ends: overlay-boot may take the carriage return into each value",
    )


def test_a_byte_order_mark_hides_the_first_line() -> None:
    mta = conf(MTA, b"\xef\xbb\xbfBASE=.\nLOWER=/x")
    assert (mta.base, mta.lower) == (None, "/x")
    assert "starts with a byte order mark: overlay-boot does not see its first line" in mta.notes


def test_nul_bytes_are_dropped_and_noted() -> None:
    mta = conf(MTA, b"BASE=.\0\nLO\0WER=/x")
    assert (mta.base, mta.lower) == ("/opt/mta", "/x")
    assert mta.notes == ("has NUL bytes, which the shell drops",)


def test_a_binary_file_is_unparsable() -> None:
    with pytest.raises(Unparsable) as caught:
        conf(MTA, b"\x7fELF\x02\x01\x01\0\0\0")
    assert caught.value.source == "/opt/mta/mta.conf"


def test_only_the_beginning_of_a_huge_file_is_read() -> None:
    mta = conf(MTA, b"BASE=.\n" + b"#" * SIZE_KEPT + b"\nLOWER=/late\n")
    assert mta.lower == "/"
    assert mta.notes == ("larger than 64 KiB: only the beginning was read",)


def test_notes_are_bounded() -> None:
    mta = read("BASE=.", *(" A=b" for _ in range(500)))
    assert len(mta.notes) == 41
    assert mta.notes[-1] == "and 460 more notes"


def test_collisions_name_the_other_file() -> None:
    a = read("BASE=.", "CABLES=" + " =" * 11 + " =02:00:00:00:00:01", path=b"/opt/a/a.conf")
    a1 = read("BASE=../a", "CABLES= = =02:0:0:0:0:1", "WORK=/w", path=b"/opt/a1/a1.conf")
    other = read("BASE=.", "UPPER=/", "WORK=/w", path=b"/opt/b/b.conf")
    assert collisions([a, a1, other, a]) == {
        "/opt/a/a.conf": (
            "UPPER /opt/a/root is also that of /opt/a1/a1.conf",
            "interface a10 is also that of /opt/a1/a1.conf",
            "interface a11 is also that of /opt/a1/a1.conf",
            "MAC 02:00:00:00:00:01 is also that of /opt/a1/a1.conf",
        ),
        "/opt/a1/a1.conf": (
            "UPPER /opt/a/root is also that of /opt/a/a.conf",
            "interface a10 is also that of /opt/a/a.conf",
            "interface a11 is also that of /opt/a/a.conf",
            "MAC 02:00:00:00:00:01 is also that of /opt/a/a.conf",
        ),
    }


def test_one_name_in_many_files_is_told_briefly() -> None:
    found = collisions(read(f"BASE=/s/{n}", path=f"/opt/{n}/mta.conf".encode()) for n in range(50))
    assert len(found) == 50
    assert found[Clean("/opt/0/mta.conf")] == (
        "NAME mta is also that of /opt/1/mta.conf and 48 more",
    )


def test_a_mac_used_twice_in_one_file_is_told() -> None:
    mta = read("BASE=.", "CABLES= =02:00:00:00:00:01 =02:00:00:00:00:01")
    assert collisions([mta]) == {mta.path: ("MAC 02:00:00:00:00:01 is used twice",)}


def test_what_a_command_decides_collides_with_nothing() -> None:
    first = read("BASE=.", "UPPER=!x", "WORK=!x", path=b"/opt/a/a.conf")
    second = read("UPPER=!x", path=b"/opt/b/b.conf")
    assert collisions([first, second, read("WORK=work", path=b"/opt/c/c.conf")]) == {}


def shown(value: object) -> str:
    if isinstance(value, tuple):
        return "".join(map(shown, value))
    names = getattr(value, "__slots__", ())
    return "".join(shown(getattr(value, name)) for name in names) if names else str(value)


LINES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.builds(
            lambda key, value: key + b"=" + value,
            st.sampled_from([f.name.upper().encode() for f in fields(SubhostConf)])
            | st.sampled_from([b"SHARE", b"START", b"RAM_SIZE", b"CABLES", b" BASE", b"A "]),
            st.binary(max_size=30)
            | st.text(alphabet="!/.:= \\\x1b\u202ea0", max_size=20).map(str.encode),
        ),
    ),
    max_size=8,
)


@given(st.binary(max_size=30), LINES)
def test_any_bytes_give_inert_text_or_unparsable(path: bytes, lines: list[bytes]) -> None:
    try:
        found = conf(path, b"\n".join(lines))
    except Unparsable:
        return
    told = "".join(note for notes in collisions([found]).values() for note in notes)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202e\ud800-\udfff]", shown(found) + told)
    assert len(found.notes) <= 41
