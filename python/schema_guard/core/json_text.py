"""
The one module that knows a JSON parser: text → values, exact to the token.

Integers become `int`, numbers with a fraction or an exponent `Number` (a decimal: nothing is
rounded), objects `dict`. What a table could not hold, or another parser would silently change, is
poison.
"""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from schema_guard.core.poison import (
    MAX_DEPTH,
    MAX_DIGITS,
    ErrorType,
    PoisonError,
    check_keys,
    too_deep,
)

#: A number spelled with a fraction or an exponent, every digit and its exponent kept.
Number = Decimal

#: What opens, closes or hides brackets. A string that never ends hides all the rest.
_NESTING = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z)|[\[{]|[\]}]', re.DOTALL)

#: Spellings that may be out of every type's range; the rest takes the decoder without that check.
_EXTREME = re.compile(r"\d{39}|[eE][+-]?\d{3}")

#: An escaped surrogate, which may lack its other half.
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def parse(text: str | bytes) -> object:
    """
    Return the JSON value of `text`.

    Raises:
        PoisonError: NOT_UTF8, NOT_JSON, TOO_DEEP, DUPLICATE_KEY, EMPTY_KEY, NON_FINITE_NUMBER,
            CASE_COLLISION_IN_RECORD, INTEGER_TOO_LARGE.
    """
    source = _decoded(text)
    if source.count("{") + source.count("[") > MAX_DEPTH and _is_too_deep(source):
        raise too_deep()
    decoder = _CAREFUL if _EXTREME.search(source) else _EXACT
    try:
        value: object = decoder.decode(source)
    except json.JSONDecodeError as error:
        message = f"not JSON: {error.msg} at character {error.pos}"
        raise PoisonError(ErrorType.NOT_JSON, message) from None
    if _SURROGATE.search(source):
        _check_surrogates(value)
    return value


def parse_record(text: str | bytes) -> dict[str, object]:
    """
    Return the JSON object of `text`: what a record's value must be.

    Raises:
        PoisonError: As `parse`, and NOT_OBJECT.
    """
    value = parse(text)
    if not isinstance(value, dict):
        raise PoisonError(ErrorType.NOT_OBJECT, "the value is JSON but not an object")
    return value


def _decoded(text: str | bytes) -> str:
    try:
        if isinstance(text, bytes):
            return text.decode("utf-8")
        if not text.isascii():
            text.encode("utf-8")
    except UnicodeError as error:
        message = (
            f"not UTF-8: {error.reason} at {error.start}"
            if isinstance(error, UnicodeDecodeError | UnicodeEncodeError)
            else "not UTF-8"
        )
        raise PoisonError(ErrorType.NOT_UTF8, message) from None
    return text


def _is_too_deep(source: str) -> bool:
    depth = 0
    for token in _NESTING.finditer(source):
        match token[0]:
            case "{" | "[":
                depth += 1
                if depth > MAX_DEPTH:
                    return True
            case "}" | "]":
                depth -= 1
            case _:
                pass  # a string: brackets in it are text
    return False


def _check_surrogates(value: object) -> None:
    """Raise when a string or key holds half a character, which UTF-8 cannot carry on."""
    todo = [value]
    while todo:
        part = todo.pop()
        if isinstance(part, dict):
            todo += part.keys()
            todo += part.values()
        elif isinstance(part, list):
            todo += part
        elif isinstance(part, str):
            _decoded(part)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [key for key, _ in pairs]
        again = next(key for place, key in enumerate(names) if key in names[:place])
        raise PoisonError(ErrorType.DUPLICATE_KEY, f"key {again!r} appears twice in one object")
    check_keys(tuple(members))
    return members


def _constant(name: str) -> NoReturn:
    raise PoisonError(ErrorType.NON_FINITE_NUMBER, f"{name} is not a JSON number")


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        count = len(digits.lstrip("-"))
        message = f"an integer has {count} digits; no type holds over {MAX_DIGITS}"
        raise PoisonError(ErrorType.INTEGER_TOO_LARGE, message)
    return int(digits)


def _number(text: str) -> Number:
    try:
        number = Number(text)
    except InvalidOperation:
        number = Number("Infinity")
    if math.isinf(float(number)):
        message = "a number is beyond the range of a double"
        raise PoisonError(ErrorType.NON_FINITE_NUMBER, message)
    return number


_EXACT = json.JSONDecoder(object_pairs_hook=_object, parse_float=Number, parse_constant=_constant)
_CAREFUL = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_float=_number,
    parse_int=_integer,
    parse_constant=_constant,
)
