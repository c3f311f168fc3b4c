"""meminfo and pressure of old and new kernels."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.errors import Unparsable
from console.model import Memory, Pressure
from console.parse.meminfo import memory, pressure

MODERN = """\
MemTotal:       24684084 kB
MemFree:        24446836 kB
MemAvailable:   24389840 kB
Buffers:            6916 kB
Cached:            67312 kB
Active(anon):       1560 kB
Unevictable:       20780 kB
SwapTotal:          4096 kB
SwapFree:           1024 kB
Shmem:              8872 kB
SReclaimable:      62580 kB
HugePages_Total:       0
"""
PSI = """\
some avg10=1.50 avg60=0.25 avg300=0.00 total=123
full avg10=0.75 avg60=0.10 avg300=0.00 total=45
"""


def test_a_modern_kernel() -> None:
    assert memory(MODERN, PSI) == Memory(
        total=24684084 * 1024,
        available=24389840 * 1024,
        shmem=8872 * 1024,
        unevictable=20780 * 1024,
        swap_total=4096 * 1024,
        swap_free=1024 * 1024,
        pressure=Pressure(some_avg10=1.5, some_avg60=0.25, full_avg10=0.75),
    )


@pytest.mark.parametrize("psi", [None, ""])
def test_a_kernel_without_pressure(psi: str | None) -> None:
    assert memory(MODERN, psi).pressure is None


def without(*keys: str) -> str:
    lines = MODERN.splitlines(keepends=True)
    return "".join(line for line in lines if line.partition(":")[0] not in keys)


def test_an_old_kernel_has_its_available_memory_estimated() -> None:
    found = memory(without("MemAvailable"), None)
    assert found.available == (24446836 + 67312 + 62580 - 8872) * 1024


def test_the_estimate_never_leaves_the_possible() -> None:
    full = "MemTotal: 100 kB\nMemFree: 10 kB\nCached: 20 kB\nShmem: 50 kB\n"
    assert memory(full, None).available == 10 * 1024
    assert memory("MemTotal: 100 kB\nMemFree: 90 kB\nCached: 20 kB\n", None).available == 102400


def test_missing_details_are_zero() -> None:
    found = memory(without("Shmem", "Unevictable", "SwapTotal", "SwapFree"), None)
    assert (found.shmem, found.unevictable, found.swap_total, found.swap_free) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        without("MemTotal"),
        without("MemFree"),
        "MemTotal: 0 kB\nMemFree: 0 kB\n",
        "MemTotal: 1 kB\nMemFree: 1 kB\nMemAvailable: 2 kB\n",
        "MemTotal: 1 kB\nMemFree: 1 kB\nSwapTotal: 1 kB\nSwapFree: 2 kB\n",
        "MemTotal: -5 kB\nMemFree: 1 kB\n",
        "MemTotal: " + "9" * 5000 + " kB\nMemFree: 1 kB\n",
    ],
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(Unparsable) as error:
        memory(text, None)
    assert error.value.source == "/proc/meminfo"


def test_pressure_with_only_some() -> None:
    found = pressure("some avg10=100.00 avg60=12.34 avg300=0.00 total=5\n")
    assert found == Pressure(some_avg10=100.0, some_avg60=12.34, full_avg10=None)


@pytest.mark.parametrize(
    "text",
    ["", "full avg10=0.75 avg60=0.10 avg300=0.00 total=45\n", "some avg10=nan avg60=inf \n",
     "some avg10=1.50 avg6"],
)  # fmt: skip
def test_pressure_without_some_is_refused(text: str) -> None:
    with pytest.raises(Unparsable) as error:
        pressure(text)
    assert error.value.source == "/proc/pressure/memory"


@given(st.text(), st.none() | st.text())
def test_any_text_is_memory_or_an_error(meminfo: str, psi: str | None) -> None:
    for text in (meminfo, MODERN + meminfo):
        try:
            found = memory(text, psi)
        except Unparsable:
            continue
        assert 0 <= found.available <= found.total


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="needs Linux with /proc")
def test_this_machines_memory_is_understood() -> None:
    found = memory(Path("/proc/meminfo").read_text(), None)
    assert 0 < found.available <= found.total
