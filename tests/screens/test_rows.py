"""What a key means for the row under the cursor."""

from __future__ import annotations

import pytest

from screens.listing import Listing
from screens.page import Column, Row, Table, Words
from screens.place import Place, View, row_key
from screens.rows import copied, hosts, sort_column, subject

HOST = Place(View.HOST, "web1")


def listing(table: str, key: str, *words: str, lead: int = 0) -> Listing:
    columns = tuple(Column(word, word, 5) for word in words)
    row = Row(key, tuple(map(Words, words)))
    return Listing(Table(table, "", columns, (row,), lead=lead)).at(0)


def test_the_subject_is_where_the_row_leads_else_what_the_view_is_about() -> None:
    key = row_key("web1", "mta", "tmpfs:/run")
    assert subject(listing("levels", key, "a"), HOST) == Place(
        View.LEVEL, "web1", "mta", "tmpfs:/run"
    )
    assert subject(listing("processes", "1702", "a"), HOST) == HOST
    assert subject(Listing(Table("levels", "", (), ())), HOST) == HOST


def test_an_id_is_copied_as_commands_take_it_and_a_text_without_its_number() -> None:
    assert copied(listing("hosts", row_key("web1"), "a"), HOST) == "web1"
    assert copied(listing("subhosts", row_key("web1", "mta"), "a"), HOST) == "web1/mta"
    assert copied(listing("levels", row_key("web1", "mta", "mem"), "a"), HOST) == "mem"
    assert copied(listing("lines", "7", "7", "the line", lead=1), HOST) == "the line"
    assert copied(Listing(Table("lines", "", (), ())), HOST) == "web1"


@pytest.mark.parametrize(
    ("wanted", "columns", "key"),
    [
        ("name", ("state", "level"), "level"),
        ("name", ("host", "name"), "name"),
        ("age", ("since",), "since"),
        ("fill", ("fill", "name"), "fill"),
        ("fill", ("name",), None),
    ],
)
def test_a_sort_key_finds_the_column_that_means_it(
    wanted: str, columns: tuple[str, ...], key: str | None
) -> None:
    assert sort_column(listing("t", "k", *columns).table, wanted) == key


def test_the_hosts_meant_are_the_marked_ones_else_the_cursors_else_the_views() -> None:
    columns = (Column("name", "NAME", 5),)
    rows = tuple(Row(row_key(name), (Words(name),)) for name in ("web1", "web2", "web3"))
    there = Listing(Table("hosts", "", columns, rows)).at(1)
    nowhere = Place(View.FLEET)
    assert hosts(there, nowhere) == ("web2",)
    assert hosts(there.toggled().at(2).toggled(), nowhere) == ("web2", "web3")
    links = Row("eth0", (Words("eth0"),), {"host": "web7"})
    assert hosts(Listing(Table("links", "", columns, (links,))).at(0), nowhere) == ("web7",)
    process = Listing(Table("processes", "", columns, (Row("1702", (Words("sh"),)),))).at(0)
    assert hosts(process, HOST) == ("web1",)
    assert hosts(process, nowhere) == ()
