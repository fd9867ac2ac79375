"""Types as Spark DDL: what a table holds of a schema."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from schema_guard.core.datatype import (
    Array,
    BigInteger,
    Boolean,
    Conflict,
    DecimalType,
    Double,
    Field,
    Integer,
    String,
    Struct,
    Type,
    Unknown,
)
from schema_guard.core.kinds import child, elements
from schema_guard.core.schema import Schema


def spark_type(given: Type) -> str:  # noqa: PLR0911 - one return per case
    """Return any type as Spark DDL, `void` where it is not known yet."""
    match given:
        case Unknown():
            return "void"
        case Boolean():
            return "boolean"
        case Integer():
            return "bigint"
        case BigInteger():
            return "decimal(38,0)"
        case Double():
            return "double"
        case DecimalType(precision, scale):
            return f"decimal({precision},{scale})"
        case String() | Conflict():  # from_json hands a string column the value's JSON text
            return "string"
        case Array(element):
            return f"array<{spark_type(element)}>"
        case Struct(fields):
            inner = ", ".join(f"{quote(field.name)}: {spark_type(field.type)}" for field in fields)
            return f"struct<{inner}>"
        case _:
            assert_never(given)


def spark_ddl(schema: Schema) -> str:
    """
    Return the columns of a schema as one line of Spark DDL.

    >>> spark_ddl(Schema((Field("a", Integer(), False), Field("b", Unknown(), True))))
    '`a` bigint'
    """
    return ", ".join(f"{quote(column['name'])} {column['type']}" for column in columns(schema))


def columns(schema: Schema) -> list[dict[str, str]]:
    """Return name and Spark type of each column, leaving out what has no type yet at any depth."""
    return [
        {"name": field.name, "type": spark_type(field.type)} for field in _typed(schema.fields)
    ]


def left_out(schema: Schema) -> list[str]:
    """Return the pointers that no column holds: untyped so far, or a name taken but for case."""
    found: list[str] = []
    todo: list[tuple[str, Type]] = [("", schema.root)]
    while todo:
        pointer, given = todo.pop()
        match given:
            case Array(element) if _held(element) is not None:
                todo.append((elements(pointer), element))
            case Struct(fields) if not pointer or _held(given) is not None:
                kept = {field.name for field in _typed(fields)}
                names = (field.name for field in fields if field.name not in kept)
                found += [child(pointer, name) for name in names]
                held = (field for field in fields if field.name in kept)
                todo += [(child(pointer, field.name), field.type) for field in held]
            case _:
                pass
    return sorted(found)


def quote(name: str) -> str:
    """Return a name between back-quotes, as Spark reads any name."""
    return "`" + name.replace("`", "``") + "`"


def _typed(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """Return the fields with a type; of names equal but for case the first: Spark knows one."""
    kept: dict[str, Field] = {}
    for field in fields:
        held = _held(field.type)
        if held is not None:
            kept.setdefault(field.name.lower(), replace(field, type=held))
    return tuple(kept.values())


def _held(given: Type) -> Type | None:
    """Return the part of a type that is known, or None when nothing is."""
    match given:
        case Unknown():
            return None
        case Array(element):
            inner = _held(element)
            return None if inner is None else Array(inner)
        case Struct(fields):
            return Struct(_typed(fields)) if _typed(fields) else None
        case _:
            return given
