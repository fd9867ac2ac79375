"""The version a batch makes when policy ignores some of what it brings: those paths stay as they are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from schema_guard.core.datatype import Array, Field, Struct, Type
from schema_guard.core.finding import Code
from schema_guard.core.kinds import child, elements
from schema_guard.core.remedy import in_bronze
from schema_guard.core.schema import Schema

#: Findings whose path the ACTIVE version does not have: ignored, it stays without.
_OF_NEW_FIELDS = frozenset({Code.FIELD_ADDED, Code.CASE_COLLISION})
#: Findings about the type of a path that the ACTIVE version has: ignored, it keeps its type.
_OF_TYPES = frozenset(
    {
        Code.TYPE_WIDENED,
        Code.TYPE_CHANGED,
        Code.KEY_TYPE_CHANGED,
        Code.PARTITION_TYPE_CHANGED,
        Code.PRECISION_LOSS,
        Code.FORMAT_CHANGED,
        Code.MAP_FOLDED,
        Code.DEPTH_LIMIT,
    }
)


#: Ends what is said of values that silver does not have.
IN_BRONZE = "whole in bronze only"


def left_in_bronze(code: Code, pointer: str, old: str | None) -> str:
    r"""
    Return what becomes of values whose finding is ignored; empty when silver has them all.

    >>> left_in_bronze(Code.FIELD_ADDED, "/x", None)
    "ignored, gets no column; get_json_object(value, '$[\\'x\\']') reads them, whole in bronze only"
    """
    if code in _OF_NEW_FIELDS or (code in _OF_TYPES and old == "void"):
        fate = "ignored, gets no column"
    elif code not in _OF_TYPES or code is Code.FORMAT_CHANGED or old is None:
        return ""
    elif code is Code.PRECISION_LOSS:
        fate = f"ignored, stays {old}: rounded in silver"
    elif code is Code.MAP_FOLDED:
        fate = "ignored, stays a struct: keys that it lacks are not in silver"
    else:
        fate = f"ignored, stays {old}: null in silver"
    return f"{fate}; {in_bronze(pointer)} reads them, {IN_BRONZE}"


def without_ignored(
    schema: Schema, active: Schema | None, ignored: Collection[tuple[Code, str]]
) -> Schema:
    """
    Return a version without what is ignored.

    Args:
        schema: What holds the ACTIVE version and the batch.
        active: The ACTIVE version; None before the first, when only new fields can be left out.
        ignored: Codes and JSON pointers of the differences that policy ignores.
    """
    if not ignored:
        return schema
    known = active.root if active else Struct(())
    return Schema(_struct("", schema.root, known, frozenset(ignored)).fields)


def _struct(pointer: str, new: Struct, old: Struct, ignored: frozenset[tuple[Code, str]]) -> Struct:
    kept = []
    for field in new.fields:
        at = child(pointer, field.name)
        known = old.field(field.name)
        if known is not None:
            kept.append(_field(at, field, known, ignored))
        elif not _has(ignored, at, _OF_NEW_FIELDS):
            kept.append(field)
    return Struct(tuple(kept))


def _field(pointer: str, new: Field, old: Field, ignored: frozenset[tuple[Code, str]]) -> Field:
    nullable = old.nullable if (Code.NULLABLE, pointer) in ignored else new.nullable
    return replace(new, type=_type(pointer, new.type, old.type, ignored), nullable=nullable)


def _type(pointer: str, new: Type, old: Type, ignored: frozenset[tuple[Code, str]]) -> Type:
    if _has(ignored, pointer, _OF_TYPES):
        return old
    match new, old:
        case Struct(), Struct():
            return _struct(pointer, new, old, ignored)
        case Array(element), Array(known):
            return Array(_type(elements(pointer), element, known, ignored))
        case _:
            return new


def _has(ignored: frozenset[tuple[Code, str]], pointer: str, codes: frozenset[Code]) -> bool:
    return any((code, pointer) in ignored for code in codes)
