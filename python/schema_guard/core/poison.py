"""
Records that can never become rows: each is rejected alone, its neighbours go on.

Each has a page of its own in `docs/error-types/`.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

#: Objects and arrays that may be open at once; Spark's reader hangs or dies some way beyond.
MAX_DEPTH = 128

#: Digits an integer may have: the widest decimal of every target.
MAX_DIGITS = 38


class ErrorType(StrEnum):
    """Why a record was rejected; the value is what `rejected_record.error_type` holds."""

    NOT_JSON = "NOT_JSON"
    NOT_UTF8 = "NOT_UTF8"
    NOT_OBJECT = "NOT_OBJECT"
    DUPLICATE_KEY = "DUPLICATE_KEY"
    NON_FINITE_NUMBER = "NON_FINITE_NUMBER"
    TOO_DEEP = "TOO_DEEP"
    INTEGER_TOO_LARGE = "INTEGER_TOO_LARGE"
    CASE_COLLISION_IN_RECORD = "CASE_COLLISION_IN_RECORD"
    EMPTY_KEY = "EMPTY_KEY"
    TOO_LARGE = "TOO_LARGE"
    TOMBSTONE_KEY = "TOMBSTONE_KEY"
    MISFIT = "MISFIT"
    UNAVAILABLE_VALUE = "UNAVAILABLE_VALUE"
    DEAD_LETTER = "DEAD_LETTER"
    RULE_BROKEN = "RULE_BROKEN"


class PoisonError(Exception):
    """
    One record cannot become a row.

    Attributes:
        error_type: The closed reason.
        message: One line for a person; names keys and places, never values.
    """

    def __init__(self, error_type: ErrorType, message: str) -> None:
        self.error_type = error_type
        self.message = message
        super().__init__(error_type, message)

    def __str__(self) -> str:
        """Return the line for a person."""
        return self.message


@lru_cache(maxsize=4096)
def check_keys(keys: tuple[str, ...]) -> None:
    """
    Raise when no table can hold these keys of one object side by side.

    Cached, so that records of one shape pay for it once (a raise is not cached).

    Raises:
        PoisonError: EMPTY_KEY, CASE_COLLISION_IN_RECORD.
    """
    spelled: dict[str, str] = {}
    for key in keys:
        if not key or "\0" in key:  # PostgreSQL and the tables alike refuse NUL in a name
            raise PoisonError(ErrorType.EMPTY_KEY, "an object has a key without a usable name")
        other = spelled.setdefault(key.lower(), key)
        if other != key:
            raise PoisonError(
                ErrorType.CASE_COLLISION_IN_RECORD,
                f"keys {other!r} and {key!r} of one object differ only in case",
            )


def check_tree(value: object) -> None:
    """
    Raise for what a parser that is not ours lets through: keys and nesting of a parsed value.

    Raises:
        PoisonError: EMPTY_KEY, CASE_COLLISION_IN_RECORD, TOO_DEEP.
    """
    todo = [(value, 1)]
    while todo:
        part, depth = todo.pop()
        members: object
        if isinstance(part, dict):
            check_keys(tuple(part))
            members = part.values()
        elif isinstance(part, list):
            members = part
        else:
            continue
        if depth > MAX_DEPTH:
            raise too_deep()
        todo += [(m, depth + 1) for m in members if isinstance(m, dict | list)]


def too_deep() -> PoisonError:
    """Return the error of a record with over `MAX_DEPTH` objects and arrays in each other."""
    return PoisonError(ErrorType.TOO_DEEP, f"objects and arrays are nested over {MAX_DEPTH} deep")
