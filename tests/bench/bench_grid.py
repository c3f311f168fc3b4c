"""Cost of the table widget beside Textual's own, on a real terminal (a pty of 200x50).

``python tests/bench/bench_grid.py [SECONDS]`` prints one line a measure: ours, DataTable's, ratio.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from textual import events  # noqa: E402 the repository's root is not on a script's path
from textual.app import App, ComposeResult  # noqa: E402
from textual.coordinate import Coordinate  # noqa: E402
from textual.drivers.linux_driver import LinuxDriver  # noqa: E402
from textual.message import Message  # noqa: E402
from textual.widgets import DataTable  # noqa: E402

from screens.grid import Grid  # noqa: E402
from screens.page import Column, Row, Table, Words  # noqa: E402
from tests.bench.budget import Figure  # noqa: E402

COLUMNS = tuple(Column(f"c{number}", f"Column {number}", 16) for number in range(10))
CHANGED = 200
KEYS_A_SECOND = 8
KEYS = [b"\x1b[B"] * 30 + [b"\x1b[A"] * 30
"""Down and up again within the window: a line that scrolls repaints all of it in either table."""

BUDGETS = {
    "key to paint p95 ms": 20.0,
    "key to paint p99 ms": 40.0,
    "CPU %": 4.0,
    "kB/s to the terminal": 20.0,
    "10,000 rows shown ms": 300.0,
}

keys: list[float] = []
writes: list[float] = []
frames: list[float] = []
opened: list[float] = []


class TimedDriver(LinuxDriver):
    """The terminal, with the moment noted at which keys arrive and frames leave."""

    def process_message(self, message: Message) -> None:
        if isinstance(message, events.Key):
            keys.append(time.perf_counter())
        super().process_message(message)

    def write(self, data: str) -> None:
        writes.append(time.perf_counter())
        super().write(data)


class Bench(App[None]):
    """One table whose cells change once a second."""

    def __init__(self, kind: str, rows: int) -> None:
        super().__init__(driver_class=TimedDriver)
        self.kind = kind
        self.cells = [[f"cell {row} {place}" for place in range(10)] for row in range(rows)]
        self.rows = [self.row(number) for number in range(rows)]
        self.turn = 0
        self.cpu = 0.0

    def row(self, number: int) -> Row:
        return Row(str(number), tuple(map(Words, self.cells[number])))

    def compose(self) -> ComposeResult:
        yield Grid() if self.kind == "grid" else DataTable[str](cursor_type="row")

    def on_mount(self) -> None:
        self.call_after_refresh(self.fill)

    def fill(self) -> None:
        began = time.perf_counter()
        if self.kind == "grid":
            self.query_one(Grid).show(self.table())
            self.query_one(Grid).focus()
        else:
            table = self.query_one(DataTable)
            table.add_columns(*(column.title for column in COLUMNS))
            table.add_rows(self.cells)
            table.focus()
        self.after_frame(lambda: self.note(opened, began))
        self.set_timer(1, self.begin)

    def begin(self) -> None:
        self.cpu = time.process_time()
        self.set_interval(1, self.change)

    def table(self) -> Table:
        return Table("bench", "Bench", COLUMNS, tuple(self.rows))

    def change(self) -> None:
        began = time.perf_counter()
        self.turn += 1
        for step in range(CHANGED):
            number, place = (step * 5 + self.turn) % len(self.rows), step % 10
            self.cells[number][place] = f"turn {self.turn} {step}"
            if self.kind == "grid":
                self.rows[number] = self.row(number)
            else:
                text = self.cells[number][place]
                self.query_one(DataTable).update_cell_at(Coordinate(number, place), text)
        if self.kind == "grid":
            self.query_one(Grid).show(self.table())
        self.after_frame(lambda: self.note(frames, began))

    def after_frame(self, then: Callable[[], None]) -> None:
        self.call_after_refresh(self.call_after_refresh, then)

    def note(self, where: list[float], began: float) -> None:
        where.append(next((t for t in writes if t > began), time.perf_counter()) - began)
        writes[:] = [t for t in writes if keys and t > keys[0]]

    def on_key(self, event: events.Key) -> None:
        if event.key == "q":
            self.exit()


def child(kind: str, rows: int, report: str) -> None:
    """Run the app on the terminal it was given and write down what it measured."""
    app = Bench(kind, rows)
    app.run()
    cpu = time.process_time() - app.cpu if app.cpu else 0.0
    paints = [next((t for t in writes if t > key), key) - key for key in keys[:-1]]
    found = {"opened": opened, "frames": frames, "paints": paints, "cpu": [cpu]}
    Path(report).write_text(json.dumps(found))


def measured(kind: str, rows: int, seconds: float) -> dict[str, list[float]]:
    """Run the app on a pty for ``seconds`` of changes, moving the cursor all along."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        pid, terminal = pty.fork()
        if pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            argv = [sys.executable, __file__, "--child", kind, str(rows), str(report)]
            os.execv(sys.executable, argv)  # noqa: S606 the program is this one
        sent = pump(pid, terminal, seconds)
        found: dict[str, list[float]] = json.loads(report.read_text())
        return found | {"bytes": [sent]}


def pump(pid: int, terminal: int, seconds: float, keys_a_second: float = KEYS_A_SECOND) -> float:
    """Drain the terminal, press keys, quit after ``seconds``; bytes a second while it changed."""
    began = time.monotonic()
    start, next_key, sent, pressed = began + 3, began + 3, 0, 0
    while True:
        if select.select([terminal], [], [], 0.01)[0]:
            try:
                data = os.read(terminal, 1 << 16)
            except OSError:  # EIO: the other side is closed
                break
            sent += len(data) if start < time.monotonic() < start + seconds else 0
        now = time.monotonic()
        if now > start + seconds:
            os.write(terminal, b"q")
            start, next_key = now + 60, now + 600
        elif now > next_key:
            os.write(terminal, KEYS[pressed % len(KEYS)])
            pressed += 1
            next_key += 1 / keys_a_second
    os.close(terminal)
    os.waitpid(pid, 0)
    return sent / max(seconds, 1)


def share(values: list[float], percentile: int) -> float:
    """Return a percentile of the values in milliseconds."""
    if len(values) < 2:
        return 1000 * sum(values)
    return 1000 * statistics.quantiles(values, n=100, method="inclusive")[percentile - 1]


def main(seconds: float = 10.0) -> list[Figure]:
    """Measure both tables in turn, print them side by side, return what has a budget."""
    busy = {kind: measured(kind, 1000, seconds) for kind in ("grid", "table")}
    large = {kind: measured(kind, 10_000, 0.5) for kind in ("grid", "table")}
    measures: list[tuple[str, Callable[[str], float]]] = [
        ("key to paint p50 ms", lambda kind: share(busy[kind]["paints"], 50)),
        ("key to paint p95 ms", lambda kind: share(busy[kind]["paints"], 95)),
        ("key to paint p99 ms", lambda kind: share(busy[kind]["paints"], 99)),
        ("frame p50 ms", lambda kind: share(busy[kind]["frames"], 50)),
        ("frame p99 ms", lambda kind: share(busy[kind]["frames"], 99)),
        ("CPU %", lambda kind: 100 * busy[kind]["cpu"][0] / (seconds + 1.5)),
        ("kB/s to the terminal", lambda kind: busy[kind]["bytes"][0] / 1000),
        ("10,000 rows shown ms", lambda kind: 1000 * large[kind]["opened"][0]),
    ]
    sys.stdout.write(
        f"{'1,000 rows x 10, 200 cells/s':28} {'grid':>9} {'table':>9} {'ratio':>7}\n"
    )
    for name, value in measures:
        ours, theirs = value("grid"), value("table")
        ratio = theirs / ours if ours else 0
        sys.stdout.write(f"{name:28} {ours:9.1f} {theirs:9.1f} {ratio:6.1f}x\n")
    ours_of = {name: value("grid") for name, value in measures}
    return [Figure(f"table: {name}", ours_of[name], "", most) for name, most in BUDGETS.items()]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        main(*map(float, sys.argv[1:2]))
