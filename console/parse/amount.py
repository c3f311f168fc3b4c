"""Amounts of bytes as operators type them: ``512M``, ``2G``, ``+256M`` more, ``+50%`` more.

Multiples are binary, as with mount(8): ``1K`` is 1024 bytes; no letter is bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FORM = re.compile(r"(\+?)([0-9]{1,15})(?:\.([0-9]{1,3}))?(?:([KMGTkmgt])(?:i?B)?|(%))?")
_UNITS = {"K": 10, "M": 20, "G": 30, "T": 40}
_LARGEST = 1 << 62


@dataclass(frozen=True, slots=True)
class Amount:
    """A size, or how much more than there is."""

    number: int
    """Bytes, or thousandths of a percent."""
    more: bool = False
    percent: bool = False

    def of(self, base: int) -> int:
        """Return the bytes in all, where there are ``base`` now."""
        number = base * self.number // 100_000 if self.percent else self.number
        return base + number if self.more else number


def amount(text: str) -> Amount:
    """Return what is meant. Raises ``ValueError`` with what is wrong with it."""
    form = _FORM.fullmatch(text.strip())
    if form is None:
        raise ValueError(f"{text}: no size like 512M, 2G, +256M or +50%")
    sign, whole, part, unit, percent = form.groups()
    thousandths = int(whole) * 1000 + int((part or "0").ljust(3, "0"))
    if percent and not sign:
        raise ValueError(f"{text}: a share of what? +50% is half as much again")
    if percent:
        return Amount(thousandths, more=True, percent=True)
    number = (thousandths << _UNITS[unit.upper()] if unit else thousandths) // 1000
    if not 0 < number < _LARGEST:
        raise ValueError(f"{text}: not more than nothing, or more than there can be")
    return Amount(number, more=bool(sign))


def shown(number: int) -> str:
    """Return bytes to be read: ``512 bytes``, ``1.5 MiB``, ``200 MiB``."""
    if number < 1 << 10:
        return f"{number} bytes"
    unit = min((number.bit_length() - 1) // 10, 4)
    scaled = number / (1 << 10 * unit)
    digits = 0 if scaled >= 100 or number % (1 << 10 * unit) == 0 else 1
    return f"{scaled:.{digits}f} {'KMGT'[unit - 1]}iB"


def typed(number: int) -> str:
    """Return bytes as they are typed, not less: ``512M``, ``1536K``."""
    for unit in "TGMK":
        shift = _UNITS[unit]
        if number >= 1 << shift and number % (1 << shift) == 0:
            return f"{number >> shift}{unit}"
    return f"{-(-number >> 10)}K"
