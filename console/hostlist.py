"""Host lists as clush and pdsh write them: ``expanded("web[08-10]")`` is web08, web09, web10.

Brackets that hold nothing but numbers, commas and dashes are such a list, so that ``web[12]`` is
web12; whatever else stands in brackets is a wildcard's set (``web[ab]``) or an IPv6 address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, product

MOST = 10_000
"""Names that one word may stand for."""

_LIST = re.compile(r"\[([0-9,-]*[0-9][0-9,-]*)\]")
_RANGE = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?")


def expanded(word: str) -> tuple[str, ...]:
    """Return the words that a word with lists stands for, itself where it has none.

    Numbers are as wide as the first of a range if that begins with a zero. Raises ``ValueError``
    for a range that runs backwards or makes no sense, or for more than ``MOST`` names.
    """
    pieces = _LIST.split(word)
    parts = [
        list(islice(_numbers(piece), MOST + 1)) if place % 2 else [piece]
        for place, piece in enumerate(pieces)
    ]
    names = tuple("".join(each) for each in islice(product(*parts), MOST + 1))
    if len(names) > MOST:
        raise ValueError(f"stands for more than {MOST} names")
    return names


def _numbers(ranges: str) -> Iterator[str]:
    for text in ranges.split(","):
        match = _RANGE.fullmatch(text)
        if not match:
            raise ValueError(f"[{ranges}]: {text!r} is neither a number nor a range")
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first:
            raise ValueError(f"[{ranges}]: {text} runs backwards")
        width = len(match[1]) if match[1].startswith("0") else 0
        yield from (f"{number:0{width}d}" for number in range(first, last + 1))
