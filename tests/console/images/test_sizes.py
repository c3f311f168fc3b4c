from __future__ import annotations

import pytest

from console.images.sizes import OURS, owners, shares

TOLD = """\
busybox-static /bin/busybox
busybox-static /usr/share/doc/busybox-static/changelog.gz
libc6 /lib/x86_64-linux-gnu/libc.so.6
libc6 /usr/share/doc/libc6/copyright
libc6 /
"""


def test_every_byte_is_some_packages_or_the_images_own() -> None:
    kept = [("usr/bin/busybox", 600), ("usr/lib/x86_64-linux-gnu/libc.so.6", 300), ("init", 100)]
    gone = [("usr/share/doc/libc6/copyright", 50), ("var/cache/apt/archives/libc6.deb", 9000)]
    found = shares(kept, gone, owners(TOLD))
    assert [(each.package, each.size, each.pruned) for each in found] == [
        ("busybox-static", 600, 0),
        ("libc6", 300, 50),
        (OURS, 100, 0),
    ]
    assert sum(each.share for each in found) == pytest.approx(1)
    assert shares([], [], {}) == ()


def test_the_name_of_a_package_is_shown_as_text() -> None:
    assert owners("a\x1b[31m /etc/x\n") == {"etc/x": "a␛[31m"}
