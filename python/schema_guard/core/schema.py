"""One schema of a dataset: what a registry version stores, hashes and compares."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

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
from schema_guard.core.document import canonical, field_document, field_from
from schema_guard.core.infer import Inference
from schema_guard.core.observed import struct_of
from schema_guard.core.widen import widened_struct

__all__ = [
    "Array",
    "BigInteger",
    "Boolean",
    "Conflict",
    "DecimalType",
    "Double",
    "Field",
    "Format",
    "Integer",
    "Schema",
    "String",
    "Struct",
    "Type",
    "Unknown",
    "finalise",
]


@dataclass(frozen=True, slots=True)
class Schema:
    """
    The fields of a dataset's records, as a frozen tree.

    Attributes:
        fields: Those of the base version first, in its order; then new ones by name.
    """

    fields: tuple[Field, ...] = ()

    @property
    def root(self) -> Struct:
        """The record itself as a type."""
        return Struct(self.fields)

    def to_document(self) -> dict[str, Any]:
        """Return the schema as plain JSON values, fields in their order."""
        return {"type": "struct", "fields": [field_document(field) for field in self.fields]}

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Schema:
        """Return the schema of a document that `to_document` made."""
        return cls(tuple(field_from(field) for field in document["fields"]))

    def canonical_bytes(self) -> bytes:
        """Return the same bytes for equal schemas, whatever the order of their fields."""
        ordered = canonical(self.to_document())
        text = json.dumps(ordered, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return text.encode("ascii")

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the canonical bytes, in hex: types and nullability, never counts."""
        return hashlib.sha256(self.canonical_bytes()).hexdigest()


def finalise(inference: Inference, base: Schema | None = None) -> Schema:
    """
    Return the schema that holds what was observed, and what `base` holds already.

    Without records the result is `base` itself, or the empty schema.
    """
    if not inference.records:
        return base or Schema()
    if base is None:
        return Schema(struct_of(inference.root).fields)
    return Schema(widened_struct(base.root, inference.root).fields)
