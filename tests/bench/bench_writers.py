"""What looking through a store takes, beside ``find -printf`` of the same in the same run.

``python -m tests.bench.bench_writers [FILES [ROUNDS]]``. Both have their turn in each round; both
give way to the rest of the machine alike, and read through the caches that the first round filled.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from backends.local_runner import LocalRunner
from backends.writers import PROGRAM
from console.parse.writers import scan
from tests.bench.budget import Figure, table

FILES, ROUNDS = 100_000, 7
_IN_A_FOLDER = 100


def main(files: int = FILES, rounds: int = ROUNDS) -> list[Figure]:
    """Measure, print and return the figures."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        fill(root, files)
        times = [(find(root), asyncio.run(walk(root, files))) for _ in range(rounds + 1)]
    theirs, ours = map(median, zip(*times[1:], strict=True))
    figures = [
        Figure(f"find -printf of {files:,} files", theirs, "ms"),
        Figure("the walk of `subdeck writers`", ours, "ms"),
        Figure("as a multiple of find -printf", ours / theirs, "x", 2.0),
    ]
    print(table(figures))
    return figures


def fill(root: Path, files: int) -> None:
    """Make so many small files in folders three deep."""
    for number in range(files):
        if number % _IN_A_FOLDER == 0:
            folder = root / f"{number // 10_000}" / f"{number // 1000}" / f"{number}"
            folder.mkdir(parents=True)
        (folder / f"a file {number}").write_bytes(b"x" * (number % 512))


def find(root: Path) -> float:
    """Return milliseconds that ``find`` takes to tell of each what the walk needs."""
    argv = ["nice", "-n", "10", "find", str(root), "-xdev", "-printf", r"%b %y %n %i %C@ %p\0"]
    began = time.perf_counter()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return 1000 * (time.perf_counter() - began)


async def walk(root: Path, files: int) -> float:
    """Return milliseconds that our program takes."""
    words = (b"scan", str(root).encode(), b"600", b"0", b"%d" % (files * 2), b"600", b"")
    began = time.perf_counter()
    ended = await LocalRunner().run(PROGRAM, words, 600)
    took = 1000 * (time.perf_counter() - began)
    found = scan(ended.said, words[1])
    if found is None or found[0].inodes < files:
        raise RuntimeError(f"the walk did not see all of {files} files: {ended}")
    return took


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
