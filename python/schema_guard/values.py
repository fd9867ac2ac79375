"""
A record's value as data: by a fast parser, or exactly where the fast one could be wrong.

The fast parser keeps the last of two equal keys, reads nesting of any depth and knows nothing of
Spark's rules. Cheap tests find every text for which that could matter, and a few more; the exact
parser (`core.json_text`) decides about those. So both ways give the same answer for every text,
which a property test holds them to.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
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
_APART = re.compile(rb'"[ \t\r\n]+:')
_KEY_ENDS, _ESCAPED_QUOTE, _ESCAPED_BACKSLASH = b'":', b'\\":', b'\\\\":'
_spelled = msgspec.json.Decoder(float_hook=Spelled)
_decode = msgspec.json.Decoder(float_hook=json_text.Number).decode
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
        if _hides_keys(source):
            return None
        value = _decode(source)
        if type(value) is not dict:
            return None
        keys = _keys(value, _DEPTH)
    except (*_FAST_ERRORS, InvalidOperation, PoisonError, _SuspiciousError):
        return None
    return value if is_each_said_once(keys, (source,)) else None


def spelled_lines(text: bytes, count: int) -> list[dict[str, Any]] | None:
    """
    Return the values of so many lines, or None when some must be looked at on their own.

    As for `spelled`, what only whole columns tell is left to the caller.
    """
    # Between a brace that closes and one that opens no value goes on: each line holds values of its
    # own, and as many values as lines are one in each.
    ends = text.count(b"}\n{") if count else -1
    if not ends == text.count(b"\n", 0, -1) == count - 1 or _hides_keys(text):
        return None
    try:
        found = _spelled.decode_lines(text)
    except _FAST_ERRORS:
        return None
    return found if len(found) == count and set(map(type, found)) == {dict} else None


def spelled(text: bytes) -> dict[str, Any] | None:
    """
    Return the value's fields with fractions as `Spelled`, or None when only `read` can tell.

    Whether a key was said twice, or a number is extreme, is left to who looks at whole columns: it
    asks `is_each_said_once` about the keys that objects hold.
    """
    if _hides_keys(text):
        return None
    try:
        value = _spelled.decode(text)
    except _FAST_ERRORS:
        return None
    return value if type(value) is dict else None


def is_each_said_once(keys: int, texts: Collection[bytes]) -> bool:
    """
    Return whether the texts say no key twice in one object; False also when that cannot be told.

    Args:
        keys: How many keys the texts' objects hold, equal ones of one object counted once.
        texts: JSON, in which keys and their colons stand together.
    """
    # Every key of every object puts one `":` into the text, and strings can only add to it:
    # equal numbers mean that no key was said twice.
    ends = sum([text.count(_KEY_ENDS) for text in texts])
    if ends == keys:
        return True
    # JSON inside a string adds `\":`, which ends no key unless the key ends in a backslash.
    if any(_ESCAPED_BACKSLASH in text for text in texts):
        return False
    return ends - sum([text.count(_ESCAPED_QUOTE) for text in texts]) == keys


def _hides_keys(text: bytes) -> bool:
    """Return whether a key and its colon stand apart, so that counting both together misses it."""
    # Single characters are found much faster than the pattern, and few producers write these at all.
    is_spaced = b" :" in text or any(
        white in text and white + b":" in text for white in (b"\t", b"\r", b"\n")
    )
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
