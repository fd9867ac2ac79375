"""An observed tree as flat rows in a canonical order, and back."""

from __future__ import annotations

from typing import TypeAlias

from schema_guard.core.datatype import Format
from schema_guard.core.kinds import Span
from schema_guard.core.node import Node
from schema_guard.core.tally import Arrays, Decimals, Integers, Tally

Tallies: TypeAlias = tuple[
    Span | None,
    Tally | None,
    Tally | None,
    Integers | None,
    Decimals | None,
    Arrays | None,
    Tally | None,
    dict[Format, Tally],
    bool,
]

#: Index of the parent's row, key below it (None: array element), what was seen there.
Row: TypeAlias = tuple[int, str | None, Tallies]


def flatten(root: Node) -> list[Row]:
    """Return the rows of a tree, parents first, keys in order; tallies are shared, not copied."""
    rows: list[Row] = []
    todo: list[tuple[int, str | None, Node]] = [(-1, None, root)]
    while todo:
        parent, name, node = todo.pop()
        here = len(rows)
        rows.append((parent, name, _tallies(node)))
        if node.element is not None:
            todo.append((here, None, node.element))
        todo += [(here, key, node.children[key]) for key in sorted(node.children)]
    return rows


def restore(rows: list[Row]) -> Node:
    """Return the tree that `flatten` made the rows of."""
    nodes: list[Node] = []
    for parent, name, tallies in rows:
        node = _node(tallies)
        nodes.append(node)
        if parent < 0:
            continue
        if name is None:
            nodes[parent].element = node
        else:
            nodes[parent].children[name] = node
    return nodes[0]


def _tallies(node: Node) -> Tallies:
    return (
        node.absent,
        node.nulls,
        node.booleans,
        node.integers,
        node.decimals,
        node.arrays,
        node.objects,
        node.strings,
        node.keys_are_data,
    )


def _node(tallies: Tallies) -> Node:
    absent, nulls, booleans, integers, decimals, arrays, objects, strings, keys_are_data = tallies
    return Node(
        absent=absent,
        nulls=nulls,
        booleans=booleans,
        integers=integers,
        decimals=decimals,
        arrays=arrays,
        objects=objects,
        strings=strings,
        keys_are_data=keys_are_data,
    )
