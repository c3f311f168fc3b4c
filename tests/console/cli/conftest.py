"""What several tests of the command line act on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.console.cli.acting import Deck
from tests.lab.world import World


@pytest.fixture
def deck() -> Iterator[Deck]:
    """The command line on subhosts of this machine."""
    with World() as world:
        deck = Deck(world)
        yield deck
        deck.forget()
