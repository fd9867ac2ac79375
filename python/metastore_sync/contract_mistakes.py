"""What is wrong with a declared contract: it is no JSON Schema 2020-12, or describes no records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator

#: What a contract must be, in words.
ALLOWED = "a JSON Schema (2020-12) of one record"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: Deeper documents are refused before anything walks them by recursion.
_MAX_DEPTH = 64
_LONGEST_SHOWN = 200

Path = tuple[str | int, ...]


def found(document: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield the place and the words of every mistake; `$ref`s are followed by the guard, not here."""
    if _depth(document) > _MAX_DEPTH:
        yield (), f"is nested more than {_MAX_DEPTH} levels deep"
        return
    dialect = document.get("$schema", _DIALECT)
    if str(dialect).rstrip("#") != _DIALECT:
        yield ("$schema",), f'is "{dialect}"; allowed: {_DIALECT}'
        return
    errors = list(Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(document))
    for error in errors:
        yield tuple(error.absolute_path), f"{_cut(error.message)}; allowed: {ALLOWED}"
    if not errors and "type" in document and "object" not in document["type"]:
        yield ("type",), f"is {document['type']}; allowed: object, because a record is one"


def _depth(document: object) -> int:
    level, deep = [document], 0
    while level and deep <= _MAX_DEPTH:
        level = [inner for value in level for inner in _inner(value)]
        deep += 1
    return deep


def _inner(value: object) -> list[Any]:
    match value:
        case Mapping():
            return list(value.values())
        case list():
            return value
        case _:
            return []


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
