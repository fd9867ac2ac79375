"""Whether one record fits a schema: what `reject` and `reject_records` reject by."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import assert_never

from schema_guard.core.datatype import (
    Array,
    BigInteger,
    Boolean,
    Conflict,
    DecimalType,
    Double,
    Integer,
    String,
    Struct,
    Type,
    Unknown,
)
from schema_guard.core.kinds import Kind, child, elements
from schema_guard.core.number import (
    EXACT_DOUBLE,
    INT64_MAX,
    INT64_MIN,
    digits_and_scale,
    digits_of,
    survives_as_double,
)
from schema_guard.core.schema import Schema

_KINDS: dict[type, Kind] = {
    bool: Kind.BOOLEAN,
    int: Kind.DECIMAL,
    float: Kind.DECIMAL,
    Decimal: Kind.DECIMAL,
    str: Kind.STRING,
    list: Kind.ARRAY,
    dict: Kind.OBJECT,
}


def misfits(value: object, schema: Schema, pk_fields: Collection[str]) -> list[str]:
    """
    Return the pointers at which a record does not fit, sorted; `*` stands for any element.

    Fields that the schema does not know are no misfits, unless they differ from one only in case.
    A null fits anywhere but in a key.
    """
    record = value if isinstance(value, dict) else {}
    found = {child("", name) for name in pk_fields if record.get(name) is None}
    todo: list[tuple[str, object, Type]] = [("", value, schema.root)]
    while todo:
        pointer, part, given = todo.pop()
        if part is None and pointer:
            continue
        if not fits(part, given):
            found.add(pointer)
        elif isinstance(part, list) and isinstance(given, Array):
            todo += [(elements(pointer), member, given.element) for member in part]
        elif isinstance(part, dict) and isinstance(given, Struct):
            found |= _namesakes(pointer, part, given)
            known = [field for field in given.fields if field.name in part]
            todo += [(child(pointer, f.name), part[f.name], f.type) for f in known]
    return sorted(found)


def _namesakes(pointer: str, members: dict[str, object], given: Struct) -> set[str]:
    """Return the pointers of keys that the struct knows only in another case."""
    known = {field.name for field in given.fields}
    strange = members.keys() - known
    if not strange:
        return set()
    lowered = {name.lower() for name in known}
    return {child(pointer, name) for name in strange if name.lower() in lowered}


def fits(value: object, given: Type) -> bool:  # noqa: PLR0911 - one return per case
    """Return whether a value is of a type; what lies below it is not looked at."""
    kind = _KINDS[type(value)] if value is not None else Kind.NULL
    match given:
        case Unknown():
            return True
        case Boolean():
            return kind is Kind.BOOLEAN
        case String():
            return kind is Kind.STRING
        case Array():
            return kind is Kind.ARRAY
        case Struct():
            return kind is Kind.OBJECT
        case Conflict(kinds):
            return kind in kinds
        case Integer() | BigInteger() | Double() | DecimalType():
            return kind is Kind.DECIMAL and _number_fits(value, given)
        case _:
            assert_never(given)


def _number_fits(value: object, given: Integer | BigInteger | Double | DecimalType) -> bool:
    match given:
        case Integer():
            return isinstance(value, int) and INT64_MIN <= value <= INT64_MAX
        case BigInteger():
            return isinstance(value, int)
        case Double(exact):
            return not exact or _is_exact(value)
        case DecimalType(precision, scale):
            whole, fraction = _digits(value)
            return whole <= precision - scale and fraction <= scale
        case _:
            assert_never(given)


def _is_exact(value: object) -> bool:
    if isinstance(value, int):
        return -EXACT_DOUBLE <= value <= EXACT_DOUBLE
    return isinstance(value, float) or (isinstance(value, Decimal) and survives_as_double(value))


def _digits(value: object) -> tuple[int, int]:
    match value:
        case int():
            return digits_of(value, value), 0
        case float() | Decimal():
            return digits_and_scale(value)
        case _:
            raise TypeError(f"not a number: {type(value).__name__}")
