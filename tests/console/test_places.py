"""Which mounts and folders a level is, from the picture of its host and the kernel's tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console import places
from console.clean import Clean
from console.derive import derive
from console.errors import ConsoleError
from console.facts import Facts
from console.model import Host
from console.parse.mountinfo import mounts
from console.tracing import Layer, Place, Root, Spaces, TraceRequest
from tests.console.hosts import GIB, MIB, NAME, facts, judge, statfs

HOST = Clean("")
TABLE = """\
20 1 8:1 / / rw - ext4 /dev/sda1 rw
21 20 0:21 / /run rw - tmpfs run rw,size=65536k
22 20 0:22 / /srv rw - tmpfs srv rw,size=65536k
23 22 0:23 / /srv/deep/other rw - tmpfs other rw,size=1024k
24 20 0:24 / /live rw - overlay live rw,lowerdir=/low,upperdir=/srv/u,workdir=/srv/w
25 20 7:0 / /rofs ro - squashfs /dev/loop0 ro
"""
FILL = {
    "/": statfs(GIB, MIB),
    "/run": statfs(64 * MIB, MIB),
    "/srv": statfs(64 * MIB, MIB),
    "/srv/deep/other": statfs(MIB, 0),
    "/live": statfs(64 * MIB, MIB),
    "/rofs": statfs(MIB, MIB, inodes_used=1000),
}


def seen(told: Facts | None = None) -> Host:
    return derive(NAME, told or facts(TABLE, FILL), None, judge)


def spaces(text: str = TABLE) -> Spaces:
    return Spaces(True, 1, {1: 1}, {1: 2}, {0: mounts(text.encode())[0]})


def asked(level: str) -> TraceRequest:
    return places.request(seen(), HOST, Clean(level), 60.0)


def test_a_store_and_what_stands_on_it() -> None:
    request = asked("tmpfs:/srv")
    assert request.places == (
        Place(Clean("/srv"), walked=True),
        Place(Clean("/live")),
    )
    terrain = places.terrain(request, spaces())
    assert terrain.memory == {22, 24}
    assert not terrain.block
    assert terrain.roots == (Root(b"/srv", HOST, b"/srv", (b"/srv/deep/other",)),)
    assert terrain.layers == (
        Layer(b"/srv/u", (b"/low",), b"/live", HOST),
        Layer(b"/srv/w", (), None, HOST),
    )


def test_an_overlay_is_looked_through_in_its_upper_layer() -> None:
    request = asked("overlay:/live")
    assert request.places == (Place(Clean("/live"), walked=True),)
    assert places.terrain(request, spaces()).roots == (Root(b"/srv/u", HOST, b"/live"),)


def test_one_on_a_disk() -> None:
    table = TABLE.replace("/srv/u", "/var/u").replace("/srv/w", "/var/w")
    host = seen(facts(table, {**FILL, "/live": FILL["/"]}))
    (place,) = places.request(host, HOST, Clean("overlay:/live"), 60.0).places
    assert place.block


def test_the_root_of_the_host_leaves_out_other_mounts() -> None:
    terrain = places.terrain(asked("fs:/"), spaces())
    (root,) = terrain.roots
    assert (root.path, root.inside) == (b"", b"")
    assert set(root.avoid) == {b"/run", b"/srv", b"/srv/deep/other", b"/live", b"/rofs"}
    assert terrain.block == {20}


def test_memory_is_all_that_lies_in_it() -> None:
    request = asked("mem")
    walked = {place.mount for place in request.places if place.walked}
    assert walked == {"/run", "/srv", "/srv/deep/other"}
    assert {place.mount for place in request.places} == {*walked, "/live"}


def test_what_is_not_mounted_any_more_is_told() -> None:
    request = asked("tmpfs:/run")
    gone = TABLE.replace("/run", "/run2")
    terrain = places.terrain(request, spaces(gone))
    assert terrain.unseen == ("/run: no longer mounted",)
    assert not terrain.mounts
    some = replace(spaces(), untold=4)
    assert "the mounts of 4 more namespaces" in places.terrain(request, some).unseen


def test_levels_that_nobody_fills() -> None:
    with pytest.raises(ConsoleError, match="no such level of mail1") as error:
        asked("tmpfs:/nowhere")
    assert "tmpfs:/srv" in error.value.hint
    with pytest.raises(ConsoleError, match="read-only image"):
        asked("fs:/rofs")
