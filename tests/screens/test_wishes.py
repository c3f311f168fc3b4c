"""What is typed after a verb."""

from __future__ import annotations

import pytest

from console.clean import Clean
from console.plan import Verb, Wish
from screens.wishes import Asked, folders, typed

MAIL = Clean("/srv/my mail")


@pytest.mark.parametrize(
    ("verb", "line", "asked"),
    [
        (Verb.START, "", Asked(Verb.START)),
        (Verb.STOP, "web*/mta  dns", Asked(Verb.STOP, ("web*/mta", "dns"))),
        (Verb.KILL, "", Asked(Verb.KILL)),
        (Verb.KILL, "sigterm mta", Asked(Verb.KILL, ("mta",), signal=Clean("TERM"))),
        (Verb.KILL, "mta", Asked(Verb.KILL, ("mta",))),
        (Verb.SHARE, "mta", Asked(Verb.SHARE, ("mta",))),
        (Verb.SHARE, "'/srv/my mail'", Asked(Verb.SHARE, (), share=(MAIL, MAIL))),
        (
            Verb.UNSHARE,
            "'/srv/my mail' /var/mail a/b",
            Asked(Verb.UNSHARE, ("a/b",), share=(MAIL, Clean("/var/mail"))),
        ),
    ],
)
def test_typed(verb: Verb, line: str, asked: Asked) -> None:
    assert typed(verb, line) == asked


def test_what_is_lacking_is_asked_for_and_all_of_it_is_wished() -> None:
    assert typed(Verb.KILL, "mta").lacks
    assert typed(Verb.SHARE, "mta").lacks
    assert not typed(Verb.STOP, "").lacks
    whole = typed(Verb.UNSHARE, folders((MAIL, Clean("/var/mail"))))
    assert not whole.lacks
    wish = Wish(Verb.UNSHARE, Clean("mta"), share=(MAIL, Clean("/var/mail")))
    assert whole.wish(Clean("mta")) == wish
    assert typed(Verb.KILL, "HUP").wish(Clean("mta")) == Wish(
        Verb.KILL, Clean("mta"), signal=Clean("HUP")
    )


def test_a_folder_that_is_its_own_place_is_typed_once() -> None:
    assert folders((MAIL, MAIL)) == "'/srv/my mail'"
