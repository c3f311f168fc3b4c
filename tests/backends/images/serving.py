"""Web servers on real sockets: ``with serving(partial(Ranged, directory=path)) as url:``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

Handler = Callable[..., BaseHTTPRequestHandler]


class Plain(SimpleHTTPRequestHandler):
    """Serves whole files alone, whatever is asked for."""

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        """Answer one request."""
        super().do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Ranged(Plain):
    """Serves files, parts of them too, as servers do that are meant for it."""

    def answer(self) -> None:
        """Answer one request."""
        path, asked = Path(self.translate_path(self.path)), self.headers["Range"]
        if asked is None or not path.is_file():
            super().answer()
            return
        content = path.read_bytes()
        begin, _, end = asked.removeprefix("bytes=").partition("-")
        part = content[int(begin) : int(end) + 1 if end else None]
        self.send_response(206)
        last = int(begin) + len(part) - 1
        self.send_header("Content-Range", f"bytes {begin}-{last}/{len(content)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)


@contextmanager
def serving(handler: Handler) -> Iterator[str]:
    """Serve at a port of this machine's own address; gives the URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=partial(server.serve_forever, 0.01))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
