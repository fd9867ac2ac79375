"""How a string is written: cheap to tell for most, exact for what looks like a date or an id."""

from __future__ import annotations

import re
from types import MappingProxyType

from schema_guard.core.datatype import Format

#: A string that is not plain text begins with one of these, or is as long as a UUID.
LEADS = frozenset("-0123456789")
UUID_LENGTH = 36

_DATE_LENGTH = 10
#: A number as JSON spells it: a leading zero, as in a postcode, is text that a number would lose.
_NUMERIC = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-[01]\d-[0-3]\d", re.ASCII)
_MOMENT = r"\d{4}-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d(?::[0-6]\d(?:\.\d{1,9})?)?"
_TIMESTAMP = re.compile(_MOMENT + r"(Z|[+-][0-2]\d:?[0-5]\d)?", re.ASCII)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _all(line: str) -> re.Pattern[str]:
    """Return the pattern of lines that are all written one way; possessive, so that it never looks back."""
    return re.compile(rf"(?:{line}\n)*+{line}", re.ASCII)


#: What a whole column is written like, its values on lines; each value alone has that format.
PATTERNS = MappingProxyType(
    {
        Format.DATE: _all(_DATE.pattern),
        Format.TIMESTAMP: _all(rf"{_MOMENT}(?:Z|[+-][0-2]\d:?[0-5]\d)"),
        Format.LOCAL_TIMESTAMP: _all(_MOMENT),
        Format.UUID: _all(_UUID.pattern),
        Format.NUMERIC: _all(_NUMERIC.pattern),
    }
)


def format_of(text: str) -> Format:
    """
    Return how `text` is written.

    >>> [format_of(t).value for t in ("2026-11-20T10:00:00Z", "12.50", "007", "tomorrow")]
    ['timestamp', 'numeric', 'text', 'text']
    """
    length = len(text)
    if text[:1] in LEADS:
        if text[4:5] == "-" and _DATE_LENGTH <= length < UUID_LENGTH:
            return _moment(text)
        if _NUMERIC.fullmatch(text):
            return Format.NUMERIC
    if length == UUID_LENGTH and text[8] == "-" and _UUID.fullmatch(text):
        return Format.UUID
    return Format.TEXT


def _moment(text: str) -> Format:
    if len(text) == _DATE_LENGTH:
        return Format.DATE if _DATE.fullmatch(text) else Format.TEXT
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        return Format.TEXT
    return Format.TIMESTAMP if found[1] else Format.LOCAL_TIMESTAMP
