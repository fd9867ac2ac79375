"""
A record's value as data: by a fast parser, or exactly where the fast one could be wrong.

The fast parser keeps the last of two equal keys, reads nesting of any depth and knows nothing of
Spark's rules. Cheap tests find every text for which that could matter, and a few more; the exact
parser (`core.json_text`) decides about those. So both ways give the same answer for every text,
which a property test holds them to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import InvalidOperation
from typing import Any

import msgspec

from schema_guard.core import json_text
from schema_guard.core.poison import MAX_DEPTH, MAX_DIGITS, PoisonError, check_keys
from schema_guard.core.spelled import Spelled

#: Objects and arrays that may be open at once before the exact parser is asked.
_DEPTH = MAX_DEPTH - 1
#: Integers from here on may have more digits than a decimal(38,0) holds.
_LARGE = 10 ** (MAX_DIGITS - 1)
#: Numbers from here on may be beyond a double's range.
_HUGE = json_text.Number("1e300")
#: A quote and a colon with space between them.
_APART = re.compile(r'"[ \t\r\n]+:')
_decode_spelled = msgspec.json.Decoder(float_hook=Spelled).decode
_decode = msgspec.json.Decoder(float_hook=json_text.Number).decode


def read(text: str) -> dict[str, object]:
    """
    Return the value's fields; numbers with a fraction or exponent keep their spelling.

    Raises:
        PoisonError: The text cannot become a row.
    """
    value = _fast(text)
    return json_text.parse_record(text) if value is None else value


def _fast(text: str) -> dict[str, object] | None:
    """Return the value's fields, or None when only the exact parser can tell."""
    if _hides_keys(text):
        return None
    try:
        value = _decode(text)
        if type(value) is not dict:
            return None
        keys = _keys(value, _DEPTH)
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError, InvalidOperation, PoisonError, _SuspiciousError):
        return None
    # Every key of every object puts one `":` into the text, and strings can only add to it:
    # equal numbers mean that no key was said twice.
    return value if keys == text.count('":') else None


def spelled(text: str) -> dict[str, Any] | None:
    """
    Return the value's fields with fractions as `Spelled`, or None when only `read` can tell.

    Whether a key was said twice, or a number is extreme, is left to who looks at whole columns: it
    compares the keys that objects hold with `keys_in`.
    """
    if _hides_keys(text):
        return None
    try:
        value = _decode_spelled(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
        return None
    return value if type(value) is dict else None


def keys_in(text: str) -> int:
    """Return how many keys a text spells, or more where strings hold what looks like one."""
    return text.count('":')


def _hides_keys(text: str) -> bool:
    """Return whether a key and its colon stand apart, so that counting both together misses it."""
    # Single characters are found much faster than the pattern, and few producers write these at all.
    is_spaced = " :" in text or "\n:" in text or "\t:" in text or "\r:" in text
    return is_spaced and _APART.search(text) is not None


class _SuspiciousError(Exception):
    """The exact parser might object to this value."""


def _keys(value: dict[str, object], depth: int) -> int:
    """Return how many keys all objects in `value` have together."""
    check_keys(tuple(value))
    return len(value) + _members(value.values(), depth)


def _members(members: Iterable[object], depth: int) -> int:
    """Return how many keys the objects among and below `members` have."""
    count = 0
    for item in members:
        kind = type(item)
        if kind is str or item is None:
            continue
        if kind is int:
            if not -_LARGE < item < _LARGE:
                raise _SuspiciousError
        elif kind is json_text.Number:
            if not -_HUGE < item < _HUGE:  # type: ignore[operator]
                raise _SuspiciousError
        elif kind is dict or kind is list:
            if depth == 0:
                raise _SuspiciousError
            nested: Any = item
            count += _keys(nested, depth - 1) if kind is dict else _members(nested, depth - 1)
    return count
