"""
Which widening the tables of each target accept without being rewritten.

Sources: Apache Iceberg `format/spec.md`, "Schema Evolution", and its Java `TypeUtil` (which
implements less of it); Delta Lake `PROTOCOL.md`, "Type Widening"; Spark's merge of JSON schemas.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from schema_guard.core.datatype import (
    BigInteger,
    DecimalType,
    Double,
    Integer,
    Type,
)
from schema_guard.core.number import MAX_PRECISION

#: Digits a bigint may need before the point, as Delta and Spark count them.
_BIGINT_DIGITS = 20


class Promotion(StrEnum):
    """A widening of one numeric type into another."""

    BIGINT_TO_DOUBLE = "bigint to double"
    BIGINT_TO_DECIMAL = "bigint to decimal with room for every bigint"
    DECIMAL_PRECISION = "more digits before the point, scale unchanged"
    DECIMAL_SCALE = "more digits after the point, none lost before it"


#: Target → promotions it accepts. A target that is not here is a mistake, not a lenient target.
ACCEPTS: Mapping[str, frozenset[Promotion]] = MappingProxyType(
    {
        "iceberg_v2": frozenset({Promotion.DECIMAL_PRECISION}),
        "iceberg_v3": frozenset({Promotion.DECIMAL_PRECISION}),
        "delta": frozenset(
            {
                Promotion.DECIMAL_PRECISION,
                Promotion.DECIMAL_SCALE,
                Promotion.BIGINT_TO_DECIMAL,
            }
        ),
        "spark": frozenset(Promotion),
    }
)


def accepts(target: str, old: Type, new: Type) -> bool:
    """
    Return whether a column of `target` may go from `old` to `new` in place.

    Raises:
        ValueError: No such target.
    """
    if target not in ACCEPTS:
        raise ValueError(f"no such target: {target!r}; there are {', '.join(sorted(ACCEPTS))}")
    return promotion(old, new) in ACCEPTS[target]


def promotion(old: Type, new: Type) -> Promotion | None:
    """Return the name of a widening, or None when it is none that any target knows."""
    match old, new:
        case Integer(), Double(exact=True):
            return Promotion.BIGINT_TO_DOUBLE
        case Integer(), BigInteger():
            return Promotion.BIGINT_TO_DECIMAL
        case Integer(), DecimalType(precision, scale) if precision - scale >= _BIGINT_DIGITS:
            return Promotion.BIGINT_TO_DECIMAL
        case DecimalType(p, s), DecimalType(precision, scale) if precision <= MAX_PRECISION:
            if scale == s and precision > p:
                return Promotion.DECIMAL_PRECISION
            if scale > s and precision - scale >= p - s:
                return Promotion.DECIMAL_SCALE
    return None
