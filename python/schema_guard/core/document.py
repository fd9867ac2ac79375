"""Types as plain JSON values and back: how the registry keeps a schema."""

from __future__ import annotations

from typing import Any, assert_never

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

#: Types that are nothing but their name.
_PLAIN: dict[str, Type] = {
    "unknown": Unknown(),
    "boolean": Boolean(),
    "integer": Integer(),
    "big_integer": BigInteger(),
}


def type_document(given: Type) -> dict[str, Any]:  # noqa: PLR0911 - one return per case
    """Return a type as JSON values."""
    match given:
        case Unknown() | Boolean() | Integer() | BigInteger():
            return {"type": next(name for name, plain in _PLAIN.items() if plain == given)}
        case Double(exact):
            return {"type": "double", "exact": exact}
        case DecimalType(precision, scale):
            return {"type": "decimal", "precision": precision, "scale": scale}
        case String(written):
            return {"type": "string", "format": written.value}
        case Array(element):
            return {"type": "array", "element": type_document(element)}
        case Struct(fields):
            return {"type": "struct", "fields": [field_document(field) for field in fields]}
        case Conflict(kinds):
            return {"type": "conflict", "kinds": sorted(kind.value for kind in kinds)}
        case _:
            assert_never(given)


def field_document(field: Field) -> dict[str, Any]:
    """Return a field as JSON values."""
    return {"name": field.name, "nullable": field.nullable, **type_document(field.type)}


def type_from(document: dict[str, Any]) -> Type:  # noqa: PLR0911 - one return per case
    """
    Return the type of a document that `type_document` made.

    Raises:
        ValueError: The document names no type.
    """
    match document["type"]:
        case "double":
            return Double(document.get("exact", True))
        case "decimal":
            return DecimalType(document["precision"], document["scale"])
        case "string":
            return String(Format(document.get("format", Format.TEXT)))
        case "array":
            return Array(type_from(document["element"]))
        case "struct":
            return Struct(tuple(field_from(field) for field in document["fields"]))
        case "conflict":
            return Conflict(frozenset(Kind(kind) for kind in document["kinds"]))
        case str(name) if name in _PLAIN:
            return _PLAIN[name]
        case other:
            raise ValueError(f"no such type: {other!r}")


def field_from(document: dict[str, Any]) -> Field:
    """Return the field of a document that `field_document` made."""
    return Field(document["name"], type_from(document), document["nullable"])


def canonical(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with the fields of every struct in order of their names."""
    ordered = dict(document)
    if "element" in ordered:
        ordered["element"] = canonical(ordered["element"])
    if "fields" in ordered:
        fields = (canonical(field) for field in ordered["fields"])
        ordered["fields"] = sorted(fields, key=lambda field: str(field["name"]))
    return ordered
