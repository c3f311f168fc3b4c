"""Kept: a value and what it followed from, worked out again only when that changed.

``pages = Kept()`` and then ``pages.of((book, size), lambda: broken(book, size))`` breaks the book
into pages once, and again when the book or the size is another.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import is_
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """The last value of a pure function."""

    __slots__ = ("_inputs", "_value")

    def __init__(self) -> None:
        self._inputs: tuple[object, ...] | None = None
        self._value: T

    def of(self, inputs: tuple[object, ...], work: Callable[[], T]) -> T:
        """Return what ``work`` gives; it must depend on nothing but ``inputs``.

        The very object of last time while they are equal, which costs next to nothing where they
        are the same objects too.
        """
        if inputs != self._inputs:
            self._value = work()
        self._inputs = inputs  # the newer ones of equal objects: the others are nobody else's
        return self._value

    def put(self, value: T) -> None:
        """Have this stand for what followed."""
        self._value = value

    def forget(self) -> None:
        """Work it out again, whatever it follows from."""
        self._inputs = None


def same(found: tuple[T, ...], before: tuple[T, ...]) -> tuple[T, ...]:
    """Return ``before`` where it holds the very objects that were found."""
    return before if len(found) == len(before) and all(map(is_, found, before)) else found


def equal(found: T, before: T) -> T:
    """Return ``before`` where what was found is equal to it."""
    return before if found == before else found
