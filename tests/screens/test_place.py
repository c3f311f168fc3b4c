"""Places, their keys, and the trail through them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from screens.place import ROOT, Place, Trail, View, another_key, row_key

HOST = Place(View.HOST, "web1")
LEVEL = Place(View.LEVEL, "web1", "mta", "tmpfs:/run")


@given(st.text(), st.text(), st.text())
def test_a_key_names_its_place_whatever_the_names_are(host: str, subhost: str, item: str) -> None:
    key = row_key(host, subhost, item)
    there = Place.at(View.LEVEL, key)
    assert there.key == key
    if "\x1f" not in host + subhost + item:
        assert there == Place(View.LEVEL, host, subhost, item)
    assert Place.at(View.LEVEL, another_key(key, 2)) == there


def test_the_subject_is_what_a_view_is_about() -> None:
    assert LEVEL.subject == ("web1", "mta", "tmpfs:/run")
    assert ROOT.subject == ()
    assert Place(View.HELP, item="fleet").subject == ()


def test_out_takes_one_layer_off_by_the_way_one_came() -> None:
    trail = Trail().across(View.FILL).into(LEVEL)
    assert [place.view for place in trail.path] == [View.FLEET, View.FILL, View.LEVEL]
    out = trail.out()
    assert out
    assert out.place == Place(View.FILL)
    root = out.out()
    assert root
    assert root.path == (ROOT,)
    assert root.out() is None


def test_a_view_of_everything_starts_from_the_root() -> None:
    trail = Trail().into(HOST).across(View.CABLES)
    assert trail.path == (ROOT, Place(View.CABLES))
    assert trail.across(View.FLEET).path == (ROOT,)


def test_opening_where_one_is_changes_nothing() -> None:
    trail = Trail().into(HOST)
    assert trail.into(HOST) is trail
    assert Trail().across(View.FLEET) == Trail()


def test_back_and_forward_as_in_a_browser() -> None:
    trail = Trail().into(HOST).into(LEVEL)
    back = trail.back()
    assert back.place == HOST
    assert back.back().place == ROOT
    assert back.back().back().place == ROOT
    assert back.forward().place == LEVEL
    assert back.forward().forward().place == LEVEL
    elsewhere = back.across(View.FILL)
    assert elsewhere.forward().place == Place(View.FILL)
    assert elsewhere.back().place == HOST


def test_the_last_view_and_this_one_change_places() -> None:
    trail = Trail().into(HOST).across(View.FILL).back()
    assert trail.place == HOST
    assert trail.last().place == Place(View.FILL)
    assert trail.last().last().place == HOST
    assert Trail().last() == Trail()


@given(
    st.lists(
        st.sampled_from([*["host", "level", "fill", "back", "forward", "last", "out"]]),
        max_size=200,
    )
)
def test_a_trail_is_bounded_and_always_somewhere(steps: list[str]) -> None:
    trail = Trail()
    for step in steps:
        match step:
            case "host":
                trail = trail.into(HOST)
            case "level":
                trail = trail.into(LEVEL)
            case "fill":
                trail = trail.across(View.FILL)
            case "back":
                trail = trail.back()
            case "forward":
                trail = trail.forward()
            case "last":
                trail = trail.last()
            case _:
                trail = trail.out() or trail
        assert trail.path[0] == ROOT
        assert len(trail.paths) <= 64
        assert trail.last().last().path == trail.path
