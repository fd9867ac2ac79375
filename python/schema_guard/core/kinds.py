"""What a JSON value can be, and where a record stands in its topic."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, TypeAlias


class Kind(StrEnum):
    """The kind of one JSON value; numbers are told apart by their spelling, not their value."""

    NULL = "null"
    BOOLEAN = "boolean"
    #: A number spelled without fraction and exponent.
    INTEGER = "integer"
    #: A number spelled with a fraction or an exponent: `1.0` and `1e2` too.
    DECIMAL = "decimal"
    STRING = "string"
    ARRAY = "array"
    OBJECT = "object"


class Position(NamedTuple):
    """
    The identity of one record; ordered by topic id, partition, offset.

    A named tuple, because the scan makes and compares one per record.
    """

    topic_id: str
    partition: int
    offset: int


#: The first and the last of some records.
Span: TypeAlias = tuple[Position, Position]


def joined(one: Span | None, other: Span | None) -> Span | None:
    """Return the span of both; none is the identity."""
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])


def escape(name: str) -> str:
    """Return a field's name as one token of a JSON pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def child(pointer: str, name: str) -> str:
    """
    Return the pointer of a field below `pointer`.

    >>> child("/order", "a/b")
    '/order/a~1b'
    """
    return f"{pointer}/{escape(name)}"


#: In the place of a name: any element of an array.
ANY_ELEMENT = "*"


def elements(pointer: str) -> str:
    """Return the pointer that stands for any element of the array at `pointer`."""
    return f"{pointer}/{ANY_ELEMENT}"


def names(pointer: str) -> list[str]:
    """
    Return the names along a JSON pointer (RFC 6901, section 4).

    >>> names("/order/a~1b/*")
    ['order', 'a/b', '*']
    """
    parts = pointer.split("/")[1:]
    return [part.replace("~1", "/").replace("~0", "~") for part in parts] if "~" in pointer else parts
