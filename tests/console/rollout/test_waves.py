from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import Clean
from console.rollout.waves import Portion, portion, portions, waves
from tests.console.rollout.world import names


def test_a_canary_then_a_tenth_then_the_rest() -> None:
    found = waves(dict.fromkeys(names(25), ()), portions("1,10%,rest"))
    assert [len(wave) for wave in found] == [1, 3, 21]


def test_waves_for_which_nobody_is_left_are_left_out() -> None:
    assert waves({Clean("a"): (), Clean("b"): ()}, portions("1, 50%, 10%, rest")) == (
        *((Clean("a"),), (Clean("b"),)),
    )
    assert waves({}, portions("1,rest")) == ()


@pytest.mark.parametrize(
    "text", ["", "1,10%", "0,rest", "101%,rest", "a,rest", "-1,rest", "1,,rest"]
)
def test_what_names_no_waves_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is neither|does not end"):
        portions(text)


def test_a_share_is_rounded_up() -> None:
    assert [portion("10%").of(n) for n in (0, 1, 10, 11)] == [0, 1, 1, 2]
    assert portion("3") == Portion(3)


@given(
    st.dictionaries(
        st.sampled_from(names(60)), st.lists(st.sampled_from("xyz"), max_size=2), max_size=60
    ),
    st.lists(st.builds(Portion, st.integers(1, 40), st.booleans()), max_size=4),
)
def test_every_target_is_in_one_wave_and_what_has_the_same_tags_is_spread(
    tags: dict[Clean, list[str]], first: list[Portion]
) -> None:
    given_tags = {name: [Clean(tag) for tag in each] for name, each in tags.items()}
    found = waves(given_tags, first)
    assert Counter(name for wave in found for name in wave) == Counter(list(tags))
    assert found == waves(dict(reversed(given_tags.items())), first)
    kinds = Counter(frozenset(each) for each in tags.values())
    seen: Counter[frozenset[str]] = Counter()
    done = 0
    for wave in found:
        seen.update(frozenset(tags[name]) for name in wave)
        done += len(wave)
        for kind, number in kinds.items():
            assert abs(seen[kind] - number * done / len(tags)) <= 1 + len(kinds) / 2
