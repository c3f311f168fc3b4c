from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.parse.apt_targets import places, sources, suite

TOLD = """\
MetaKey: main/binary-amd64/Packages
Trusted: yes
Component: main
Release: bookworm
Repo-URI: http://mirror.example/debian/
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
Site: http://mirror.example/debian

MetaKey: main/binary-amd64/Packages
Component: main
Release: bookworm
Repo-URI: http://mirror.example/debian/
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Component: main
Release: bookworm-security
Repo-URI: http://security.example/debian-security/

MetaKey: Packages
Release: ./
Repo-URI: copy:/srv/packages/
Sourcesentry: /etc/apt/sources.list:7
"""


def test_an_archive_is_an_entry_of_a_sources_list_once() -> None:
    signed = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
    assert sources(TOLD) == (
        f"deb {signed} http://mirror.example/debian/ bookworm main",
        "deb http://security.example/debian-security/ bookworm-security main",
        "deb copy:/srv/packages/ ./",
    )
    assert suite(TOLD) == "bookworm"


def test_what_apt_was_told_of_an_archive_is_told_again() -> None:
    assert places(TOLD) == {("/etc/apt/sources.list", 7)}
    lines = {"/etc/apt/sources.list:7": "deb [trusted=yes] copy:/srv/packages ./"}
    assert sources(TOLD, lines=lines)[-1] == "deb [trusted=yes] copy:/srv/packages/ ./"
    assert sources(TOLD, lines=lines)[:-1] == sources(TOLD)[:-1]


def test_another_suite_is_looked_for_in_the_first_archive() -> None:
    assert sources(TOLD, "bookworm") == sources(TOLD)[:2], "with its updates"
    assert sources(TOLD, "bookworm-security") == (sources(TOLD)[1],)
    (found,) = sources(TOLD, "trixie")
    assert found.endswith(" http://mirror.example/debian/ trixie main")


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert sources(text, "sid") == ()
    assert suite(text) is None
    assert not places(text)
