"""The catalogue: which set a word means, who is to boot which, who runs which, what may go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.clean import Clean
from console.errors import ConsoleError
from console.images.catalogue import Alike, Catalogue, keepers
from console.model import Image
from tests.console.images.sets import IDENTITY, LIVE, MADE, host, known, version

OLD, NEW = version("1", MADE - 10), version("2", MADE + 10)
OLD_IDENTITY = replace(IDENTITY, squashfs=((MADE - 10, 3000),))
NEW_IDENTITY = replace(IDENTITY, squashfs=((MADE + 10, 5000),))
ONE, TWO = known(OLD, OLD_IDENTITY), known(NEW, NEW_IDENTITY)
MIRRORED = known(NEW, NEW_IDENTITY, store="mirror")

OLD_HOST = host("web1", image=Image(None, None, Clean("/x"), built=MADE - 10, size=3000))
NEW_HOST = host("web2", image=Image(None, None, Clean("/x"), built=MADE + 10, size=5000))


def title(catalogue: Catalogue, word: str) -> str:
    try:
        return catalogue.find(word).title
    except ConsoleError as error:
        return str(error)


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("web/1", "main:web/1"),
        ("web", "main:web/2"),
        ("main:web/2", "main:web/2"),
        ("mirror:web", "mirror:web/2"),
        ("web/2", "main:web/2"),
        ("web/3", "web/3: there is no such image in any store"),
        ("none:web", "none:web: there is no such image in any store"),
        ("a b", "'a b' is no image: NAME, NAME/VERSION or STORE:NAME/VERSION"),
        ("../web", "'../web' is no image: NAME, NAME/VERSION or STORE:NAME/VERSION"),
        ("web/current", "'web/current' is no image: NAME, NAME/VERSION or STORE:NAME/VERSION"),
    ],
)
def test_what_a_word_means(word: str, found: str) -> None:
    assert title(Catalogue((ONE, TWO, MIRRORED)), word) == found


def test_a_name_means_the_current_one_before_the_newest() -> None:
    current = replace(ONE, pointers=frozenset(["current"]))
    assert title(Catalogue((current, TWO)), "web") == "main:web/1"


def test_what_is_not_one_thing_is_asked_back() -> None:
    other = known(replace(NEW, ram=1), store="mirror")
    assert title(Catalogue((TWO, other)), "web/2") == "web/2 may be main:web/2, mirror:web/2"


def test_a_trouble_of_a_store_may_be_why_there_is_none() -> None:
    with pytest.raises(ConsoleError) as raised:
        Catalogue((), troubles=(Clean("boot1: no answer"),)).find("web")
    assert raised.value.hint == "boot1: no answer"


def test_a_host_boots_its_own_image_before_that_of_its_tag() -> None:
    assigned = {Clean("@web"): Clean("web/2"), Clean("web1"): Clean("web/1")}
    catalogue = Catalogue((ONE, TWO), assigned)
    assert catalogue.wanted("web1", ["web"]) == ONE
    assert catalogue.wanted("web2", ["web"]) == TWO
    assert catalogue.wanted("db1", ["db"]) is None


def test_whether_a_reboot_would_change_them() -> None:
    catalogue = Catalogue(
        (ONE, TWO),
        {
            Clean("@web"): Clean("web"),
            Clean("@db"): Clean("web/1"),
            Clean("@gone"): Clean("gone/1"),
        },
    )
    assert catalogue.drift(OLD_HOST, ["web"]).word is Alike.DIFFERS
    assert catalogue.drift(NEW_HOST, ["web"]).word is Alike.SAME
    assert catalogue.drift(NEW_HOST, ["web"]).known == TWO
    told = {
        tag: catalogue.drift(OLD_HOST, tag).why for tag in (("none",), ("web", "db"), ("gone",))
    }
    assert told == {
        ("none",): "no image is assigned to it",
        ("web", "db"): "web1 is assigned web by @web and web/1 by @db",
        ("gone",): "gone/1: there is no such image in any store",
    }


def test_who_runs_which() -> None:
    catalogue = Catalogue((ONE, TWO, MIRRORED))
    strange = host("x", image=Image(None, None, Clean("/x"), built=1, size=1))
    assert catalogue.running(OLD_HOST) == ONE
    assert catalogue.runs(NEW_HOST) == (TWO, MIRRORED)
    assert catalogue.running(strange) is None
    assert catalogue.users([OLD_HOST, NEW_HOST, strange]) == {
        "main:web/1": ("web1",),
        "main:web/2": ("web2",),
        "mirror:web/2": ("web2",),
    }


def test_a_set_changed_beside_its_catalogue_is_found_by_what_it_is_now() -> None:
    catalogue = replace(Catalogue((ONE,)), sets=(TWO,))
    assert catalogue.running(NEW_HOST) == TWO


# What may be deleted


def test_what_keeps_a_set() -> None:
    kept = replace(ONE, pointers=frozenset(["current", "good"]))
    catalogue = Catalogue((kept, TWO), {Clean("@web"): Clean("web"), Clean("x"): Clean("web/1")})
    assert keepers(catalogue, kept, [OLD_HOST], [Clean("web9")]) == (
        "main:web/1 is the current one of its name",
        "main:web/1 is the last that is known to be good",
        "main:web/1 is assigned to @web, x",
        "main:web/1 runs on web1",
        "main:web/1 may run on web9, which could not be asked",
    )


def test_nothing_keeps_a_set_that_nobody_needs() -> None:
    assert keepers(Catalogue((ONE, TWO)), ONE, [NEW_HOST], []) == ()


def test_many_users_are_counted() -> None:
    hosts = [replace(OLD_HOST, name=Clean(f"web{number}")) for number in range(5)]
    (told,) = keepers(Catalogue((ONE, known(LIVE))), ONE, hosts, [])
    assert told == "main:web/1 runs on web0, web1, web2 and 2 more"
