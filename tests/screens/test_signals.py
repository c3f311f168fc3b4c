"""What a terminal is told of alerts: a bell, a notification, and nothing it could take as more."""

from __future__ import annotations

import pytest

from console.alerting import Alerting
from console.clean import Clean
from console.events import Event, Word
from screens.signals import Signals, notification, summary

ACT = Event(5.0, Clean("web1"), Word.ACT, Clean("tmpfs:/run: full in 9 min"), since=5.0)
LOST = Event(6.0, Clean("db1"), Word.LOST, Clean("gone"), since=6.0, others=(Clean("db2"),))


@pytest.mark.parametrize(
    ("alerting", "said"),
    [
        (Alerting(), ""),
        (Alerting(bell=True), "\a"),
        (Alerting(osc9=True), "\x1b]9;subdeck: web1 act: tmpfs:/run: full in 9 min\x1b\\"),
    ],
)
def test_each_alert_is_signalled_once(
    alerting: Alerting, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    signals = Signals(alerting)
    assert signals.take((ACT,))
    assert signals.told() == said
    assert not signals.take((ACT,))
    assert signals.told() == ""


def test_some_are_one_line_that_holds_no_control_character() -> None:
    assert summary((ACT, LOST)) == "subdeck: web1 act: tmpfs:/run: full in 9 min and 1 more"
    assert summary((LOST,)) == "subdeck: 2 hosts lost: gone"
    evil = notification("a\x1b]0;b\x07\x9c c\n", tmux=False)
    assert evil == "\x1b]9;a]0;b c\x1b\\"


def test_tmux_passes_it_on() -> None:
    assert notification("x", tmux=True) == "\x1bPtmux;\x1b\x1b]9;x\x1b\x1b\\\x1b\\"
