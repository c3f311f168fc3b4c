"""Configurations that mean ill are refused, or started with no word of them run or interpreted."""

from __future__ import annotations

import os

import pytest

from tests.lab.apart import apart
from tests.lab.world import NEEDS_WORLD

pytestmark = [*NEEDS_WORLD, pytest.mark.needs("setpriv", "flock")]

EXAMPLES = os.environ.get("HOSTILE", "25")
"""So many; ``make leaks`` tries more."""


def test_no_value_leaves_its_place() -> None:
    seen = apart("tests.lab.hostile", EXAMPLES, seconds=60 * int(EXAMPLES))
    assert seen["done"], seen
    assert any(outcome.startswith("obstacle") for outcome in seen), seen
