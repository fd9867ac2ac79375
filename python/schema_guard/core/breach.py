"""Whether one record keeps a contract: types, required fields, closed objects."""

from __future__ import annotations

from schema_guard.core.conform import fits
from schema_guard.core.datatype import Array, Struct, Type
from schema_guard.core.json_schema import Declared
from schema_guard.core.kinds import child, elements


def breaches(value: object, contract: Declared) -> list[str]:
    """
    Return the pointers at which a record breaks a contract, sorted; `*` stands for any element.

    A null counts as a missing field: it breaks what is required, and nothing else.
    """
    found: set[str] = set()
    todo: list[tuple[str, object, Type]] = [("", value, contract.schema.root)]
    while todo:
        pointer, part, given = todo.pop()
        if part is None and pointer:
            continue
        if not fits(part, given):
            found.add(pointer)
        elif isinstance(part, list) and isinstance(given, Array):
            todo += [(elements(pointer), member, given.element) for member in part]
        elif isinstance(part, dict) and isinstance(given, Struct):
            fields = {field.name: field for field in given.fields}
            lacking = (f.name for f in given.fields if not f.nullable and part.get(f.name) is None)
            strange = part.keys() - fields.keys() if pointer in contract.closed else ()
            found |= {child(pointer, name) for name in (*lacking, *strange)}
            todo += [(child(pointer, name), part[name], fields[name].type) for name in part if name in fields]
    return sorted(found)
