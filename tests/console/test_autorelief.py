"""Which levels are to grow by themselves, and that they do by the one way anything is done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.autorelief import HOUR, due
from console.clean import Clean
from console.model import Host, Kind, Level, Limit, State
from console.parse.amount import amount
from console.plan import Verb
from console.relief_rule import ReliefRule
from tests.console.hosts import BASE, FILL, facts, host

MIB = 1 << 20
SEEN = host(facts(BASE, FILL))
RULE = ReliefRule(amount("+25%"), 512 * MIB, kind="tmpfs")
STORE = SEEN.name, Clean(""), Clean("tmpfs:/run")


def store(state: State = State.ACT, total: int = 100 * MIB, used: float = 0.9) -> Host:
    """Return a host with one tmpfs."""
    level = Level(
        id=STORE[2],
        kind=Kind.TMPFS,
        mount=Clean("/run"),
        device=None,
        backs=(),
        used=int(used * total),
        total=total,
        inodes_used=None,
        inodes_total=None,
        limit=Limit(total, Clean("own size")),
        state=state,
        on_full="writes fail",
    )
    return replace(SEEN, levels=(level,), subhosts=())


def sizes(
    seen: Host, *rules: ReliefRule, tried: tuple[float, ...] = (), tags: tuple[str, ...] = ()
) -> list[int | None]:
    found = [*due(rules or (RULE,), seen, tags, {STORE: tried}, 10_000.0)]
    for each in found:
        assert each.store == STORE
        assert each.wish.verb is Verb.GROW
    return [each.wish.size and each.wish.size // MIB for each in found]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.OK, []),
        (State.WATCH, []),
        (State.ACT, [125]),
        (State.FULL, [125]),
        (State.LOST, []),
    ],
)
def test_it_grows_by_a_step_from_a_state_on(state: State, expected: list[int]) -> None:
    assert sizes(store(state)) == expected


def test_it_grows_from_a_percentage_on() -> None:
    rule = replace(RULE, state=None, percent=80.0)
    assert sizes(store(State.OK, used=0.81), rule) == [125]
    assert sizes(store(State.ACT, used=0.79), rule) == []


def test_it_never_grows_beyond_its_cap() -> None:
    assert sizes(store(total=500 * MIB)) == [512]
    assert sizes(store(total=512 * MIB)) == []
    assert sizes(store(total=900 * MIB)) == []


def test_it_is_tried_so_often_an_hour() -> None:
    now, rule = 10_000.0, replace(RULE, per_hour=2)
    assert sizes(store(), rule, tried=(now - HOUR - 1, now - 60)) == [125]
    assert sizes(store(), rule, tried=(now - HOUR + 1, now - 60)) == []


def test_the_last_rule_that_matches_holds() -> None:
    bigger = replace(RULE, step=amount("+100%"), id="tmpfs:/r*")
    assert sizes(store(), RULE, bigger) == [200]
    assert sizes(store(), bigger, RULE) == [125]
    for other in ({"id": "tmpfs:/tmp"}, {"host": "web*"}, {"kind": "dm-*"}, {"tag": "prod"}):
        assert sizes(store(), replace(RULE, **other)) == []  # type: ignore[arg-type]
    assert sizes(store(), replace(RULE, tag="pr*"), tags=("lab", "prod")) == [125]


def test_what_cannot_grow_is_not_tried() -> None:
    seen = store()
    image = replace(seen.levels[0], always_full=True)
    assert sizes(replace(seen, levels=(image,))) == []
    assert sizes(replace(seen, levels=(replace(seen.levels[0], kind=Kind.MEMORY),)), RULE) == []
