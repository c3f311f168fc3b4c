"""The link is as bad as it is told to be, and lets the thread go where it was."""

from __future__ import annotations

import errno
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.lab.inventory import NOTHING
from tests.lab.link import FAR, HOLES, NEEDS_LINK, Link, Way, black_hole, inside
from tests.lab.world import World

pytestmark = NEEDS_LINK

ECHO = (FAR, 7)


@pytest.fixture
def link() -> Iterator[Link]:
    before = space()
    with World() as world:
        with Link(world) as link:
            yield link
        assert space() == before
    assert world.inventory() == NOTHING


def space() -> str:
    return str(Path("/proc/thread-self/ns/net").readlink())


@pytest.fixture
def echo(link: Link) -> Iterator[socket.socket]:
    """Return a connection whose far end says all again."""

    def answer(listener: socket.socket) -> None:
        far, _ = listener.accept()
        far.settimeout(2)
        with far, suppress(TimeoutError):  # nobody told this end that the other has gone
            while data := far.recv(1 << 16):
                far.sendall(data)

    with link.far():
        listener = socket.create_server(ECHO)
    thread = threading.Thread(target=answer, args=[listener])
    thread.start()
    with socket.create_connection(ECHO, 10) as near:
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield near
        for figure in ("delay", "jitter", "loss", "duplicate"):
            setattr(link, figure, 0)
        link.black = Way.NEITHER
    thread.join(30)
    listener.close()


def round_trip(near: socket.socket) -> float:
    began = time.monotonic()
    near.sendall(b"x")
    assert near.recv(1) == b"x"
    return time.monotonic() - began


def test_delay_is_had_both_ways(link: Link, echo: socket.socket) -> None:
    link.delay = 0.15
    assert round_trip(echo) >= 0.3
    link.delay = 0
    assert min(round_trip(echo) for _ in range(5)) < 0.3


def test_jitter_adds_to_the_delay(link: Link, echo: socket.socket) -> None:
    link.jitter = 0.1
    trips = [round_trip(echo) for _ in range(8)]
    assert max(trips) - min(trips) > 0.02


def test_what_is_lost_or_comes_twice_still_arrives_once(link: Link, echo: socket.socket) -> None:
    link.loss, link.duplicate = 0.2, 0.3
    sent = os.urandom(50_000)
    threading.Thread(target=echo.sendall, args=[sent]).start()
    came = b""
    while len(came) < len(sent):
        came += echo.recv(1 << 16)
    assert came == sent


@pytest.mark.parametrize("way", [Way.BOTH, Way.OUT, Way.BACK], ids=lambda way: way.name)
def test_black_link_is_silent_until_it_heals(link: Link, echo: socket.socket, way: Way) -> None:
    link.black = way
    echo.settimeout(0.5)
    with pytest.raises(TimeoutError):
        round_trip(echo)
    link.black = Way.NEITHER
    echo.settimeout(30)
    assert echo.recv(1) == b"x"


def test_flapping_link_comes_and_goes(link: Link, echo: socket.socket) -> None:
    link.flap = 0.3
    began, trips = time.monotonic(), []
    while time.monotonic() - began < 1:
        trips.append(round_trip(echo))
    assert max(trips) > 0.15 > min(trips)


def test_refused_packets_are_answered(link: Link, echo: socket.socket) -> None:
    link.refuse("tcp-reset")
    with pytest.raises(ConnectionResetError):
        round_trip(echo)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(ECHO, 10)
    link.refuse("icmp-host-unreachable")
    with pytest.raises(OSError, match="No route") as caught:
        socket.create_connection(ECHO, 10)
    assert caught.value.errno == errno.EHOSTUNREACH
    link.refuse()
    socket.create_connection(ECHO, 10).close()


def test_there_is_no_other_way_out(link: Link) -> None:
    with pytest.raises(OSError, match="unreachable"):
        socket.create_connection(("192.0.2.1", 9), 5)


def test_black_hole_never_answers() -> None:
    with World() as world:
        netns = world.netns()
        with black_hole(netns), inside(netns), pytest.raises(TimeoutError):
            socket.create_connection((f"{HOLES}.7.9", 22), 0.5)
