"""Fields that were declared dropped: kept out of what was observed, and told as what they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from schema_guard.core.compare import Difference
from schema_guard.core.datatype import Array, Struct, Type
from schema_guard.core.evidence import evidence
from schema_guard.core.finding import Code
from schema_guard.core.infer import Inference
from schema_guard.core.kinds import ANY_ELEMENT, Kind, names
from schema_guard.core.node import Node
from schema_guard.core.observed import observed_type
from schema_guard.core.schema import Schema

BASIS = "declared as dropped: kept out until a column of this name is added again"


def without(
    observed: Inference, dropped: Iterable[str], active: Schema | None
) -> tuple[Inference, tuple[Difference, ...]]:
    """
    Return what was observed without the dropped fields, and a difference for each that arrived anyway.

    Args:
        observed: What arrived; it stays as it is.
        dropped: JSON pointers.
        active: The ACTIVE version; a field that it has was added again, or came back with it.
    """
    root, strays = observed.root, []
    for pointer in sorted(dropped):
        path = names(pointer)
        stray = _at(root, path)
        if stray is None or (active is not None and has(active, pointer)):
            continue
        seen = stray.values([*stray.kinds(), Kind.NULL])
        shown = replace(evidence(observed.records, seen), basis=BASIS)
        strays.append(Difference(Code.FIELD_ADDED, pointer, None, observed_type(stray), shown))
        root = _pruned(root, path)
    if not strays:
        return observed, ()
    kept = Inference()
    kept.take(root, observed.records)
    return kept, tuple(strays)


def has(schema: Schema, pointer: str) -> bool:
    """Return whether a schema has a field at a pointer."""
    given: Type | None = schema.root
    for name in names(pointer):
        match given:
            case Struct():
                field = given.field(name)
                given = field.type if field else None
            case Array(element) if name == ANY_ELEMENT:
                given = element
            case _:
                return False
    return given is not None


def _at(node: Node, path: list[str]) -> Node | None:
    found: Node | None = node
    for name in path:
        if found is not None:
            found = found.element if name == ANY_ELEMENT and found.element else found.children.get(name)
    return found


def _pruned(node: Node, path: list[str]) -> Node:
    """Return a node without what is at a path below it; nodes beside the path are shared."""
    name, *rest = path
    if name == ANY_ELEMENT and node.element is not None:
        return replace(node, element=_pruned(node.element, rest))
    children = dict(node.children)
    below = children.pop(name)
    if rest:
        # In its old place: the order of keys has no meaning, but results should not depend on it.
        children = {key: _pruned(below, rest) if key == name else kept for key, kept in node.children.items()}
    return replace(node, children=children)
