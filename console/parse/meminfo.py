"""Main memory from ``/proc/meminfo`` and ``/proc/pressure/memory``.

``MemAvailable:   24389840 kB`` becomes 24975196160 bytes available; ``some avg10=1.50 …`` becomes
1.5 percent of the time lost waiting for memory. Form: proc_meminfo(5) and
Documentation/accounting/psi.rst of the kernel.
"""

from __future__ import annotations

import re

from console.errors import Unparsable
from console.model import Memory, Pressure

_KIB = 1024
_LINE = re.compile(r"^([^\s:]+):[ \t]*([0-9]{1,15}) kB[ \t]*$", re.MULTILINE)
_STALL = re.compile(
    r"^(some|full) avg10=([0-9]{1,3}\.[0-9]+) avg60=([0-9]{1,3}\.[0-9]+)[ \n]", re.MULTILINE
)


def memory(meminfo: str, psi: str | None) -> Memory:
    """Return main memory; ``psi`` is ``None`` or empty where the kernel keeps no such record.

    Kernels before 3.14 tell no ``MemAvailable``: then it is estimated as free memory, page cache
    and reclaimable slab, less shared memory, which is counted as cache but cannot be dropped.
    Raises ``Unparsable`` when the total is missing or a part exceeds its whole.
    """
    values = {key: int(number) * _KIB for key, number in _LINE.findall(meminfo)}
    total = values.get("MemTotal", 0)
    if not total or "MemFree" not in values:
        raise Unparsable("/proc/meminfo", meminfo, "MemTotal: and MemFree: with kB")
    shmem = values.get("Shmem", 0)
    droppable = values.get("Cached", 0) + values.get("SReclaimable", 0) - shmem
    estimate = min(values["MemFree"] + max(droppable, 0), total)
    available = values.get("MemAvailable", estimate)
    swap_total, swap_free = values.get("SwapTotal", 0), values.get("SwapFree", 0)
    if available > total or swap_free > swap_total:
        raise Unparsable("/proc/meminfo", meminfo, "no more available or free than in total")
    return Memory(
        total=total,
        available=available,
        shmem=shmem,
        unevictable=values.get("Unevictable", 0),
        swap_total=swap_total,
        swap_free=swap_free,
        pressure=pressure(psi) if psi else None,
    )


def pressure(text: str) -> Pressure:
    """Return pressure stall information; a kernel may leave out its ``full`` line.

    Raises ``Unparsable`` when there is no ``some`` line.
    """
    stalls = {kind: (float(short), float(long)) for kind, short, long in _STALL.findall(text)}
    if "some" not in stalls:
        raise Unparsable("/proc/pressure/memory", text, "some avg10=N.NN avg60=N.NN …")
    some_avg10, some_avg60 = stalls["some"]
    full = stalls.get("full")
    return Pressure(some_avg10, some_avg60, full_avg10=full[0] if full else None)
