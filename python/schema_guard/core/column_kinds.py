"""
Columns of values of one kind: what `columns.py` adds to the tree where nothing nests.

Each does with builtins over the whole column what `observe` does value by value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from itertools import compress, repeat
from operator import is_, itemgetter
from typing import Any, TypeAlias

from schema_guard.core.datatype import Format
from schema_guard.core.formats import LEADS, PATTERNS, UUID_LENGTH, format_of
from schema_guard.core.kinds import Position
from schema_guard.core.node import Node
from schema_guard.core.number import EXACT_DOUBLE, INT64_MAX, INT64_MIN, digits_and_scale, survives_as_double
from schema_guard.core.poison import MAX_DIGITS
from schema_guard.core.rows import Chosen, Rows
from schema_guard.core.shape import shape
from schema_guard.core.spelled import Spelled, number
from schema_guard.core.tally import Decimals, Integers, Tally

#: Makes the position of an offset: a block lies in one partition.
At: TypeAlias = Callable[[int], Position]

#: Integers from here on may have more digits than a decimal(38,0) holds.
_LARGE: int = 10 ** (MAX_DIGITS - 1)
#: An exponent hides digits; one of three digits may be beyond a double's range.
_EXTREME = re.compile(rb"[eE][+-]?\d{3}")
#: A number of no more characters is some double's shortest spelling.
_SURELY_EXACT = 16
#: Longer ones are told one by one.
_LONG = 2 * MAX_DIGITS
#: A column whose values repeat so often, as its first ones tell, is told by its distinct values.
_REPEATED, _FIRST_ONES = 4, 64
#: A string that sorts behind this begins with none of `LEADS`.
_BEHIND_LEADS = chr(ord(max(LEADS)) + 1)
_lead = itemgetter(slice(0, 1))


class DoubtfulError(Exception):
    """These records can only be judged one by one; nothing of them was kept."""


def _nulls(node: Node, values: Sequence[None], rows: Rows, at: At) -> None:
    node.nulls = Tally(at(rows.first), at(rows.last), "null", len(values))


def _booleans(node: Node, values: Sequence[bool], rows: Rows, at: At) -> None:
    node.booleans = Tally(at(rows.first), at(rows.last), "boolean", len(values))


def _integers(node: Node, values: Sequence[int], rows: Rows, at: At) -> None:
    low, high = min(values), max(values)
    if not -_LARGE < low <= high < _LARGE:
        raise DoubtfulError
    tally = Integers(at(rows.first), at(rows.last), shape(values[0]), len(values), low, high)
    if not -EXACT_DOUBLE <= low <= high <= EXACT_DOUBLE:
        tally.inexact = _beyond(values, rows, at, -EXACT_DOUBLE, EXACT_DOUBLE)
        if not INT64_MIN <= low <= high <= INT64_MAX:
            tally.wide = _beyond(values, rows, at, INT64_MIN, INT64_MAX)
    node.integers = tally


def _beyond(values: Sequence[int], rows: Rows, at: At, least: int, most: int) -> Tally | None:
    mask = [not least <= number <= most for number in values]
    return _those(mask, values, rows, at)


def _those(mask: Sequence[bool], values: Sequence[int | Spelled], rows: Rows, at: At) -> Tally | None:
    """Return a tally of the values that the mask names, None when there are none."""
    found = list(compress(values, mask))
    if not found:
        return None
    where, first = Chosen(rows, mask), found[0]
    sample = shape(number(first) if isinstance(first, bytes) else first)
    return Tally(at(where.first), at(where.last), sample, len(found))


def _decimals(node: Node, values: Sequence[Spelled], rows: Rows, at: At) -> None:
    text, longest = b" " + b" ".join(values), max(map(len, values))
    tally = Decimals(at(rows.first), at(rows.last), shape(number(values[0])), len(values))
    has_exponent = b"e" in text or b"E" in text
    if has_exponent and _EXTREME.search(text):
        raise DoubtfulError
    if has_exponent or longest > _LONG:
        needed = [digits_and_scale(number(value)) for value in values]
        tally.digits, tally.scale = (max(column) for column in zip(*needed, strict=True))
    else:
        tally.digits, tally.scale = _most(_more_whole, text), _most(_more_fraction, text)
    if longest > _SURELY_EXACT:
        lossy = [not survives_as_double(number(value)) for value in values]
        tally.lossy = _those(lossy, values, rows, at)
    node.decimals = tally


def _most(more_than: Callable[[int], re.Pattern[bytes]], text: bytes) -> int:
    """Return the most digits that a number of the text has; ever longer ones are looked for."""
    most = where = 0
    while found := more_than(most).search(text, where):
        most, where = len(found[1]), found.end()
    return most


@lru_cache(_LONG)
def _more_whole(count: int) -> re.Pattern[bytes]:
    """Return the pattern of a number with more digits than so many before its point."""
    return re.compile(rb" -?([1-9]\d{%d,})" % count)


@lru_cache(_LONG)
def _more_fraction(count: int) -> re.Pattern[bytes]:
    """Return the pattern of a number that needs more digits than so many behind its point."""
    return re.compile(rb"\.(\d{%d,}[1-9])" % count)


def strings(node: Node, values: Sequence[str], rows: Rows, at: At) -> int:
    """Add a column of strings and return how many colons they hold."""
    some = values[:_FIRST_ONES]
    told = set(values) if len(set(some)) * _REPEATED <= len(some) else values
    text = "\n".join(told)
    written = _one_format(told, text)
    if written is None:
        _of_formats(node, values, rows, at)
    else:
        node.strings[written] = Tally(at(rows.first), at(rows.last), shape(values[0]), len(values))
    colons = text.count(":")
    return "".join(values).count(":") if colons and told is not values else colons


def _of_formats(node: Node, values: Sequence[str], rows: Rows, at: At) -> None:
    """Add strings that may be written in several ways."""
    formats = [
        format_of(value) if value[:1] in LEADS or len(value) == UUID_LENGTH else Format.TEXT
        for value in values
    ]
    for each in set(formats):
        mask = list(map(is_, formats, repeat(each)))
        where, sample = Chosen(rows, mask), shape(values[mask.index(True)])
        node.strings[each] = Tally(at(where.first), at(where.last), sample, sum(mask))


def _one_format(told: Collection[str], text: str) -> Format | None:
    """
    Return the format of all strings, told by one look at them; None when it takes more.

    Args:
        told: The strings of a column, or the distinct ones.
        text: The same, a line's end between them.
    """
    if min(told) >= _BEHIND_LEADS or LEADS.isdisjoint(map(_lead, told)):
        return None if UUID_LENGTH in map(len, told) else Format.TEXT
    first = format_of(next(iter(told)))
    if isinstance(told, set):
        return first if set(map(format_of, told)) == {first} else None
    pattern = PATTERNS.get(first)
    is_plain = pattern is not None and text.count("\n") == len(told) - 1
    return first if is_plain and pattern and pattern.fullmatch(text) else None


#: What adds a column, by the type of its values; strings are `strings`, which counts.
SCALARS: Mapping[type, Callable[[Node, Any, Rows, At], None]] = {
    int: _integers,
    bytes: _decimals,
    bool: _booleans,
    type(None): _nulls,
}
