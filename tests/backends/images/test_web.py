"""A store of a web server, real sockets: what is there is read, and no server wastes our time."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path, PurePosixPath
from threading import Event

import pytest

from backends.images.web import Web
from console.clean import Clean
from console.errors import ConsoleError
from console.images.manifest import NAME
from console.images.places import StorePlace
from tests.backends.images.serving import Handler, Plain, Ranged, serving
from tests.backends.images.shelving import Workshop, only, read

pytestmark = pytest.mark.needs("mksquashfs", "ssh-keygen")


@pytest.mark.parametrize("handler", [Ranged, Plain])
async def test_a_store_is_read_as_it_was_published(
    tmp_path: Path, handler: type[SimpleHTTPRequestHandler]
) -> None:
    workshop = Workshop(tmp_path)
    await workshop.published(content=b"y" * 300_000)
    await workshop.publisher.point("web", "current", "1")
    with serving(partial(handler, directory=str(workshop.root))) as url:
        place = StorePlace(
            Clean("mirror"), url=url, allowed_signers=PurePosixPath(workshop.signers)
        )
        store = workshop.store(place)
        known = await only(store)
        here = await only(workshop.store())
        assert (known.digest, known.identity, known.pointers, known.faults) == (
            here.digest,
            here.identity,
            here.pointers,
            (),
        )
        assert known.signature.good
        assert await store.check(known) == ()
        initrd = (workshop.folder / "initrd.img").read_bytes()
        assert await read(store, known, "initrd.img") == initrd
        assert await read(store, known, "initrd.img", 70_000) == initrd[70_000:]

        path = workshop.root / "web/1/initrd.img"
        path.write_bytes(initrd[:-1])
        assert (await store.check(known))[0] == "initrd.img: has 300109 bytes, not 300110"
        path.write_bytes(initrd + b"x")
        assert (await store.check(known))[0].endswith("is longer than 300110 bytes")
        path.unlink()
        assert (await store.check(known))[0].endswith("/web/1/initrd.img: no such file")
        (workshop.root / "web/1" / NAME).unlink()
        shelf = await store.shelf()
        assert shelf.troubles == ("mirror: web/1/manifest.json: cannot be read",)


# Servers that are none, or worse


def answering(
    status: int, body: bytes = b"", length: int | None = None, **headers: str
) -> Handler:
    class Answering(Plain):
        def answer(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.end_headers()
            self.wfile.write(body)

    return Answering


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        (answering(404), "index: there is none"),
        (answering(403), "the server answers 403 Forbidden"),
        (answering(500), "the server answers 500 Internal Server Error"),
        (
            answering(302, Location="http://other.example/\x1b"),
            "sends us on to http://other.example/␛, which is not followed",
        ),
        (answering(200, b"x", Content_Encoding="gzip"), "packs what it sends, unasked"),
        (answering(206, b"web/1\n", Content_Range="bytes 5-10/11"), "another part than was asked"),
        (answering(206, b"web/1\n"), "another part than was asked"),
        (answering(200, b"web/1\n", 1000), "was cut off, 994 bytes before its end"),
        (answering(200, b"x" * 2_000_000), "index: is longer than 1048576 bytes"),
    ],
)
async def test_what_a_server_says_instead(handler: Handler, told: str) -> None:
    with serving(handler) as url, pytest.raises(ConsoleError) as raised:
        await Web(url).listed()
    assert told in str(raised.value)
    assert str(raised.value).isprintable()


async def test_an_index_of_nonsense_has_no_set_in_it() -> None:
    with serving(answering(200, b"<html>\n../x/1\nweb/1/2\nweb/current 1\nweb/1\n")) as url:
        listed = await Web(url).listed()
    assert listed.titles == ("web/1",)
    assert listed.pointers == {("web", "current"): "1"}
    assert len(listed.troubles) == 3


@pytest.mark.parametrize("drips", [False, True], ids=["silent", "drips"])
async def test_a_server_that_stalls_is_given_up(
    monkeypatch: pytest.MonkeyPatch, drips: bool
) -> None:
    monkeypatch.setattr("backends.images.web._SILENCE", 0.3)
    monkeypatch.setattr("backends.images.web._GRACE", 0.6)
    over = Event()

    class Stalling(Plain):
        def answer(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            while not over.wait(0.05):
                with suppress(OSError):  # we are given up
                    self.wfile.write(b"x" * drips)

    began = time.monotonic()
    with serving(Stalling) as url:
        try:
            with pytest.raises(ConsoleError, match="bytes came in" if drips else "nothing more"):
                await Web(url).whole("root.squashfs", 1_000_000)
        finally:
            over.set()
    assert time.monotonic() - began < 10


async def test_nobody_listens() -> None:
    with serving(Plain) as url:
        pass
    with pytest.raises(ConsoleError, match="Connection refused"):
        await Web(url).listed()
