from __future__ import annotations

from contextlib import suppress
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean, clean_path
from console.errors import Unparsable
from console.parse.survey import hosts, paths, staged, users
from console.survey import Found, Kin, Survey, User

FIRST = b"70 (.reaper) S 69 70 70 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0 500 0 3 0 0 0 9"
UNSHARE = b"69 (unshare) S 60 70 70 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0 499 0 3 0 0 0 9"
HOLDER = b"60 (overlay-boot) S 1 70 70 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0 400 0 3 0 0 0 9"
OF_A_SUBHOST = {"conf", "kin", "spaces", "argv", "terminal"}
SHELL = b"80 (ba) sh) S 0 80 80 34816 80 0 0 0 0 0 1 2 0 0 20 0 1 0 600 0 3 0 0 0 9"


def answer(*records: tuple[str, bytes]) -> bytes:
    whole = (*records, ("end", b""))
    return b"".join(b"%s %d\n%s\n" % (key.encode(), len(value), value) for key, value in whole)


def told(*records: tuple[str, bytes]) -> bytes:
    """Of one subhost; what is told of the machine comes first."""
    about = [each for each in records if each[0] in OF_A_SUBHOST]
    shared = [each for each in records if each[0] not in OF_A_SUBHOST]
    return answer(*shared, ("subhost", b""), *about)


def host(raw: bytes) -> Survey:
    (found,) = hosts(raw)
    return found


def dump(content: bytes) -> bytes:
    return content.hex(" ").encode()


def path(name: bytes, *through: tuple[bytes, int, int], found: str = "folder") -> bytes:
    lines = b"\n".join(b"7 %d %x" % (uid, mode) for _, uid, mode in through)
    return answer(
        ("mounts", b"/\n/opt/my\\040mta"),
        ("path", name),
        ("found", found.encode()),
        ("real", through[-1][0]),
        ("lines", lines),
        *(("through", each) for each, _, _ in through),
    )


def test_the_machine_and_the_texts() -> None:
    conf = b"BASE=.\n\0\xff"
    found = host(
        told(
            ("boot", b"abc-1"),
            ("uid", b"0"),
            ("conf", dump(conf)),
            ("tool", b"ip"),
            ("tool", b"flock"),
            ("option", b"unshare --time"),
        )
    )
    assert (found.boot_id, found.root, found.conf) == ("abc-1", True, conf)
    assert found.conf_digest == sha256(conf).hexdigest()
    assert (found.tools, found.options) == (
        frozenset({"ip", "flock"}),
        frozenset({"unshare --time"}),
    )
    assert (found.autostart, found.lineage, found.way) == (None, None, None)


def test_many_subhosts_of_one_machine() -> None:
    first, second = (("subhost", b""), ("conf", dump(b"A"))), (("subhost", b""), ("kin", b"1"))
    machine = (("boot", b"abc-1"), ("uid", b"0"), ("tool", b"ip"))
    found = hosts(answer(*machine, *first, *second))
    assert [each.conf for each in found] == [b"A", None]
    assert {(each.boot_id, each.root, each.tools) for each in found} == {
        ("abc-1", True, frozenset({"ip"}))
    }
    assert hosts(answer(*machine)) == ()


def test_who_uses_an_image() -> None:
    found = users(
        answer(
            ("user", UNSHARE),
            ("parent", HOLDER),
            ("file", b"/run/web.pid"),
            ("script", b"/etc/init.d/web"),
            ("user", SHELL),
            ("parent", b""),
        )
    )
    script, pid_file = Clean("/etc/init.d/web"), Clean("/run/web.pid")
    assert found == (
        User(Kin(69, 499, Clean("unshare")), 60, Clean("overlay-boot"), 400, script, pid_file),
        User(Kin(80, 600, Clean("ba) sh")), 0, Clean(""), 0),
    )
    with pytest.raises(Unparsable):
        users(answer(("user", b"no process"), ("parent", b"")))


def test_a_user_is_not_root() -> None:
    assert not host(told(("uid", b"1000"))).root
    assert host(told(("rights", b"000001ffffffffff"))).may_mount
    for rights in (b"00000000a80425fb", b"", b"x"):
        assert not host(told(("rights", rights))).may_mount


def test_a_text_too_long_is_none() -> None:
    found = host(told(("conf", dump(b"x" * 65537)), ("autostart", dump(b"x" * 65536))))
    assert found.conf is None
    assert found.conf_digest is None
    assert found.autostart == b"x" * 65536


def test_who_makes_a_subhost() -> None:
    argv = b"/bin/sh\0/run/subdeck/jobs/20261126T1-1/overlay-boot\0/opt/mta.conf\0private\0"
    spaces = ("spaces", b"11\n12\n13")
    kin = [("kin", each) for each in (FIRST, UNSHARE, HOLDER)]
    found = host(told(kin[0], spaces, kin[1], ("argv", dump(argv)), kin[2])).lineage
    assert found
    assert found.first == Kin(70, 500, Clean(".reaper"))
    assert found.unshare == Kin(69, 499, Clean("unshare"))
    assert found.holder == Kin(60, 400, Clean("overlay-boot"))
    assert found.supervised
    assert (found.net_ns, found.pid_ns, found.mount_ns) == (11, 12, 13)


def test_a_holder_of_overlay_boot_does_not_clean_up() -> None:
    argv = b"/bin/sh\0/usr/sbin/overlay-boot\0/opt/mta.conf\0"
    kin = [("kin", each) for each in (FIRST, UNSHARE, HOLDER)]
    spaces = ("spaces", b"11\n12\n13")
    found = host(told(kin[0], spaces, kin[1], ("argv", dump(argv)), kin[2])).lineage
    assert found
    assert found.holder
    assert not found.supervised


def test_whoever_adopted_an_orphan_is_no_holder() -> None:
    kin = [("kin", each) for each in (FIRST, UNSHARE, HOLDER)]
    spaces = ("spaces", b"11\n12\n13")
    adopted = told(kin[0], spaces, kin[1], ("argv", dump(b"/lib/systemd\0--user\0")), kin[2])
    found = host(adopted).lineage
    assert found
    assert found.holder is None
    alone = host(told(kin[0], spaces, kin[1])).lineage
    assert alone
    assert (alone.unshare, alone.holder) == (Kin(69, 499, Clean("unshare")), None)


def test_terminals_in_use() -> None:
    lines = [b"34816 " + SHELL, b"34816 " + FIRST, b"1025 " + SHELL, b"1281 " + SHELL]
    found = host(told(*(("terminal", line) for line in lines)))
    assert found.sessions == ("pts/0: ba) sh (80), .reaper (70)", "tty1: ba) sh (80)",
                              "console: ba) sh (80)")  # fmt: skip


def test_the_way_in() -> None:
    routed = b"10.1.1.1 via 10.9.8.1 dev mta0 src 10.9.8.2 uid 0\n    cache"
    assert host(told(("way", routed))).way == ("mta0", "10.9.8.1")
    assert host(told(("way", b"local 10.1.1.1 dev lo src 10.1.1.1"))).way == ("lo", None)
    assert host(told(("way", b""))).way is None


def test_a_path() -> None:
    name = b"/opt/my mta"
    found = paths(path(name, (b"/", 0, 0o40755), (b"/opt", 0, 0o40755), (name, 0, 0o40700)))
    fact = found[Clean("/opt/my mta")]
    assert (fact.found, fact.real, fact.device) == (Found.FOLDER, "/opt/my mta", 7)
    assert fact.mount_point
    assert fact.foreign is None
    assert not fact.executable


@pytest.mark.parametrize(
    ("uid", "mode", "foreign"),
    [
        (0, 0o40755, None),
        (0, 0o40775, "/a"),
        (0, 0o40757, "/a"),
        (1000, 0o40755, "/a"),
        (0, 0o41777, None),
        (1000, 0o41777, "/a"),
        (0, 0o120777, None),
        (1000, 0o120777, "/a"),
    ],
)
def test_a_folder_on_the_way(uid: int, mode: int, foreign: str | None) -> None:
    found = paths(path(b"/a/b", (b"/", 0, 0o40755), (b"/a", uid, mode), (b"/a/b", 0, 0o40755)))
    assert found[Clean("/a/b")].foreign == foreign


def test_in_a_sticky_folder_anybody_may_make_what_is_missing() -> None:
    records = (
        ("path", b"/drop/x"),
        ("found", b"missing"),
        ("lines", b"7 0 41ed\n7 0 43ff"),
        ("through", b"/"),
        ("through", b"/drop"),
    )
    fact = paths(answer(*records))[Clean("/drop/x")]
    assert (fact.found, fact.real, fact.device) == (Found.MISSING, None, None)
    assert fact.foreign == "/drop"


def test_hostile_names_stay_in_their_place() -> None:
    name = b"/a\nfound 6\nfolder\nend 0\n\n\x1b[31m\xff"
    found = paths(path(name, (b"/", 0, 0o40755), (name, 0, 0o100644), found="file"))
    assert list(found) == [clean_path(name)]
    assert found[clean_path(name)].found is Found.FILE
    assert "\x1b" not in str(found)


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"boot 3\nabc\n",
        b"boot 3\nabcd\nend 0\n\n",
        b"boot -1\nabc\nend 0\n\n",
        told(("conf", b"zz")),
        told(("kin", FIRST), ("spaces", b"stat: failed")),
        told(("kin", b"nonsense"), ("spaces", b"1 2 3")),
        told(("terminal", b"x " + SHELL)),
    ],
)
def test_nonsense_is_refused(wrong: bytes) -> None:
    with pytest.raises(Unparsable):
        host(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        answer(("path", b"/a")),
        answer(("path", b"/a"), ("found", b"ghost")),
        answer(("path", b"/a"), ("found", b"folder"), ("through", b"/"), ("lines", b"")),
        answer(("path", b"/a"), ("found", b"folder"), ("through", b"/"), ("lines", b"7 0 xyz")),
    ],
)
def test_a_path_that_is_told_in_part_is_refused(wrong: bytes) -> None:
    with pytest.raises(Unparsable):
        paths(wrong)


@given(st.lists(st.tuples(st.from_regex(r"[a-z]{1,16}", fullmatch=True), st.binary())))
def test_any_records_are_read_or_refused(records: list[tuple[str, bytes]]) -> None:
    for read in (hosts, paths):
        with suppress(Unparsable):
            read(answer(*records))


@given(st.binary())
def test_any_bytes_are_refused_or_harmless(raw: bytes) -> None:
    for read in (hosts, paths):
        with suppress(Unparsable):
            read(raw)


@given(st.binary(max_size=300))
def test_every_text_comes_back(content: bytes) -> None:
    assert host(told(("autostart", dump(content)))).autostart == content


def test_only_what_is_called_like_a_set_is_one() -> None:
    digest = "0123456789ab"
    names = (
        *(f"edge/10-{digest}", f"edge/10-{digest}/boot-{digest}", f"vmlinuz-{digest}"),
        *(f"edge/11-{digest}.part", f"web/1-{digest}.gone", "photos/2024-summer", "lost+found"),
        *(f"edge/-{digest}", f"edge/x/1-{digest}", f"../etc/1-{digest}", f"edge/1-{digest}x"),
    )
    sets = (("set", f"7 12\n/data/{name}".encode()) for name in names)
    known = (("armed", b"quiet"), ("loaded", b"1"), ("root", b"/data"))
    found = staged(answer(*known, *sets))
    assert (found.armed, found.loaded) == ("quiet", True)
    assert [each.place for each in found.sets] == [
        *(f"edge/10-{digest}", f"vmlinuz-{digest}", f"edge/11-{digest}.part"),
        f"web/1-{digest}.gone",
    ]
    first, named, *_ = found.sets
    assert (first.name, first.size, first.modified) == ("edge", 12 << 10, 7)
    assert named.name == "vmlinuz"
