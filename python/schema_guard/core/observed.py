"""The types that what was observed amounts to: where lossy choices are made, once, at the end."""

from __future__ import annotations

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
)
from schema_guard.core.kinds import Kind
from schema_guard.core.node import MAP_KEYS, Node
from schema_guard.core.number import MAX_PRECISION, digits_of

#: More keys than this, each in less than this share of the objects, are data, not field names.
SPARSE_KEYS, SPARSE_SHARE = 200, 0.1

#: Types nest so deep; what lies deeper is held as JSON text.
TYPED_DEPTH = 64


def observed_type(node: Node, depth: int = 1) -> Type:  # noqa: PLR0911 - one return per case
    """Return the type of everything seen at a path `depth` levels below the record."""
    kinds = node.kinds()
    if len(kinds) > 1:
        return Conflict(kinds)
    match next(iter(kinds), Kind.NULL):
        case Kind.BOOLEAN:
            return Boolean()
        case Kind.INTEGER | Kind.DECIMAL:
            return number_type(node)
        case Kind.STRING:
            return String(format_seen(node))
        case Kind.ARRAY:
            if depth >= TYPED_DEPTH:
                return Conflict(kinds)
            return Array(observed_type(node.element, depth + 1) if node.element else Unknown())
        case Kind.OBJECT:
            return (
                Conflict(kinds) if is_map(node) or depth >= TYPED_DEPTH else struct_of(node, depth)
            )
        case Kind.NULL:
            return Unknown()


def struct_of(node: Node, depth: int = 0) -> Struct:
    """Return the fields of the objects seen at a path, by name."""
    return Struct(
        tuple(
            Field(name, observed_type(child, depth + 1), is_nullable(node, child))
            for name, child in sorted(node.children.items())
        )
    )


def is_nullable(parent: Node, child: Node) -> bool:
    """Return whether a field was null, or missing from an object of its parent."""
    return child.nulls is not None or (child.absent is not None and parent.objects is not None)


def is_map(node: Node) -> bool:
    """Return whether the keys of the objects here are data."""
    if node.keys_are_data:
        return True
    keys = len(node.children)
    if keys <= SPARSE_KEYS:
        return False
    present = sum(child.present for child in node.children.values())
    return keys > MAP_KEYS or present < SPARSE_SHARE * keys * node.count(Kind.OBJECT)


def format_seen(node: Node) -> Format:
    """Return the one format of all strings seen, or TEXT."""
    return next(iter(node.strings)) if len(node.strings) == 1 else Format.TEXT


def number_type(node: Node) -> Type:
    """
    Return the narrowest type that gives every number seen here back.

    Without fractions an integer; with them a double where that loses nothing, else a decimal;
    where no decimal of 38 digits is wide enough, a double that is marked as inexact.
    """
    integers, decimals = node.integers, node.decimals
    if decimals is None:
        return BigInteger() if integers and integers.wide else Integer()
    if not decimals.lossy and not (integers and integers.inexact):
        return Double()
    return decimal_of(*digits_seen(node))


def digits_seen(node: Node) -> tuple[int, int]:
    """Return the most digits before and after the point that a number here needs."""
    whole = digits_of(node.integers.low, node.integers.high) if node.integers else 0
    if node.decimals is None:
        return whole, 0
    return max(whole, node.decimals.digits), node.decimals.scale


def decimal_of(whole: int, scale: int) -> Type:
    """Return the decimal with these digits before and after the point, or the inexact double."""
    if whole + scale > MAX_PRECISION:
        return Double(exact=False)
    return DecimalType(max(whole + scale, 1), scale)
