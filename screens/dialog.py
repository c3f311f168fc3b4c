"""Dialogs: they lie over the screen, close with Esc, and take no key meant for what was before."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

ARMED_AFTER = 0.4
"""Seconds in which what is typed was meant for what was there before."""

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer]):
    """Asks something; closed without an answer it answers ``None``."""

    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "cancel", "Cancel", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.armed = False
        """Whether keys count already."""

    def on_mount(self) -> None:
        self.set_timer(ARMED_AFTER, self.arm)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.armed

    def arm(self) -> None:
        """Let keys count from now on."""
        self.armed = True

    def action_cancel(self) -> None:
        self.dismiss(None)
