"""Redacted samples: what a value looks like, never what it says."""

from __future__ import annotations

from decimal import Decimal

from schema_guard.core.number import digits_and_scale

#: Characters of a string that a sample shows.
_LONGEST = 32

#: Marks that give structure and carry no content.
_MARKS = frozenset(" -_.,:;/+@#()[]{}")


def shape(value: object) -> str:  # noqa: PLR0911 - one return per case
    """
    Return the shape of a JSON value.

    >>> shape("Ab-12"), shape(-123456), shape(1.25), shape(["x"])
    ('"Aa-99"', 'number(6 digits)', 'number(1 digits, 2 decimals)', 'array(1)')
    """
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            cut = "…" if len(value) > _LONGEST else ""
            return f'"{"".join(map(_letter, value[:_LONGEST]))}{cut}"'
        case int():
            return f"number({len(str(abs(value)))} digits)"
        case float() | Decimal():
            digits, scale = digits_and_scale(value)
            return f"number({max(digits, 1)} digits, {scale} decimals)"
        case list():
            return f"array({len(value)})"
        case dict():
            return f"object({len(value)} keys)"
        case _:
            raise TypeError(f"not a JSON value: {type(value).__name__}")


def _letter(letter: str) -> str:
    if letter.isdigit():
        return "9"
    if letter.isupper():
        return "A"
    if letter.isalpha():
        return "a"
    return letter if letter in _MARKS else "?"
