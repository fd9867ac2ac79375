"""What was inferred, field by field, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schema_guard.core.datatype import Array, String, Struct, Type
from schema_guard.core.ddl import spark_type
from schema_guard.core.infer import Inference
from schema_guard.core.kinds import Kind, child, elements
from schema_guard.core.node import Node
from schema_guard.core.schema import Schema


def rows(schema: Schema, inference: Inference) -> list[dict[str, Any]]:
    """Return a row per field: pointer, type, how often it is there and null, the shape of its first value."""
    return list(_fields("", schema.root, inference.root))


def _fields(pointer: str, given: Type, node: Node) -> Iterator[dict[str, Any]]:
    match given:
        case Struct(fields):
            for field in fields:
                below = node.children.get(field.name)
                if below is not None:
                    yield _row(child(pointer, field.name), field.type, below, node.count(Kind.OBJECT))
                    yield from _fields(child(pointer, field.name), field.type, below)
        case Array(element) if node.element is not None:
            yield from _fields(elements(pointer), element, node.element)
        case _:
            return


def _row(pointer: str, given: Type, node: Node, parents: int) -> dict[str, Any]:
    written = f" ({given.format.value})" if isinstance(given, String) else ""
    seen = node.values(node.kinds()) or node.nulls
    return {
        "field": pointer,
        "type": spark_type(given) + written,
        "present": f"{node.present / parents:.1%}" if parents else "",
        "null": node.count(Kind.NULL),
        "first looks like": seen.sample if seen else "",
    }
