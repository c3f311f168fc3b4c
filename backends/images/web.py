"""A store below the document root of a web server: read only, by its ``index``.

No redirect is followed, no proxy used, nothing read beyond what was asked for; a server that
stalls, or only drips, is given up.
"""

from __future__ import annotations

import http.client
import re
import ssl
import time
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Final, TypeVar
from urllib.parse import urlsplit

from backends.images.reader import INDEX, Listed, Piece, Summing, Whole, indexed
from backends.threads import Threads
from console.clean import clean
from console.errors import ConsoleError, Denied, Problem, Unreachable

_AT_ONCE: Final = 4
_SILENCE: Final = 15.0
"""Seconds without a byte."""
_GRACE, _SLOWEST = 20.0, 1024.0
"""Seconds after which so many bytes a second must have come, on average."""
_CHUNK: Final = 1 << 20
_INDEX: Final = 1 << 20
"""Bytes of an index at most."""
_RANGE: Final = re.compile(r"bytes (\d{1,16})-\d{1,16}/(\d{1,16}|\*)")

T = TypeVar("T")


class Web:
    """Reads a store of a web server; ``url`` ends with ``/``."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._threads = Threads("images", _AT_ONCE)

    async def listed(self) -> Listed:
        """Return what its index lists."""
        piece = await self._done(partial(_piece, self.url, INDEX, _INDEX + 1))
        if piece is None:
            raise ConsoleError(
                f"{self.url}{INDEX}: there is none",
                "subdeck images publish writes it beside the sets",
            )
        if len(piece.data) > _INDEX:
            raise ConsoleError(f"{self.url}{INDEX}: is longer than {_INDEX} bytes")
        return indexed(piece.data, f"{self.url}{INDEX}")

    async def pieces(self, wanted: Sequence[tuple[str, int]]) -> tuple[Piece | None, ...]:
        """Return the begin of files."""
        return tuple([await self._done(partial(_piece, self.url, *each)) for each in wanted])

    async def whole(self, path: str, most: int) -> Whole:
        """Read all of a file."""
        summing = Summing(path, most)
        async for data in self.stream(path):
            summing.add(data)
        return summing.whole

    async def stream(self, path: str, offset: int = 0) -> AsyncIterator[bytes]:
        """Yield what a file holds."""
        body = await self._done(partial(_Body, self.url, path, offset))
        try:
            while data := await self._done(body.read):
                yield data
        finally:
            body.close()

    async def _done(self, function: Callable[[], T]) -> T:
        try:
            return await (await self._threads.start(function))
        except FileNotFoundError as error:
            raise ConsoleError(f"{error.filename}: no such file") from error
        except TimeoutError as error:
            raise Unreachable(f"{self.url}: {error}", "", Problem.TIMEOUT) from error
        except (OSError, http.client.HTTPException) as error:
            why = clean(getattr(error, "strerror", None) or str(error) or type(error).__name__)
            raise Unreachable(f"{self.url}: {why}") from error


class _Body:
    """What a server answers to one request, read in threads."""

    def __init__(self, url: str, path: str, offset: int = 0, most: int | None = None) -> None:
        """Ask. Raises ``ConsoleError`` and ``OSError``, ``FileNotFoundError`` among them."""
        self._url = url + path
        self._began = time.monotonic()
        self._read = 0
        parts = urlsplit(self._url)
        last = "" if most is None else str(offset + most - 1)
        headers = {"Accept-Encoding": "identity", "User-Agent": "subdeck", "Connection": "close"}
        if offset or most is not None:
            headers["Range"] = f"bytes={offset}-{last}"
        self._connection = _connection(parts.scheme, parts.hostname or "", parts.port)
        try:
            self._connection.request("GET", parts.path, headers=headers)
            self._answer = self._connection.getresponse()
        except BaseException as error:
            self._connection.close()
            if isinstance(error, TimeoutError):
                raise TimeoutError(f"no answer for {_SILENCE:.0f} s") from None
            raise
        try:
            self.size = self._checked(offset)
        except BaseException:
            self.close()
            raise

    def read(self, most: int = _CHUNK) -> bytes:
        """Return what comes next; nothing at the end."""
        try:
            data = self._answer.read1(most)
        except TimeoutError:
            raise TimeoutError(f"nothing more came for {_SILENCE:.0f} s") from None
        self._read += len(data)
        spent = time.monotonic() - self._began
        if data and spent > _GRACE and self._read < _SLOWEST * spent:
            raise TimeoutError(f"only {self._read} bytes came in {spent:.0f} s")
        if not data and self.left:
            raise ConsoleError(f"{self._url}: was cut off, {self.left} bytes before its end")
        return data

    @property
    def left(self) -> int:
        """Bytes that were promised and did not come."""
        return self._answer.length or 0

    def close(self) -> None:
        """Let go of the connection, which the answer holds too."""
        self._answer.close()
        self._connection.close()

    def _checked(self, offset: int) -> int | None:
        """Return the size of the file, having come to the offset; ``None``: it is not told."""
        answer = self._answer
        if answer.status in {404, 410}:
            raise FileNotFoundError(2, "no such file", self._url)
        if answer.status in {401, 403}:
            raise Denied(f"{self._url}: the server answers {answer.status} {clean(answer.reason)}")
        if 300 <= answer.status < 400:
            to = clean(answer.headers.get("Location", "elsewhere"))
            raise ConsoleError(
                f"{self._url}: the server sends us on to {to}, which is not followed",
                "make that the url of the store",
            )
        if answer.status not in {200, 206}:
            raise ConsoleError(
                f"{self._url}: the server answers {answer.status} {clean(answer.reason)}"
            )
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise ConsoleError(f"{self._url}: the server packs what it sends, unasked")
        if answer.status == 206:
            said = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
            if said is None or int(said[1]) != offset:
                raise ConsoleError(
                    f"{self._url}: the server sends another part than was asked for"
                )
            return None if said[2] == "*" else int(said[2])
        size = answer.length
        while offset:
            data = self.read(min(_CHUNK, offset))
            if not data:
                break
            offset -= len(data)
        return size


def _piece(url: str, path: str, most: int) -> Piece | None:
    try:
        body = _Body(url, path, most=most)
    except FileNotFoundError:
        return None
    try:
        data = bytearray()
        while len(data) < most and (more := body.read(most - len(data))):
            data += more
        return Piece(body.size, bytes(data))
    finally:
        body.close()


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=_SILENCE, context=context)
    return http.client.HTTPConnection(host, port, timeout=_SILENCE)
