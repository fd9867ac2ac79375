"""
What coming values will probably look like, told by those before: only to read them faster.

Whoever reads by an outline must notice a value that departs from it, and read that without one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from schema_guard.core.kinds import Kind
from schema_guard.core.node import MAP_KEYS, Node
from schema_guard.core.observed import TYPED_DEPTH

#: Objects that have less than one in so many of their keys are read without an outline.
_MOSTLY = 2


@dataclass(frozen=True, slots=True)
class Keys:
    """Objects with some or all of these keys, or null; what each holds stands beside it."""

    below: tuple[tuple[str, Outline], ...]


@dataclass(frozen=True, slots=True)
class Items:
    """Arrays of such values, or null."""

    of: Outline


#: None is a value of any kind.
Outline: TypeAlias = Keys | Items | None


def outline(node: Node, depth: int = 0) -> Outline:
    """Return what the values at a path looked like, null aside; None where they differ or hold scalars."""
    kinds = node.kinds()
    if depth > TYPED_DEPTH:  # so that it can be pickled from any stack
        return None
    if kinds == {Kind.ARRAY} and node.element is not None:
        inner = outline(node.element, depth + 1)
        return Items(inner) if inner else None
    if kinds == {Kind.OBJECT} and node.objects and 0 < len(node.children) <= MAP_KEYS:
        there = sum(child.present for child in node.children.values())
        if there * _MOSTLY >= node.objects.count * len(node.children):
            return Keys(tuple((name, outline(child, depth + 1)) for name, child in node.children.items()))
    return None
