"""What is acted on: rows by identity, or names as typed; never everything for want of a name."""

from __future__ import annotations

import pytest

from console.clean import Clean
from console.fleet import FleetView
from screens.doing import Chosen, Target
from screens.listing import Listing
from screens.pages import build
from screens.place import Place, View
from screens.targets import chosen, named
from tests.screens.acting import two

ALL = Place(View.SUBHOSTS)


def listing(seen: FleetView, place: Place, table: int = 0) -> Listing:
    return Listing(build(seen, place, 0.0).tables[table]).at(0)


def target(text: str) -> Target:
    host, _, subhost = text.partition("/")
    return Target(Clean(host), Clean(subhost))


def test_the_row_under_the_cursor_else_what_the_view_is_about(seen: FleetView) -> None:
    assert chosen(listing(seen, ALL), ALL) == Chosen((target("local/old"),))
    fleet = Place(View.FLEET)
    assert chosen(listing(seen, fleet), fleet) == Chosen((target("local"),))
    mta = Place(View.SUBHOST, "local", "mta")
    assert chosen(listing(seen, mta, 2), mta) == Chosen((target("local/mta"),))
    ops = Place(View.OPERATIONS)
    assert chosen(listing(seen, ops), ops) == Chosen((target("local/web"),))


def test_marked_rows_come_before_the_cursor_and_the_hidden_ones_are_counted(
    seen: FleetView,
) -> None:
    marked = listing(seen, ALL).toggled().at(1).toggled().at(3).filtered("subhost=mta")
    found = chosen(marked, ALL)
    assert {*map(str, found.targets)} == {"local/old", "local/mta"}
    assert (found.marked, found.hidden) == (True, 1)
    assert str(found) == "2 marked: local/mta, local/old"


def test_two_levels_of_one_subhost_are_two_targets_and_one_subhost(seen: FleetView) -> None:
    levels = listing(seen, Place(View.SUBHOST, "local", "mta"))
    both = levels.toggled().at(1).toggled()
    found = chosen(both, ALL)
    assert len(found.levels) == len(found.targets) == 2
    assert found.subhosts == (target("local/mta"),)
    assert {each.whole for each in found.targets} == {target("local/mta")}
    assert all(str(each).startswith("local/mta/") for each in found.levels)


@pytest.mark.parametrize(
    ("words", "place", "names"),
    [
        (("mta",), ALL, ["local/mta", "web1/mta"]),
        (("mta",), Place(View.HOST, "web1"), ["web1/mta"]),
        (("web*/mta",), ALL, ["web1/mta"]),
        (("local/[mw]*", "local/mta"), ALL, ["local/mta", "local/web"]),
        (("*/mta",), Place(View.HOST, "web1"), ["local/mta", "web1/mta"]),
        (("web[1-3]/web", "local/dns"), ALL, ["web1/web", "local/dns"]),
    ],
)
def test_names_stand_for_subhosts(
    seen: FleetView, words: tuple[str, ...], place: Place, names: list[str]
) -> None:
    assert [*map(str, named(two(seen), words, place).targets)] == names


@pytest.mark.parametrize("word", ["web9/mta", "local/none", "", "MTA", "@prod/mta", "local/", "/"])
def test_a_name_that_names_nothing_is_an_error_and_never_all(seen: FleetView, word: str) -> None:
    with pytest.raises(ValueError, match="no subhost is called"):
        named(seen, ("local/mta", word), ALL)


def test_a_tag_stands_for_its_hosts(forty: FleetView) -> None:
    found = named(forty, ("@edge/mta",), ALL).targets
    assert len(found) > 5
    assert all(each.host.startswith("edge-") and each.subhost == "mta" for each in found)
