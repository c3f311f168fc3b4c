"""Where apt fetches packages, as ``apt-get indextargets 'Created-By: Packages'`` tells.

``sources(text)`` gives the entries of a sources.list(5) that lead to the same archives:
``("deb http://deb.debian.org/debian/ bookworm main", …)``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_OPTIONS = re.compile(r"deb\s+(\[[^\]]*\])")


def sources(
    text: str, suite: str | None = None, lines: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Return one entry for each part of an archive, each once, in the order they are told.

    With a ``suite``, those of it and of its updates alone; where there are none, the one of that
    name in the first archive. ``lines`` are those of the ``places`` that could be read: their
    options hold here too.
    """
    found = [
        {**each, "Line": (lines or {}).get(each.get("Sourcesentry", ""), "")}
        for each in _targets(text)
    ]
    of_suite = [each for each in found if suite and _is_of(each["Release"], suite)]
    if suite is None or of_suite:
        return tuple(dict.fromkeys(map(_entry, of_suite or found)))
    return tuple(_entry({**each, "Release": suite}) for each in found if "Component" in each)[:1]


def suite(text: str) -> str | None:
    """Return the suite of the first archive that has suites, as ``bookworm``."""
    return next((each["Release"] for each in _targets(text) if "Component" in each), None)


def places(text: str) -> frozenset[tuple[str, int]]:
    """Return the lines of files of the one-line form that archives are named in, from 1."""
    found = (each.get("Sourcesentry", "").rpartition(":") for each in _targets(text))
    named = {(file, line) for file, _, line in found if file.endswith(".list")}
    return frozenset((file, int(line)) for file, line in named if line.isdecimal())


def _is_of(release: str, suite: str) -> bool:
    """Whether it is the suite, or what is added to it as ``bookworm-security`` is to bookworm."""
    return release == suite or release.startswith((f"{suite}-", f"{suite}/"))


def _targets(text: str) -> Iterator[Mapping[str, str]]:
    for stanza in text.split("\n\n"):
        pairs = (line.partition(":") for line in stanza.splitlines())
        target = {key: value.strip() for key, _, value in pairs if value.strip()}
        if {"Repo-URI", "Release"} <= target.keys():
            yield target


def _entry(target: Mapping[str, str]) -> str:
    given = _OPTIONS.match(target["Line"])
    signed = f"[signed-by={target['Signed-By']}]" if "Signed-By" in target else ""
    words = (
        "deb",
        given[1] if given else signed,
        target["Repo-URI"],
        target["Release"],
        target.get("Component", ""),
    )
    return " ".join(filter(None, words))
