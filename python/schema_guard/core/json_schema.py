"""
A schema as JSON Schema 2020-12, and the types that a JSON Schema declares.

Only what decides types is read: value constraints (`pattern`, `minimum` of a number) say nothing about
a column. Source: JSON Schema Core and Validation, draft 2020-12, sections 6 and 10.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
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
    kinds_of,
)
from schema_guard.core.kinds import Kind, child, elements
from schema_guard.core.number import INT64_MAX, INT64_MIN, MAX_PRECISION
from schema_guard.core.schema import Schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"

#: Formats as JSON Schema spells them; the last two are annotations of this project.
_FORMATS = MappingProxyType(
    {
        Format.DATE: "date",
        Format.TIMESTAMP: "date-time",
        Format.UUID: "uuid",
        Format.LOCAL_TIMESTAMP: "local-date-time",
        Format.NUMERIC: "numeric",
    }
)
_FORMAT_OF = {spelled: known for known, spelled in _FORMATS.items()}
_NAMES = MappingProxyType(
    {
        Kind.BOOLEAN: "boolean",
        Kind.DECIMAL: "number",
        Kind.STRING: "string",
        Kind.ARRAY: "array",
        Kind.OBJECT: "object",
    }
)
_KIND_OF = {name: kind for kind, name in _NAMES.items()} | {"integer": Kind.DECIMAL}
_WIDEST = 10**MAX_PRECISION - 1


class DeclarationError(ValueError):
    """A JSON Schema declares something that no record's type can be read from."""


@dataclass(frozen=True, slots=True)
class Declared:
    """
    What a JSON Schema declares.

    Attributes:
        schema: The types.
        closed: Pointers of objects that allow no other fields (`additionalProperties: false`).
    """

    schema: Schema
    closed: frozenset[str]


def to_json_schema(schema: Schema) -> dict[str, Any]:
    """Return the JSON Schema of records; fields that may be null or missing are not required."""
    return {"$schema": DIALECT, **_object(schema.root)}


def from_json_schema(document: Mapping[str, Any]) -> Declared:
    """
    Return the types of a JSON Schema of objects.

    Raises:
        DeclarationError: It declares no object, or refers to what is not in the document.
    """
    reading = _Reading(document)
    root, _ = reading.type_at(document, "", ())
    if not isinstance(root, Struct):
        raise DeclarationError("the schema declares no object with properties: a record is one")
    return Declared(Schema(root.fields), frozenset(reading.closed))


def _object(given: Struct) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {field.name: _property(field) for field in given.fields},
        "required": [field.name for field in given.fields if not field.nullable],
    }


def _property(field: Field) -> dict[str, Any]:
    document = _document(field.type)
    if not field.nullable or "type" not in document:
        return document
    names = document["type"] if isinstance(document["type"], list) else [document["type"]]
    return {**document, "type": [*names, "null"]}


def _document(given: Type) -> dict[str, Any]:  # noqa: C901, PLR0911 - one return per case
    match given:
        case Unknown():
            return {}
        case Boolean():
            return {"type": "boolean"}
        case Integer():
            return {"type": "integer"}
        case BigInteger():
            return {"type": "integer", "minimum": -_WIDEST, "maximum": _WIDEST}
        case Double():
            return {"type": "number"}
        case DecimalType(precision, scale):
            most = 10 ** (precision - scale)
            return {"type": "number", "multipleOf": 10.0**-scale, "exclusiveMaximum": most}
        case String(written):
            spelled = {"format": _FORMATS[written]} if written in _FORMATS else {}
            return {"type": "string", **spelled}
        case Array(element):
            return {"type": "array", "items": _document(element)}
        case Struct():
            return _object(given)
        case Conflict(kinds):
            return {"type": sorted(_NAMES[kind] for kind in kinds)}
        case _:
            assert_never(given)


class _Reading:
    """One walk through a document; types come with whether null is among them."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self.closed: set[str] = set()

    def type_at(self, declared: object, pointer: str, seen: tuple[str, ...]) -> tuple[Type, bool]:
        """Return the type that a subschema declares, and whether it allows null."""
        if isinstance(declared, bool) or not declared:
            return Unknown(), True
        if not isinstance(declared, Mapping):
            raise DeclarationError(f"{pointer or '/'}: a subschema must be an object or a boolean")
        if "$ref" in declared:
            return self._referred(str(declared["$ref"]), pointer, seen)
        if "allOf" in declared:
            return self._together(declared, pointer, seen)
        for choice in ("anyOf", "oneOf"):
            if choice in declared:
                return _union(self.type_at(one, pointer, seen) for one in declared[choice])
        return self._plain(declared, pointer, seen)

    def _referred(self, ref: str, pointer: str, seen: tuple[str, ...]) -> tuple[Type, bool]:
        if ref in seen:  # a type within itself has no columns of its own
            return Conflict(frozenset({Kind.OBJECT})), True
        return self.type_at(self._target(ref, pointer), pointer, (*seen, ref))

    def _together(
        self, declared: Mapping[str, Any], pointer: str, seen: tuple[str, ...]
    ) -> tuple[Type, bool]:
        """Return the type of one subschema made of all of `allOf`, with what it refers to in its place."""
        refs = [part.get("$ref") if isinstance(part, Mapping) else None for part in declared["allOf"]]
        named = [ref for ref in refs if ref is not None]
        if any(ref in seen for ref in named):  # as in `_referred`
            return Conflict(frozenset({Kind.OBJECT})), True
        given = zip(refs, declared["allOf"], strict=True)
        parts = [part if ref is None else self._target(ref, pointer) for ref, part in given]
        return self.type_at(_together({**declared, "allOf": parts}), pointer, (*seen, *named))

    def _target(self, ref: str, pointer: str) -> Any:
        found: Any = self._document
        for part in ref.removeprefix("#").split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, Mapping) else None
        if not ref.startswith("#") or found is None:
            raise DeclarationError(f"{pointer or '/'}: $ref {ref!r} is not in this document")
        return found

    def _plain(self, declared: Mapping[str, Any], pointer: str, seen: tuple[str, ...]) -> tuple[Type, bool]:
        names = _types(declared)
        nullable = "null" in names
        kinds = {name for name in names if name != "null"}
        if kinds == {"integer", "number"}:
            kinds = {"number"}
        if not kinds:
            return Unknown(), True
        if len(kinds) > 1:
            return Conflict(frozenset(_KIND_OF[name] for name in kinds)), nullable
        return self._one(kinds.pop(), declared, pointer, seen), nullable

    def _one(self, name: str, declared: Mapping[str, Any], pointer: str, seen: tuple[str, ...]) -> Type:
        match name:
            case "boolean":
                return Boolean()
            case "integer":
                low, high = declared.get("minimum", 0), declared.get("maximum", 0)
                return Integer() if low >= INT64_MIN and high <= INT64_MAX else BigInteger()
            case "number":
                return Double()
            case "string":
                return String(_FORMAT_OF.get(declared.get("format", ""), Format.TEXT))
            case "array":
                return Array(self.type_at(declared.get("items", True), elements(pointer), seen)[0])
            case "object":
                return self._struct(declared, pointer, seen)
        raise DeclarationError(f"{pointer or '/'}: no such type: {name!r}")

    def _struct(self, declared: Mapping[str, Any], pointer: str, seen: tuple[str, ...]) -> Type:
        properties = declared.get("properties", {})
        others = declared.get("additionalProperties", True)
        if not properties and (others not in (True, False) or "patternProperties" in declared):
            return Conflict(frozenset({Kind.OBJECT}))  # keys are data
        if others is False and "patternProperties" not in declared:
            self.closed.add(pointer)
        required = set(declared.get("required", ()))
        fields = []
        for name, below in properties.items():
            given, nullable = self.type_at(below, child(pointer, name), seen)
            fields.append(Field(name, given, nullable or name not in required))
        return Struct(tuple(fields))


def _types(declared: Mapping[str, Any]) -> set[str]:
    """Return the names of the types a subschema allows, told by its values where it names none."""
    named = declared.get("type")
    if named is not None:
        return {named} if isinstance(named, str) else set(named)
    if "const" in declared:
        return {_name_of(declared["const"])}
    if "enum" in declared:
        return {_name_of(value) for value in declared["enum"]}
    if "properties" in declared:
        return {"object"}
    return {"array"} if "items" in declared else set()


def _name_of(value: object) -> str:  # noqa: PLR0911 - one return per case
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            return "number"


def _together(declared: Mapping[str, Any]) -> dict[str, Any]:
    """Return one subschema for all of `allOf`: properties and requirements add up."""
    whole: dict[str, Any] = {key: value for key, value in declared.items() if key != "allOf"}
    for part in declared["allOf"]:
        if isinstance(part, Mapping):
            known, required = whole.get("properties", {}), whole.get("required", [])
            whole |= part
            whole["properties"] = {**known, **part.get("properties", {})}
            whole["required"] = [*required, *part.get("required", [])]
    if not whole["properties"]:
        del whole["properties"], whole["required"]
    return whole


def _union(choices: Iterable[tuple[Type, bool]]) -> tuple[Type, bool]:
    """Return the type that holds every choice."""
    found = list(choices)
    nullable = any(null for _, null in found)
    types = {given for given, _ in found if not isinstance(given, Unknown)}
    if len(types) == 1:
        return types.pop(), nullable
    kinds = frozenset(kind for given in types for kind in kinds_of(given))
    if kinds == {Kind.DECIMAL}:
        return Double(), nullable
    if kinds == {Kind.STRING}:
        return String(), nullable
    return (Conflict(kinds) if kinds else Unknown()), nullable
