"""
Which records the values of a column come from.

Most columns only ask for the first and the last one, so nothing else is worked out before it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, compress, repeat
from typing import Any, Protocol


class Rows(Protocol):
    """The offsets of a column's records, one per value, never falling."""

    @property
    def first(self) -> int:
        """The offset of the first value's record."""

    @property
    def last(self) -> int:
        """The offset of the last value's record."""

    def all(self) -> Sequence[int]:
        """Return every value's offset."""


class Every:
    """Rows that are known."""

    __slots__ = ("_offsets", "first", "last")

    def __init__(self, offsets: Sequence[int]) -> None:
        self._offsets = offsets
        self.first, self.last = offsets[0], offsets[-1]

    def all(self) -> Sequence[int]:
        """Return every value's offset."""
        return self._offsets


class Chosen:
    """Some of other rows: those that a mask names."""

    __slots__ = ("_among", "_mask")

    def __init__(self, among: Rows, mask: Sequence[bool]) -> None:
        self._among, self._mask = among, mask

    @property
    def first(self) -> int:
        """The offset of the first value's record."""
        return self._among.first if self._mask[0] else self._among.all()[self._mask.index(True)]

    @property
    def last(self) -> int:
        """The offset of the last value's record."""
        if self._mask[-1]:
            return self._among.last
        return self._among.all()[-1 - next(n for n, chosen in enumerate(reversed(self._mask)) if chosen)]

    def all(self) -> Sequence[int]:
        """Return every value's offset."""
        return list(compress(self._among.all(), self._mask))


class Having:
    """Some of other rows: those whose object has a key."""

    __slots__ = ("_among", "_name", "_objects")

    def __init__(self, among: Rows, objects: Sequence[Mapping[str, Any]], name: str) -> None:
        self._among, self._objects, self._name = among, objects, name

    @property
    def first(self) -> int:
        """The offset of the first value's record."""
        for number, members in enumerate(self._objects):
            if self._name in members:
                return self._among.all()[number]
        raise LookupError(self._name)

    @property
    def last(self) -> int:
        """The offset of the last value's record."""
        for number, members in enumerate(reversed(self._objects), 1):
            if self._name in members:
                return self._among.all()[-number]
        raise LookupError(self._name)

    def all(self) -> Sequence[int]:
        """Return every value's offset."""
        where = zip(self._among.all(), self._objects, strict=True)
        return [offset for offset, members in where if self._name in members]

    def first_without(self) -> int:
        """Return the offset of the first object that lacks the key; some object does."""
        for number, members in enumerate(self._objects):
            if self._name not in members:
                return self._among.all()[number]
        raise LookupError(self._name)

    def last_without(self) -> int:
        """Return the offset of the last object that lacks the key; some object does."""
        for number, members in enumerate(reversed(self._objects), 1):
            if self._name not in members:
                return self._among.all()[-number]
        raise LookupError(self._name)


class Repeated:
    """The rows of what arrays hold: each of the arrays' rows as often as its array is long."""

    __slots__ = ("_among", "_lengths", "_offsets")

    def __init__(self, among: Rows, lengths: Sequence[int]) -> None:
        self._among, self._lengths = among, lengths
        self._offsets: Sequence[int] | None = None

    @property
    def first(self) -> int:
        """The offset of the first value's record."""
        return self._among.first if self._lengths[0] else self.all()[0]

    @property
    def last(self) -> int:
        """The offset of the last value's record."""
        return self._among.last if self._lengths[-1] else self.all()[-1]

    def all(self) -> Sequence[int]:
        """Return every value's offset."""
        if self._offsets is None:
            self._offsets = list(chain.from_iterable(map(repeat, self._among.all(), self._lengths)))
        return self._offsets
