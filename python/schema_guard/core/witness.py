"""
Values that show every type of a schema: the shortest evidence that would make the schema again.

With them two declared schemas are compared by the same rules as a schema and what arrived.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import cycle, islice
from typing import Any, assert_never

from schema_guard.core.datatype import (
    Array,
    BigInteger,
    Boolean,
    Conflict,
    DecimalType,
    Double,
    Format,
    Integer,
    String,
    Struct,
    Type,
    Unknown,
)
from schema_guard.core.infer import Inference, infer
from schema_guard.core.kinds import Kind
from schema_guard.core.node import MAP_KEYS
from schema_guard.core.number import INT64_MAX, survives_as_double
from schema_guard.core.observed import TYPED_DEPTH
from schema_guard.core.schema import Schema

#: One text per format.
_WRITTEN = {
    Format.DATE: "2026-11-20",
    Format.TIMESTAMP: "2026-11-20T10:00:00Z",
    Format.LOCAL_TIMESTAMP: "2026-11-20T10:00:00",
    Format.UUID: "6f9619ff-8b86-4d01-b42d-00c04fc964ff",
    Format.NUMERIC: "1.5",
    Format.TEXT: "text",
}
#: One value per kind, for fields that hold several.
_OF_KIND: dict[Kind, object] = {
    Kind.BOOLEAN: True,
    Kind.INTEGER: 1,
    Kind.DECIMAL: 1,
    Kind.STRING: "text",
    Kind.ARRAY: [],
    Kind.OBJECT: {},
}
#: More digits than any decimal has, and than a double gives back.
_INEXACT = Decimal("0." + "123456789" * 5)


def witnesses(schema: Schema) -> Inference:
    """
    Return the inference of values that need just this schema: `finalise` of it is the schema again.

    Objects of too many keys and values nested too deep are shown as such, at the cost of their size.
    """
    values = list(_structs(schema.root))
    return infer(values) if schema.fields else Inference()


def _values(given: Type) -> Iterator[object]:  # noqa: C901 - one case per type
    """Yield values that together need a type."""
    match given:
        case Unknown():
            yield None
        case Boolean():
            yield True
        case Integer():
            yield 1
        case BigInteger():
            yield INT64_MAX + 1
        case Double(exact):
            yield Decimal("0.5") if exact else _INEXACT
        case DecimalType(precision, scale):
            yield from _decimals(precision, scale)
        case String(written):
            yield _WRITTEN[written]
        case Array(element):
            yield list(_elements(element))
        case Struct():
            yield from _structs(given)
        case Conflict(kinds):
            yield from _conflicting(kinds)
        case _:
            assert_never(given)


def _elements(element: Type) -> Iterator[object]:
    if not isinstance(element, Unknown):
        yield from _values(element)


def _structs(given: Struct) -> Iterator[dict[str, Any]]:
    """Yield objects that show every field's values, and the absence of those that may be absent."""
    shown = {field.name: list(_values(field.type)) for field in given.fields}
    longest = max((len(values) for values in shown.values()), default=1)
    for number in range(longest):
        yield {name: values[min(number, len(values) - 1)] for name, values in shown.items()}
    if any(field.nullable and not isinstance(field.type, Unknown) for field in given.fields):
        yield {field.name: shown[field.name][0] for field in given.fields if not field.nullable}


def _decimals(precision: int, scale: int) -> Iterator[object]:
    """
    Yield a number that needs all digits on both sides of the point; no digit is zero, so each counts.

    Of 16 and 17 digits some survive as a double, which would do: the last two are chosen so that none does.
    """
    digits, whole = "".join(islice(cycle("987654321"), precision)), precision - scale
    endings = (f"{digits[:-2]}{tens}{ones}" for tens in "987654321" for ones in "987654321")
    spelled = [digits, *endings] if precision > 1 else [digits]
    numbers = [Decimal(f"{text[:whole] or '0'}.{text[whole:] or '0'}") for text in spelled]
    yield next((number for number in numbers if not survives_as_double(number)), numbers[0])


def _conflicting(kinds: frozenset[Kind]) -> Iterator[object]:
    if kinds == {Kind.OBJECT}:
        yield {f"k{number}": 1 for number in range(MAP_KEYS + 1)}
    elif kinds == {Kind.ARRAY}:
        value: list[object] = []
        for _ in range(TYPED_DEPTH):
            value = [value]
        yield value
    else:
        yield from (_OF_KIND[kind] for kind in sorted(kinds))
