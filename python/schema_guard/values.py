"""
A record's value as data: by a fast parser, or exactly where the fast one could be wrong.

The fast parser keeps the last of two equal keys, reads nesting of any depth and knows nothing of
Spark's rules. Cheap tests find every text for which that could matter, and a few more; the exact
parser (`core.json_text`) decides about those. So both ways give the same answer for every text,
which a property test holds them to.

Keys said twice are found by counting: JSON holds a colon per key, and those in its strings.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from decimal import InvalidOperation
from operator import itemgetter
from typing import Any

import msgspec

from schema_guard.core import json_text
from schema_guard.core.poison import MAX_DEPTH, MAX_DIGITS, PoisonError, check_keys
from schema_guard.molds import Reader

#: Objects and arrays that may be open at once before the exact parser is asked.
_DEPTH = MAX_DEPTH - 1
#: Integers from here on may have more digits than a decimal(38,0) holds.
_LARGE = 10 ** (MAX_DIGITS - 1)
#: Numbers from here on may be beyond a double's range.
_HUGE = json_text.Number("1e300")
#: How a string can hold a colon without spelling one.
_ESCAPED_COLON = re.compile(rb"\\u003[aA]")
_spelled = msgspec.json.Decoder(float_hook=str.encode)
_decode = msgspec.json.Decoder(float_hook=json_text.Number).decode
_FIRST, _LAST = itemgetter(0), itemgetter(-1)
_OPENS, _CLOSES = {ord("{")}, {ord("}")}
_FAST_ERRORS = (msgspec.MsgspecError, RecursionError, UnicodeError)


def read(text: str | bytes) -> dict[str, object]:
    """
    Return the value's fields; numbers with a fraction or exponent keep their spelling.

    Raises:
        PoisonError: The text cannot become a row.
    """
    value = _fast(text)
    return json_text.parse_record(text) if value is None else value


def _fast(text: str | bytes) -> dict[str, object] | None:
    """Return the value's fields, or None when only the exact parser can tell."""
    try:
        source = text.encode() if isinstance(text, str) else text
        value = _decode(source)
        if type(value) is not dict:
            return None
        colons = _colons(value, _DEPTH)
    except (*_FAST_ERRORS, InvalidOperation, PoisonError, _SuspiciousError):
        return None
    return value if is_each_said_once(colons, (source,)) else None


def spelled_lines(text: bytes, lines: Sequence[bytes], reader: Reader) -> list[Any] | None:
    """
    Return the values of lines, or None when some must be looked at on their own or by another reader.

    As for `spelled`, what only whole columns tell is left to the caller.

    Args:
        text: The lines, each but the last one with its end.
        lines: Each alone, at least one.
        reader: Reads the text.
    """
    if not all(lines):
        return None
    # Between a brace that closes and one that opens no value goes on: each line holds values of its
    # own, and as many values as lines are one in each.
    if set(map(_FIRST, lines)) != _OPENS or set(map(_LAST, lines)) != _CLOSES:
        return None
    try:
        found = reader.decode_lines(text)
    except _FAST_ERRORS:
        return None
    return found if len(found) == len(lines) and set(map(type, found)) == {reader.record} else None


def spelled(text: bytes) -> dict[str, Any] | None:
    """
    Return the value's fields with fractions as `Spelled`, or None when only `read` can tell.

    Whether a key was said twice, or a number is extreme, is left to who looks at whole columns: it
    asks `is_each_said_once` about the colons of what it saw.
    """
    try:
        value = _spelled.decode(text)
    except _FAST_ERRORS:
        return None
    return value if type(value) is dict else None


def is_each_said_once(colons: int, texts: Collection[bytes]) -> bool:
    """
    Return whether the texts say no key twice in one object; False also when that cannot be told.

    Args:
        colons: How many the parsed texts account for: one per key, and those in keys and strings.
        texts: JSON.
    """
    # Parsing drops all but the last of equal keys, with at least the colon behind each: where no string
    # escapes one, equal numbers mean that nothing was dropped.
    if sum([text.count(b":") for text in texts]) != colons:
        return False
    return not any(b"\\" in text and _ESCAPED_COLON.search(text) for text in texts)


class _SuspiciousError(Exception):
    """The exact parser might object to this value."""


def _colons(value: dict[str, object], depth: int) -> int:
    """Return how many colons JSON needs that says what `value` holds."""
    names = tuple(value)
    check_keys(names)
    return len(names) + "".join(names).count(":") + _colons_among(value.values(), depth)


def _colons_among(members: Iterable[object], depth: int) -> int:
    """Return how many colons the members of an object or an array need."""
    count = 0
    for item in members:
        kind = type(item)
        if item is None:
            continue
        if kind is str:
            text: Any = item
            count += text.count(":")
        elif kind is int:
            if not -_LARGE < item < _LARGE:
                raise _SuspiciousError
        elif kind is json_text.Number:
            if not -_HUGE < item < _HUGE:  # type: ignore[operator]
                raise _SuspiciousError
        elif kind is dict or kind is list:
            if depth == 0:
                raise _SuspiciousError
            nested: Any = item
            count += _colons(nested, depth - 1) if kind is dict else _colons_among(nested, depth - 1)
    return count
