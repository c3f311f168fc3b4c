"""Every benchmark and at the end its budgets: ``python -m tests.bench [console crowd ...]``."""

from __future__ import annotations

import importlib
import sys

from tests.bench.budget import Figure, table

BENCHES = (
    *("console", "crowd", "grid", "guests", "history", "rollout", "screen", "ssh", "subhost"),
    "writers",
)


def main(names: tuple[str, ...]) -> None:
    """Run the benchmarks of these names, then print what has a budget."""
    found: list[Figure] = []
    for name in names:
        print(f"\n== {name}", flush=True)
        found += importlib.import_module(f"tests.bench.bench_{name}").main()
    held = [figure for figure in found if figure.budget is not None]
    missed = sum(figure.verdict == "missed" for figure in held)
    print(f"\n== budgets: {len(held) - missed} met, {missed} missed\n{table(held)}")


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or BENCHES)
