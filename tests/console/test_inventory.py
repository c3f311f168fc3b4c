from __future__ import annotations

import pytest

from console.clean import Clean
from console.config import parse
from console.errors import Misconfigured
from console.inventory import LOCAL, Entry, inventory, is_name
from console.parse.ssh_aliases import Aliases

FULL = """
ssh_hosts = ["edge-*", "solo"]

[[host]]
name = "mail1"
address = "10.0.0.1"
user = "admin"
port = 2222
jump = "op@gate:22,inner"
tags = ["mail", "prod", "mail"]
protected = true
sudo = true
subhosts = ["/srv/*.conf"]
stage_in = "/data/images/"

[[host]]
name = "web1"
"""
THIS = Entry(Clean(LOCAL), LOCAL)


def entry(name: str) -> Entry:
    return Entry(Clean(name), name)


def test_everything_about_a_host() -> None:
    (mail1, web1) = parse(FULL, "config.toml").hosts
    assert mail1 == Entry(
        name=Clean("mail1"),
        address="10.0.0.1",
        user="admin",
        port=2222,
        jump="op@gate:22,inner",
        tags=(Clean("mail"), Clean("prod")),
        protected=True,
        sudo=True,
        subhosts=("/srv/*.conf",),
        stage_in="/data/images",
    )
    assert web1 == entry("web1")
    assert web1.subhosts is None


def test_this_host_comes_first_then_the_configured_then_the_aliases() -> None:
    config = parse(FULL, "config.toml")
    aliases = Aliases(("edge-2", "edge-1", "other", "mail1"))
    found = inventory(config.hosts, config.ssh_hosts, aliases)
    assert [each.name for each in found] == [LOCAL, "mail1", "web1", "edge-2", "edge-1", "solo"]
    assert found[0] == THIS


def test_a_configured_host_is_not_replaced_by_its_alias() -> None:
    host = Entry(Clean("edge-1"), "10.0.0.1")
    assert inventory([host], ["edge-*"], Aliases(("edge-1",))) == (THIS, host)


def test_this_host_may_have_tags_and_is_there_once() -> None:
    config = parse('[[host]]\nname = "local"\ntags = ["bastion"]\nprotected = true', "c")
    (only,) = inventory(config.hosts, (), Aliases())
    assert (only.tags, only.protected) == (("bastion",), True)


def test_an_alias_that_is_no_word_of_a_target_is_left_out() -> None:
    aliases = Aliases(("-oProxyCommand=x", "a/b", "good", "[x]", "@t"))
    assert inventory((), ["*"], aliases) == (THIS, entry("good"))


@pytest.mark.parametrize(
    ("text", "line", "key", "why"),
    [
        ("\n[[host]]\n", 2, "host", "has no name"),
        ('[[host]]\nname = ""', 2, "host.name", "is empty"),
        ('[[host]]\nname = "-x"', 2, "host.name", "'-x' is no name of a host"),
        ('[[host]]\nname = "x"\nstage_in = "data"', 3, "host.stage_in", "is no absolute path"),
        ('[[host]]\nname = "x"\nstage_in = "/a/../b"', 3, "host.stage_in", "without . and .."),
        ('[[host]]\nname = "@x"', 2, "host.name", "is no name"),
        ('[[host]]\nname = "a b"', 2, "host.name", "is no name"),
        ('[[host]]\nname = "a/b"', 2, "host.name", "is no name"),
        ('[[host]]\nname = "a*"', 2, "host.name", "is no name"),
        ('[[host]]\nname = "a[1]"', 2, "host.name", "is no name"),
        ('[[host]]\nname = "a\\u001bb"', 2, "host.name", "is no name"),
        ('[[host]]\nname = "a;b"', 2, "host.name", "holds ';'"),
        ('[[host]]\nname = "a"\n[[host]]\nname = "a"', 4, "host.name", "a is there twice"),
        ('[[host]]\nname = "a"\nadress = "b"', 3, "host.adress", "did you mean address?"),
        ('[[host]]\nname = "a"\naddress = "-oX"', 3, "host.address", "begins with -"),
        ('[[host]]\nname = "a"\naddress = "root@b"', 3, "host.address", "holds '@'"),
        ('[[host]]\nname = "a"\nuser = "-l"', 3, "host.user", "begins with -"),
        ('[[host]]\nname = "a"\nport = 0', 3, "host.port", "0 is not between 1 and 65535"),
        ('[[host]]\nname = "a"\nport = 2.5', 3, "host.port", "2.5 is no whole number"),
        ('[[host]]\nname = "a"\nport = "22"', 3, "host.port", "expected a number"),
        ('[[host]]\nname = "a"\njump = "b,"', 3, "host.jump", "is missing"),
        ('[[host]]\nname = "a"\njump = "b:x"', 3, "host.jump", "no port"),
        ('[[host]]\nname = "a"\ntags = "x"', 3, "host.tags", "expected an array"),
        ('[[host]]\nname = "a"\ntags = [\n"x",\n"y z"]', 3, "host.tags", "'y z' is no tag"),
        ('[[host]]\nname = "a"\nsudo = 1', 3, "host.sudo", "true or false"),
        ('[[host]]\nname = "a"\nprotected = "x"', 3, "host.protected", "true or false"),
        ('[[host]]\nname = "a"\nsubhosts = ["x"]', 3, "host.subhosts", "does not start with /"),
        ('[[host]]\nname = "local"\nuser = "root"', 3, "host.user", "local is this host itself"),
        ('[host]\nname = "a"', 1, "host", "expected an array of tables, [[host]]"),
        ('ssh_hosts = "edge"', 1, "ssh_hosts", "expected an array"),
        ('ssh_hosts = ["-x"]', 1, "ssh_hosts", "'-x' is no name of a host"),
    ],
)
def test_a_complaint_names_file_line_and_key(text: str, line: int, key: str, why: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        parse(text, "config.toml")
    found = refused.value
    assert (found.file, found.line, found.key) == ("config.toml", line, key)
    assert why in str(found)
    assert str(found).isprintable()


@pytest.mark.parametrize("name", ["a", "web1.lab", "a:b", "a@b", "über", "x" * 256])
def test_names(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", ["", "x" * 257, "a,b", "a?", "a\u200bb", "a\tb"])
def test_no_names(name: str) -> None:
    assert not is_name(name)
