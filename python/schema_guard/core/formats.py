"""How a string is written: cheap to tell for most, exact for what looks like a date or an id."""

from __future__ import annotations

import re

from schema_guard.core.datatype import Format

#: Shorter strings are text: no other format is written in fewer characters.
SHORTEST = 10

_LONGEST = 36
_DATE = re.compile(r"\d{4}-[01]\d-[0-3]\d")
_TIMESTAMP = re.compile(
    r"\d{4}-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d(?::[0-6]\d(?:\.\d{1,9})?)?(Z|[+-][0-2]\d:?[0-5]\d)?"
)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def format_of(text: str) -> Format:
    """
    Return how `text` is written.

    >>> format_of("2026-11-20T10:00:00Z").value, format_of("tomorrow").value
    ('timestamp', 'text')
    """
    length = len(text)
    if length < SHORTEST or length > _LONGEST:
        return Format.TEXT
    if text[4] == "-":
        if length == SHORTEST:
            return Format.DATE if _DATE.fullmatch(text) else Format.TEXT
        if found := _TIMESTAMP.fullmatch(text):
            return Format.TIMESTAMP if found[1] else Format.LOCAL_TIMESTAMP
    elif length == _LONGEST and text[8] == "-" and _UUID.fullmatch(text):
        return Format.UUID
    return Format.TEXT
