"""What the terminal itself is asked to do about alerts: ring, and notify (OSC 9)."""

from __future__ import annotations

import os
from collections.abc import Sequence

from console.alerting import QUIET, Alerting
from console.alerts import Alerts
from console.clean import clean
from console.events import Event

_LONGEST = 200
"""Characters of a notification at most."""
_BELL = "\a"


class Signals:
    """Each alert is told once, some at once in one signal."""

    def __init__(self, alerting: Alerting = QUIET) -> None:
        self._alerting = alerting
        self._alerts = Alerts(alerting.least)

    def take(self, events: tuple[Event, ...]) -> bool:
        """Take all events there are, the newest last; whether there is something to tell."""
        return self._alerts.take(events)

    def told(self) -> str:
        """Return what is to be written to the terminal; empty: nothing."""
        alerts = self._alerts.told()
        if not alerts:
            return ""
        bell = _BELL if self._alerting.bell else ""
        if not self._alerting.osc9:
            return bell
        return bell + notification(summary(alerts), tmux="TMUX" in os.environ)


def summary(alerts: Sequence[Event]) -> str:
    """Return some alerts as one line."""
    first = alerts[0]
    where = first.host if len(first.hosts) == 1 else f"{len(first.hosts)} hosts"
    more = f" and {len(alerts) - 1} more" if len(alerts) > 1 else ""
    return clean(f"subdeck: {where} {first.word}: {first.text}{more}", _LONGEST)


def notification(text: str, *, tmux: bool) -> str:
    """Return what makes a terminal notify (OSC 9, as of iTerm2, foot, kitty, Windows Terminal).

    tmux passes it on where its ``allow-passthrough`` is on.
    """
    plain = "".join(each for each in text if each.isprintable())
    said = f"\x1b]9;{plain}\x1b\\"
    return "\x1bPtmux;" + said.replace("\x1b", "\x1b\x1b") + "\x1b\\" if tmux else said
