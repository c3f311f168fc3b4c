from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from console.clean import Clean
from console.model import Link, Rates
from console.renewed import all_but, renewing

LINK = Link(None, 6, Clean("mta0"), Clean("veth"), None, up=True, carrier=True, mtu=1500)
RATES = Rates(300.0, 1.0, 3.0, 0.1, 0.0)
renewed = renewing(Link, "rates", "mtu")


def test_a_value_is_renewed_as_by_replace() -> None:
    made = renewed(LINK, RATES, 9000)
    assert made == replace(LINK, rates=RATES, mtu=9000)
    assert hash(made) == hash(replace(LINK, rates=RATES, mtu=9000))
    assert type(made) is Link
    assert (LINK.rates, LINK.mtu) == (None, 1500)


def test_what_is_renewed_is_as_frozen_as_before() -> None:
    with pytest.raises(FrozenInstanceError):
        renewed(LINK, RATES, 9000).mtu = 1500  # type: ignore[misc]


@pytest.mark.parametrize("news", [(RATES,), (RATES, 9000, 1)])
def test_as_many_parts_as_were_named_are_needed(news: tuple[object, ...]) -> None:
    with pytest.raises(TypeError):
        renewed(LINK, *news)


def test_all_parts_but_some_are_compared() -> None:
    rest = all_but(Link, "rates", "mtu")
    assert rest(renewed(LINK, RATES, 9000)) == rest(LINK)
    assert rest(replace(LINK, up=False)) != rest(LINK)
