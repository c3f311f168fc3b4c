"""What several tests of the lab run."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

PLAIN = """
from textual.app import App
from textual.widgets import Label

class Plain(App):
    BINDINGS = [("q", "quit", ""), ("ctrl+z", "suspend_process", "")]
    TITLE = "plain"
    def compose(self):
        yield Label("ready", id="word")
    def on_resize(self, event):
        self.query_one("#word").update(f"ready at {event.size.width}x{event.size.height}")

Plain().run()
"""


@pytest.fixture
def plain(tmp_path: Path) -> list[str]:
    program = tmp_path / "plain.py"
    program.write_text(textwrap.dedent(PLAIN))
    return [sys.executable, str(program)]
