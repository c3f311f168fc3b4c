"""Files and folders as their owners know them, and how much they grew."""

from __future__ import annotations

from dataclasses import replace

from console.clean import Clean
from console.holdings import Holdings, aliases, beneath, names, together
from console.tracing import FOLDER, Entry, Layer, Root, Scan, Terrain, Unfinished
from console.writers import Origin

HOST, MTA = Clean(""), Clean("mta")
TERRAIN = Terrain(
    frozenset({1}),
    frozenset(),
    roots=(Root(b"/srv", HOST, b"/srv"),),
    layers=(
        Layer(b"/srv/u", (b"/low", b""), b"", MTA),
        Layer(b"/srv/w", (), None, MTA),
    ),
)
SCAN = Scan(
    moment=1000.0,
    files={
        b"/srv/u/etc/big": Entry(600_064, changed=990.0),
        b"/srv/u/new": Entry(4096, changed=995.0),
        b"/srv/w/index/x": Entry(512, changed=10.0),
        b"/srv/plain": Entry(8192, changed=10.0),
    },
    folders={b"/srv": Entry(612_864, 90, fresh=604_160), b"/srv/u": Entry(604_160, 4, fresh=9)},
    inodes=9,
    lower={b"/low": FOLDER, b"/": FOLDER, b"/etc/big": 600_000},
)


def held(scan: Scan = SCAN, before: Scan | None = None, since: float = 60.0) -> Holdings:
    return Holdings(TERRAIN, scan, before, since)


def test_files_by_what_their_owners_call_them() -> None:
    files = {each.path: each for each in held().files()}
    big = files[Clean("/srv/u/etc/big")]
    assert (big.merged, big.subhost) == ("/etc/big", MTA)
    assert (big.origin, big.lower_size, big.changed) == (Origin.COPY_UP, 600_000, 10.0)
    assert files[Clean("/srv/u/new")].origin is Origin.NEW
    assert files[Clean("/srv/w/index/x")].merged is None
    plain = files[Clean("/srv/plain")]
    assert (plain.merged, plain.subhost, plain.origin) == ("/srv/plain", HOST, Origin.PLAIN)


def test_files_in_use_by_the_names_that_their_users_know() -> None:
    assert names(SCAN, TERRAIN) == {
        b"/srv/u/etc/big": b"/etc/big",
        b"/srv/u/new": b"/new",
        b"/srv/plain": b"/srv/plain",
    }
    more = Scan(users={b"/srv/u/new": Clean("sshd (9)")})
    files = {each.path: each.user for each in held(together(SCAN, more)).files()}
    assert (files[Clean("/srv/u/new")], files[Clean("/srv/plain")]) == ("sshd (9)", None)


def test_where_a_lower_layer_cannot_be_reached() -> None:
    scan = replace(SCAN, lower={b"/low": FOLDER})
    files = {each.path: each.origin for each in held(scan).files()}
    assert files[Clean("/srv/u/new")] is Origin.UNKNOWN


def test_what_is_to_be_known_of_lower_layers() -> None:
    asked = beneath(SCAN, TERRAIN)
    assert {b"/low", b"/", b"/low/etc/big", b"/etc/big", b"/low/new", b"/new"} == set(asked)


def test_at_first_what_changed_counts_whole() -> None:
    growth = {each.path: each.growth for each in held().files()}
    assert growth == {"/srv/u/etc/big": 600_064, "/srv/u/new": 4096, "/srv/w/index/x": 0,
                      "/srv/plain": 0}  # fmt: skip
    assert held().folders()[0].growth == 604_160


def test_then_what_was_measured() -> None:
    before = replace(
        SCAN,
        moment=940.0,
        files={b"/srv/u/etc/big": Entry(600_000), b"/srv/plain": Entry(9000)},
        folders={b"/srv": Entry(600_000, 9)},
    )
    found = held(before=before)
    growth = {each.path: each.growth for each in found.files()}
    assert growth == {"/srv/u/etc/big": 64, "/srv/u/new": 4096, "/srv/w/index/x": 0,
                      "/srv/plain": 0}  # fmt: skip
    assert [each.growth for each in found.folders()] == [12_864, None]


def test_a_file_too_small_to_be_told_before_grew_from_the_smallest_told() -> None:
    many = {b"/srv/%d" % number: Entry(1000) for number in range(60)}
    found = held(before=replace(SCAN, moment=940.0, files=many))
    growth = {each.path: each.growth for each in found.files()}
    assert growth[Clean("/srv/u/new")] == 3096


def test_a_walk_that_goes_on_adds_up() -> None:
    first = replace(SCAN, after=Unfinished(b"/srv", b"/srv/u/new"))
    more = Scan(
        1005.0,
        {b"/srv/z": Entry(1, changed=1.0)},
        {b"/srv": Entry(100, 2, fresh=1)},
        2,
        lower={b"/low/z": 3},
    )
    both = together(first, more)
    assert (both.moment, both.inodes, both.after) == (1000.0, 11, None)
    assert set(both.files) == {*SCAN.files, b"/srv/z"}
    assert both.folders[b"/srv"] == Entry(612_964, 92, fresh=604_161)
    assert both.lower[b"/low/z"] == 3


def test_a_folder_with_all_in_one_below_is_not_told() -> None:
    folders = {b"/srv": Entry(604_170, 9), b"/srv/u": Entry(604_160, 4)}
    assert [each.path for each in held(replace(SCAN, folders=folders)).folders()] == ["/srv/u"]
    assert [each.path for each in held().folders()] == ["/srv", "/srv/u"]


def test_layers_behind_links_are_known_by_both_names() -> None:
    real = {b"/srv/u": b"/run/real/u", b"/srv/w": b"/srv/w"}
    layers = aliases(TERRAIN, real).layers
    assert [layer.path for layer in layers] == [b"/srv/u", b"/srv/w", b"/run/real/u"]
    assert layers[2].merged == layers[0].merged
