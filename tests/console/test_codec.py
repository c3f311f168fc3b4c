"""Values as lines of JSON: what is written comes back, and what is not ours is refused."""

from __future__ import annotations

import asyncio
import json
from dataclasses import fields, is_dataclass
from enum import StrEnum
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.clean import PATH, clean
from console.codec import Pool, Shelf
from console.contact import Contact
from console.errors import Unparsable, UntrustedKey
from console.events import Event, Word
from console.jobs import Job
from console.model import Host, Level, Limit
from console.view import FleetView
from screens.page import Page
from screens.pages import build
from screens.place import Place, View
from screenshots.forty import fleet

LIMIT = '{"is":"Limit","total":1,"bound_by":"RAM"}'


def values(hint: object) -> st.SearchStrategy[object]:
    """Return values of an annotation, hostile ones included."""
    if getattr(hint, "__supertype__", None) is str or hint is str:
        return st.text(max_size=12).map(lambda text: clean(text, PATH))
    if hint is bool:
        return st.booleans()
    if hint is int:
        return st.integers(-(2**62), 2**62)
    if hint is float:
        return st.floats(-1e14, 1e14)
    if hint is type(None):
        return st.none()
    if hint is UntrustedKey:
        return st.none()
    if get_origin(hint) is tuple:
        first, *rest = get_args(hint)
        if rest == [Ellipsis]:
            return st.lists(values(first), max_size=2).map(tuple)
        return st.tuples(*map(values, (first, *rest)))
    if get_origin(hint) in {Union, UnionType}:
        return st.one_of(*map(values, get_args(hint)))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(hint)
    assert isinstance(hint, type), hint
    assert is_dataclass(hint), hint
    return dataclasses_of(hint)


def dataclasses_of(kind: type) -> st.SearchStrategy[object]:
    hints = get_type_hints(kind)
    return st.deferred(
        lambda: st.builds(kind, **{each.name: values(hints[each.name]) for each in fields(kind)})
    )


def back(value: object, *kinds: type) -> object:
    pool = Pool()
    number = pool.put(value)
    shelf = Shelf(*kinds)
    for line in pool.lines:
        shelf.take(line)
    return shelf.get(type(value), number)


@given(dataclasses_of(Host))
def test_any_host_comes_back(host: object) -> None:
    assert back(host, Host) == host


@given(st.one_of(dataclasses_of(Event), dataclasses_of(Job), dataclasses_of(Contact)))
def test_so_does_what_else_is_kept(value: object) -> None:
    assert back(value, Event, Job, Contact) == value


@given(dataclasses_of(Contact), st.sampled_from([*View]))
def test_whatever_comes_back_can_be_shown(contact: object, view: View) -> None:
    read = back(contact, Contact)
    assert isinstance(read, Contact)
    seen = FleetView((read,))
    subhost = read.host.subhosts[0].name if read.host and read.host.subhosts else ""
    item = View.FLEET.value if view is View.HELP else ""
    assert isinstance(build(seen, Place(view, read.name, subhost, item), 0.0), Page)


def test_a_fleet_comes_back_with_what_it_shares_shared() -> None:
    seen = asyncio.run(fleet(2))
    pool = Pool()
    numbers = [pool.put(contact) for contact in seen.contacts]
    shelf = Shelf(Contact)
    for line in pool.lines:
        shelf.take(line)
    for number, contact in zip(numbers, seen.contacts, strict=True):
        read = shelf.get(Contact, number)
        assert read.host == contact.host
        assert str(read.untrusted) == str(contact.untrusted)
    assert [pool.put(contact) for contact in seen.contacts] == numbers


def test_what_is_at_its_default_is_not_written_and_what_is_new_is_passed_over() -> None:
    shelf = Shelf(Limit)
    shelf.take('{"is":"Limit","total":1,"bound_by":"RAM","since":"tomorrow"}')
    assert shelf.get(Limit, 0) == Limit(1, clean("RAM"))
    pool = Pool()
    pool.put(Event(1.0, clean("a"), Word.LOST, clean("why")))
    assert "count" not in pool.lines[0]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "7",
        "[" * 100_000,
        '{"is":"Popen","args":"reboot"}',
        '{"is":"Limit","total":true,"bound_by":"RAM"}',
        '{"is":"Limit","total":1.5,"bound_by":"RAM"}',
        '{"is":"Limit","total":1e400,"bound_by":"RAM"}',
        '{"is":"Limit","total":NaN,"bound_by":"RAM"}',
        '{"is":"Limit","total":' + "9" * 30 + ',"bound_by":"RAM"}',
        '{"is":"Limit","total":' + "9" * 9000 + ',"bound_by":"RAM"}',
        '{"is":"Limit","total":1,"bound_by":["RAM"]}',
        '{"is":"Limit","total":1}',
        '{"is":"Pressure","some_avg10":"1","some_avg60":1,"full_avg10":1}',
    ],
)
def test_what_no_pool_writes_is_refused(line: str) -> None:
    with pytest.raises(Unparsable):
        Shelf(Host).take(line)


@pytest.mark.parametrize("number", [-1, 1, True, "0", None, 0.0])
def test_a_number_of_no_line_is_refused(number: object) -> None:
    shelf = Shelf(Host)
    shelf.take(LIMIT)
    with pytest.raises(Unparsable):
        shelf.get(Limit, number)
    with pytest.raises(Unparsable):
        shelf.get(Level, 0)


def test_few_lines_cannot_unfold_into_much() -> None:
    shelf = Shelf(Host)
    level: dict[str, object] = {
        "is": "Level", "id": "x", "kind": "tmpfs", "mount": None, "device": None,
        "backs": [], "used": 1, "total": 1, "inodes_used": None, "inodes_total": None,
        "limit": None, "state": "ok", "on_full": "",
    }  # fmt: skip
    shelf.take(json.dumps(level))
    subhost: dict[str, object] = {
        "is": "Subhost", "name": "s", "config": None, "state": "running", "pid": None,
        "since": None, "overlay": None, "levels": [0] * 10_000, "cables": [], "services": [],
        "started_by": None,
    }  # fmt: skip
    shelf.take(json.dumps(subhost))
    host: dict[str, object] = {
        "is": "Host", "name": "h", "boot": None, "memory": None, "levels": [],
        "subhosts": [1] * 10_000, "links": [], "netns": [], "images": [], "gaps": [],
        "time": 0, "at": 0,
    }  # fmt: skip
    with pytest.raises(Unparsable, match="too much"):
        shelf.take(json.dumps(host))


@given(st.text())
def test_every_text_is_cleaned_again(text: str) -> None:
    shelf = Shelf(Limit)
    shelf.take(json.dumps({"is": "Limit", "total": 1, "bound_by": text}))
    assert shelf.get(Limit, 0).bound_by == clean(text, PATH)
