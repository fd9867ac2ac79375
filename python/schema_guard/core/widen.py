"""
What a type must become to hold what was observed, too: the next version's types.

Types only ever rise; a value that fits changes nothing, however it alone would be typed. What does not
change is given back as it is, the very object, so that whoever compares need not look twice.
"""

from __future__ import annotations

from dataclasses import replace
from operator import is_
from typing import assert_never

from schema_guard.core.datatype import (
    Array,
    BigInteger,
    Boolean,
    Conflict,
    DecimalType,
    Double,
    Field,
    Format,
    Integer,
    String,
    Struct,
    Type,
    Unknown,
    kinds_of,
)
from schema_guard.core.kinds import Kind
from schema_guard.core.node import MAP_KEYS, Node
from schema_guard.core.observed import (
    decimal_of,
    digits_seen,
    format_seen,
    is_map,
    is_nullable,
    number_type,
    observed_type,
)

#: Digits a bigint may need, as Spark and Delta count them when it becomes a decimal.
_BIGINT_DIGITS = 20


def widened(old: Type, node: Node, depth: int = 1) -> Type:  # noqa: PLR0911 - one return per case
    """Return the narrowest type that holds `old` and everything seen at a path."""
    kinds = node.kinds()
    if not kinds:
        return old
    if isinstance(old, Unknown):
        return observed_type(node, depth)
    if not kinds <= kinds_of(old):
        return Conflict(kinds_of(old) | kinds)
    match old:
        case Boolean() | Conflict():
            return old
        case String(written):
            return old if written in (Format.TEXT, format_seen(node)) else String()
        case Array(element):
            inner = widened(element, node.element, depth + 1) if node.element else element
            return old if inner is element else Array(inner)
        case Struct():
            struct = widened_struct(old, node, depth)
            return Conflict(kinds) if is_map(node) or len(struct.fields) > MAP_KEYS else struct
        case Integer() | BigInteger() | Double() | DecimalType():
            return widened_number(old, node)
        case _:
            assert_never(old)


def widened_struct(old: Struct, node: Node, depth: int = 0) -> Struct:
    """Return the struct with the fields seen: its own in their order, then new ones by name."""
    known = [_widened_field(field, node, depth) for field in old.fields]
    added = sorted(node.children.keys() - {field.name for field in old.fields})
    if not added and all(map(is_, known, old.fields)):
        return old
    return Struct((*known, *(_new_field(name, node.children[name], depth) for name in added)))


def _new_field(name: str, node: Node, depth: int) -> Field:
    """Return a field that the base's records lack, which makes it nullable."""
    return Field(name, observed_type(node, depth + 1), nullable=True)


def _widened_field(field: Field, parent: Node, depth: int) -> Field:
    child = parent.children.get(field.name)
    if child is None:
        return field if field.nullable else replace(field, nullable=True)
    nullable = field.nullable or is_nullable(parent, child)
    new = widened(field.type, child, depth + 1)
    return field if new is field.type and nullable == field.nullable else Field(field.name, new, nullable)


def widened_number(old: Integer | BigInteger | Double | DecimalType, node: Node) -> Type:
    """Return the narrowest numeric type that holds `old` and the numbers seen."""
    seen = number_type(node)
    match old:
        case Double():
            return old if is_exact(node) else Double(exact=False)
        case DecimalType(precision, scale):
            whole, fraction = digits_seen(node)
            fits = whole <= precision - scale and fraction <= scale
            return old if fits else decimal_of(max(precision - scale, whole), max(scale, fraction))
        case Integer():
            match seen:
                case DecimalType(precision, scale):
                    return decimal_of(max(precision - scale, _BIGINT_DIGITS), scale)
                case Integer():
                    return old
                case _:
                    return seen
        case BigInteger():
            return old if isinstance(seen, Integer | BigInteger) else Double(exact=False)
        case _:
            assert_never(old)


def is_exact(node: Node) -> bool:
    """Return whether a double gives back every number seen."""
    lossy = node.decimals.lossy if node.decimals else None
    return lossy is None and not (node.integers and node.integers.inexact)


def misfit_kinds(old: Type, node: Node) -> frozenset[Kind]:
    """Return the kinds seen that are not the type's own."""
    return frozenset() if isinstance(old, Unknown) else node.kinds() - kinds_of(old)
