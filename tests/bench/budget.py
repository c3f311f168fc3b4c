"""What was measured beside what it may be, as a table: ``print(table([Figure(...), ...]))``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure; ``budget`` is the most it may be, ``None`` where there is none."""

    name: str
    value: float
    unit: str
    budget: float | None = None

    @property
    def verdict(self) -> str:
        """``met``, ``missed``, or nothing where there is no budget."""
        if self.budget is None:
            return ""
        return "met" if self.value <= self.budget else "missed"


def table(figures: Iterable[Figure]) -> str:
    """Return the figures as lines: name, measured, budget, verdict."""
    return "\n".join(_line(figure) for figure in figures)


def _line(figure: Figure) -> str:
    budget = "" if figure.budget is None else f"{figure.budget:g}"
    return (
        f"{figure.name:52} {figure.value:10.2f} {figure.unit:6} {budget:>8} {figure.verdict}"
    ).rstrip()
