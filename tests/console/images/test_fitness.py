"""What speaks against booting a set on a host."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.clean import Clean
from console.images.drift import Known
from console.images.fitness import Against, objections
from console.images.signature import Signature, Vouched
from console.model import Host, Style
from tests.console.images.sets import LIVE, MADE, host, known, version

FIT = known()
UNSIGNED = known(signature=Signature(Vouched.UNSIGNED))
ALTERED = known(signature=Signature(Vouched.ALTERED, why=Clean("not what was signed")))
HUGE = known(replace(LIVE, ram=2 << 30))
TORN = replace(FIT, faults=(Clean("vmlinuz: has 3 bytes, not 6"),))
NEWER = known(version("9", MADE + 1))


def test_nothing_speaks_against_what_fits() -> None:
    assert objections(FIT, host(), "x86_64", FIT) == ()
    assert objections(FIT, host()) == ()
    assert objections(NEWER, host(), "x86_64", FIT) == ()


@pytest.mark.parametrize(
    ("of", "seen", "machine", "running", "against", "told", "waivable"),
    [
        (UNSIGNED, host(), None, None, Against.SIGNATURE, "main:web/2024.2: unsigned", True),
        (ALTERED, host(), None, None, Against.SIGNATURE, "altered: not what was signed", True),
        (TORN, host(), None, None, Against.FILES, "vmlinuz: has 3 bytes, not 6", False),
        (FIT, host(), "aarch64", None, Against.ARCH, "for x86_64, web1 is aarch64", False),
        (
            FIT,
            host(style=Style.AUTOSERVER),
            None,
            None,
            Against.STYLE,
            "is for casper, live-boot, web1 boots as autoserver",
            False,
        ),
        (HUGE, host(), None, None, Against.MEMORY, "2048 MiB of memory, web1 has 1024", False),
        (FIT, host(), None, NEWER, Against.OLDER, "was built before web/9, which it runs", True),
    ],
    ids=lambda each: str(each) if isinstance(each, Against) else "",
)
def test_what_speaks_against_it(
    of: Known,
    seen: Host,
    machine: str | None,
    running: Known | None,
    against: Against,
    told: str,
    waivable: bool,
) -> None:
    (found,) = objections(of, seen, machine, running)
    assert (found.against, found.waivable) == (against, waivable)
    assert told in found.text
    assert found.remedy


def test_what_no_reason_helps_comes_first() -> None:
    found = objections(replace(HUGE, signature=UNSIGNED.signature), host(), "i686")
    assert [each.waivable for each in found] == [False, False, True]


def test_another_name_is_no_downgrade() -> None:
    other = known(replace(version("9", MADE + 1), name=Clean("db")))
    assert objections(FIT, host(), None, other) == ()
