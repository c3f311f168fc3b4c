"""Records fill traces of real workloads on stores of this kernel into ``recorded.json``.

``sh .ci/apart -m tests.bench.forecast.recording [SECONDS]``, as root: in a mount namespace of its
own, each workload writes to a tmpfs, or through an overlay to the tmpfs of its upper, and what
``statvfs`` says is used is written down every two seconds. All run side by side. What runs on a
guest is recorded with the same sampling and added to the file by hand: a trace is a name, a size
in pages and the pages used, each as the difference to the one before.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

RECORDED = Path(__file__).with_name("recorded.json")
PAGE = 4096
STEP = 2.0

_DD = "while dd if=/dev/zero bs=64k count=8 status=none >>copy; do sleep 0.37; done"
_LOG = """
import itertools, os, time
for n in itertools.count():
    with open("app.log", "a") as log:
        log.write(f"{time.time():.3f} worker[{n % 7}]: request {n} took {n * 37 % 900} ms\\n" * 96)
    if os.path.getsize("app.log") > 3 << 20:
        for old in (2, 1):
            if os.path.exists(f"app.log.{old}"):
                os.replace(f"app.log.{old}", f"app.log.{old + 1}")
        os.replace("app.log", "app.log.1")
    time.sleep(0.05)
"""
_LEAKY_LOG = _LOG.replace('f"app.log.{old + 1}")', 'f"app.log.{old + 1}.{n}")')
_UNPACK = """
n=0
while :; do
    n=$((n + 1))
    mkdir unpack && tar -C /usr/include -cf - . 2>/dev/null | tar -C unpack -xf - || exit
    sleep 8; mkdir -p kept && cp -r unpack/linux kept/$n || exit
    rm -r unpack; sleep 25
done
"""
_COMPILE = """
n=0
while :; do
    n=$((n + 1))
    for unit in a b c d e f; do
        { echo "#include <stdio.h>"; seq 1 4000 | sed 's/.*/int f&(int x) { return x * &; }/'; } \
            >$unit.c
        gcc -g -O1 -c $unit.c -o $unit.o || exit
    done
    ar rc lib$n.a *.o && rm *.o *.c; sleep 20
done
"""
_SQLITE = """
import itertools, sqlite3, time
db = sqlite3.connect("mail.db")
db.execute("PRAGMA journal_mode = WAL")
db.execute("CREATE TABLE IF NOT EXISTS mail (id INTEGER PRIMARY KEY, subject TEXT, body BLOB)")
for n in itertools.count():
    with db:
        db.executemany("INSERT INTO mail (subject, body) VALUES (?, zeroblob(1500))",
                       [(f"subject {n}",)] * 30)
        db.execute("DELETE FROM mail WHERE id % 3 = 0 AND id < ?", (n * 20,))
    time.sleep(0.4)
"""
_COPY_UPS = "for file in lower/*; do sleep 11; echo >>merged/${file#lower/}; done; sleep 999"


@dataclass(frozen=True, slots=True)
class Workload:
    """What writes to one store."""

    name: str
    mib: int
    """Size of its store."""
    argv: tuple[str, ...]
    overlay: bool = False


WORKLOADS = (
    Workload("dd, 1 MB/s", 400, ("sh", "-c", _DD)),
    Workload("log, rotated and kept to four", 64, (sys.executable, "-c", _LOG)),
    Workload("log, rotated and never removed", 48, (sys.executable, "-c", _LEAKY_LOG)),
    Workload("unpacking, a part is kept", 220, ("sh", "-c", _UNPACK)),
    Workload("compiling", 24, ("sh", "-c", _COMPILE)),
    Workload("sqlite with a WAL", 48, (sys.executable, "-c", _SQLITE)),
    Workload("copy-ups in an overlay", 64, ("sh", "-c", _COPY_UPS), overlay=True),
)


@contextmanager
def running(work: Workload, folder: Path) -> Iterator[Path]:
    """Yield the store that a workload writes to."""
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={work.mib}M", "tmpfs", str(folder))
    at = folder
    if work.overlay:
        for name in ("lower", "upper", "work", "merged"):
            (folder / name).mkdir()
        _mount("-t", "tmpfs", "tmpfs", str(folder / "lower"))
        for n in range(60):
            (folder / "lower" / f"file{n}").write_bytes(bytes(600 << 10))
        layers = ",".join(f"{key}dir={folder / key}" for key in ("lower", "upper", "work"))
        _mount("-t", "overlay", "-o", layers, "overlay", str(folder / "merged"))
    with subprocess.Popen(
        work.argv,
        cwd=at,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            yield folder
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def record(seconds: float) -> dict[str, dict[str, object]]:
    """Run all workloads for so long; return what was used of each store."""
    used: dict[str, list[int]] = {work.name: [] for work in WORKLOADS}
    with tempfile.TemporaryDirectory() as base, ExitStack() as stack:
        _mount("-t", "tmpfs", "tmpfs", base)
        stack.callback(subprocess.run, ("umount", "-R", "-l", base), check=True)
        stores = {
            work.name: stack.enter_context(running(work, Path(base) / str(n)))
            for n, work in enumerate(WORKLOADS)
        }
        begin = time.monotonic()
        for look in range(round(seconds / STEP)):
            time.sleep(max(0.0, begin + look * STEP - time.monotonic()))
            for name, store in stores.items():
                found = os.statvfs(store)
                used[name].append((found.f_blocks - found.f_bfree) * found.f_frsize // PAGE)
    pages = {work.name: work.mib * 2**20 // PAGE for work in WORKLOADS}
    return {
        name: {"total": pages[name], "used": _differences(_until_full(each, pages[name]))}
        for name, each in used.items()
    }


def _until_full(used: list[int], total: int) -> list[int]:
    """Leave out what comes after the store was full: its last pages are never used."""
    near = total - max(total // 200, 8)
    end = next((n for n, each in enumerate(used) if each >= near), None)
    return used if end is None else [*used[:end], total]


def _differences(used: list[int]) -> list[int]:
    return [now - before for before, now in zip([0, *used], used, strict=False)]


def _mount(*arguments: str) -> None:
    subprocess.run(("mount", *arguments), check=True)


if __name__ == "__main__":
    found = record(float(sys.argv[1]) if len(sys.argv) > 1 else 900.0)
    RECORDED.write_text(json.dumps(found, separators=(",", ":")).replace('},"', '},\n"') + "\n")
