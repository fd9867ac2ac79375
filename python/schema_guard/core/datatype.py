"""The types a field can have, compared by value; what a table holds of them is in `ddl.py`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from schema_guard.core.kinds import Kind


class Format(StrEnum):
    """How a string is written, where a whole field is written one way."""

    DATE = "date"
    #: A timestamp with `Z` or an offset.
    TIMESTAMP = "timestamp"
    #: A timestamp that does not say where on earth.
    LOCAL_TIMESTAMP = "local_timestamp"
    UUID = "uuid"
    #: A number as JSON spells one, between quotes.
    NUMERIC = "numeric"
    #: Anything else, and any mixture.
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Unknown:
    """Only nulls were seen, or an array without elements: any type may still come."""


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Integer:
    """An integer of 64 bits."""


@dataclass(frozen=True, slots=True)
class BigInteger:
    """An integer of up to 38 digits."""


@dataclass(frozen=True, slots=True)
class Double:
    """
    Numbers with a fraction or an exponent.

    Attributes:
        exact: Whether a double gives every one of them back; False once a loss was accepted.
    """

    exact: bool = True


@dataclass(frozen=True, slots=True)
class DecimalType:
    """
    Numbers that need every digit.

    Attributes:
        precision: All digits, at most 38.
        scale: Digits after the point.
    """

    precision: int
    scale: int


@dataclass(frozen=True, slots=True)
class String:
    """Text; `format` tells how it is written when all of it is written one way."""

    format: Format = Format.TEXT


@dataclass(frozen=True, slots=True)
class Array:
    """A list of elements of one type."""

    element: Type


@dataclass(frozen=True, slots=True)
class Struct:
    """Named fields; their order has no meaning, but new ones come last."""

    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        """Return the field of exactly this name."""
        return next((field for field in self.fields if field.name == name), None)


@dataclass(frozen=True, slots=True)
class Conflict:
    """
    Values of more than one kind, or objects too irregular to type: held as their JSON text.

    Attributes:
        kinds: What is in there; `Kind.DECIMAL` stands for numbers of any spelling.
    """

    kinds: frozenset[Kind]


@dataclass(frozen=True, slots=True)
class Field:
    """
    One field of a struct.

    Attributes:
        name: As the producer spells it.
        type: Its type.
        nullable: Whether it was ever null or missing.
    """

    name: str
    type: Type
    nullable: bool


Type: TypeAlias = (
    Unknown
    | Boolean
    | Integer
    | BigInteger
    | Double
    | DecimalType
    | String
    | Array
    | Struct
    | Conflict
)

#: The types that hold numbers.
NUMERIC = (Integer, BigInteger, Double, DecimalType)

#: The kinds of value each type is made of; numbers of any spelling are `Kind.DECIMAL`.
_KINDS: dict[type[Type], frozenset[Kind]] = {
    Unknown: frozenset(),
    Boolean: frozenset({Kind.BOOLEAN}),
    Integer: frozenset({Kind.DECIMAL}),
    BigInteger: frozenset({Kind.DECIMAL}),
    Double: frozenset({Kind.DECIMAL}),
    DecimalType: frozenset({Kind.DECIMAL}),
    String: frozenset({Kind.STRING}),
    Array: frozenset({Kind.ARRAY}),
    Struct: frozenset({Kind.OBJECT}),
}


def kinds_of(given: Type) -> frozenset[Kind]:
    """Return the kinds of value a type holds; none for Unknown."""
    return given.kinds if isinstance(given, Conflict) else _KINDS[type(given)]
