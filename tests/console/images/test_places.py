"""``[[store]]`` of the configuration: what makes sense, and where it does not."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from console.clean import Clean
from console.config import parse
from console.errors import Misconfigured
from console.images.places import StorePlace

FULL = """
[[store]]
name = "main"
path = "/srv/images"
allowed_signers = "/etc/subdeck/signers"
revoked = "/etc/subdeck/revoked"
[[store]]
name = "boot1"
host = "boot1"
path = "/srv/http"
[[store]]
name = "mirror"
url = "https://[::1]:8443/boot"
"""


def test_every_kind() -> None:
    signers, revoked = (PurePosixPath("/etc/subdeck", name) for name in ("signers", "revoked"))
    main = StorePlace(Clean("main"), PurePosixPath("/srv/images"), None, None, signers, revoked)
    boot1 = StorePlace(Clean("boot1"), PurePosixPath("/srv/http"), Clean("boot1"))
    mirror = StorePlace(Clean("mirror"), url="https://[::1]:8443/boot/")
    assert parse(FULL, "config.toml").stores == (main, boot1, mirror)
    assert [each.where for each in (main, boot1, mirror)] == [
        "/srv/images",
        "boot1:/srv/http",
        "https://[::1]:8443/boot/",
    ]


@pytest.mark.parametrize(
    ("lines", "line", "key", "why"),
    [
        ('path = "/x"', 1, "store", "has no name"),
        ('name = "a b"\npath = "/x"', 2, "store.name", "'a b' is no name of a store"),
        ('name = "a"', 2, "store.name", "has no path and no url"),
        (
            'name = "a"\npath = "/x"\nurl = "http://x"',
            2,
            "store.name",
            "has both a url and a path",
        ),
        ('name = "a"\nhost = "h"\nurl = "http://x"', 3, "store.host", "is for a path on a host"),
        ('name = "a"\nhost = "h/x"\npath = "/x"', 3, "store.host", "'h/x' is no name of a host"),
        ('name = "a"\npath = "x"', 3, "store.path", "'x' does not start with /"),
        ('name = "a"\npath = "/x/../y"', 3, "store.path", "or has .. in it"),
        ('name = "a"\npath = 1', 3, "store.path", "expected a string, got a number"),
        ('name = "a"\npaths = "/x"', 3, "store.paths", "did you mean path?"),
        ('name = "a"\nurl = "ftp://x"', 3, "store.url", "is no URL of http or https"),
        ('name = "a"\nurl = "http://"', 3, "store.url", "is no URL of http or https"),
        ('name = "a"\nurl = "http://x:99999"', 3, "store.url", "is no URL"),
        ('name = "a"\nurl = "http://u:p@x"', 3, "store.url", "has a user, a query or a fragment"),
        ('name = "a"\nurl = "http://x/?q"', 3, "store.url", "has a user, a query or a fragment"),
        ('name = "a"\nurl = "http://x/ü"', 3, "store.url", "more than plain characters"),
        ('name = "a"\nurl = "http://[x"', 3, "store.url", "is no URL"),
        ('name = "a"\npath = "/x"\n[[store]]\nname = "a"\npath = "/y"', 5, "store.name", "twice"),
        (
            'name = "a"\npath = "/x"\nallowed_signers = "s"',
            4,
            "store.allowed_signers",
            "does not start with /",
        ),
    ],
)
def test_what_makes_no_sense(lines: str, line: int, key: str, why: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        parse(f"[[store]]\n{lines}\n", "config.toml")
    assert (raised.value.line, raised.value.key) == (line, key)
    assert why in str(raised.value)
